"""No N+1: a list costs as many statements with many rows as with few (QUALITY, section 1)."""

from __future__ import annotations

from importlib import import_module

import pytest

from passcli.main import COMMANDS
from tests.cli.conftest import Shell
from tests.support.statements import Counter, listening

LISTS = (
    ("service", "list"),
    ("product", "list"),
    ("client", "list"),
    ("pass", "list"),
    ("pass", "list", "--status", "active"),
    ("booking", "list"),
    ("order", "list"),
    ("outbox", "list"),
    ("staff", "list"),
    ("key", "list"),
)


def _grow(shell: Shell, numbers: range) -> None:
    """Add one of everything for each number; every one names clients, passes and products anew."""
    for n in numbers:
        client = f"c{n}@example.com"
        shell.json("service", "add", "--name", f"Service {n}")
        shell.json(
            *("product", "add", "--name", f"Product {n}", "--sessions", "3", "--price", "30"),
            *("--method", "on_site"),
        )
        shell.json("pass", "assign", "--client", client, "--product", f"product-{n}")
        shell.json(
            *("booking", "book", "--client", client, "--service", f"service-{n}"),
            *("--starts", f"2027-02-02T{10 + n}:00"),
        )
        shell.json(
            *("order", "create", "--product", f"product-{n}", "--client", client),
            *("--method", "on_site"),
        )
        shell.json("staff", "add", "--email", client, "--name", f"Staff {n}", "--role", "desk")
        shell.json("key", "create", "--label", f"Key {n}", "--role", "desk")


def _costs(shell: Shell, counter: Counter) -> list[tuple[int, int]]:
    """How many rows each list shows, and how many statements that takes."""
    found = []
    for words in LISTS:
        with counter.counting() as heard:
            rows = len(shell.json(*words)["items"])
        found.append((rows, len(heard)))
    return found


def test_a_list_costs_no_more_statements_with_more_rows(shell: Shell) -> None:
    with listening() as counter:
        shell.json("init", "--name", "Gym", "--timezone", "UTC", "--currency", "EUR")
        _grow(shell, range(2))
        few = _costs(shell, counter)
        _grow(shell, range(2, 7))
        many = _costs(shell, counter)
    for words, (rows, cost), (more, then) in zip(LISTS, few, many, strict=True):
        assert more > rows, words
        assert 0 < then == cost, words


@pytest.mark.parametrize(("status", "pages"), [("active", 1), ("cancelled", 1), ("expired", 2)])
def test_passes_at_a_status_are_looked_for_a_page_at_a_time(
    shell: Shell, status: str, pages: int
) -> None:
    """Not one by one for what is missing of the page."""
    with listening() as counter:
        shell.json("init", "--name", "Gym", "--timezone", "UTC", "--currency", "EUR")
        shell.json("product", "add", "--name", "Ten", "--sessions", "10", "--price", "80")
        for n in range(8):
            shell.json("pass", "assign", "--client", f"c{n}@example.com", "--product", "ten")
        (newest,) = shell.json("pass", "list", "--limit", "1")["items"]
        shell.json("pass", "cancel", newest["code"], "--reason", "moved away", "--yes")
        with counter.counting() as heard:
            shell.json("pass", "list", "--status", status, "--limit", "4")
    assert len([s for s in heard if "FROM passes" in s]) == pages


def test_every_list_is_counted() -> None:
    """A new one fails here until it stands above."""
    lists = {
        (name, "list")
        for name, lazy in COMMANDS.items()
        if "list" in import_module(f"passcli.commands.{lazy.module}").app.functions
    }
    assert {words[:2] for words in LISTS} == lists
