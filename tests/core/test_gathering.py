"""Gathering: callers that wait at the same time share a transaction, and nothing else."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from passcore import App, FixedClock, MemoryStore, Once, Origin, SeededIds
from passcore.errors import Contention, IdempotencyKeyReused, Invalid, PassError, StorageUnavailable
from passcore.gathering import MOST, Answer, Asked, Gatherer, Kind
from passcore.ports.store import Tx
from passcore.testing import builders
from passcore.testing.builders import NOW
from passcore.usecases.call import Call
from passcore.usecases.gathered import Gathered

BY = Origin("test")
PATIENCE = 10.0


def _double(_tx: Tx, numbers: Sequence[int], _call: Call) -> list[int | PassError]:
    """Answer with twice the number, and refuse what is negative."""
    return [Invalid(field=str(n), problem="is negative") if n < 0 else 2 * n for n in numbers]


DOUBLE = Gathered(_double)
KIND = Kind("studio", DOUBLE, BY)


class Counting(MemoryStore):
    """A store with one lane that tells how many blocks were written and can be made to fail."""

    lanes = 1

    def __init__(self) -> None:
        super().__init__()
        self.blocks = 0
        self.failures: list[BaseException] = []

    @contextmanager
    def begin(self, business_id: str, *, write: bool = True, attempt: int = 1) -> Iterator[Tx]:
        with super().begin(business_id, write=write, attempt=attempt) as tx:
            yield tx
            self.blocks += write
            if write and self.failures:
                raise self.failures.pop(0)


@pytest.fixture
def store() -> Counting:
    """A store with one business."""
    return Counting()


@pytest.fixture
def app(store: Counting) -> App:
    """An app on it."""
    made = App(store, FixedClock(NOW), SeededIds(1))
    made.add_business(builders.business(id="studio"))
    return made


# --- the use case ---------------------------------------------------------------------------------


def test_a_gathered_use_case_is_called_like_any_other(app: App) -> None:
    """One is a batch of one: its answer is returned, its refusal raised."""
    assert app.run("studio", DOUBLE, 21) == 42
    with pytest.raises(Invalid, match="negative"):
        app.run("studio", DOUBLE, -1)
    memory = App(MemoryStore(), FixedClock(NOW), SeededIds(1))
    memory.add_business(builders.business(id="studio"))
    assert memory.run("studio", DOUBLE, 21) == 42


def test_results_are_changed_and_refusals_are_not(app: App) -> None:
    """`then` sees each result, with the call it was made in."""
    said = DOUBLE.then(lambda number, call: (f"{number}!", call.now))
    assert app.run("studio", said, 4) == ("8!", NOW)
    with pytest.raises(Invalid):
        app.run("studio", said, -4)


# --- the gatherer ---------------------------------------------------------------------------------


class Crowd:
    """Threads that ask at once, of a gatherer whose first group is held until they all wait."""

    def __init__(self, lanes: int = 1) -> None:
        self.groups: list[tuple[Kind, list[int]]] = []
        self.held = threading.Event()
        self.go = threading.Event()
        self.gatherer = Gatherer(lanes, self.serve)

    def serve(self, kind: Kind, group: Sequence[Asked[Any, Any]]) -> None:
        """Note the group; the very first one waits for the others."""
        first = not self.groups
        self.groups.append((kind, [asked.command for asked in group]))
        if first:
            self.held.set()
            assert self.go.wait(PATIENCE)
        for asked in group:
            if asked.command == "stop":
                raise KeyboardInterrupt
            asked.answer = Answer(asked.command)

    def waiting(self, number: int) -> bool:
        """Tell whether as many wait."""
        return len(self.gatherer._waiting) == number

    def ask(self, *wanted: tuple[Kind, Any]) -> list[Asked[Any, Any]]:
        """Ask for everything in *wanted*, the first alone and the others while it is served."""
        asked: list[Asked[Any, Any]] = [Asked(command) for _, command in wanted]

        def run(number: int) -> None:
            with contextlib.suppress(KeyboardInterrupt):
                self.gatherer.ask(wanted[number][0], asked[number])

        threads = [threading.Thread(target=run, args=(n,)) for n in range(len(wanted))]
        threads[0].start()
        assert self.held.wait(PATIENCE)
        for number, thread in enumerate(threads[1:], start=1):
            thread.start()
            _until(partial(self.waiting, number))
        self.go.set()
        for thread in threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        return asked


def _until(true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE * 1000)):
        if true():
            return
        pause.wait(0.001)
    raise AssertionError("waited in vain")


def test_who_waits_is_served_together() -> None:
    """Nobody waits for company: the first is served alone."""
    crowd = Crowd()
    asked = crowd.ask(*[(KIND, n) for n in range(6)])
    assert [numbers for _, numbers in crowd.groups] == [[0], [1, 2, 3, 4, 5]]
    assert [one.result().result for one in asked] == [0, 1, 2, 3, 4, 5]
    crowd.gatherer.ask(KIND, Asked(7))
    assert crowd.groups[-1] == (KIND, [7]), "the lane is free again"


@pytest.mark.parametrize(
    "other",
    [
        Kind("elsewhere", DOUBLE, BY),
        Kind("studio", Gathered(_double), BY),
        Kind("studio", DOUBLE, Origin("else")),
    ],
)
def test_only_the_same_is_served_together(other: Kind) -> None:
    """Another business, use case or origin needs a transaction of its own."""
    crowd = Crowd()
    crowd.ask((KIND, 0), (KIND, 1), (other, 2), (KIND, 3), (other, 4))
    assert crowd.groups == [(KIND, [0]), (KIND, [1, 3]), (other, [2, 4])]


def test_a_group_has_an_end() -> None:
    """Who comes later than `MOST` is served with the next group."""
    crowd = Crowd()
    crowd.ask(*[(KIND, n) for n in range(MOST + 3)])
    assert [len(numbers) for _, numbers in crowd.groups] == [1, MOST, 2]


def test_as_many_groups_as_lanes_run_side_by_side() -> None:
    """The second caller does not wait where there are two lanes."""
    crowd = Crowd(lanes=2)
    thread = threading.Thread(target=crowd.gatherer.ask, args=(KIND, Asked(0)))
    thread.start()
    assert crowd.held.wait(PATIENCE)
    crowd.gatherer.ask(KIND, Asked(1))
    assert [numbers for _, numbers in crowd.groups] == [[0], [1]]
    crowd.go.set()
    thread.join(PATIENCE)


def test_nobody_waits_for_a_leader_that_was_stopped() -> None:
    """Each of its group is told, and the lane goes to the next."""
    crowd = Crowd()
    other = Kind("elsewhere", DOUBLE, BY)
    asked = crowd.ask((KIND, 0), (KIND, 1), (KIND, "stop"), (other, 3))
    for one in asked[1:3]:
        with pytest.raises(KeyboardInterrupt):
            one.result()
    assert asked[3].result().result == 3


def test_what_was_not_served_has_no_result() -> None:
    """Asking for it is a mistake in the program."""
    with pytest.raises(RuntimeError, match="not served"):
        Asked(1).result()


# --- a group in the app ---------------------------------------------------------------------------


def _served(app: App, *asked: Asked[Any, Any]) -> list[Any]:
    """Serve *asked* as one group; return what each came to."""
    app.serve(KIND, asked)
    found: list[Any] = []
    for one in asked:
        try:
            answer = one.result()
            found.append((answer.result, answer.replayed))
        except PassError as error:
            found.append(error.code)
    return found


def test_a_group_is_one_transaction_and_a_refusal_one_answer(app: App, store: Counting) -> None:
    """A refused command costs the others nothing."""
    found = _served(app, Asked(1), Asked(-2), Asked(3))
    assert found == [(2, False), Invalid.code, (6, False)]
    assert store.blocks == 1


def test_a_group_is_tried_again_after_contention(app: App, store: Counting) -> None:
    """As a whole, like a single command."""
    store.failures = [Contention("pass")]
    assert _served(app, Asked(1), Asked(2)) == [(2, False), (4, False)]
    assert store.blocks == 2


@pytest.mark.parametrize("error", [Invalid(field="x", problem="is odd"), ValueError("a bug")])
def test_a_group_that_fails_as_a_whole_is_run_one_by_one(
    error: Exception, app: App, store: Counting
) -> None:
    """It has left nothing behind."""
    store.failures = [error]
    assert _served(app, Asked(1), Asked(2)) == [(2, False), (4, False)]
    assert store.blocks == 3


def test_each_fails_on_its_own_account(app: App, store: Counting) -> None:
    """What is no refusal, too, is raised where it belongs."""
    store.failures = [ValueError("together"), ValueError("alone")]
    first, second = Asked[int, int](1), Asked[int, int](2)
    app.serve(KIND, [first, second])
    with pytest.raises(ValueError, match="alone"):
        first.result()
    assert second.result().result == 4


def test_nothing_is_tried_again_where_the_database_is_gone(app: App, store: Counting) -> None:
    """Nobody knows what it has stored."""
    store.failures = [StorageUnavailable()]
    assert _served(app, Asked(1), Asked(2)) == ["storage_unavailable", "storage_unavailable"]
    assert store.blocks == 1


def _once(key: str, fingerprint: str = "same") -> Once[int]:
    return Once(key, fingerprint, int)


def test_each_of_a_group_has_its_own_key(app: App) -> None:
    """Its answer is kept with the effect, its refusal is not."""
    first = _served(app, Asked(1, _once("a")), Asked(-2, _once("b")), Asked(3, _once("c")))
    assert first == [(2, False), Invalid.code, (6, False)]
    again = _served(app, Asked(1, _once("a")), Asked(2, _once("b")), Asked(4))
    assert again == [(2, True), (4, False), (8, False)]


def test_a_key_twice_in_one_group_takes_effect_once(app: App) -> None:
    """The other one is a replay, or a mistake."""
    assert _served(app, Asked(1, _once("a")), Asked(1, _once("a"))) == [(2, False), (2, True)]
    found = _served(app, Asked(5, _once("b")), Asked(6, _once("b", "other")))
    assert found == [(10, False), IdempotencyKeyReused.code]


def test_a_refused_repetition_is_a_replay(app: App) -> None:
    """What was done before stays done, whatever would be decided now."""
    _served(app, Asked(1, _once("a")))
    assert _served(app, Asked(-1, _once("a")), Asked(2)) == [(2, True), (4, False)]


def test_threads_share_an_app(app: App) -> None:
    """Whoever asks is answered for what it asked for."""
    answers: dict[int, int] = {}

    def ask(number: int) -> None:
        for n in range(50):
            value = number * 1000 + n
            answers[value] = app.run_once("studio", DOUBLE, value, _once(f"k{value}")).result

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert answers == {n * 1000 + k: 2 * (n * 1000 + k) for n in range(8) for k in range(50)}
