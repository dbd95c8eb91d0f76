"""Shapes: flat nouns laid out in columns of the same names, read and written by field."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, Final, Generic, TypeVar

import attrs

from passcore import codec
from passcore.domain.businesses import ApiKey, Business, Role, StaffMember
from passcore.domain.clients import Client
from passcore.domain.invoices import Invoice
from passcore.domain.money import Money
from passcore.domain.notices import Message, MessageState, Notice, NoticeKind
from passcore.domain.payments import Payment, PaymentStanding
from passcore.domain.services import Service, ServiceKind
from passcore.ports.store import InboxEvent, Login, Receipt
from passstore.rows import small

T = TypeVar("T")


@attrs.frozen
class Field:
    """How one field lies in columns: `write` gives their values, `read` takes them."""

    columns: tuple[str, ...]
    write: Callable[[Any], tuple[Any, ...]]
    read: Callable[..., Any]


def _as_is(name: str) -> Field:
    return Field((name,), lambda value: (value,), lambda value: value)


def chosen(name: str, kind: type[Enum]) -> Field:
    """Lay out an enumeration by its stored name."""
    return Field((name,), lambda value: (value.value,), kind)


def flag(name: str) -> Field:
    """Lay out a truth value, which SQLite gives back as a number."""
    return Field((name,), lambda value: (value,), bool)


def money(column: str, currency: str = "currency") -> Field:
    """Lay out an amount as minor units and currency; both null for None."""
    return Field(
        (column, currency),
        lambda value: (None, None) if value is None else (value.minor, value.currency),
        lambda minor, code: None if minor is None else Money(minor, code),
    )


def _notice_text(notice: Notice) -> tuple[str]:
    return (
        small.dumps(
            {
                "kind": notice.kind.value,
                "to": notice.to,
                "language": notice.language,
                "values": dict(notice.values),
                "invoice_id": notice.invoice_id,
            }
        ),
    )


def _read_notice(text: str) -> Notice:
    plain = json.loads(text)
    return Notice(
        NoticeKind(plain["kind"]),
        plain["to"],
        plain["language"],
        plain["values"],
        plain["invoice_id"],
    )


class Shape(Generic[T]):
    """The columns of *kind* in order, and the way there and back."""

    def __init__(self, kind: type[T], special: Mapping[str, Field] | None = None) -> None:
        self._kind = kind
        given = special or {}
        fields = [a.name for a in attrs.fields(kind)]  # type: ignore[arg-type]  # attrs classes
        self._fields = [(name, given.get(name) or _as_is(name)) for name in fields]
        columns: dict[str, None] = {}
        for _, field in self._fields:
            columns.update(dict.fromkeys(field.columns))
        self.columns: Final = tuple(columns)
        at = {column: index for index, column in enumerate(self.columns)}
        self._at = [(field.read, [at[c] for c in field.columns]) for _, field in self._fields]

    def values(self, value: T) -> dict[str, Any]:
        """Return the columns of *value* by name."""
        row: dict[str, Any] = {}
        for name, field in self._fields:
            row.update(zip(field.columns, field.write(getattr(value, name)), strict=True))
        return row

    def read(self, row: Sequence[Any]) -> T:
        """Return the value of a row of `columns`; further columns are left alone."""
        return self._kind(*[read(*[row[i] for i in at]) for read, at in self._at])


BUSINESS: Final = Shape(Business)
SERVICE: Final = Shape(
    Service,
    {
        "kind": chosen("kind", ServiceKind),
        "price": money("price_minor"),
        "active": flag("active"),
    },
)
CLIENT: Final = Shape(Client)
PAYMENT: Final = Shape(
    Payment,
    {
        "amount": money("amount_minor"),
        "refunded": money("refunded_minor"),
        "standing": chosen("standing", PaymentStanding),
    },
)
MESSAGE: Final = Shape(
    Message,
    {
        "notice": Field(("notice",), _notice_text, _read_notice),
        "state": chosen("state", MessageState),
    },
)
EVENT: Final = Shape(InboxEvent)
RECEIPT: Final = Shape(Receipt)
STAFF: Final = Shape(StaffMember, {"role": chosen("role", Role)})
API_KEY: Final = Shape(ApiKey, {"role": chosen("role", Role)})
LOGIN: Final = Shape(Login)


def search_text(client: Client) -> str:
    """Return what a search for a client looks through: name and e-mail, case-folded."""
    return f"{client.name}\n{client.email}".casefold()


def invoice_values(invoice: Invoice) -> dict[str, Any]:
    """Return an invoice's columns; the snapshot itself is the codec's text."""
    return {
        "id": invoice.id,
        "series": invoice.series,
        "number": invoice.number,
        "order_id": invoice.order_id,
        "client_id": invoice.client_id,
        "issued_at": invoice.issued_at,
        "body": codec.dumps(invoice),
    }
