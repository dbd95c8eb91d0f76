"""Texts: passes, bookings and the rest as people read them, times in the business's zone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import attrs

from passcore.domain import ledger as lg
from passcore.domain.bookings import LinePayment
from passcore.domain.folding import apply, begin
from passcore.domain.freezes import FreezeLimits, is_open
from passcore.domain.ledger import Entry
from passcore.domain.money import Money
from passcore.domain.orders import Order
from passcore.domain.passes import Pass
from passcore.domain.products import Product, Terms
from passcore.domain.services import Service
from passcore.domain.time import zone
from passcore.domain.validity import Redeem, Validity
from passcore.usecases.views import BookingView, PassView

Pairs = Mapping[str, object]


def local(instant: datetime | None, zone_name: str) -> str | None:
    """Return the time on the wall in *zone_name*, with the zone's abbreviation or offset."""
    if instant is None:
        return None
    return instant.astimezone(zone(zone_name)).strftime("%Y-%m-%d %H:%M %Z")


def count(sessions: int) -> str:
    """Return ``1 session`` or ``3 sessions``."""
    return f"{sessions} session{'' if sessions in (1, -1) else 's'}"


def sessions_left(state: Pass) -> str:
    """Return what is left in a few words."""
    balance = state.balance
    if state.unlimited:
        return f"unlimited, {balance.used} used"
    held = f", {balance.held} held" if balance.held else ""
    return f"{balance.remaining} of {balance.granted + balance.adjusted}{held}"


def last_day(state: Pass) -> str:
    """Return the last day in words where there is no date."""
    if state.window is None:
        lapses = state.lapses_at
        return "starts later" if lapses is None else f"starts by {local(lapses, state.zone)}"
    day = state.window.last_day
    if state.freezes and is_open(state.freezes, day):
        return "frozen until further notice"
    return "no end" if day is None else day.isoformat()


def pass_pairs(view: PassView, at: datetime, names: Mapping[str, str]) -> Pairs:
    """Return what a pass is, line by line; *names* has the slugs of services by id."""
    state, client = view.state, view.client
    balance, window = state.balance, state.window
    return {
        "pass ID": view.code,
        "id": state.id,
        "status": state.status(at).value,
        "product": f"{state.terms.name} (version {state.terms.version})",
        "client": f"{client.name} <{client.email}>" if client.name else client.email,
        "remaining": sessions_left(state),
        "available": None if state.unlimited else balance.available,
        "used": balance.used,
        "expired": balance.expired or None,
        "refunded": balance.refunded or None,
        "valid from": local(window.starts_at, state.zone) if window else None,
        "last day": last_day(state),
        "frozen": _freezes(state),
        "caps": caps(state.terms, names),
    }


def _freezes(state: Pass) -> str | None:
    told = (f"{f.first_day} until {f.last_day or 'further notice'}" for f in state.freezes)
    return ", ".join(told) or None


def freeze_limits(limits: FreezeLimits) -> str | None:
    """Return how far a pass may be frozen, in a few words."""
    told = []
    if limits.count is not None:
        told.append(f"{limits.count} times")
    if limits.days is not None:
        told.append(f"{limits.days} days")
    if limits.notice is not None:
        told.append(f"{limits.notice} days ahead")
    return ", ".join(told) or None


def booking_pairs(view: BookingView, zone_name: str) -> Pairs:
    """Return what a visit is, line by line."""
    booking = view.booking
    paid = [line.payment for line in booking.lines if line.payment is not None]
    return {
        "id": booking.id,
        "status": booking.status.value,
        "service": view.service.name,
        "client": view.client.email,
        "starts": local(booking.starts_at, zone_name),
        "ends": local(booking.ends_at, zone_name),
        "seats": booking.seats,
        "paid by": "; ".join(paid_by(view, payment) for payment in paid) or "no pass",
        "cancel free until": local(paid[0].free_cancel_until, zone_name) if paid else None,
    }


def paid_by(view: BookingView, payment: LinePayment) -> str:
    """Return which pass pays, what, and what is left on it."""
    left = payment.remaining_after
    after = "" if left is None else f", {left} left"
    code = view.codes.get(payment.pass_id) or payment.pass_id
    return f"{code}: {count(payment.sessions)} {payment.state.value}{after}"


def order_pairs(order: Order, email: str, zone_name: str) -> Pairs:
    """Return what an order is, line by line."""
    return {
        "id": order.id,
        "status": order.status.value,
        "product": order.terms.name,
        "client": email,
        "method": order.method.value,
        "price": order.price,
        "pass": order.pass_id,
        "placed": local(order.created_at, zone_name),
    }


def product_pairs(product: Product, services: Iterable[Service]) -> Pairs:
    """Return what a product is, line by line."""
    terms, names = product.terms, {s.id: s.slug for s in services}
    cover = terms.coverage
    covered = sorted(names.get(s, s) for s in cover.services) + sorted(cover.categories)
    costs = (f"{names.get(s, s)}={cost}" for s, cost in sorted(terms.costs.items()))
    return {
        "id": product.id,
        "slug": product.slug,
        "name": f"{terms.name} (version {terms.version})",
        "sessions": "unlimited" if terms.sessions is None else terms.sessions,
        "price": f"{terms.price}{'' if terms.tax_inclusive else ' plus tax'}",
        "validity": validity(terms.validity),
        "covers": ", ".join(covered) or "every service",
        "excludes": ", ".join(sorted(names.get(s, s) for s in cover.excluded)) or None,
        "costs": ", ".join(costs) or None,
        "caps": caps(terms, names),
        "freezes": freeze_limits(terms.freeze),
        "paid": ", ".join(method.value for method in product.methods),
        "refund": refund(terms),
        "shown": product.shown,
        "retired": product.retired or None,
    }


def caps(terms: Terms, names: Mapping[str, str]) -> str | None:
    """Return the caps as `--cap` takes them, None where there is none."""
    named = (
        attrs.evolve(cap, services=frozenset(names.get(s, s) for s in cap.services))
        for cap in terms.caps
    )
    return "; ".join(map(str, named)) or None


def refund(terms: Terms) -> str:
    """Return what goes back of a pass in words."""
    policy = terms.refund
    told = [policy.formula.value.replace("_", " ")]
    if policy.fee_minor:
        told.append(f"less {Money(policy.fee_minor, terms.price.currency)}")
    if policy.cooling_off_days:
        told.append(f"{policy.cooling_off_days} days to change one's mind")
    return ", ".join(told)


def validity(rule: Validity) -> str:
    """Return the rule of validity in words."""
    grace = f", {rule.grace_days} days of grace" if rule.grace_days else ""
    more = ", booked within" if rule.redeem is Redeem.BOOKED_WITHIN else grace
    if rule.fixed_from is not None:
        return f"{rule.fixed_from} to {rule.fixed_until}{more}"
    span = "without end" if rule.length is None else str(rule.length)
    return f"{span} from {rule.anchor.value.replace('_', ' ')}{more}"


def walk(entries: Iterable[Entry]) -> Iterable[tuple[Entry, Pass]]:
    """Yield each entry with the pass as it stood after it."""
    state: Pass | None = None
    for entry in entries:
        state = begin(entry) if state is None else apply(state, entry)
        yield entry, state


def happened(entry: Entry, zone_name: str) -> str:
    """Return what an entry says, in a few words."""
    fact = entry.fact
    match fact:
        case lg.Granted(sessions=sessions):
            return "unlimited granted" if sessions is None else f"{count(sessions)} granted"
        case lg.Reserved() | lg.Deducted():
            verb = "held" if isinstance(fact, lg.Reserved) else "used"
            return f"{count(fact.sessions)} {verb} for {local(fact.starts_at, zone_name)}"
        case lg.Captured(sessions=sessions):
            return f"{count(sessions)} used"
        case lg.Released(sessions=sessions) | lg.Reversed(sessions=sessions):
            return f"{count(sessions)} returned"
        case lg.Forfeited(sessions=sessions, returned=returned):
            return f"{count(sessions)} forfeited, {lg.count_of(returned)} returned"
        case lg.Adjusted(delta=delta):
            return f"{delta:+d} session{'' if abs(delta) == 1 else 's'} by hand"
        case lg.Expired(sessions=sessions):
            return f"{count(sessions)} expired"
        case lg.Reinstated(sessions=sessions):
            return f"{count(sessions)} reinstated"
        case lg.Refunded(sessions=sessions) | lg.Cancelled(sessions=sessions):
            verb = "refunded" if isinstance(fact, lg.Refunded) else "cancelled"
            return f"{verb}, {count(sessions)} void"
        case _:
            return _changed(fact)


def _changed(fact: lg.Fact) -> str:
    match fact:
        case lg.Activated() | lg.Anchored() | lg.Extended() | lg.Resumed() | lg.Unfrozen():
            verb = type(fact).__name__.lower()
            last = fact.window.last_day if fact.window else None
            return verb if last is None else f"{verb}, last day {last}"
        case lg.Frozen(first_day=first, last_day=last):
            return f"frozen from {first} until {last or 'further notice'}"
        case lg.OwnerChanged(client_id=client_id):
            return f"handed over to {client_id}"
        case lg.CoverChanged():
            return "cover changed"
        case _:
            return type(fact).__name__.lower()
