"""Notices: queue what people must be told, in the transaction that made it true (M1)."""

from __future__ import annotations

from passcore.domain.businesses import Business
from passcore.domain.clients import Client
from passcore.domain.notices import Message, Notice, NoticeKind
from passcore.domain.orders import Order
from passcore.domain.passes import Pass
from passcore.ports.store import Tx
from passcore.usecases.call import Call

Values = dict[str, str | int | None]


def queue(
    tx: Tx,
    call: Call,
    client: Client,
    kind: NoticeKind,
    values: Values,
    *,
    about: str,
    invoice_id: str | None = None,
    business: Business | None = None,
) -> None:
    """Queue a notice to *client*. *about* names the fact: the same kind about it goes out once."""
    language = client.language or (business or tx.business()).language
    shown = {"client_name": client.name, **values}
    notice = Notice(kind, client.email, language, shown, invoice_id)
    message = Message(call.ids.new("msg"), f"{kind.value}:{about}", notice, call.now)
    tx.outbox.add([message])


def pass_values(state: Pass, code: str) -> Values:
    """Return what a notice about a pass may show."""
    window, terms = state.window, state.terms
    last_day = window.last_day.isoformat() if window and window.last_day else None
    return {
        "product": terms.name,
        "code": code,
        "pass_id": state.id,
        "sessions": None if state.unlimited else state.balance.available,
        "last_day": last_day,
        "price_minor": terms.price.minor,
        "currency": terms.price.currency,
    }


def order_values(order: Order, business: Business) -> Values:
    """Return what a notice about a purchase that waits for approval may show."""
    return {
        "product": order.terms.name,
        "order_id": order.id,
        "method": order.method.value,
        "price_minor": order.price.minor,
        "currency": order.price.currency,
        "transfer_details": business.transfer_details,
    }


def tell_used_up(tx: Tx, call: Call, client: Client, before: Pass, after: Pass, code: str) -> None:
    """Queue the used-up notice when the last session has just gone (M2)."""
    if after.unlimited or after.balance.remaining or not before.balance.remaining:
        return
    values = pass_values(after, code)
    queue(tx, call, client, NoticeKind.USED_UP, values, about=f"{after.id}:{after.version}")
