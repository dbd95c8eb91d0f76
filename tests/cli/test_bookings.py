"""`passctl booking`: every command of the group."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Shell

Booked = tuple[Shell, str, str]


def _remaining(shell: Shell, code: str) -> tuple[int, int]:
    sessions = shell.json("pass", "show", code)["sessions"]
    return sessions["remaining"], sessions["held"]


def test_completing_twice_deducts_once(booked: Booked) -> None:
    shell, code, visit = booked
    for _ in range(2):
        assert shell.json("booking", "complete", visit)["status"] == "completed"
    assert _remaining(shell, code) == (9, 0)


def test_undoing_gives_the_session_back_to_the_visit(booked: Booked) -> None:
    shell, code, visit = booked
    shell.json("booking", "complete", visit)
    assert shell.json("booking", "undo", visit)["status"] == "booked"
    assert _remaining(shell, code) == (10, 1)


@pytest.mark.parametrize("by", ["client", "business"])
def test_cancelling_in_time_gives_the_session_back(booked: Booked, by: str) -> None:
    shell, code, visit = booked
    assert shell.json("booking", "cancel", visit, "--by", by)["status"] == "cancelled"
    assert _remaining(shell, code) == (10, 0)


def test_a_no_show_is_recorded_from_the_start_on(booked: Booked) -> None:
    from datetime import timedelta

    shell, code, visit = booked
    told = shell("booking", "no-show", visit)
    assert (told.code, "from 2027-02-02 10:00 CET on" in told.err) == (3, True)
    told = shell("booking", "no-show", visit, "--json")
    assert told.refusal["not_before"] == "2027-02-02T09:00:00Z"
    shell.clock.move(timedelta(days=2))
    assert shell.json("booking", "no-show", visit)["status"] == "no_show"
    assert _remaining(shell, code) == (9, 0)


def test_showing_and_listing(booked: Booked) -> None:
    shell, code, visit = booked
    shown = shell.json("booking", "show", visit)
    for narrowed in (
        (),
        ("--client", "ana@example.com"),
        ("--pass", code),
        ("--status", "booked"),
        ("--from", "2027-02-02T09:00", "--until", "2027-02-02T11:00"),
    ):
        assert shell.json("booking", "list", *narrowed)["items"] == [shown]
    assert shell.json("booking", "list", "--until", "2027-02-02T10:00")["items"] == []
    assert "2027-02-02 10:00 CET" in shell("booking", "list").out


def test_without_a_pass_and_by_a_name_of_ones_own(booked: Booked) -> None:
    shell, _code, _ = booked
    made = shell.json(
        *("booking", "book", "--client", "ana@example.com", "--service", "reformer"),
        *("--starts", "2027-02-03T10:00+01:00", "--pass", "none", "--external-id", "desk-7"),
    )
    assert (made["external_id"], made["payments"]) == ("desk-7", [])
    assert made["starts_at"] == "2027-02-03T09:00:00Z"
    assert shell.json("booking", "show", "desk-7")["id"] == made["id"]


def test_somebody_elses_pass_is_refused(booked: Booked) -> None:
    shell, code, _ = booked
    ran = shell(
        *("booking", "book", "--client", "eve@example.com", "--service", "reformer"),
        *("--starts", "2027-02-03T10:00", "--pass", code, "--json"),
    )
    assert (ran.code, ran.refusal["code"]) == (3, "wrong_client")


def test_reports_of_another_system_in_any_order(booked: Booked) -> None:
    shell, code, _ = booked

    def report(revision: int, status: str) -> str:
        made = shell.json(
            *("booking", "report", "--source", "desk", "--ref", "77", "--revision", str(revision)),
            *("--status", status, "--client", "ana@example.com", "--service", "reformer"),
            *("--starts", "2027-02-01T13:00"),
        )
        return str(made["status"])

    assert report(2, "completed") == "completed"
    assert report(1, "booked") == "completed"
    assert report(2, "completed") == "completed"
    assert _remaining(shell, code) == (9, 1)
    assert report(3, "reversed") == "reversed"
    assert _remaining(shell, code) == (10, 1)


def test_our_own_source_cannot_be_reported(booked: Booked) -> None:
    shell = booked[0]
    ran = shell(
        *("booking", "report", "--source", "sessionpass", "--ref", "77", "--revision", "1"),
        *("--status", "booked", "--client", "ana@example.com", "--service", "reformer"),
        *("--starts", "2027-02-01T10:00"),
    )
    assert ran.code == 2
