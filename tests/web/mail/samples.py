"""What the use cases put into notices, a sample of each kind, and the business that sends them."""

from __future__ import annotations

from typing import Final

from passcore.domain.businesses import Business
from passcore.domain.notices import Notice, NoticeKind
from passcore.ports.mail import Mail

Values = dict[str, str | int | None]

BASE_URL: Final = "https://book.example.com"
CODE: Final = "9TQ4-0HXN-7RKC-Z1M8-4E"
PASS_ID: Final = "pass_4kq2m8xj7w0e3r5t9y1u6p2a4"
LILA: Final = Business(
    id="b1",
    slug="studio-lila",
    name="Studio Lila",
    time_zone="Europe/Budapest",
    currency="HUF",
    language="hu",
    email="hello@lila.example",
    transfer_details="Lila Kft.\nIBAN HU42 1177 3016 1111 1018 0000 0000",
)
_PASS: Final[Values] = {
    "client_name": "Anna Kovács",
    "product": "10 × Reformer",
    "code": CODE,
    "pass_id": PASS_ID,
    "sessions": 10,
    "last_day": "2027-05-22",
    "price_minor": 4_200_000,
    "currency": "HUF",
}
VALUES: Final[dict[NoticeKind, Values]] = {
    NoticeKind.PURCHASE: _PASS,
    NoticeKind.ASSIGNED: _PASS,
    NoticeKind.PENDING_APPROVAL: {
        **_PASS,
        "order_id": "ord_1zq2m8",
        "method": "bank_transfer",
        "transfer_details": LILA.transfer_details,
    },
    NoticeKind.DECLINED: {"client_name": "Anna Kovács", "product": "10 × Reformer"},
    NoticeKind.SESSIONS_CHANGED: {**_PASS, "delta": -2, "remaining": 5, "reason": "Typed twice"},
    NoticeKind.USED_UP: _PASS,
    NoticeKind.REFUNDED: {**_PASS, "amount_minor": 2_940_000},
    NoticeKind.BOOKING_CONFIRMED: {
        "client_name": "Anna Kovács",
        "service": "Reformer",
        "starts_local": "2026-11-25T18:00",
        "time_zone": "Europe/Budapest",
        "product": "10 × Reformer",
        "code": CODE,
        "sessions": 1,
        "remaining_after": 7,
        "free_cancel_until_local": "2026-11-24T18:00",
        "booking_id": "SB-20931",
    },
    NoticeKind.SIGN_IN_CODE: {"client_name": None, "code": "481 205", "minutes": 10},
}


def notice(kind: NoticeKind, language: str = "en", /, **changes: str | int | None) -> Notice:
    """A notice of *kind* with some of its values changed."""
    return Notice(kind, "anna@example.com", language, {**VALUES[kind], **changes})


def mail(**changes: object) -> Mail:
    """A short mail with some of its fields changed."""
    fields: dict[str, object] = {
        "message_id": "msg_1",
        "to": "anna@example.com",
        "sender": "",
        "subject": "Your pass is ready",
        "text": "Hello",
        "html": "<p>Hello</p>",
        **changes,
    }
    return Mail(**fields)  # type: ignore[arg-type]  # any field
