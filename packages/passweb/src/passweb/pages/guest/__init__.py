"""The guest app: a client's passes, visits, invoices and renewals (PRODUCT section 9)."""

from __future__ import annotations

from passweb.pages.guest.door import handlers as door
from passweb.pages.guest.home import home
from passweb.pages.guest.passes import invoice_file, pass_page
from passweb.pages.guest.renewing import renew_page, renew_pass
from passweb.pages.guest.visits import cancel_page, cancel_visit

handlers = [
    *door, home, pass_page, invoice_file, renew_page, renew_pass, cancel_page, cancel_visit,
]  # fmt: skip

__all__ = ["handlers"]
