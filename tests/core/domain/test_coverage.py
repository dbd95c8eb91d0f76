"""Coverage: what a pass pays for, and how many sessions that costs (C1, C2)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from passcore.domain.coverage import Coverage, Hours
from passcore.domain.money import Money
from passcore.domain.products import PaymentMethod
from passcore.errors import Invalid
from passcore.testing import builders

#: A Sunday, 23:30 UTC: Monday half past midnight in Budapest.
LATE = datetime(2027, 2, 28, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("coverage", "pays"),
    [
        (Coverage(), True),
        (Coverage(services=frozenset({"a"})), True),
        (Coverage(services=frozenset({"b"})), False),
        (Coverage(categories=frozenset({"cat"})), True),
        (Coverage(categories=frozenset({"dog"})), False),
        (Coverage(services=frozenset({"b"}), categories=frozenset({"cat"})), True),
        (Coverage(excluded=frozenset({"a"})), False),
        (Coverage(services=frozenset({"a"}), excluded=frozenset({"a"})), False),
        (Coverage(excluded=frozenset({"b"})), True),
    ],
)
def test_services_and_categories_are_included_minus_excluded(
    coverage: Coverage, pays: bool
) -> None:
    """Nothing included means all."""
    visit = builders.visit(service_id="a", category="cat")
    assert coverage.includes("a", "cat") is pays
    assert coverage.misses(visit, "UTC") == (None if pays else "service")


def test_a_service_without_category_is_not_covered_by_one() -> None:
    """None is no category."""
    assert not Coverage(categories=frozenset({"cat"})).includes("a", None)


def test_a_place_counts_where_places_are_named() -> None:
    """A visit without one is nowhere."""
    coverage = Coverage(locations=frozenset({"north"}))
    for place, why in (("north", None), ("south", "location"), (None, "location")):
        assert coverage.misses(builders.visit(location=place), "UTC") == why


@pytest.mark.parametrize(
    ("hours", "why"),
    [
        (Hours(frozenset({0})), None),  # it is Monday there
        (Hours(frozenset({6})), "weekday"),
        (Hours(from_minute=0, until_minute=31), None),
        (Hours(from_minute=30, until_minute=31), None),
        (Hours(from_minute=0, until_minute=30), "time"),
        (Hours(from_minute=31), "time"),
        (Hours(frozenset({0}), 31, 60), "time"),
    ],
)
def test_weekday_and_time_are_those_on_the_wall(hours: Hours, why: str | None) -> None:
    """In the zone of the pass; from the first minute up to, not including, the last."""
    visit = builders.visit(starts_at=LATE)
    assert Coverage(hours=(hours,)).misses(visit, "Europe/Budapest") == why


def test_any_of_several_windows_will_do() -> None:
    """A window of another day does not make the time wrong."""
    windows = (Hours(frozenset({6})), Hours(frozenset({0}), 0, 60))
    visit = builders.visit(starts_at=LATE)
    assert Coverage(hours=windows).misses(visit, "Europe/Budapest") is None


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Hours(frozenset({7})),
        lambda: Hours(frozenset({-1})),
        lambda: Hours(from_minute=-1),
        lambda: Hours(from_minute=60, until_minute=60),
        lambda: Hours(until_minute=1_441),
    ],
)
def test_a_window_runs_forward_within_a_day(wrong: type[Hours]) -> None:
    """Of the seven weekdays."""
    with pytest.raises(Invalid):
        wrong()


def test_breadth_counts_the_services_covered() -> None:
    """Of the catalogue as it is."""
    catalogue = [builders.service(category=c) for c in ("cat", "cat", None)]
    assert Coverage().breadth(catalogue) == 3
    assert Coverage(categories=frozenset({"cat"})).breadth(catalogue) == 2
    assert Coverage(services=frozenset({catalogue[2].id})).breadth(catalogue) == 1


def test_a_visit_costs_its_sessions_times_its_seats() -> None:
    """One a seat where the product says nothing."""
    terms = builders.terms(costs={"a": 2})
    assert (terms.cost("a", 3), terms.cost("b", 3)) == (6, 3)
    assert builders.terms().cost("a", 2) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"price": Money(-1, "EUR")},
        {"price": Money(10**12 + 1, "EUR")},
        {"costs": {"a": 0}},
        {"costs": {"a": 1_001}},
        {"sessions": 0},
        {"sessions": 10_001},
        {"priority": 1_001},
        {"tax_rate": -1},
        {"name": ""},
    ],
)
def test_terms_out_of_bounds_are_invalid(changes: dict[str, object]) -> None:
    """Prices, costs, sessions, priority, tax."""
    with pytest.raises(Invalid):
        builders.terms(**changes)


def test_a_product_is_paid_some_way() -> None:
    """Each named once."""
    for methods in ((), (PaymentMethod.ONLINE,) * 2):
        with pytest.raises(Invalid) as refused:
            builders.product(methods=methods)
        assert refused.value.field == "methods"


@pytest.mark.parametrize(
    ("minor", "rate", "inclusive", "net", "gross"),
    [
        (12_700, 2_700, True, 10_000, 12_700),
        (10_000, 2_700, False, 10_000, 12_700),
        (10_000, 0, True, 10_000, 10_000),
        (1, 2_700, True, 1, 1),
        (50, 500, False, 50, 53),  # 52.5 is rounded up
        (105, 500, True, 100, 105),
        (3, 10_000, True, 2, 3),  # 1.5 is rounded up
    ],
)
def test_net_and_gross_are_rounded_half_up(
    minor: int, rate: int, inclusive: bool, net: int, gross: int
) -> None:
    """Whether the price is told with tax or without."""
    terms = builders.terms(price=Money(minor, "EUR"), tax_rate=rate, tax_inclusive=inclusive)
    assert (terms.net_minor, terms.gross.minor) == (net, gross)
