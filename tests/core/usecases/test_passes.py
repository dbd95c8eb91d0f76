"""Passes by hand: assigning, editing, showing, explaining, sweeping (S5, S6, C4, V5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import attrs
import pytest

from passcore import (
    AdjustPass,
    CancelledBy,
    CancelPolicy,
    CancelTier,
    ClientRef,
    EditPass,
    ExplainVisit,
    FreezeLimits,
    Length,
    Money,
    PaymentMethod,
    ShowPass,
    SweepExpired,
    adjust,
    edit,
    explain_visit,
    show,
    sweep_expired,
)
from passcore.domain import commands as cm
from passcore.domain.ledger import Origin
from passcore.domain.passes import Status
from passcore.domain.validity import Anchor, Redeem, Validity
from passcore.errors import (
    AlreadyExists,
    BookedTooLate,
    BookingsInside,
    Invalid,
    LimitReached,
    NotFound,
    PassExhausted,
    WrongClient,
)
from passcore.testing.builders import NOW, new_code
from passcore.usecases.passes import ListPasses, find_own_pass, find_pass, page_of_passes
from tests.core.house import House

BEA = ClientRef(email="bea@example.com", name="Bea")


def test_a_pass_is_given_by_hand(house: House) -> None:
    """The client is made on the way and gets the pass mail; no order, no invoice."""
    view = house.assign(reason=" a gift ")
    assert (view.client.email, view.state.balance.available) == ("ana@example.com", 10)
    assert house.told() == ["assigned"]
    with house.store.begin(house.id) as tx:
        assert tx.passes.ledger(view.state.id)[0].reason == "a gift"
        assert not tx.orders.page().items


def test_sessions_price_and_last_day_may_differ_from_the_product(house: House) -> None:
    """Also those of an unstarted or chosen-date product; with no mail where none is wanted."""
    day = NOW.date() + timedelta(days=5)
    view = house.assign(sessions=3, price=Money(1_000, "EUR"), last_day=day, notify=False)
    assert view.state.balance.units == ((334, 1), (333, 2))
    assert view.state.window is not None
    assert view.state.window.last_day == day
    assert house.told() == []
    chosen = house.add_product("Chosen", 5, validity=Validity(Anchor.CHOSEN_DATE))
    assert house.assign(chosen, starts_on=day).state.status(NOW) is Status.PENDING


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"sessions": 0}, "sessions"),
        ({"sessions": 10_001}, "sessions"),
        ({"price": Money(1_000, "USD")}, "price.currency"),
        ({"price": Money(-1, "EUR")}, "price"),
        ({"reason": "a\nb"}, "reason"),
        ({"payment": PaymentMethod.ONLINE}, "payment"),
        ({"client": ClientRef()}, "client"),
        ({"last_day": NOW.date() - timedelta(days=1)}, "last_day"),
        ({"starts_on": NOW.date()}, "starts_on"),
    ],
)
def test_what_cannot_be_assigned_is_invalid(
    house: House, fields: dict[str, Any], field: str
) -> None:
    """By its field, and nobody is made."""
    with pytest.raises(Invalid) as refused:
        house.assign(**fields)
    assert refused.value.field == field
    with house.store.begin(house.id) as tx:
        assert not tx.clients.page().items


@pytest.mark.parametrize("price", [12_000, 0])
def test_a_pass_paid_at_the_desk_has_payment_and_invoice(house: House, price: int) -> None:
    """Where it cost anything (S5)."""
    day = NOW.date() + timedelta(days=5)
    view = house.assign(
        payment=PaymentMethod.ON_SITE, price=Money(price, "EUR"), last_day=day, notify=price > 0
    )
    assert view.state.window is not None
    assert view.state.window.last_day == day
    with house.store.begin(house.id) as tx:
        (order,) = tx.orders.page().items
        assert len(tx.invoices.page().items) == len(tx.payments.of_order(order.id)) == (price > 0)
    assert order.pass_id == view.state.id
    assert house.told() == (["assigned"] if price else [])


def test_sessions_are_adjusted_with_a_reason(house: House) -> None:
    """By id or pass ID, recorded with who did it; the mail is optional (S6)."""
    view = house.assign()
    by = Origin("Desk Dora", "web")
    after = house.run(adjust, AdjustPass(view.code, 2, " sorry ", notify=True), by=by)
    assert after.state.balance.available == 12
    with house.store.begin(house.id) as tx:
        entry = tx.passes.ledger(view.state.id)[-1]
    assert (entry.reason, entry.origin) == ("sorry", by)
    house.run(adjust, AdjustPass(view.state.id, -1, "miscounted"))
    assert house.told() == ["assigned", "sessions_changed"]
    (message,) = (m for m in house.messages() if m.notice.kind.value == "sessions_changed")
    assert (message.notice.values["delta"], message.notice.values["remaining"]) == (2, 12)


@pytest.mark.parametrize("delta", [-(10**9), 10**9, 2**31, 2**63, 1.5, True, "5", None])
def test_an_adjustment_out_of_bounds_is_invalid(delta: int) -> None:
    """Whatever it is (R18)."""
    with pytest.raises(Invalid) as refused:
        AdjustPass("pass_1", delta, "reason")
    assert refused.value.field == "delta"


def test_an_edit_needs_a_reason_and_enough_sessions(house: House) -> None:
    """Nothing is changed without (R18, R19)."""
    view = house.assign()
    for reason in ("", "  ", "a\0"):
        with pytest.raises(Invalid):
            house.run(adjust, AdjustPass(view.code, 1, reason))
        with pytest.raises(Invalid):
            house.run(edit, EditPass(view.code, cm.Cancel(), reason))
    with pytest.raises(PassExhausted):
        house.run(adjust, AdjustPass(view.code, -11, "too many"))
    assert house.state(view.state.id) == view.state


def test_a_pass_is_edited_by_name(house: House) -> None:
    """Extended, and handed to a client who is there."""
    view = house.assign()
    day = NOW.date() + timedelta(days=400)
    after = house.run(edit, EditPass(view.code, cm.Extend(day), "was ill"))
    assert after.state.window.last_day == day
    bea = house.assign(client=BEA).client
    after = house.run(edit, EditPass(view.code, cm.ChangeOwner(bea.id), "sold on"))
    assert after.client == bea
    with pytest.raises(NotFound):
        house.run(edit, EditPass(view.code, cm.ChangeOwner("nobody"), "sold on"))


def test_a_pass_is_shown_by_id_or_pass_id(house: House) -> None:
    """One that is not there is not found."""
    view = house.assign()
    for ref in (view.state.id, view.code, view.code.lower()):
        assert house.run(show, ShowPass(ref)) == view
    for ref in ("nothing", new_code()):
        with pytest.raises(NotFound):
            house.run(show, ShowPass(ref))
    with house.store.begin(house.id) as tx:
        assert find_pass(tx, view.code, lock=True).state == view.state


def test_a_pass_id_opens_a_pass_only_with_its_owners_address(house: House) -> None:
    """Unknown and somebody else's are not told apart (B8)."""
    view = house.assign()
    house.assign(client=BEA)
    with house.store.begin(house.id) as tx:
        assert find_own_pass(tx, view.code, "Ana@Example.com") == view
        wrong = [(view.code, "bea@example.com"), (view.code, "new@example.com")]
        wrong.append((new_code(), "ana@example.com"))
        for code, address in wrong:
            with pytest.raises(WrongClient) as refused:
                find_own_pass(tx, code, address)
            assert refused.value.fields() == {"pass_id": ""}
        for code, address in (
            (view.code[:-1] + "!", "ana@example.com"),
            (view.code, view.client.id),
        ):
            with pytest.raises(Invalid):
                find_own_pass(tx, code, address)


def test_a_visit_is_explained_for_a_client_or_a_pass(house: House) -> None:
    """In the order of use, with the one that would be taken."""
    first = house.assign(house.add_product("First", 5, priority=1))
    used = house.assign(sessions=1)
    house.report(choice=used.code)
    asked: dict[str, Any] = {"service": "reformer", "starts_at": NOW + timedelta(days=2)}
    answer = house.run(explain_visit, ExplainVisit(**asked, client="ana@example.com"))
    assert [v.state.id for v in answer.verdicts] == [first.state.id, used.state.id]
    assert answer.chosen.state.id == first.state.id
    assert answer.codes == {first.state.id: first.code, used.state.id: used.code}
    answer = house.run(explain_visit, ExplainVisit(**asked, pass_ref=used.code))
    assert (answer.chosen, len(answer.verdicts)) == (None, 1)
    assert answer.service == house.service
    own = ExplainVisit(**asked, pass_ref=used.code, client=used.client.id)
    (verdict,) = house.run(explain_visit, own).verdicts
    assert verdict.state.id == used.state.id
    house.assign(client=BEA)
    with pytest.raises(WrongClient):
        house.run(
            explain_visit, ExplainVisit(**asked, pass_ref=used.code, client="bea@example.com")
        )
    for client in (None, "nobody@example.com", "not an address@"):
        with pytest.raises(NotFound):
            house.run(explain_visit, ExplainVisit(**asked, client=client))


def test_the_sweep_books_what_lapsed_once(house: House) -> None:
    """At most as many at a time as asked, the earliest end first (V5, R15)."""
    passes = [house.assign().state.id for _ in range(3)]
    assert house.run(sweep_expired, SweepExpired()) == 0
    house.later(days=200)
    assert house.run(sweep_expired, SweepExpired(2)) == 2
    assert house.run(sweep_expired, SweepExpired()) == 1
    assert house.run(sweep_expired, SweepExpired()) == 0
    assert [house.kinds(p) for p in passes] == [["Expired"]] * 3


def test_a_pass_id_that_is_in_use_is_never_given_twice(house: House) -> None:
    """The store refuses it."""
    house.assign()
    code = house.assign().code
    house.app.ids.code = lambda: code  # type: ignore[method-assign]  # forces one code
    with pytest.raises(AlreadyExists):
        house.assign()


def _listed(house: House, *, pages: int = 10, **asked: Any) -> tuple[list[str], str | None]:
    with house.store.begin(house.id, write=False) as tx:
        page = page_of_passes(tx, ListPasses(**asked), house.clock.now(), pages=pages)
    return [view.code for view in page.items], page.next_cursor


def test_passes_are_listed_newest_first_with_their_owners(house: House) -> None:
    """All of them, a client's, a product's."""
    views = []
    for client in (ClientRef(email="ana@example.com"), BEA):
        views.append(house.assign(client=client))
        house.later(seconds=1)
    with house.store.begin(house.id, write=False) as tx:
        page = page_of_passes(tx, ListPasses(), NOW)
        assert (page.items, page.next_cursor) == ((views[1], views[0]), None)
    assert _listed(house, client_id=views[0].client.id)[0] == [views[0].code]
    assert len(_listed(house, product_id=house.product.id)[0]) == 2
    assert _listed(house, product_id="nothing") == ([], None)


def test_passes_at_a_status_are_looked_for_from_page_to_page(house: House) -> None:
    """Until a page has any; where none of so many has, the list goes on from there."""
    views = []
    for _ in range(5):
        views.append(house.assign())
        house.later(seconds=1)
    oldest = views[0]
    house.run(edit, EditPass(oldest.code, cm.Cancel(), "moved away"))
    asked: dict[str, Any] = {"status": Status.CANCELLED, "limit": 2}
    assert _listed(house, **asked) == ([oldest.code], None)
    nothing, cursor = _listed(house, pages=2, **asked)
    assert nothing == []
    assert _listed(house, cursor=cursor, **asked) == ([oldest.code], None)
    first, cursor = _listed(house, status=Status.ACTIVE, limit=2)
    assert (first, cursor is None) == ([views[4].code, views[3].code], False)


def test_bookings_inside_a_freeze_are_kept_or_called_off(house: House) -> None:
    """Those released give everything back in the same transaction, whatever the policy (V7)."""
    product = house.add_product("Strict", 10, cancel=CancelPolicy((CancelTier(99_999, 0),)))
    passed = house.assign(product).state.id
    days = (2, 4, 9)
    made = [house.book(NOW + timedelta(days=day)).booking.id for day in days]
    first, last = (NOW + timedelta(days=day) for day in (2, 5))
    asked = cm.Freeze(first.date(), last.date())
    before = house.state(passed)
    with pytest.raises(BookingsInside) as refused:
        house.run(edit, EditPass(passed, asked, "away"))
    assert list(refused.value.bookings) == made[:2]
    assert house.state(passed) == before
    release = attrs.evolve(asked, bookings=cm.Inside.RELEASE)
    view = house.run(edit, EditPass(passed, release, "away"))
    assert (view.state.balance.held, view.state.balance.available) == (1, 9)
    assert view.state == house.state(passed)
    with house.store.begin(house.id, write=False) as tx:
        found = [tx.bookings.get(booking_id).status.value for booking_id in made]
    assert found == ["cancelled", "cancelled", "booked"]
    keep = cm.Freeze(NOW.date() + timedelta(days=9), None, cm.Inside.KEEP)
    assert house.run(edit, EditPass(passed, keep, "away")).state.balance.held == 1
    assert house.damage() == ()


def test_a_freeze_that_is_refused_calls_nothing_off(house: House) -> None:
    """The limits of the terms are asked first."""
    limited = house.add_product("Limited", 10, freeze=FreezeLimits(days=3))
    passed = house.assign(limited).state.id
    house.book(NOW + timedelta(days=2))
    wanted = cm.Freeze(bookings=cm.Inside.RELEASE)
    with pytest.raises(LimitReached):
        house.run(edit, EditPass(passed, wanted, "away"))
    assert house.balance(passed).held == 1


def test_the_sweep_leaves_a_pass_in_its_grace_alone(house: House) -> None:
    """It comes when the grace is over (V5, V6)."""
    rule = Validity(length=Length(10, "days"), grace_days=5)
    passed = house.assign(house.add_product("Ten days", 10, validity=rule)).state.id
    house.later(days=12)
    assert house.run(sweep_expired, SweepExpired()) == 0
    house.report("completed", starts_at=house.clock.now())
    house.later(days=5)
    assert house.run(sweep_expired, SweepExpired()) == 1
    assert (house.balance(passed).used, house.balance(passed).expired) == (1, 9)


def test_a_revived_pass_is_swept_again_when_it_ends(house: House) -> None:
    """What came back can be booked until then."""
    passed = house.assign().state.id
    house.later(days=200)
    house.run(sweep_expired, SweepExpired())
    last_day = house.clock.now().date() + timedelta(days=20)
    house.run(edit, EditPass(passed, cm.Extend(last_day, revive=True), "was ill"))
    assert house.balance(passed).available == 10
    assert house.kinds(passed) == ["Expired", "Extended", "Reinstated"]
    house.report("booked", starts_at=house.clock.now() + timedelta(days=2))
    house.later(days=30)
    assert house.run(sweep_expired, SweepExpired()) == 1
    assert house.damage() == ()


def test_a_visit_booked_in_time_is_paid_for_after_the_end(house: House) -> None:
    """Completed, undone by the other system and completed again; one changed to another time is
    booked anew, and that is too late (V6)."""
    rule = Validity(length=Length(10, "days"), redeem=Redeem.BOOKED_WITHIN)
    passed = house.assign(house.add_product("Book in time", 10, validity=rule)).state.id
    starts_at = NOW + timedelta(days=25)
    house.report("booked", 1, starts_at=starts_at)
    house.clock.set(starts_at + timedelta(hours=1))
    house.run(sweep_expired, SweepExpired())
    assert (house.balance(passed).held, house.balance(passed).expired) == (1, 9)
    house.report("completed", 2, starts_at=starts_at)
    house.report("booked", 3, starts_at=starts_at)
    assert house.balance(passed).held == 1
    house.report("cancelled", 4, starts_at=starts_at, by=CancelledBy.BUSINESS)
    house.report("completed", 5, starts_at=starts_at)
    assert (house.balance(passed).used, house.balance(passed).expired) == (1, 9)
    with pytest.raises(BookedTooLate):
        house.report("completed", 6, starts_at=starts_at + timedelta(hours=2))
    with pytest.raises(BookedTooLate):
        house.report("completed", ref="walk-in", starts_at=starts_at)
    assert house.balance(passed).used == 1
    assert house.damage() == ()
