"""The reference in the documentation is what the app says of itself."""

from __future__ import annotations

from pathlib import Path

from passcli import reference

PAGE = Path(__file__).parents[2] / "packages/passcli/docs/reference.md"


def test_the_reference_is_up_to_date() -> None:
    """Otherwise: `python -m passcli.reference packages/passcli/docs/reference.md`."""
    assert PAGE.read_text(encoding="utf-8") == reference.text()


def test_every_command_of_the_contract_is_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for group, commands in {
        "db": "upgrade backup restore",
        "key": "create list revoke",
        "service": "add list edit",
        "product": "add list show edit retire",
        "client": "add list show",
        "pass": "assign list show history explain adjust extend freeze unfreeze transfer cancel",
        "booking": "book show list complete cancel no-show undo report",
        "order": "create list show approve decline",
        "outbox": "list retry discard",
    }.items():
        for name in commands.split():
            assert f"### `passctl {group} {name}`\n" in text
