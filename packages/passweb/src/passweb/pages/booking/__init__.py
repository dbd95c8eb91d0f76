"""The booking page: what a business offers, buying a pass, booking a visit."""

from __future__ import annotations

from passweb.pages.booking.front import embedded, front_page
from passweb.pages.booking.orders import order_cancelled, order_page, order_returned, pay_again
from passweb.pages.booking.selling import buy, product_page
from passweb.pages.booking.visiting import booked_page, check_visit, confirm_visit, visit_form

handlers = [
    front_page, embedded, product_page, buy, order_page, order_returned,
    order_cancelled, pay_again,
    visit_form, check_visit, confirm_visit, booked_page,
]  # fmt: skip

__all__ = ["handlers"]
