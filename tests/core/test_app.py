"""App: one transaction a use case, again after contention, once where asked (decision 9)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from passcore import (
    AddClient,
    Answer,
    App,
    FixedClock,
    MemoryStore,
    Once,
    Origin,
    RandomIds,
    SeededIds,
    add_client,
)
from passcore.app import ATTEMPTS, PATIENCE_SECONDS
from passcore.domain.clients import Client
from passcore.errors import AlreadyExists, Contention, IdempotencyKeyReused, Invalid, NotFound
from passcore.ports.store import Tx
from passcore.testing import builders
from passcore.testing.builders import NOW
from passcore.usecases.call import Call

ANA = AddClient("ana@example.com", "Ana")


class Crowded(MemoryStore):
    """A store that somebody else is always faster on, the first *times* blocks, at their end."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times
        self.attempts: list[int] = []

    @contextmanager
    def begin(self, business_id: str, *, write: bool = True, attempt: int = 1) -> Iterator[Tx]:
        with super().begin(business_id, write=write) as tx:
            yield tx
            if write:
                self.attempts.append(attempt)
            if write and len(self.attempts) <= self.times:
                raise Contention("pass")


def _app(times: int = 0) -> tuple[App, Crowded, str]:
    store = Crowded(times)
    app = App(store, FixedClock(NOW), SeededIds(7))
    return app, store, app.add_business(builders.business()).id


@pytest.mark.parametrize("times", [0, 1, 7, ATTEMPTS - 1])
def test_a_use_case_is_run_again_until_nobody_was_faster(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its effect is there once; each attempt is told its number (R20)."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    app, store, business = _app(times)
    client = app.run(business, add_client, ANA)
    assert store.attempts == list(range(1, times + 2))
    with store.begin(business, write=False) as tx:
        assert tx.clients.page().items == (client,)


def test_contention_that_does_not_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """After as many attempts as are worth it, with pauses that grow but stay short."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    app, store, business = _app(10**6)
    with pytest.raises(Contention):
        app.run(business, add_client, ANA)
    assert (len(store.attempts), len(slept)) == (ATTEMPTS, ATTEMPTS - 1)
    assert 0 <= max(slept) <= 0.25
    assert len({round(pause, 9) for pause in slept}) > 1, "pauses are random"


def test_contention_is_not_waited_for_past_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """However few attempts that were (R20)."""
    now = [0.0]

    def pass_time(_seconds: float) -> None:
        now[0] += 1.0

    monkeypatch.setattr(time, "sleep", pass_time)
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    app, store, business = _app(10**6)
    with pytest.raises(Contention):
        app.run(business, add_client, ANA)
    assert len(store.attempts) == PATIENCE_SECONDS + 1


def test_a_refusal_is_not_tried_again() -> None:
    """It is the answer."""
    app, store, business = _app()
    app.run(business, add_client, ANA)
    with pytest.raises(AlreadyExists):
        app.run(business, add_client, ANA)
    assert store.attempts == [1]


def test_a_use_case_knows_when_and_for_whom_it_runs() -> None:
    """By the clock, the ids and the origin of the call."""
    app, _, business = _app()
    by = Origin("Desk Dora", "web")

    def look(_tx: Tx, command: str, call: Call) -> tuple[Any, ...]:
        return command, call.now, call.by, call.ids is app.ids

    assert app.run(business, look, "hello", by=by) == ("hello", NOW, by, True)
    assert app.read(business, look, "hello", by=by) == ("hello", NOW, by, True)
    with pytest.raises(NotFound):
        app.run("nothing", look, "hello")


def test_a_reading_use_case_stores_nothing() -> None:
    """It is refused to write."""
    app, store, business = _app()
    with pytest.raises(RuntimeError, match="read only"):
        app.read(business, add_client, ANA)
    with store.begin(business, write=False) as tx:
        assert not tx.clients.page().items


def test_a_key_takes_effect_once_and_answers_alike() -> None:
    """The first answer and the replay are equal, though the second could not be made again."""
    app, _, business = _app()
    once = Once.of("key-1", ANA, Client)
    first = app.run_once(business, add_client, ANA, once)
    again = app.run_once(business, add_client, ANA, once)
    assert (first.replayed, again.replayed) == (False, True)
    assert first.result == again.result
    assert isinstance(first, Answer)


def test_a_replay_answers_as_it_was_then() -> None:
    """Whatever has become of it."""
    app, store, business = _app()
    once = Once.of("key-1", ANA, Client)
    first = app.run_once(business, add_client, ANA, once)
    with store.begin(business) as tx:
        import attrs

        tx.clients.save(attrs.evolve(first.result, email="new@example.com"))
    assert app.run_once(business, add_client, ANA, once) == Answer(first.result, replayed=True)
    with store.begin(business) as tx:
        assert len(tx.clients.page().items) == 1


def test_a_key_used_for_something_else_is_refused() -> None:
    """By the fingerprint of the command; nothing is written (R4)."""
    app, store, business = _app()
    app.run_once(business, add_client, ANA, Once.of("key-1", ANA, Client))
    other = AddClient("bea@example.com")
    with pytest.raises(IdempotencyKeyReused) as refused:
        app.run_once(business, add_client, other, Once.of("key-1", other, Client))
    assert refused.value.key == "key-1"
    with store.begin(business) as tx:
        assert tx.clients.by_email("bea@example.com") is None


def test_a_refusal_stores_no_answer() -> None:
    """The key may be tried again, and may then succeed."""
    app, store, business = _app()
    app.run(business, add_client, ANA)
    once = Once.of("key-1", ANA, Client)
    with pytest.raises(AlreadyExists):
        app.run_once(business, add_client, ANA, once)
    with store.begin(business) as tx:
        assert tx.receipts.find("key-1") is None
        known = tx.clients.by_email(ANA.email)
        assert known is not None
        import attrs

        tx.clients.save(attrs.evolve(known, email="other@example.com"))
    assert not app.run_once(business, add_client, ANA, once).replayed


def test_two_businesses_may_use_one_key() -> None:
    """Neither sees the other's answer (R5)."""
    app, _, first = _app()
    second = app.add_business(builders.business()).id
    once = Once.of("key-1", ANA, Client)
    ids = {app.run_once(b, add_client, ANA, once).result.id for b in (first, second)}
    assert len(ids) == 2


def test_a_key_is_tried_again_after_contention(monkeypatch: pytest.MonkeyPatch) -> None:
    """Like any use case."""
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    app, _, business = _app(3)
    assert not app.run_once(business, add_client, ANA, Once.of("key-1", ANA, Client)).replayed


@pytest.mark.parametrize("key", ["", "x" * 256, "é", "a\nb", "a\0"])
def test_a_key_is_printable_ascii(key: str) -> None:
    """From 1 to 255 characters."""
    app, _, business = _app()
    with pytest.raises(Invalid) as refused:
        app.run_once(business, add_client, ANA, Once.of(key, ANA, Client))
    assert refused.value.field == "Idempotency-Key"
    longest = Once.of("x" * 255, ANA, Client)
    assert not app.run_once(business, add_client, ANA, longest).replayed


def test_the_fingerprint_is_of_kind_and_content() -> None:
    """Equal commands alike, others not."""
    from passcore import EditClient

    prints = [
        Once.of("k", command, Client).fingerprint
        for command in (ANA, AddClient("ana@example.com", "Ana"), AddClient("ana@example.com"))
    ]
    assert prints[0] == prints[1] != prints[2]
    edit = Once.of("k", EditClient("ana@example.com"), Client).fingerprint
    assert edit != prints[2]


def test_a_business_is_added_once() -> None:
    """By its slug."""
    app = App(MemoryStore(), FixedClock(NOW), RandomIds())
    business = app.add_business(builders.business())
    with pytest.raises(AlreadyExists):
        app.add_business(builders.business(slug=business.slug))
