"""Many processes at one pass: never more than was sold, never less, never a false refusal."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from passcore import App, Balance, Verify, verify
from tests.support import racing

ROUNDS = int(os.environ.get("SESSIONPASS_RACE_ROUNDS", "20"))
DUELS = int(os.environ.get("SESSIONPASS_DUELS", "1000"))


@pytest.fixture
def app(database_url: str) -> Iterator[App]:
    """The product on the test's database, with a business to race in."""
    made = racing.prepare(database_url)
    yield made
    racing.close(made)


def _balance(app: App, pass_id: str) -> Balance:
    with app.store.begin(racing.BUSINESS, write=False) as tx:
        return tx.passes.get(pass_id).state.balance


def test_64_redeemers_share_out_400_sessions_exactly(app: App, database_url: str) -> None:
    """64 processes make 512 attempts on a pass of 400: 400 succeed, 112 are refused, 20 rounds."""
    plan = [racing.heat(racing.new_pass(app, 400), 8) for _ in range(ROUNDS)]
    histories = racing.race(database_url, 64, plan)
    for pass_id, history in histories.items():
        assert racing.check(history, 400) == []
        balance = _balance(app, pass_id)
        assert (balance.used, balance.available, balance.held) == (400, 0, 0)
    checked = app.read(racing.BUSINESS, verify, Verify())
    assert checked.damage == ()
    assert checked.entries == ROUNDS * 401


def test_a_duel_for_the_last_session_has_one_winner(app: App, database_url: str) -> None:
    """Two processes ask for the last session of a pass at once, 1 000 times: one gets it."""
    plan = [racing.heat(racing.new_pass(app, 1), 1) for _ in range(DUELS)]
    histories = racing.race(database_url, 2, plan)
    for history in histories.values():
        assert racing.check(history, 1) == []
        assert sorted(asked.answer for asked in history) == ["ok", "pass_exhausted"]
    assert app.read(racing.BUSINESS, verify, Verify()).damage == ()


def test_the_same_report_from_everybody_counts_once(app: App, database_url: str) -> None:
    """Eight processes report the same bookings at once: one deduction each, all answered well."""
    pass_id = racing.new_pass(app, 40)
    history = racing.race(database_url, 8, [racing.heat(pass_id, 25, shared=True)])[pass_id]
    assert [asked.answer for asked in history] == ["ok"] * 200
    assert _balance(app, pass_id).used == 25
    assert app.read(racing.BUSINESS, verify, Verify()).damage == ()


def test_the_checker_catches_a_race_without_guard(app: App, database_url: str) -> None:
    """Negative control: read, check in Python, write back is found out, every time it is tried."""
    plan = [racing.heat(racing.new_pass(app, 40), 8) for _ in range(3)]
    histories = racing.race(database_url, 16, plan, opened=racing.open_unguarded)
    for history in histories.values():
        assert any(wrong.startswith("granted") for wrong in racing.check(history, 40))
