"""What `--json` answers has the same keys as the HTTP interface."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.cli.conftest import Shell

PASS = "id code status product client sessions valid_from valid_until last_day time_zone created_at"
SESSIONS = "granted used held remaining available expired refunded"
BOOKING = "id external_id status client service starts_at ends_at seats payments"
PAYMENT = "pass_id code sessions state remaining_after free_cancel_until"


def test_a_pass_and_a_booking_have_what_the_contract_names(booked: tuple[Shell, str, str]) -> None:
    shell, code, visit = booked
    shown = shell.json("pass", "show", code)
    assert set(PASS.split()) <= set(shown)
    assert set(SESSIONS.split()) <= set(shown["sessions"])
    assert set(shown["product"]) == {"id", "name", "version"}
    assert set(shown["client"]) == {"id", "name", "email"}
    booking = shell.json("booking", "show", visit)
    assert set(BOOKING.split()) <= set(booking)
    assert set(PAYMENT.split()) == set(booking["payments"][0])


def test_an_unlimited_pass_has_no_numbers_where_none_were_sold(studio: Shell) -> None:
    studio.json("product", "add", "--name", "Open gym", "--price", "60", "--valid", "1 month")
    made = studio.json("pass", "assign", "--client", "a@example.com", "--product", "open-gym")
    sessions = made["sessions"]
    assert (sessions["granted"], sessions["remaining"], sessions["used"]) == (None, None, 0)
    assert "unlimited" in studio("pass", "show", made["code"]).out


def _keys(model: Any, value: Any, path: str) -> list[str]:
    """Return where *value* differs from the msgspec model of the HTTP interface."""
    import msgspec

    fields = {field.encode_name: field for field in msgspec.structs.fields(model)}
    wrong = [f"{path}.{name}" for name in set(fields) ^ set(value)]
    for name in set(fields) & set(value):
        inner = list(_models(fields[name].type))
        items = value[name] if isinstance(value[name], list) else [value[name]]
        for item in items:
            if inner and isinstance(item, dict):
                wrong += _keys(inner[0], item, f"{path}.{name}")
    return wrong


def _models(kind: Any) -> list[Any]:
    import msgspec

    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    return [found for argument in getattr(kind, "__args__", ()) for found in _models(argument)]


@pytest.mark.parametrize(
    ("model", "arguments"),
    [
        ("services:ServiceOut", ("service", "list")),
        ("products:ProductOut", ("product", "list")),
        ("clients:ClientOut", ("client", "list")),
        ("passes:PassOut", ("pass", "list")),
        ("ledger:EntryOut", ("pass", "history", "{code}")),
        ("bookings:BookingOut", ("booking", "list")),
        ("orders:OrderOut", ("order", "list")),
        (
            "eligibility:VerdictOut",
            (
                "pass",
                "explain",
                "--pass",
                "{code}",
                "--service",
                "reformer",
                "--starts",
                "2027-03-01T18:00",
            ),
        ),
    ],
)
def test_the_keys_are_those_of_the_http_interface(
    booked: tuple[Shell, str, str], model: str, arguments: tuple[str, ...]
) -> None:
    pytest.importorskip("msgspec", reason="sessionpass-web is not installed")
    pytest.importorskip("passweb.schemas.passes", reason="sessionpass-web is not installed")
    shell, code, _ = booked
    shell.json(
        *("order", "create", "--product", "10-x-reformer", "--client", "ana@example.com"),
        *("--method", "on_site"),
    )
    module, _, name = model.partition(":")
    wanted = getattr(importlib.import_module(f"passweb.schemas.{module}"), name)
    items = shell.json(*(word.format(code=code) for word in arguments))["items"]
    assert items
    assert [where for item in items for where in _keys(wanted, item, name)] == []
