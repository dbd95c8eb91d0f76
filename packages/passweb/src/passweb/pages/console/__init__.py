"""The console: what staff do from day to day (PRODUCT section 10)."""

from __future__ import annotations

from passweb.pages.console.assigning import assign_page, assign_pass
from passweb.pages.console.clients import client_page, clients_page
from passweb.pages.console.door import handlers as door
from passweb.pages.console.orders import orders_page, settle_order
from passweb.pages.console.passes import edit_pass, pass_page
from passweb.pages.console.today import move_visit, today_page

handlers = [
    *door, today_page, move_visit, orders_page, settle_order, clients_page, client_page, pass_page,
    edit_pass, assign_page, assign_pass,
]  # fmt: skip

__all__ = ["handlers"]
