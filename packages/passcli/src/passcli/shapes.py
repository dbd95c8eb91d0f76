"""Shapes: what `--json` answers; the same keys as the HTTP interface (CONTRACT, section 3).

Instants are RFC 3339 in UTC, days are ``YYYY-MM-DD``, money is ``{"amount", "currency"}``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from passcore.codec import kind_of, to_plain
from passcore.domain.bookings import OWN, LinePayment
from passcore.domain.businesses import ApiKey, Business, StaffMember
from passcore.domain.choice import Verdict
from passcore.domain.clients import Client
from passcore.domain.ledger import Entry
from passcore.domain.messages import wording
from passcore.domain.money import Money
from passcore.domain.notices import Message
from passcore.domain.orders import Order
from passcore.domain.passes import Pass
from passcore.domain.products import Product, Terms
from passcore.domain.services import Service
from passcore.domain.time import Length
from passcore.errors import PassError
from passcore.usecases.views import BookingView, PassView

if TYPE_CHECKING:
    from passcore.ports.store import Page
    from passcore.usecases.passes import Explanation
    from passcore.usecases.verification import Damage, Verified

T = TypeVar("T")
Shape = dict[str, Any]

#: How the reference of a booking begins that was made here and has no name of its caller's.
_OWN_REF = "own_"


def instant(moment: datetime | None) -> str | None:
    """Return RFC 3339 in UTC, for example ``2027-03-01T17:00:00Z``."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def day(value: date | None) -> str | None:
    """Return ``YYYY-MM-DD``."""
    return None if value is None else value.isoformat()


def money(value: Money | None) -> Shape | None:
    """Return ``{"amount": "120.00", "currency": "EUR"}``."""
    return None if value is None else {"amount": f"{value.amount:f}", "currency": value.currency}


def percent(hundredths: int) -> str:
    """Return a rate in percent, for example ``27.00``."""
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def page(items: Iterable[Shape], next_cursor: str | None = None) -> Shape:
    """Return a list with the cursor of what follows."""
    return {"items": list(items), "next_cursor": next_cursor}


def page_of(found: Page[T], shape: Callable[[T], Shape]) -> Shape:
    """Return a page of the store, each item shaped."""
    return page((shape(item) for item in found.items), found.next_cursor)


def business(value: Business) -> Shape:
    """Return a business."""
    return {
        "id": value.id,
        "slug": value.slug,
        "name": value.name,
        "time_zone": value.time_zone,
        "currency": value.currency,
        "language": value.language,
        "email": value.email,
    }


def client(value: Client) -> Shape:
    """Return a client."""
    return {
        "id": value.id,
        "email": value.email,
        "name": value.name,
        "language": value.language,
        "created_at": instant(value.created_at),
    }


def client_name(value: Client) -> Shape:
    """Return how a client is named inside other things."""
    return {"id": value.id, "name": value.name, "email": value.email}


def service(value: Service) -> Shape:
    """Return a service."""
    return {
        "id": value.id,
        "slug": value.slug,
        "name": value.name,
        "category": value.category,
        "kind": value.kind.value,
        "duration_minutes": value.duration_minutes,
        "price": money(value.price),
        "tax_rate": percent(value.tax_rate),
        "active": value.active,
    }


def service_name(value: Service) -> Shape:
    """Return how a service is named inside other things."""
    return {"id": value.id, "slug": value.slug, "name": value.name}


def product(value: Product) -> Shape:
    """Return a product in its current version."""
    terms = value.terms
    return {
        "id": value.id,
        "slug": value.slug,
        "version": terms.version,
        "name": terms.name,
        "description": value.description,
        "sessions": terms.sessions,
        "price": money(terms.price),
        "tax_rate": percent(terms.tax_rate),
        "tax_inclusive": terms.tax_inclusive,
        "validity": _validity(terms),
        "covers": sorted(terms.coverage.services | terms.coverage.categories),
        "excludes": sorted(terms.coverage.excluded),
        "costs": dict(terms.costs),
        "caps": _caps(terms),
        "cancel": _cancel(terms),
        "freeze": {
            "count": terms.freeze.count,
            "days": terms.freeze.days,
            "notice": terms.freeze.notice,
        },
        "refund": _refund(terms),
        "priority": terms.priority,
        "promotional": terms.promotional,
        "methods": [method.value for method in value.methods],
        "shown": value.shown,
        "retired": value.retired,
    }


def _validity(terms: Terms) -> Shape:
    rule = terms.validity
    return {
        "anchor": rule.anchor.value,
        "length": _length(rule.length),
        "counting": rule.counting.value,
        "activate_within": _length(rule.activate_within),
        "fixed_from": day(rule.fixed_from),
        "fixed_until": day(rule.fixed_until),
        "redeem": rule.redeem.value,
        "grace_days": rule.grace_days,
    }


def _length(value: Length | None) -> Shape | None:
    return None if value is None else {"count": value.count, "unit": value.unit}


def _cancel(terms: Terms) -> Shape:
    tiers = terms.cancel.tiers
    return {
        "tiers": [{"minutes_before": t.minutes_before, "forfeit": t.forfeit} for t in tiers],
        "no_show_forfeit": terms.cancel.no_show_forfeit,
    }


def _caps(terms: Terms) -> list[Shape]:
    return [
        {
            "most": cap.most,
            "window": cap.window.value,
            "days": cap.days,
            "services": sorted(cap.services),
            "categories": sorted(cap.categories),
        }
        for cap in terms.caps
    ]


def _refund(terms: Terms) -> Shape:
    policy = terms.refund
    return {
        "formula": policy.formula.value,
        "fee": money(Money(policy.fee_minor, terms.price.currency)),
        "cooling_off_days": policy.cooling_off_days,
    }


def product_name(terms: Terms) -> Shape:
    """Return how a product version is named inside other things."""
    return {"id": terms.product_id, "name": terms.name, "version": terms.version}


def pass_(view: PassView, at: datetime) -> Shape:
    """Return a pass as it stands at the instant *at*."""
    state = view.state
    window = state.window
    return {
        "id": state.id,
        "code": view.code,
        "status": state.status(at).value,
        "product": product_name(state.terms),
        "client": client_name(view.client),
        "sessions": _sessions(state),
        "valid_from": instant(window.starts_at if window else None),
        "valid_until": instant(state.ends_at),
        "first_day": day(window.first_day if window else None),
        "last_day": day(window.last_day if window else None),
        "freezes": [
            {"first_day": day(f.first_day), "last_day": day(f.last_day)} for f in state.freezes
        ],
        "time_zone": state.zone,
        "created_at": instant(state.created_at),
        "version": state.version,
        "caps": _caps(state.terms),
    }


def _sessions(state: Pass) -> Shape:
    balance, counted = state.balance, not state.unlimited
    return {
        "granted": balance.granted if counted else None,
        "used": balance.used,
        "held": balance.held,
        "remaining": balance.remaining if counted else None,
        "available": balance.available if counted else None,
        "expired": balance.expired,
        "refunded": balance.refunded,
        "transferred": balance.transferred,
        "adjusted": balance.adjusted,
    }


def entry(value: Entry, after: Pass) -> Shape:
    """Return one row of a ledger with what was left *after* it; `previous` is the hash before."""
    line = getattr(value.fact, "line", None)
    return {
        "seq": value.seq,
        "kind": kind_of(value.fact),
        "at": instant(value.at),
        "about": instant(value.about),
        "actor": value.origin.actor,
        "channel": value.origin.channel,
        "reason": value.reason,
        "order_id": value.order_id,
        "booking_id": None if line is None else line.booking_id,
        "remaining": None if after.unlimited else after.balance.remaining,
        "available": None if after.unlimited else after.balance.available,
        "fact": to_plain(value.fact),
        "previous": value.prev,
    }


def booking(view: BookingView) -> Shape:
    """Return a visit with what pays for it."""
    value = view.booking
    own = value.source == OWN and value.ref.startswith(_OWN_REF)
    paid = [line.payment for line in value.lines if line.payment is not None]
    return {
        "id": value.id,
        "external_id": None if own else value.ref,
        "source": value.source,
        "revision": value.revision,
        "status": value.status.value,
        "client": client_name(view.client),
        "service": service_name(view.service),
        "starts_at": instant(value.starts_at),
        "ends_at": instant(value.ends_at),
        "seats": value.seats,
        "payments": [_payment(p, view.codes.get(p.pass_id)) for p in paid],
        "created_at": instant(value.created_at),
    }


def _payment(value: LinePayment, code: str | None) -> Shape:
    return {
        "pass_id": value.pass_id,
        "code": code,
        "sessions": value.sessions,
        "state": value.state.value,
        "remaining_after": value.remaining_after,
        "free_cancel_until": instant(value.free_cancel_until),
    }


def order(value: Order, owner: Client) -> Shape:
    """Return an order."""
    return {
        "id": value.id,
        "status": value.status.value,
        "product": product_name(value.terms),
        "client": client_name(owner),
        "method": value.method.value,
        "price": money(value.price),
        "pass_id": value.pass_id,
        "checkout_url": value.checkout_url,
        "starts_on": day(value.starts_on),
        "created_at": instant(value.created_at),
    }


def verdict(value: Verdict, view: PassView, at: datetime) -> Shape:
    """Return how one pass stands to a visit."""
    return {
        "pass": pass_(view, at),
        "verdict": "eligible" if value.eligible else "refused",
        "cost": value.cost,
        "remaining_after": value.remaining_after if value.eligible else None,
        "reasons": [reason(error) for error in value.reasons],
    }


def reason(error: PassError) -> Shape:
    """Return a refusal with what would mend it."""
    detail, mend = wording(error)
    return {"code": error.code, "detail": detail, "mend": mend}


def explanation(value: Explanation, owner: Client | None, at: datetime) -> Shape:
    """Return every pass of *owner* with its verdict, in the order of use; `chosen` is a pass ID."""
    items = []
    for found in value.verdicts:
        assert owner is not None, "whoever has a pass is known"
        view = PassView(found.state, value.codes[found.state.id], owner)
        items.append(verdict(found, view, at))
    chosen = value.chosen
    code = None if chosen is None else value.codes[chosen.state.id]
    return page(items) | {"chosen": code}


def staff(value: StaffMember) -> Shape:
    """Return a member of staff."""
    return {
        "id": value.id,
        "email": value.email,
        "name": value.name,
        "role": value.role.value,
        "active": value.active,
    }


def key(value: ApiKey) -> Shape:
    """Return a key, without its secret."""
    return {
        "id": value.id,
        "label": value.label,
        "role": value.role.value,
        "created_at": instant(value.created_at),
        "revoked_at": instant(value.revoked_at),
    }


def message(value: Message) -> Shape:
    """Return a message of the outbox."""
    return {
        "id": value.id,
        "kind": value.notice.kind.value,
        "to": value.notice.to,
        "state": value.state.value,
        "attempts": value.attempts,
        "due_at": instant(value.due_at),
        "sent_at": instant(value.sent_at),
        "last_error": value.last_error,
    }


def verified(slug: str, value: Verified) -> Shape:
    """Return what a check of one business found."""
    return {
        "business": slug,
        "ok": not value.damage,
        "passes": value.passes,
        "entries": value.entries,
        "damage": [damage(found) for found in value.damage],
    }


def damage(value: Damage) -> Shape:
    """Return one thing found wrong."""
    return {
        "rule": value.rule,
        "what": value.what,
        "ref": value.ref,
        "seq": value.seq,
        "problem": value.problem,
    }
