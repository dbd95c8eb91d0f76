"""Intake: the latest word on a visit is all that counts (B1, B2, B6; R1 to R14)."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import attrs
import pytest
from hypothesis import given, settings, strategies as st

from passcore import (
    AddService,
    AssignPass,
    CancelledBy,
    CancelPolicy,
    CancelTier,
    ClientRef,
    EditPass,
    Length,
    Money,
    ReportMany,
    SweepExpired,
    Validity,
    VisitReport,
    add_service,
    adjust,
    assign,
    edit,
    report_many,
    sweep_expired,
)
from passcore.domain import commands as cm
from passcore.domain.bookings import MAX_REVISION, BookingStatus, PaymentState
from passcore.errors import (
    BookingConflict,
    Invalid,
    InvalidTransition,
    NoPass,
    NotFound,
    PassError,
    PassExhausted,
    PassExpired,
    PassRefunded,
    WrongClient,
)
from passcore.testing.builders import NOW, new_code
from passcore.usecases.intake import Reported
from passcore.usecases.passes import AdjustPass
from tests.core.house import ANA, House

BEA = ClientRef(email="bea@example.com", name="Bea")
IN_TIME = NOW


def _payment(reported: Reported) -> Any:
    return reported.view.booking.lines[0].payment


def test_booking_holds_and_completion_captures(house: House) -> None:
    """On the same pass, with what is left told each time (B1)."""
    view = house.assign()
    passed = view.state.id
    held = house.report("booked", 1)
    assert held.applied
    assert (_payment(held).state, _payment(held).remaining_after) == (PaymentState.HELD, 9)
    assert _payment(held).free_cancel_until == NOW + timedelta(days=1)
    done = house.report("completed", 2)
    assert (_payment(done).state, _payment(done).free_cancel_until) == (PaymentState.CAPTURED, None)
    assert done.view.codes == {passed: view.code}
    assert house.kinds(passed) == ["Reserved", "Captured"]
    assert house.balance(passed).used == 1


def test_a_walk_in_is_deducted_in_one_step(house: House) -> None:
    """Where only completions are reported."""
    passed = house.assign().state.id
    house.report()
    assert house.kinds(passed) == ["Deducted"]


@pytest.mark.parametrize("status", [s.value for s in BookingStatus])
def test_a_report_that_comes_again_changes_nothing(house: House, status: str) -> None:
    """Ten times the same answer, one entry, one message (R2, R3)."""
    passed = house.assign(sessions=1).state.id
    first = house.report(status)
    entries, messages = house.kinds(passed), house.told()
    for _ in range(9):
        again = house.report(status)
        assert again.view == first.view
        assert not again.applied
    assert (house.kinds(passed), house.told()) == (entries, messages)


def test_another_report_of_the_same_revision_is_a_conflict(house: House) -> None:
    """The first stays."""
    house.assign()
    first = house.report("booked", 3, seats=1)
    with pytest.raises(BookingConflict) as refused:
        house.report("booked", 3, seats=2)
    assert (refused.value.source, refused.value.ref, refused.value.revision) == (
        "calendar",
        "visit-1",
        3,
    )
    assert house.report("booked", 3).view == first.view


def test_an_older_report_changes_nothing_whatever_it_says(house: House) -> None:
    """Not even a client is made of it, nor is a service looked for; the answer is what is known."""
    house.assign()
    known = house.report("completed", 5)
    stale = house.report(
        "booked", 4, client=ClientRef(email="new@example.com"), service="gone", choice="gone"
    )
    assert (stale.view, stale.applied) == (known.view, False)
    with house.store.begin(house.id) as tx:
        assert tx.clients.by_email("new@example.com") is None


def test_reversed_before_completed_blocks_the_late_one(house: House) -> None:
    """The highest revision wins, not the last to arrive (R6)."""
    passed = house.assign().state.id
    house.report("reversed", 2)
    late = house.report("completed", 1)
    assert (late.applied, late.view.booking.status) == (False, BookingStatus.REVERSED)
    assert house.balance(passed).used == 0
    house.report("completed", 3)
    assert house.balance(passed).used == 1


def test_a_correction_to_another_client_restores_one_and_charges_the_other(house: House) -> None:
    """The stale repeat changes nothing (R7)."""
    anas, beas = house.assign().state.id, house.assign(client=BEA).state.id
    house.report("completed", 1)
    house.report("completed", 2, client=BEA)
    house.report("completed", 1)
    assert (house.balance(anas).used, house.balance(beas).used) == (0, 1)
    assert house.kinds(anas) == ["Deducted", "Reversed"]


def test_a_correction_to_another_service_costs_the_other_price(house: House) -> None:
    """Seats too."""
    passed = house.assign().state.id
    house.report("completed", 1)
    house.report("completed", 2, seats=3)
    assert house.balance(passed).used == 3
    assert [house.report("completed", n + 3, seats=n).applied for n in (1, 2)] == [True, True]
    assert house.balance(passed).used == 2


def test_a_booking_that_moves_holds_anew(house: House) -> None:
    """Inside the deadline or not, moving is not cancelling."""
    passed = house.assign().state.id
    house.report("booked", 1)
    moved = house.report("booked", 2, starts_at=NOW + timedelta(days=3))
    assert moved.view.booking.starts_at == NOW + timedelta(days=3)
    assert house.kinds(passed) == ["Reserved", "Released", "Reserved"]
    assert _payment(moved).occasion == 2


def test_a_move_that_cannot_be_leaves_the_old_hold(house: House) -> None:
    """A refusal changes nothing."""
    passed = house.assign().state.id
    house.report("booked", 1)
    with pytest.raises(PassError):
        house.report("booked", 2, starts_at=NOW + timedelta(days=999))
    assert house.kinds(passed) == ["Reserved"]
    assert house.report("booked", 1).view.booking.revision == 1


def test_the_last_session_is_not_given_twice(house: House) -> None:
    """The second visit is refused with what there is (R1)."""
    house.assign(sessions=1)
    house.report(ref="visit-1")
    with pytest.raises(PassExhausted) as refused:
        house.report(ref="visit-2")
    assert (refused.value.available, refused.value.needed) == (0, 1)


def test_visits_spill_to_the_next_pass(house: House) -> None:
    """None is refused while any pass has value (R13)."""
    passes = [house.assign(sessions=2).state.id for _ in range(2)]
    for number in range(4):
        house.report(ref=f"visit-{number}")
    assert [house.balance(p).used for p in passes] == [2, 2]
    with pytest.raises(PassExhausted):
        house.report(ref="visit-5")


def test_a_client_without_a_pass_is_told_so(house: House) -> None:
    """And is not made by the refused report; a visit without pass makes them."""
    with pytest.raises(NoPass):
        house.report(client=BEA)
    with house.store.begin(house.id) as tx:
        assert tx.clients.by_email("bea@example.com") is None
    without = house.report(client=BEA, choice=None)
    assert _payment(without) is None
    assert without.view.client.name == "Bea"


@pytest.mark.parametrize("how", ["id", "code", "typed"])
def test_the_pass_named_is_the_one_that_pays(house: House, how: str) -> None:
    """By id or pass ID, however typed, and not the one the rule would choose."""
    house.assign(house.add_product("First", 5, priority=9))
    named = house.assign()
    name = {"id": named.state.id, "code": named.code, "typed": named.code.lower()}[how]
    reported = house.report("booked", choice=name)
    assert _payment(reported).pass_id == named.state.id
    assert reported.view.booking.choice == named.state.id
    assert reported.view.codes == {named.state.id: named.code}


def test_a_pass_named_must_be_there_and_the_clients_own(house: House) -> None:
    """Somebody else's is refused before anything is decided, whatever the status (B8)."""
    house.assign()
    beas = house.assign(client=BEA)
    for choice in ("gone", new_code()):
        with pytest.raises(NotFound):
            house.report(choice=choice)
    for status in BookingStatus:
        with pytest.raises(WrongClient):
            house.report(status.value, choice=beas.code)
    assert house.balance(beas.state.id).used == 0
    house.report("booked", 1, choice=None)
    with pytest.raises(WrongClient):
        house.report("completed", 2, choice=beas.code)
    with pytest.raises(WrongClient):
        house.report("completed", 2, client=ANA, choice=beas.state.id)


def test_a_visit_paid_by_a_pass_that_changed_hands_can_be_undone(house: House) -> None:
    """But not be paid by it again."""
    named = house.assign()
    house.assign(client=BEA)
    with house.store.begin(house.id) as tx:
        bea = tx.clients.by_email("bea@example.com")
    assert bea is not None
    house.report("completed", 1, choice=named.code)
    command = EditPass(named.state.id, cm.ChangeOwner(bea.id), "sold on")
    house.run(edit, command)
    with pytest.raises(WrongClient):
        house.report("completed", 2, choice=named.code, seats=2)
    assert house.report("reversed", 2, choice=named.code).applied
    assert house.balance(named.state.id).used == 0
    with pytest.raises(WrongClient):
        house.report("completed", 3, choice=named.code)


def test_names_that_are_not_there_are_not_found(house: House) -> None:
    """Client by id, service; nobody at all."""
    house.assign()
    for fields in (
        {"client": ClientRef(id="nobody")},
        {"client": ClientRef()},
        {"service": "nothing"},
    ):
        with pytest.raises(NotFound):
            house.report(**fields)
    with pytest.raises(Invalid):
        house.report(client=ClientRef(email="no address"), choice=None)


@pytest.mark.parametrize(
    "fields",
    [
        {"revision": -1},
        {"revision": MAX_REVISION + 1},
        {"seats": 0},
        {"seats": 1_001},
        {"source": ""},
        {"ref": "a\0b"},
        {"ref": "x" * 201},
        {"starts_at": datetime(2027, 1, 1)},  # noqa: DTZ001  # naive on purpose
        {"starts_at": datetime.max.replace(tzinfo=UTC)},
    ],
)
def test_a_report_out_of_bounds_is_invalid(house: House, fields: dict[str, Any]) -> None:
    """By its field."""
    with pytest.raises(Invalid) as refused:
        house.visit(**fields)
    assert refused.value.field == next(iter(fields))


def test_one_instant_in_two_offsets_is_one_report(house: House) -> None:
    """It is a repetition, not a conflict."""
    house.assign()
    first = house.report("booked", starts_at=NOW + timedelta(days=1))
    local = (NOW + timedelta(days=1)).astimezone(timezone(timedelta(hours=5)))
    assert house.report("booked", starts_at=local).view == first.view


# --- cancelling -----------------------------------------------------------------------------------


def _strict(house: House) -> str:
    """A pass that loses two of what a late cancellation holds, one of what a no-show does."""
    policy = CancelPolicy((CancelTier(600, 0), CancelTier(0, 2)), no_show_forfeit=1)
    return house.assign(house.add_product("Strict", 10, cancel=policy)).state.id


@pytest.mark.parametrize(
    ("status", "fields", "lost"),
    [
        ("cancelled", {"cancelled_at": IN_TIME}, 0),
        ("cancelled", {"cancelled_at": NOW + timedelta(hours=20)}, 2),
        ("cancelled", {"cancelled_at": NOW + timedelta(hours=30)}, 3),
        ("cancelled", {"cancelled_at": NOW + timedelta(30), "by": CancelledBy.BUSINESS}, 0),
        ("no_show", {}, 1),
        ("no_show", {"by": CancelledBy.BUSINESS}, 1),
        ("reversed", {}, 0),
    ],
)
@pytest.mark.parametrize("before", [None, "booked", "completed"])
def test_the_policy_decides_whatever_came_before(
    house: House, before: str | None, status: str, fields: dict[str, Any], lost: int
) -> None:
    """Booked or completed before, or never heard of: the same balance (B2, B4)."""
    passed = _strict(house)
    if before is not None:
        house.report(before, 1, seats=3)
    reported = house.report(status, 2, seats=3, **fields)
    b = house.balance(passed)
    assert (b.used, b.held, b.available) == (lost, 0, 10 - lost)
    payment = _payment(reported)
    if payment is not None:
        assert payment.state is (PaymentState.FORFEITED if lost else PaymentState.RELEASED)


def test_a_no_show_that_was_a_cancellation_costs_what_that_costs(house: House) -> None:
    """And the other way round: the newest report decides."""
    passed = _strict(house)
    house.report("no_show", 1, seats=3)
    house.report("cancelled", 2, seats=3, cancelled_at=NOW + timedelta(hours=20))
    assert house.balance(passed).used == 2
    house.report("no_show", 3, seats=3)
    assert house.balance(passed).used == 1
    house.report("completed", 4, seats=3)
    assert house.balance(passed).used == 3


def test_a_cancellation_said_again_after_the_deadline_costs_nothing_more(house: House) -> None:
    """What was in time stays so; a corrected time of it counts."""
    passed = _strict(house)
    house.report("booked", 1)
    house.report("cancelled", 2)
    house.later(hours=23)
    assert _payment(house.report("cancelled", 3)).state is PaymentState.RELEASED
    assert house.balance(passed).used == 0
    house.report("cancelled", 4, cancelled_at=house.clock.now())
    assert house.balance(passed).used == 1
    house.report("cancelled", 5, cancelled_at=IN_TIME)
    assert house.balance(passed).used == 0


def test_a_missed_visit_needs_no_pass_to_be_recorded(house: House) -> None:
    """Without one nothing is lost."""
    reported = house.report("no_show", client=BEA)
    assert (_payment(reported), reported.view.booking.status) == (None, BookingStatus.NO_SHOW)


# --- undoing --------------------------------------------------------------------------------------


def test_undoing_a_completion_holds_again(house: House) -> None:
    """On the pass that had paid, also where another would come first now (B6)."""
    passed = house.assign().state.id
    house.report("completed", 1)
    house.assign(house.add_product("First", 5, priority=9))
    undone = house.report("booked", 2)
    assert (_payment(undone).pass_id, _payment(undone).state) == (passed, PaymentState.HELD)
    assert house.kinds(passed) == ["Deducted", "Reversed", "Reserved"]


def test_a_completion_reversed_on_a_pass_that_ended_lapses(house: House) -> None:
    """Back and expired in one; the visit then stands without a claim (R9)."""
    passed = house.assign().state.id
    house.report("completed", 1)
    house.later(days=200)
    house.run(sweep_expired, SweepExpired())
    undone = house.report("reversed", 2)
    assert _payment(undone).state is PaymentState.RELEASED
    assert house.kinds(passed) == ["Deducted", "Expired", "Reversed", "Expired"]
    assert house.balance(passed).expired == 10


def test_what_lapsed_first_makes_no_difference(house: House) -> None:
    """A visit inside the window is told after the end, and corrected: in any order it holds the
    dearest sessions, whether they have lapsed yet or not (B2, R11)."""
    short = Validity(length=Length(10, "days"))
    few = house.add_product("Few", 3, price=Money(1000, "EUR"), validity=short)
    held = []
    for order in ((1, 2), (2, 1)):
        view = house.assign(few, client=ClientRef(email=f"{order[0]}@example.com"))
        house.later(days=12)
        for revision in order:
            house.report(
                "booked",
                revision,
                ref=f"visit-{order[0]}",
                client=ClientRef(id=view.client.id),
                seats=revision,
                starts_at=house.clock.now() - timedelta(days=3),
            )
        (hold,) = house.balance(view.state.id).holds
        held.append(hold.units)
    assert held[0] == held[1] == ((334, 1), (333, 1))


@pytest.mark.parametrize("order", [(1, 2, 3), (1, 3, 2), (3, 1, 2)])
def test_another_system_corrects_a_completion_on_a_pass_that_ended(
    house: House, order: tuple[int, ...]
) -> None:
    """The visit is booked as it would be had the completion never been heard of (B2)."""
    passed = house.assign().state.id
    house.later(days=190)
    status = {1: "booked", 2: "completed", 3: "booked"}
    told = [house.report(status[n], n, starts_at=NOW + timedelta(days=1)) for n in order]
    reported = told[-1]
    assert (_payment(reported).pass_id, _payment(reported).state) == (passed, PaymentState.HELD)
    house.run(sweep_expired, SweepExpired())
    assert (house.balance(passed).held, house.balance(passed).expired) == (1, 9)
    house.report("reversed", 4, starts_at=NOW + timedelta(days=1))
    assert house.balance(passed).expired == 10


def test_a_completion_undone_on_a_pass_that_no_longer_pays_stands_without_it(house: House) -> None:
    """A refusal to hold again does not stop the undoing."""
    passed = house.assign().state.id
    house.report("completed", 1)
    house.run(edit, EditPass(passed, cm.Freeze(), "away"))
    assert _payment(house.report("booked", 2)).state is PaymentState.RELEASED
    assert house.balance(passed).available == 10
    house.run(edit, EditPass(passed, cm.Unfreeze(), "back"))
    assert _payment(house.report("completed", 3)).state is PaymentState.CAPTURED


def test_a_completion_on_a_refunded_pass_cannot_be_undone(house: House) -> None:
    """It is refused and changes nothing (R10)."""
    passed = house.assign().state.id
    house.report("completed", 1)
    with house.store.begin(house.id) as tx:
        from passcore.usecases.call import Call
        from passcore.usecases.ledgers import Ledgers

        ledgers = Ledgers(Call(NOW, house.app.ids), [tx.passes.get(passed)])
        ledgers.decide(passed, cm.Refund(0))
        ledgers.write(tx)
    with pytest.raises(PassRefunded):
        house.report("reversed", 2)
    assert house.report("completed", 1).view.booking.status is BookingStatus.COMPLETED


def test_a_visit_may_lose_its_pass(house: House) -> None:
    """Reported as paid otherwise it gives back what it took."""
    passed = house.assign().state.id
    house.report("completed", 1)
    assert _payment(house.report("completed", 2, choice=None)).state is PaymentState.RELEASED
    assert house.balance(passed).used == 0


def test_a_report_that_says_nothing_new_changes_nothing(house: House) -> None:
    """With a higher revision, and another word on who called off what was not called off."""
    passed = house.assign().state.id
    first = house.report("completed", 1)
    for revision in (2, 3):
        again = house.report("completed", revision, by=CancelledBy.BUSINESS)
        assert again.applied
        assert _payment(again) == _payment(first)
    assert house.kinds(passed) == ["Deducted"]


def test_a_visit_inside_the_window_is_paid_after_the_sweep(house: House) -> None:
    """Reported late it takes back what it needs (R11); after thirty days it is refused."""
    passed = house.assign().state
    assert passed.ends_at is not None
    inside = passed.ends_at - timedelta(hours=1)
    house.clock.set(passed.ends_at + timedelta(days=29))
    house.run(sweep_expired, SweepExpired())
    late = house.report("completed", starts_at=inside)
    assert _payment(late).sessions == 1
    assert house.kinds(passed.id) == ["Expired", "Reinstated", "Deducted"]
    house.later(days=1)
    with pytest.raises(PassExpired):
        house.report("completed", ref="visit-2", starts_at=inside)


# --- order does not matter ------------------------------------------------------------------------

STORY: list[dict[str, Any]] = [
    {"status": "booked"},
    {"status": "completed"},
    {"status": "completed", "seats": 2},
    {"status": "cancelled", "cancelled_at": IN_TIME},
    {"status": "no_show"},
    {"status": "reversed"},
    {"status": "completed", "client": BEA},
    {"status": "booked", "starts_at": NOW + timedelta(days=2)},
]


def _outcome(house: House) -> list[tuple[int, int, int]]:
    with house.store.begin(house.id) as tx:
        found = sorted(tx.passes.page().items, key=lambda p: p.state.client_id)
        return [(b.used, b.held, b.available) for b in (p.state.balance for p in found)]


def _play(reports: list[dict[str, Any]], revisions: list[int]) -> list[tuple[int, int, int]]:
    house = House()
    strict = CancelPolicy((CancelTier(0, 1),), no_show_forfeit=1)
    product = house.add_product("Strict", 10, cancel=strict)
    for client in (ANA, BEA):
        house.run(assign, AssignPass(product.id, client))
    for revision in revisions:
        fields = reports[revision]
        house.report(revision=revision, **fields)
    assert house.damage() == ()
    return _outcome(house)


@pytest.mark.parametrize("chosen", list(itertools.combinations(range(len(STORY)), 4)))
def test_all_permutations_of_four_reports_end_alike(chosen: tuple[int, ...]) -> None:
    """Every choice of four kinds, each of the 24 orders."""
    reports = [STORY[number] for number in chosen]
    wanted = _play(reports, [0, 1, 2, 3])
    for order in itertools.permutations(range(4)):
        assert _play(reports, list(order)) == wanted


@settings(max_examples=200)
@given(
    reports=st.lists(st.sampled_from(STORY), min_size=1, max_size=6),
    data=st.data(),
)
def test_any_order_with_repetitions_ends_as_in_order(
    reports: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Each report one to three times, in any order (B2)."""
    numbers = list(range(len(reports)))
    times = [n for n in numbers for _ in range(data.draw(st.integers(1, 3)))]
    assert _play(reports, data.draw(st.permutations(times))) == _play(reports, numbers)


# --- batches --------------------------------------------------------------------------------------


def test_a_batch_answers_each_report_on_its_own(house: House) -> None:
    """A refused one costs the others nothing (decision 14)."""
    passed = house.assign(sessions=2).state.id
    reports = [
        house.visit(ref="a"),
        house.visit(ref="b", service="nothing"),
        house.visit(ref="c", client=BEA),
        house.visit(ref="d"),
        house.visit(ref="e"),
        house.visit(ref="a"),
    ]
    answers = house.run(report_many, ReportMany(tuple(reports)))
    codes = [a.code if isinstance(a, PassError) else a.applied for a in answers]
    assert codes == [True, "not_found", "no_pass", True, "pass_exhausted", False]
    assert house.balance(passed).used == 2
    with house.store.begin(house.id) as tx:
        assert tx.clients.by_email("bea@example.com") is None
        assert len(tx.bookings.page().items) == 2


def test_several_reports_of_a_batch_on_one_visit_are_one_write(house: House) -> None:
    """The booking is stored once, with all that came of it; a known one too."""
    passed = house.assign().state.id
    batch = (house.visit("booked", 1), house.visit("completed", 2), house.visit("no_show", 3))
    house.run(report_many, ReportMany(batch))
    with house.store.begin(house.id) as tx:
        (stored,) = tx.bookings.page().items
    assert (stored.version, stored.revision) == (1, 3)
    more = (house.visit("booked", 4), house.visit("completed", 5))
    house.run(report_many, ReportMany(more))
    with house.store.begin(house.id) as tx:
        (stored,) = tx.bookings.page().items
    assert (stored.version, stored.revision) == (2, 5)
    assert house.balance(passed).used == 1


def test_a_client_new_to_a_batch_is_made_once(house: House) -> None:
    """However their address is written; and again where the report that made them was refused."""
    reports = (
        house.visit(ref="a", client=BEA),
        house.visit(ref="b", client=ClientRef(email="BEA@example.com"), choice=None),
        house.visit(ref="c", client=BEA, choice=None),
    )
    refused, *made = house.run(report_many, ReportMany(reports))
    assert isinstance(refused, NoPass)
    assert len({answer.view.client.id for answer in made}) == 1


def test_the_used_up_notice_tells_how_the_batch_ended(house: House) -> None:
    """Queued once where the last session went, not where it came back."""
    house.assign(sessions=1)
    house.run(report_many, ReportMany((house.visit("completed", 1), house.visit("reversed", 2))))
    assert "used_up" not in house.told()
    house.run(report_many, ReportMany((house.visit("completed", 3), house.visit("no_show", 4))))
    assert house.told().count("used_up") == 1


def test_the_used_up_notice_comes_again_when_the_pass_runs_out_again(house: House) -> None:
    """Sessions were added in between."""
    named = house.assign(sessions=1)
    house.report("booked", 1)
    house.report("completed", 2)
    assert house.told().count("used_up") == 1
    house.run(adjust, AdjustPass(named.state.id, 1, "a gift"))
    house.report(ref="visit-2")
    assert house.told().count("used_up") == 2


def test_a_report_names_its_booking_by_source_and_reference(house: House) -> None:
    """The same reference of another source is another visit."""
    passed = house.assign().state.id
    house.report(source="one")
    house.report(source="two")
    assert house.balance(passed).used == 2
    report = house.visit()
    assert isinstance(report, VisitReport)
    assert attrs.evolve(report, seats=2).key == report.key


def test_several_passes_read_the_catalogue_once_a_batch(house: House) -> None:
    """However many visits have to choose."""
    for _ in range(2):
        house.assign()
    calls = []
    with house.store.begin(house.id) as tx:
        known = tx.services.all
        from passcore.usecases.call import Call

        def counted() -> Any:
            calls.append(1)
            return known()

        tx.services.all = counted  # type: ignore[method-assign]  # counts the calls
        batch = tuple(house.visit(ref=f"visit-{n}") for n in range(5))
        report_many(tx, ReportMany(batch), Call(NOW, house.app.ids))
    assert len(calls) == 1


def test_a_hold_that_is_gone_is_not_captured_again(house: House) -> None:
    """A claim the ledger no longer knows is refused, not repeated."""
    passed = house.assign().state.id
    reported = house.report("booked", 1)
    assert house.balance(passed).held == 1
    line = reported.view.booking.line(0, 1)
    with house.store.begin(house.id) as tx:
        from passcore.usecases.call import Call
        from passcore.usecases.ledgers import Ledgers

        ledgers = Ledgers(Call(NOW, house.app.ids), [tx.passes.get(passed)])
        ledgers.decide(passed, cm.Release(line))
        with pytest.raises(InvalidTransition):
            ledgers.decide(passed, cm.Capture(line))


# --- claims to the letter -------------------------------------------------------------------------


def test_a_claim_says_what_is_left_at_every_step(house: House) -> None:
    """Held, released, claimed again, undone; an unlimited pass has no number."""
    house.assign()
    left = []
    for revision, status in enumerate(("booked", "reversed", "completed", "reversed", "booked"), 1):
        payment = _payment(house.report(status, revision))
        left.append((payment.state.value, payment.remaining_after, payment.occasion))
    assert left == [
        ("held", 9, 1),
        ("released", 10, 1),
        ("captured", 9, 2),
        ("released", 10, 2),
        ("held", 9, 3),
    ]
    unlimited = house.assign(house.add_product("All", None, priority=1)).state.id
    payment = _payment(house.report("booked", ref="visit-2"))
    assert (payment.pass_id, payment.remaining_after) == (unlimited, None)
    payment = _payment(house.report("reversed", 2, ref="visit-2"))
    assert (payment.state, payment.remaining_after) == (PaymentState.RELEASED, None)


def test_a_visit_claims_again_on_the_pass_it_had(house: House) -> None:
    """Though another would come first now; not where it is another visit by now."""
    first = house.assign().state.id
    house.report("booked", 1)
    house.report("reversed", 2)
    better = house.assign(house.add_product("First", 5, priority=9)).state.id
    assert _payment(house.report("booked", 3)).pass_id == first
    house.report("reversed", 4)
    assert _payment(house.report("booked", 5, seats=2)).pass_id == better
    house.report("booked", 1, ref="visit-2", choice=first)
    moved = house.report("booked", 2, ref="visit-2", choice="auto")
    assert _payment(moved).pass_id == better


def test_services_are_told_apart_by_id_and_category(house: House) -> None:
    """For what they cost and for what covers them."""
    mat = house.run(add_service, AddService("Mat", category="pilates"))
    by_category = house.assign(
        house.add_product("Pilates", 5, covers=("pilates",), costs={"mat": 2}, priority=1)
    ).state.id
    anything = house.assign().state.id
    assert _payment(house.report(ref="a", service=mat.slug)).pass_id == by_category
    assert _payment(house.report(ref="b")).pass_id == anything
    assert house.balance(by_category).used == 2


def test_the_narrower_pass_goes_first_among_several(house: House) -> None:
    """Breadth is counted against the catalogue (C4)."""
    house.run(add_service, AddService("Mat", category="pilates"))
    house.assign()
    narrow = house.assign(house.add_product("Narrow", 5, covers=("reformer",))).state.id
    assert _payment(house.report()).pass_id == narrow


def test_refusals_of_a_report_name_pass_and_client(house: House) -> None:
    """Whose it is, and who has none."""
    beas = house.assign(client=BEA)
    with pytest.raises(WrongClient) as wrong:
        house.report(choice=beas.code)
    assert wrong.value.pass_id == beas.state.id
    known = house.report(ref="other", choice=None).view.client
    with pytest.raises(NoPass) as none:
        house.report()
    assert none.value.client_id == known.id


def test_a_reversal_is_about_the_visit_it_undoes(house: House) -> None:
    """Not about the time the correction names."""
    passed = house.assign().state.id
    house.report("completed", 1)
    house.report("completed", 2, starts_at=NOW + timedelta(days=2))
    with house.store.begin(house.id) as tx:
        about = [e.about - NOW for e in tx.passes.ledger(passed)][1:]
    assert about == [timedelta(days=1), timedelta(days=1), timedelta(days=2)]
