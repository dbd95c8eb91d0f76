"""`passctl pass`: every command of the group."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.cli.conftest import Shell

Ana = tuple[Shell, str]


def test_assigning_with_changed_terms_and_a_payment(studio: Shell) -> None:
    made = studio.json(
        *("pass", "assign", "--client", "ben@example.com", "--client-name", "Ben"),
        *("--product", "10-x-reformer", "--sessions", "5", "--last-day", "2027-03-01"),
        *("--price", "50", "--payment", "on_site", "--reason", "opening offer", "--silent"),
    )
    assert made["sessions"]["granted"] == 5
    assert made["last_day"] == "2027-03-01"
    assert made["client"]["name"] == "Ben"
    assert studio.json("order", "list")["items"][0]["price"]["amount"] == "50.00"


def test_listing_by_client_product_and_status(ana: Ana) -> None:
    shell, code = ana
    shell.json("pass", "assign", "--client", "ben@example.com", "--product", "10-x-reformer")
    assert len(shell.json("pass", "list", "--product", "10-x-reformer")["items"]) == 2
    (found,) = shell.json("pass", "list", "--client", "ana@example.com")["items"]
    assert found["code"] == code
    assert shell.json("pass", "list", "--status", "expired")["items"] == []
    shell.clock.move(timedelta(days=300))
    assert len(shell.json("pass", "list", "--status", "expired")["items"]) == 2


def test_a_list_goes_on_where_it_ended(ana: Ana) -> None:
    shell, code = ana
    for number in range(4):
        client = f"c{number}@example.com"
        shell.json("pass", "assign", "--client", client, "--product", "10-x-reformer")
    seen, cursor = [], None
    while True:
        more = () if cursor is None else ("--cursor", cursor)
        page = shell.json("pass", "list", "--status", "active", "--limit", "2", *more)
        seen += [item["code"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5
    assert code in seen


def test_a_pass_is_named_by_id_or_by_a_pass_id_as_people_type_it(ana: Ana) -> None:
    shell, code = ana
    shown = shell.json("pass", "show", code.lower().replace("-", " "))
    assert shell.json("pass", "show", shown["id"]) == shown


def test_a_pass_as_it_was(ana: Ana) -> None:
    shell, code = ana
    shell.clock.move(timedelta(days=2))
    shell.json("pass", "adjust", code, "--delta", "-4", "--reason", "mistake")
    then = shell.json("pass", "show", code, "--at", "2027-02-02T00:00")
    assert (then["sessions"]["remaining"], then["version"]) == (10, 1)
    assert shell.json("pass", "show", code)["sessions"]["remaining"] == 6
    before = shell("pass", "show", code, "--at", "2027-01-01T00:00", "--json")
    assert (before.code, before.refusal["field"]) == (2, "--at")


def test_the_ledger_reads_as_a_story(booked: tuple[Shell, str, str]) -> None:
    shell, code, visit = booked
    shell.json("booking", "complete", visit)
    lines = shell("pass", "history", code).out.splitlines()
    assert lines[0].split() == "# RECORDED WHAT HAPPENED LEFT BY REASON".split()
    assert "10 sessions granted" in lines[1]
    assert "1 session held for 2027-02-02 10:00 CET" in lines[2]
    assert "1 session used" in lines[3]
    assert "9 of 10" in lines[3]


def test_explaining_which_pass_pays(ana: Ana) -> None:
    shell, code = ana
    asked = ("pass", "explain", "--client", "ana@example.com", "--service", "reformer", "--starts")
    found = shell.json(*asked, "2027-03-01T18:00")
    assert found["chosen"] == code
    assert found["items"][0]["remaining_after"] == 9
    late = shell.json(*asked, "2029-03-01T18:00")
    assert late["chosen"] is None
    (reason,) = late["items"][0]["reasons"]
    assert reason["code"] == "pass_expired"
    assert reason["mend"]
    assert "does not pay" in shell(*asked, "2029-03-01T18:00").out


def test_explaining_needs_somebody_or_a_pass(ana: Ana) -> None:
    shell, code = ana
    asked = ("pass", "explain", "--service", "reformer", "--starts", "2027-03-01T18:00")
    assert shell(*asked).code == 2
    assert shell.json(*asked, "--pass", code)["chosen"] == code


def test_changing_the_end(ana: Ana) -> None:
    shell, code = ana
    extend = ("pass", "extend", code, "--reason", "ill", "--last-day")
    assert shell.json(*extend, "2028-01-01")["last_day"] == "2028-01-01"
    frozen = shell.json("pass", "freeze", code, "--until", "2027-02-10", "--reason", "ski")
    assert (frozen["status"], frozen["last_day"]) == ("frozen", "2028-01-11")
    back = shell.json("pass", "unfreeze", code, "--on", "2027-02-02", "--reason", "back")
    assert back["last_day"] == "2028-01-02"


def test_a_freeze_over_a_visit_asks_what_becomes_of_it(booked: tuple[Shell, str, str]) -> None:
    shell, code, visit = booked
    freeze = ("pass", "freeze", code, "--reason", "ski")
    asked = shell(*freeze, "--json")
    assert (asked.code, asked.refusal["code"]) == (3, "bookings_inside")
    assert asked.refusal["bookings"] == [visit]
    frozen = shell.json(*freeze, "--release")
    assert frozen["freezes"] == [{"first_day": frozen["freezes"][0]["first_day"], "last_day": None}]
    assert (frozen["sessions"]["held"], frozen["sessions"]["available"]) == (0, 10)
    assert shell.json("booking", "show", visit)["status"] == "cancelled"
    assert "until further notice" in shell("pass", "show", code).out


def test_a_freeze_cannot_begin_before_the_pass(ana: Ana) -> None:
    shell, code = ana
    wrong = shell("pass", "freeze", code, "--from", "2020-01-01", "--reason", "x", "--json")
    assert (wrong.code, wrong.refusal["flag"]) == (2, "--from")


def test_a_key_makes_a_change_happen_once(ana: Ana) -> None:
    shell, code = ana
    change = ("pass", "adjust", code, "--delta", "2", "--reason", "gift", "--key", "k-1")
    assert shell.json(*change)["sessions"]["remaining"] == 12
    assert shell.json(*change)["sessions"]["remaining"] == 12
    other = shell("pass", "adjust", code, "--delta", "3", "--reason", "gift", "--key", "k-1")
    assert other.code == 3
    assert shell("pass", "adjust", code, "--delta", "1", "--reason", "x", "--key", "é").code == 2


def test_handing_over_to_somebody_new(ana: Ana) -> None:
    shell, code = ana
    given = ("pass", "transfer", code, "--to", "eve@example.com", "--reason", "sold", "--yes")
    assert shell.json(*given)["client"]["email"] == "eve@example.com"


def test_cancelling_voids_what_is_left(ana: Ana) -> None:
    shell, code = ana
    gone = shell.json("pass", "cancel", code, "--reason", "moved away", "--yes")
    assert gone["status"] == "cancelled"


@pytest.mark.parametrize("command", ["cancel", "transfer"])
def test_what_is_final_is_asked_first(ana: Ana, command: str) -> None:
    """Without a terminal there is nobody to ask, so nothing happens."""
    shell, code = ana
    more = ("--to", "eve@example.com") if command == "transfer" else ()
    ran = shell("pass", command, code, "--reason", "x", "--json", *more)
    assert (ran.code, ran.refusal["code"]) == (2, "confirmation_needed")
    assert code in ran.refusal["detail"]
    assert shell.json("pass", "show", code)["version"] == 1


def test_a_person_at_a_terminal_is_asked(ana: Ana, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    shell, code = ana

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    no = shell("pass", "cancel", code, "--reason", "x")
    assert no.code == 1
    assert "Nothing was changed." in no.err
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert shell("pass", "cancel", code, "--reason", "x").code == 0
