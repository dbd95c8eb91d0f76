"""`passctl service` and `product`: what is booked and what is sold."""

from __future__ import annotations

from typing import Any

import pytest

from passcli.commands import keys, orders, outbox, passes, products, services
from passcore import Anchor, BookingStatus, Counting, PaymentMethod, Role, ServiceKind, Status
from passcore.domain.notices import MessageState
from passcore.domain.orders import OrderStatus
from tests.cli.conftest import Shell


def test_services_are_added_changed_and_listed(studio: Shell) -> None:
    studio.json(
        *("service", "add", "--name", "Yoga Flow", "--kind", "group", "--duration", "90"),
        *("--price", "18.50 EUR", "--tax-rate", "27"),
    )
    changed = studio.json(
        *("service", "edit", "yoga-flow", "--name", "Yoga", "--slug", "yoga", "--inactive"),
        *("--category", "mat", "--duration", "75", "--price", "20"),
    )
    assert changed["price"] == {"amount": "20.00", "currency": "EUR"}
    assert (changed["slug"], changed["active"], changed["tax_rate"]) == ("yoga", False, "27.00")
    assert studio.json("service", "edit", "yoga", "--category", "")["category"] is None
    assert [s["slug"] for s in studio.json("service", "list")["items"]] == ["reformer", "yoga"]


def test_a_product_with_everything(studio: Shell) -> None:
    studio.json("service", "add", "--name", "Duo", "--category", "pilates")
    made = studio.json(
        *("product", "add", "--name", "Pack", "--slug", "pack", "--price", "100", "--sessions"),
        *("8", "--valid", "3 months", "--anchor", "first_use", "--activate-within", "1 year"),
        *("--counting", "first_day", "--covers", "pilates", "--excludes", "duo"),
        *("--cost", "reformer=2", "--method", "on_site", "--method", "bank_transfer", "--hidden"),
        *("--tax-rate", "5.5", "--tax-exclusive", "--priority", "3", "--promotional"),
        *("--cancel-free-until", "24 hours", "--no-show-forfeit", "1", "--description", "Good."),
        *("--redeem", "service_within", "--grace-days", "7", "--freeze-count", "2"),
        *("--freeze-days", "30", "--freeze-notice", "3"),
    )
    assert made["validity"] == {
        "anchor": "first_use",
        "length": {"count": 3, "unit": "months"},
        "counting": "first_day",
        "activate_within": {"count": 1, "unit": "years"},
        "fixed_from": None,
        "fixed_until": None,
        "redeem": "service_within",
        "grace_days": 7,
    }
    assert made["freeze"] == {"count": 2, "days": 30, "notice": 3}
    assert made["covers"] == ["pilates"]
    assert list(made["costs"].values()) == [2]
    assert made["cancel"] == {
        "tiers": [{"minutes_before": 1440, "forfeit": 0}],
        "no_show_forfeit": 1,
    }
    assert (made["shown"], made["promotional"], made["tax_rate"]) == (False, True, "5.50")
    assert made["methods"] == ["on_site", "bank_transfer"]
    text = studio("product", "show", "pack").out
    assert "3 months from first use, 7 days of grace" in text
    assert "2 times, 30 days, 3 days ahead" in text
    assert "reformer=2" in text
    changed = studio.json(
        *("product", "edit", "pack", "--freeze-days", "none", "--grace-days", "0"),
        *("--redeem", "booked_within"),
    )
    assert changed["freeze"] == {"count": 2, "days": None, "notice": 3}
    assert (changed["validity"]["redeem"], changed["version"]) == ("booked_within", 2)
    assert "booked within" in studio("product", "show", "pack").out
    wrong = studio("product", "edit", "pack", "--freeze-days", "many", "--json")
    assert (wrong.code, wrong.refusal["field"]) == (2, "--freeze-days")


def test_a_fixed_range_and_no_end(studio: Shell) -> None:
    made = studio.json(
        *("product", "add", "--name", "Spring", "--price", "90"),
        *("--from", "2027-03-01", "--until", "2027-05-31"),
    )
    assert made["validity"]["anchor"] == "fixed_range"
    assert made["sessions"] is None
    endless = studio.json("product", "edit", "spring", "--anchor", "purchase", "--valid", "none")
    assert endless["validity"]["fixed_from"] is None
    assert endless["validity"]["length"] is None


def test_new_terms_make_a_version_and_passes_sold_keep_theirs(ana: tuple[Shell, str]) -> None:
    shell, code = ana
    changed = shell.json("product", "edit", "10-x-reformer", "--price", "130", "--sessions", "12")
    assert (changed["version"], changed["price"]["amount"]) == (2, "130.00")
    assert changed["validity"]["length"] == {"count": 6, "unit": "months"}
    assert shell.json("pass", "show", code)["product"]["version"] == 1
    free = shell.json("product", "edit", "10-x-reformer", "--unlimited")
    assert (free["version"], free["sessions"]) == (3, None)


def test_caps_are_written_in_few_words(studio: Shell) -> None:
    """And shown so, on the product and on the pass; none takes them away (C3)."""
    made = studio.json(
        *("product", "add", "--name", "Flat", "--price", "90", "--valid", "3 months"),
        *("--cap", "3/week", "--cap", "1/day:reformer", "--cap", "8/30 days"),
    )
    reformer = studio.json("service", "list")["items"][0]["id"]
    assert [(c["most"], c["window"], c["days"], c["services"]) for c in made["caps"]] == [
        (3, "week", None, []),
        (1, "day", None, [reformer]),
        (8, "rolling", 30, []),
    ]
    assert "3/week; 1/day:reformer; 8/30 days" in studio("product", "show", "flat").out
    sold = studio.json("pass", "assign", "--client", "eve@example.com", "--product", "flat")
    assert sold["caps"] == made["caps"]
    assert "1/day:reformer" in studio("pass", "show", sold["code"]).out
    visit = ("--client", "eve@example.com", "--service", "reformer")
    studio.json("booking", "book", *visit, "--starts", "2027-03-01T18:00")
    ran = studio("booking", "book", *visit, "--starts", "2027-03-01T19:00", "--json")
    assert ran.code == 3
    assert ran.refusal["code"] == "cap_reached"
    assert ran.refusal["free_from"] == "2027-03-02"
    assert studio.json("product", "edit", "flat", "--cap", "none")["caps"] == []


def test_retiring_takes_off_the_list(studio: Shell) -> None:
    assert studio("product", "retire", "10-x-reformer").code == 2
    assert studio.json("product", "retire", "10-x-reformer", "--yes")["retired"]
    assert studio.json("product", "list")["items"] == []
    assert len(studio.json("product", "list", "--all")["items"]) == 1


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--price", "1.234"),
        ("--price", "NaN"),
        ("--price", "1e999999999"),
        ("--price", "12 HUF"),
        ("--sessions", "0"),
        ("--valid", "soon"),
        ("--valid", "0 days"),
        ("--covers", "nope"),
        ("--excludes", "nope"),
        ("--cost", "reformer"),
        ("--cap", "often"),
        ("--cap", "1/day:nope"),
        ("--cap", "0/day"),
        ("--cost", "reformer=0"),
        ("--anchor", "nope"),
        ("--method", "nope"),
        ("--activate-within", "1 year"),
        ("--until", "2027-01-01"),
        ("--tax-rate", "200"),
        ("--priority", "5000"),
        ("--cancel-free-until", "a while"),
        ("--cancel-free-until", "60 weeks"),
        ("--no-show-forfeit", "-1"),
        ("--slug", "No Good"),
        ("--description", "a\x07b"),
    ],
)
def test_what_is_wrong_is_told_by_its_flag(studio: Shell, flag: str, value: str) -> None:
    base = {"--name": "P", "--price": "1"} | {flag: value}
    ran = studio("product", "add", *(word for pair in base.items() for word in pair), "--json")
    assert ran.code == 2, ran
    told = ran.refusal["detail"]
    assert flag in told or (flag == "--until" and "--from" in told), told


def _values(choices: Any) -> set[str]:
    return set(choices.__args__)


def test_the_choices_are_those_of_the_core() -> None:
    """They are written out in the commands, so that help need not import the core."""
    from passcli.commands import bookings

    assert _values(products.Anchor) == {a.value for a in Anchor}
    assert _values(products.Counting) == {c.value for c in Counting}
    assert _values(orders.Method) == {m.value for m in PaymentMethod}
    assert _values(orders.Status) == {s.value for s in OrderStatus}
    assert _values(passes.Status) == {s.value for s in Status}
    assert _values(bookings.Status) == {s.value for s in BookingStatus}
    assert _values(services.Kind) == {k.value for k in ServiceKind}
    assert _values(keys.Role) == {r.value for r in Role}
    assert _values(outbox.State) == {s.value for s in MessageState}
