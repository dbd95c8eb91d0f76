"""Whatever is typed, the answer is a sentence and an exit code; never a traceback, never code 1."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tests.cli.conftest import Shell

#: Right for one thing or another, so that commands get far enough to refuse for better reasons.
FITTING = st.sampled_from(
    "ana@example.com reformer 10-x-reformer 1 3 12.50 2027-03-01T18:00 2027-03-01 2027-06-30 desk-1"
    " now auto none pilates owner reason yoga b@example.com reformer=2".split()
)
WORDS = FITTING | st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        (
            "auto none @ a@b.co 1e999999999 -1 NaN sNaN Infinity 1e-1000000000 - -- --- --help"
            " 0001-01-01T00:00 9999-12-31T23:59 2027-03-28T02:30 2027-W09-1T10:00 2027-03-01 now"
            " 2027-03-01T18:00+99:99 reformer= =1 sqlite:// sqlite:/// postgresql://[ ../../x x:"
        ).split()
    ),
    st.sampled_from(["", " ", "\x00", "\x1b[2J", "\ud800", "\u202e", "9" * 5000, "6 months"]),
    st.sampled_from(["99999 years", "'; DROP TABLE passes; --", "12 EUR", "1 000"]),
    st.integers().map(str),
    st.decimals().map(str),
)
COMMANDS = st.sampled_from(
    [
        ("pass", "show", None),
        ("pass", "history", None),
        ("pass", "list", "--client", None, "--cursor", None),
        ("pass", "assign", "--client", None, "--product", "10-x-reformer", "--sessions", None),
        ("pass", "assign", "--client", "a@b.co", "--product", None, "--last-day", None),
        ("pass", "assign", "--client", "a@b.co", "--product", "10-x-reformer", "--price", None),
        ("pass", "explain", "--client", "ana@example.com", "--service", None, "--starts", None),
        ("pass", "show", "{code}", "--at", None),
        ("pass", "adjust", "{code}", "--delta", None, "--reason", None),
        ("pass", "extend", "{code}", "--last-day", None, "--reason", None),
        ("pass", "freeze", "{code}", "--from", None, "--until", None, "--reason", None),
        ("pass", "unfreeze", "{code}", "--on", None, "--reason", None),
        ("pass", "transfer", "{code}", "--to", None, "--reason", None, "--yes"),
        (
            "booking",
            "book",
            "--client",
            "ana@example.com",
            "--service",
            "reformer",
            "--starts",
            None,
            "--seats",
            None,
        ),
        (
            "booking",
            "book",
            "--client",
            "ana@example.com",
            "--service",
            "reformer",
            "--starts",
            "2027-03-01T10:00",
            "--pass",
            None,
            "--external-id",
            None,
        ),
        ("booking", "complete", None, "--key", None),
        ("booking", "list", "--from", None, "--until", None, "--limit", None),
        (
            "booking",
            "report",
            "--source",
            None,
            "--ref",
            None,
            "--revision",
            None,
            "--status",
            "booked",
            "--client",
            None,
            "--service",
            "reformer",
            "--starts",
            "2027-03-01T10:00",
        ),
        ("product", "add", "--name", None, "--price", None, "--sessions", None, "--valid", None),
        ("product", "add", "--name", "P", "--price", "1", "--cost", None, "--covers", None),
        ("product", "add", "--name", "P", "--price", "1", "--from", None, "--until", None),
        ("product", "edit", "10-x-reformer", "--slug", None, "--tax-rate", None),
        ("product", "edit", "10-x-reformer", "--cancel-free-until", None, "--priority", None),
        ("service", "add", "--name", None, "--slug", None, "--duration", None, "--price", None),
        ("client", "add", "--email", None, "--name", None, "--language", None),
        ("client", "list", "--search", None, "--cursor", None),
        ("order", "create", "--product", "10-x-reformer", "--client", None, "--method", "on_site"),
        ("order", "show", None),
        ("outbox", "retry", None),
        ("key", "create", "--label", None, "--role", None),
        ("staff", "add", "--email", None, "--name", None),
        ("client", "list", "--business", None),
        ("client", "list", "--actor", None),
        ("pass", None, None),
        (None, None),
    ]
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(command=COMMANDS, data=st.data())
def test_any_words_get_an_answer(
    ana: tuple[Shell, str],
    command: tuple[str | None, ...],
    data: st.DataObject,
) -> None:
    shell, code = ana
    words = [data.draw(WORDS) if word is None else word.replace("{code}", code) for word in command]
    ran = shell(*words, "--json")
    assert "Traceback" not in ran.out + ran.err
    assert ran.code in (0, 2, 3, 4), ran
    if ran.code == 0 and "--help" not in words:
        json.loads(ran.out)
    elif ran.code and ran.err.startswith("{"):
        assert set(ran.refusal) >= {"code", "detail", "mend"}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(url=WORDS)
def test_any_database_url_gets_an_answer(shell: Shell, url: str) -> None:
    ran = shell("--db", url, "client", "list", "--json")
    assert ran.code in (2, 3, 4, 5), ran
    assert ran.refusal["detail"]


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_undecodable_bytes_of_a_real_command_line(studio: Shell, flags: tuple[str, ...]) -> None:
    import subprocess
    import sys
    from pathlib import Path

    passctl = Path(sys.executable).with_name("passctl")
    ran = subprocess.run(
        [str(passctl).encode(), b"pass", b"show", b"\xff\x1b[2J", *(f.encode() for f in flags)],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 2
    assert b"\x1b" not in ran.stderr
