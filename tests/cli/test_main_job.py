"""The main job by command line alone, and the contract's examples word for word."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Shell

PASSCTL = Path(sys.executable).with_name("passctl")


def test_the_main_job(shell: Shell) -> None:
    """From nothing to a pass with nine sessions left and a ledger that adds up."""
    shell.json(
        *("init", "--name", "Studio", "--slug", "studio", "--owner-email", "o@example.com"),
        *("--timezone", "Europe/Budapest", "--currency", "EUR"),
    )
    shell.json("service", "add", "--name", "Reformer")
    product = shell.json(*shlex.split(
        'product add --name "10 x Reformer" --sessions 10 --valid "6 months"'
        " --covers reformer --price 120.00"
    ))  # fmt: skip
    made = shell.json("pass", "assign", "--client", "ana@example.com", "--product", product["id"])
    visit = shell.json(
        *("booking", "book", "--client", "ana@example.com", "--service", "reformer"),
        *("--starts", "2027-03-01T18:00", "--pass", "auto"),
    )
    assert visit["starts_at"] == "2027-03-01T17:00:00Z"
    assert visit["payments"][0]["state"] == "held"
    early = shell("booking", "complete", visit["id"], "--json")
    assert (early.code, early.refusal["code"]) == (3, "invalid_transition")
    shell.clock.move(timedelta(days=27, hours=6))
    done = shell.json("booking", "complete", visit["id"])
    assert done["status"] == "completed"
    assert done["payments"][0]["state"] == "captured"
    shown = shell.json("pass", "show", made["code"])
    assert shown["sessions"]["remaining"] == 9
    assert shown["last_day"] == "2027-08-01"
    assert shell.json("verify")["ok"] is True


def _run(*arguments: str) -> Any:
    ran = subprocess.run(
        [PASSCTL, *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert ran.returncode == 0, ran
    return json.loads(ran.stdout)


def test_the_examples_of_the_contract_word_for_word() -> None:
    """In processes of their own, on the file in the user's data folder, at the real time."""
    _run(*shlex.split("init --name S --slug s --timezone Europe/Budapest --currency EUR --json"))
    _run(*shlex.split("service add --name Reformer --json"))
    product = _run(*shlex.split(
        'product add --name "10 x Reformer" --sessions 10 --valid "6 months"'
        " --covers reformer --price 120.00 --json"
    ))["slug"]  # fmt: skip
    assign = f"pass assign --client ana@example.com --product {product} --json"
    code = _run(*shlex.split(assign))["code"]
    assert re.fullmatch(r"(?:[0-9A-Z]{4}-){4}[0-9A-Z]{2}", code)
    assert _run(*shlex.split(f"pass show {code} --json"))["status"] == "active"
    folder = Path(os.environ["XDG_DATA_HOME"])
    assert list(folder.rglob("passes.sqlite"))


@pytest.mark.parametrize("flag", ["--json", "--business", "--actor"])
def test_a_global_option_stands_anywhere(ana: tuple[Shell, str], flag: str) -> None:
    shell, code = ana
    words = {"--json": [], "--business": ["studio"], "--actor": ["Cili"]}[flag]
    rest = [] if flag == "--json" else ["--json"]
    command = ["pass", "show", code]
    answers = [
        shell(*command[:at], flag, *words, *command[at:], *rest).json for at in range(len(command))
    ]
    assert all(answer["code"] == code for answer in answers)


def test_the_last_word_about_a_global_option_counts(studio: Shell) -> None:
    assert studio("--business", "nope", "client", "list").code == 4
    assert studio("--business", "nope", "client", "list", "--business", "studio").code == 0


def test_the_environment_says_database_and_business(
    studio: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASS_DATABASE_URL", f"sqlite:///{tmp_path}/other.sqlite")
    monkeypatch.setenv("PASS_BUSINESS", "gym")
    for name in ("Gym", "Spa"):
        studio.json("init", "--name", name, "--timezone", "UTC", "--currency", "EUR")
    assert studio.json("service", "list")["items"] == []
    monkeypatch.delenv("PASS_BUSINESS")
    ran = studio("service", "list", "--json")
    assert (ran.code, ran.refusal["businesses"]) == (2, ["gym", "spa"])
    monkeypatch.delenv("PASS_DATABASE_URL")
    assert len(studio.json("service", "list")["items"]) == 1


def test_a_command_is_recorded_with_who_gave_it_and_that_it_was_here(
    ana: tuple[Shell, str],
) -> None:
    shell, code = ana
    change = ("pass", "adjust", code, "--delta", "+1", "--reason", "birthday")
    shell.json(*change, "--actor", "Cili")
    first, last = shell.json("pass", "history", code)["items"]
    assert (first["actor"], first["channel"]) == ("Bea", "cli")
    assert (last["actor"], last["reason"]) == ("Cili", "birthday")
