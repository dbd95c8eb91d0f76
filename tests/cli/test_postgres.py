"""The command line on PostgreSQL: the checks that ask the server itself."""

from __future__ import annotations

import pytest

from passcli import database
from tests.cli.conftest import Shell


@pytest.fixture
def gym(shell: Shell, postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell with a business on a server."""
    monkeypatch.setenv("PASS_DATABASE_URL", postgres_database)
    shell.json("init", "--name", "Gym", "--timezone", "UTC", "--currency", "EUR")
    return shell


def test_the_way_of_a_pass(gym: Shell) -> None:
    gym.json("service", "add", "--name", "Open gym")
    gym.json("product", "add", "--name", "Ten", "--sessions", "10", "--price", "80")
    code = gym.json("pass", "assign", "--client", "a@example.com", "--product", "ten")["code"]
    booked = ("booking", "book", "--client", "a@example.com", "--service", "open-gym")
    visit = gym.json(*booked, "--starts", "2027-02-02T08:00")
    gym.json("booking", "complete", visit["id"])
    assert gym.json("pass", "show", code)["sessions"]["remaining"] == 9
    assert gym.json("verify")["ok"]


def test_doctor_asks_the_server(gym: Shell) -> None:
    """The test's clock is months away from the server's, which is what it has to notice."""
    ran = gym("doctor", "--json")
    found = {check["name"]: check["status"] for check in ran.json["checks"]}
    assert found["database"] == found["schema"] == found["append-only"] == "ok"
    assert (ran.code, found["clock"]) == (6, "bad")


def test_missing_triggers_are_told(gym: Shell, postgres_database: str) -> None:
    import psycopg

    url = postgres_database.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE entries DISABLE TRIGGER USER")
    with database.looking_in(postgres_database) as looking:
        assert looking.missing_triggers() == ["entries"]


def test_a_database_without_tables_is_told(shell: Shell, empty_postgres_database: str) -> None:
    ran = shell("client", "list", "--db", empty_postgres_database, "--json")
    assert (ran.code, ran.refusal["code"]) == (4, "no_database")
