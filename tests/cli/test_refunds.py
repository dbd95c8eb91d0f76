"""`passctl pass refund-quote` and `refund`, and what products say of refunds."""

from __future__ import annotations

from datetime import timedelta

from tests.cli.conftest import Shell


def _sold(studio: Shell, *options: str) -> str:
    studio.json(
        *("product", "add", "--name", "Seven", "--sessions", "7", "--price", "100"),
        *("--valid", "6 months", *options),
    )
    sold = studio.json(
        *("pass", "assign", "--client", "ana@example.com", "--product", "seven"),
        *("--payment", "on_site"),
    )
    return str(sold["code"])


def _booked(studio: Shell, code: str) -> str:
    made = studio.json(
        *("booking", "book", "--client", "ana@example.com", "--service", "reformer"),
        *("--starts", "2027-02-02T18:00", "--pass", code),
    )
    return str(made["id"])


def test_a_product_says_what_goes_back(studio: Shell) -> None:
    _sold(studio, "--refund", "used_at_list", "--refund-fee", "5.00", "--cooling-off", "14")
    shown = studio.json("product", "show", "seven")["refund"]
    fee = {"amount": "5.00", "currency": "EUR"}
    assert shown == {"formula": "used_at_list", "fee": fee, "cooling_off_days": 14}
    text = studio("product", "show", "seven").out
    assert "used at list, less 5.00 EUR, 14 days to change one's mind" in text
    changed = studio.json("product", "edit", "seven", "--cooling-off", "0")
    assert changed["refund"] == shown | {"cooling_off_days": 0}
    assert changed["version"] == 2
    assert "refund    pro rata" in studio("product", "show", "10-x-reformer").out
    for wrong in (("--cooling-off", "400"), ("--refund-fee", "-1"), ("--refund-fee", "x")):
        refused = studio("product", "edit", "seven", *wrong, "--json")
        assert (refused.code, refused.refusal.get("flag", wrong[0])) == (2, wrong[0])


def test_a_quote_is_a_sum_that_people_can_follow(studio: Shell) -> None:
    code = _sold(studio, "--cooling-off", "3")
    visit = _booked(studio, code)
    held = studio("pass", "refund-quote", code)
    assert "held by bookings" in held.out
    assert visit in held.err
    assert "Last day to change one's mind: 2027-02-04." in held.err
    studio.clock.move(timedelta(days=5))
    studio.json("booking", "complete", visit)
    shown = studio("pass", "refund-quote", code)
    assert not shown.err.startswith("Booking")
    lines = [" ".join(line.split()) for line in shown.out.splitlines()]
    assert lines[1:] == [
        "paid 1 100.00 EUR 100.00 EUR -",
        "used, at pack rate 1 14.29 EUR -14.29 EUR largest remainder",
        "refundable (pro rata) - - 85.71 EUR -",
    ]
    told = studio.json("pass", "refund-quote", code)
    assert told["refundable"] == {"amount": "85.71", "currency": "EUR"}
    assert told["lines"][1]["label"] == "used"


def test_a_line_of_visits_names_the_service(studio: Shell) -> None:
    studio.json("service", "edit", "reformer", "--price", "20")
    code = _sold(studio, "--refund", "used_at_list")
    visit = _booked(studio, code)
    studio.clock.move(timedelta(days=2))
    studio.json("booking", "complete", visit)
    assert "used, at list price (Reformer)" in studio("pass", "refund-quote", code).out


def test_a_refund_is_at_most_the_quote_and_once(studio: Shell) -> None:
    code = _sold(studio)
    much = studio("pass", "refund", code, "--amount", "100.01", "--reason", "x", "--yes", "--json")
    assert (much.code, much.refusal["code"]) == (3, "refund_exceeds_refundable")
    assert (much.refusal["refundable"], much.refusal["requested"]) == ("100.00", "100.01")
    assert studio("pass", "refund", code, "--reason", "x").code == 2
    made = studio.json("pass", "refund", code, "--amount", "40", "--reason", "x", "--yes")
    assert (made["status"], made["sessions"]["refunded"]) == ("refunded", 7)
    (order,) = studio.json("order", "list")["items"]
    assert order["status"] == "part_refunded"
    again = studio("pass", "refund", code, "--reason", "x", "--yes", "--json")
    assert (again.code, again.refusal["code"]) == (3, "pass_refunded")
    assert [m["kind"] for m in studio.json("outbox", "list")["items"]].count("refunded") == 1
    assert studio("verify").code == 0


def test_a_key_makes_it_once(studio: Shell) -> None:
    code = _sold(studio)
    asked = ("pass", "refund", code, "--reason", "x", "--yes", "--key", "r-1")
    assert studio.json(*asked)["status"] == "refunded"
    replayed = studio(*asked)
    assert replayed.code == 0
    assert "used before" in replayed.err
