"""Where data and talk go, what a terminal sees, and that nobody can steer it."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from passcli.output import Output, cell, harmless
from tests.cli.conftest import Shell

PASSCTL = Path(sys.executable).with_name("passctl")


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_pipe_gets_plain_aligned_columns(capsys: pytest.CaptureFixture[str]) -> None:
    Output().table(("A", "LONG"), [(1, "x"), ("two", None), (True, "")], none="")
    assert capsys.readouterr().out == "A    LONG\n1    x\ntwo  -\nyes  -\n"


def test_a_terminal_gets_a_drawn_table(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = _Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    Output().table(("A",), [("[b]x[/b]",)], none="")
    assert "─" in screen.getvalue()
    assert "[b]x[/b]" in screen.getvalue()


def test_progress_is_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe, screen = io.StringIO(), _Terminal()
    for stream in (pipe, screen):
        monkeypatch.setattr("sys.stderr", stream)
        with Output().progress("Checked") as tick:
            tick()
    assert not pipe.getvalue()
    assert "Checked" in screen.getvalue()


def test_an_empty_list_says_so_beside_the_data(studio: Shell) -> None:
    ran = studio("pass", "list")
    assert (ran.out, ran.err) == ("", "No pass found.\n")
    assert studio.json("pass", "list") == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("text", ["\x1b[2J", "\x9b31m", "\u202egnp", "\x00", "\ud800", "a\rb"])
def test_nothing_shown_can_steer_a_terminal(text: str) -> None:
    assert harmless(text).isprintable()
    assert cell(text).isprintable()


def test_a_refusal_with_json_is_one_object_and_nothing_else(studio: Shell) -> None:
    ran = studio("product", "show", "nope", "--json")
    assert ran.out == ""
    assert set(ran.refusal) >= {"code", "detail", "mend"}
    assert ran.err.count("\n") == 1


def test_a_usage_error_with_json_is_one_object_too(studio: Shell) -> None:
    ran = studio("product", "--json", "show")
    assert (ran.code, ran.out, ran.refusal["code"]) == (2, "", "usage")


def test_help_goes_to_standard_output_and_names_the_commands(shell: Shell) -> None:
    from passcli.main import COMMANDS

    ran = shell("--help")
    assert (ran.code, ran.err) == (0, "")
    assert all(f"  {name} " in ran.out for name in COMMANDS)


def test_the_help_of_a_group_is_that_of_the_table(shell: Shell) -> None:
    """The root prints it without importing the group."""
    from passcli.main import COMMANDS

    for name, lazy in COMMANDS.items():
        told = " ".join(shell(name, "--help").out.split("\n\n")[1].split())
        assert told.startswith(lazy.help.rstrip(".")), name


def test_the_version(shell: Shell) -> None:
    assert shell("--version").out.startswith("passctl ")


def test_a_reader_who_leaves_early_is_no_error(studio: Shell) -> None:
    ran = subprocess.run(
        ["bash", "-c", f'"{PASSCTL}" service list | true; echo "${{PIPESTATUS[0]}}"'],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout.strip() == "0"
    assert "Traceback" not in ran.stderr


def test_the_completion_of_a_shell(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups, commands and options are completed; the script is shown for the asking."""
    env = {"_PASSCTL_COMPLETE": "complete_bash", "COMP_WORDS": "passctl pass s", "COMP_CWORD": "2"}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    ran = subprocess.run([PASSCTL], capture_output=True, text=True, check=False, timeout=60)
    assert ran.stdout.split() == ["show"]
    monkeypatch.setenv("COMP_WORDS", "passctl bo")
    monkeypatch.setenv("COMP_CWORD", "1")
    ran = subprocess.run([PASSCTL], capture_output=True, text=True, check=False, timeout=60)
    assert ran.stdout.split() == ["booking"]
