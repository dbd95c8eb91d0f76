"""Orders, clients, staff, keys and the outbox."""

from __future__ import annotations

import hashlib

import pytest

from tests.cli.conftest import Shell


@pytest.mark.parametrize("method", ["on_site", "bank_transfer"])
def test_an_order_waits_for_approval(studio: Shell, method: str) -> None:
    order = studio.json(
        *("order", "create", "--product", "10-x-reformer", "--client", "ana@example.com"),
        *("--method", method, "--key", "o-1"),
    )
    assert order["status"] == "awaiting_approval"
    assert studio.json("pass", "show", order["pass_id"])["status"] == "pending"
    assert studio.json("order", "list", "--status", "awaiting_approval")["items"] == [order]
    assert studio.json("order", "approve", order["id"])["status"] == "fulfilled"
    assert studio.json("pass", "show", order["pass_id"])["status"] == "active"
    assert studio("order", "decline", order["id"], "--yes").code == 3
    assert studio.json("order", "show", order["id"])["price"]["amount"] == "120.00"


def test_an_order_is_declined(studio: Shell) -> None:
    order = studio.json(
        *("order", "create", "--product", "10-x-reformer", "--client", "ana@example.com"),
        *("--method", "bank_transfer"),
    )
    assert studio("order", "decline", order["id"]).code == 2
    gone = studio.json("order", "decline", order["id"], "--reason", "no money came", "--yes")
    assert gone["status"] == "cancelled"
    assert studio.json("order", "list", "--client", "ana@example.com")["items"] == [gone]


def test_an_online_order_is_paid_on_the_page(studio: Shell) -> None:
    ran = studio(
        *("order", "create", "--product", "10-x-reformer", "--client", "ana@example.com"),
        *("--method", "online"),
    )
    assert ran.code == 0
    assert "booking page" in ran.err


def test_clients(studio: Shell) -> None:
    made = studio.json("client", "add", "--email", "Ana@Example.com", "--name", "Ana")
    assert made["email"] == "ana@example.com"
    assert studio.json("client", "show", "ana@example.com") == made
    assert studio.json("client", "show", made["id"]) == made
    assert studio.json("client", "list", "--search", "exam")["items"] == [made]
    again = studio("client", "add", "--email", "ana@example.com", "--json")
    assert (again.code, again.refusal["code"]) == (3, "already_exists")
    wrong = studio("client", "add", "--email", "nobody", "--json")
    assert (wrong.code, wrong.refusal["flag"]) == (2, "--email")
    assert studio("client", "add", "--email", "x@example.com", "--language", "xx").code == 2


def test_staff(studio: Shell) -> None:
    made = studio.json("staff", "add", "--email", "o@example.com", "--name", "O", "--role", "owner")
    assert studio.json("staff", "list")["items"] == [made]


def test_the_owner_comes_with_the_business(shell: Shell) -> None:
    made = shell.json(
        *("init", "--name", "Gym", "--timezone", "UTC", "--currency", "eur"),
        *("--owner-email", "o@example.com", "--complete-from", "2 days"),
    )
    assert (made["slug"], made["currency"], made["owner"]) == ("gym", "EUR", "o@example.com")
    (owner,) = shell.json("staff", "list")["items"]
    assert (owner["role"], owner["name"]) == ("owner", "o")


def test_wrong_input_makes_no_database(shell: Shell) -> None:
    from pathlib import Path

    ran = shell(
        *("init", "--name", "Gym", "--timezone", "UTC", "--currency", "EUR"),
        *("--owner-email", "nobody"),
    )
    assert ran.code == 2
    assert not list(Path.cwd().rglob("*.sqlite"))


def test_a_secret_is_shown_once(studio: Shell) -> None:
    made = studio.json("key", "create", "--label", "booking system", "--role", "manager")
    assert made["secret"].startswith("sp_")
    assert len(made["secret"]) >= 3 + 43
    listed = studio("key", "list", "--json")
    assert made["secret"] not in listed.out
    assert hashlib.sha256(made["secret"].encode()).hexdigest() not in listed.out
    assert studio("key", "revoke", made["id"]).code == 2
    assert studio.json("key", "revoke", made["id"], "--yes")["revoked_at"]
    assert studio("key", "revoke", "nope", "--yes").code == 4


def test_messages_that_wait(ana: tuple[Shell, str]) -> None:
    shell, _ = ana
    (message,) = shell.json("outbox", "list", "--state", "due")["items"]
    assert (message["kind"], message["to"]) == ("assigned", "ana@example.com")
    assert shell.json("outbox", "retry", message["id"])["attempts"] == 0
    assert shell("outbox", "discard", message["id"]).code == 2
    gone = shell.json("outbox", "discard", message["id"], "--yes")
    assert gone["state"] == "discarded"
    assert shell("outbox", "retry", message["id"]).code == 3
    assert shell("outbox", "retry", "nope").code == 4
