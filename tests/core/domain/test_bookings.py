"""Bookings: how a report stands to what is known (B2)."""

from __future__ import annotations

import attrs
import pytest

from passcore.domain.bookings import BookingStatus, Newness, Report, newness, same_claim
from passcore.errors import Invalid
from passcore.testing import builders

REPORT = Report(
    "calendar", "visit-1", 3, BookingStatus.BOOKED, "client_1", "svc_1", builders.visit().starts_at
)
KNOWN = builders.booking(
    "client_1", "svc_1", revision=3, choice="auto", fingerprint=REPORT.fingerprint
)


@pytest.mark.parametrize(
    ("revision", "seats", "kind"),
    [
        (4, 1, Newness.NEW),
        (4, 2, Newness.NEW),
        (3, 1, Newness.REPEATED),
        (3, 2, Newness.CONFLICTING),
        (2, 1, Newness.STALE),
        (2, 2, Newness.STALE),
    ],
)
def test_only_a_higher_revision_is_new(revision: int, seats: int, kind: Newness) -> None:
    """The same one is a repetition or a conflict, by what it says; a lower one is late."""
    assert newness(KNOWN, attrs.evolve(REPORT, revision=revision, seats=seats)) is kind
    assert newness(None, REPORT) is Newness.NEW


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "client_2"},
        {"service_id": "svc_2"},
        {"starts_at": builders.NOW},
        {"seats": 2},
        {"choice": None},
    ],
)
def test_a_claim_is_of_one_client_service_time_seats_and_choice(change: dict[str, object]) -> None:
    """Any other makes it another claim; a status does not."""
    line = KNOWN.lines[0]
    assert same_claim(KNOWN, line, attrs.evolve(REPORT, status=BookingStatus.COMPLETED))
    assert not same_claim(KNOWN, line, attrs.evolve(REPORT, **change))  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize("change", [{"revision": -1}, {"revision": 2**31}, {"seats": 0}])
def test_a_report_is_bounded(change: dict[str, int]) -> None:
    """By what a database can hold."""
    with pytest.raises(Invalid):
        attrs.evolve(REPORT, **change)  # type: ignore[arg-type]  # any field
