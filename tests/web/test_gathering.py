"""Gathering requests: those that wait at the same time are served in one thread, together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from passcore import App, FixedClock, MemoryStore, Origin, SeededIds
from passcore.gathering import MOST, Answer, Asked, Kind
from passcore.testing.builders import NOW
from passcore.usecases.gathered import Gathered
from passweb.gathering import Gathering

ECHO: Gathered[Any, Any] = Gathered(lambda _tx, commands, _call: list(commands))
STUDIO = Kind("studio", ECHO, Origin("test"))
OTHER = Kind("other", ECHO, Origin("test"))
PATIENCE = 10.0


class Served(App):
    """An app that notes the groups it serves; the very first is held until `go` is set."""

    def __init__(self) -> None:
        super().__init__(MemoryStore(), FixedClock(NOW), SeededIds(1))
        self.groups: list[tuple[str, list[Any]]] = []
        self.go = threading.Event()

    def serve(self, kind: Kind, group: Sequence[Asked[Any, Any]]) -> None:
        """Answer each command with itself."""
        first = not self.groups
        self.groups.append((kind.business_id, [asked.command for asked in group]))
        if first:
            assert self.go.wait(PATIENCE)
        if any(asked.command == "stop" for asked in group):
            raise RuntimeError("a bug")
        for asked in group:
            asked.answer = Answer(asked.command)


async def _settled() -> None:
    """Let everything run that can."""
    for _ in range(10):
        await asyncio.sleep(0)


def _ask(gathering: Gathering, kind: Kind, command: Any) -> asyncio.Task[Any]:
    async def ask() -> Any:
        asked = Asked[Any, Any](command)
        await gathering.ask(kind, asked)
        return asked.result().result

    return asyncio.create_task(ask())


def test_what_arrives_together_is_served_together() -> None:
    """And what arrives meanwhile next; each business in a transaction of its own."""
    app = Served()

    async def run() -> list[Any]:
        gathering = Gathering(app)
        asked = [_ask(gathering, STUDIO, n) for n in range(3)]
        await _settled()
        asked += [_ask(gathering, kind, kind.business_id) for kind in (STUDIO, OTHER, STUDIO)]
        await _settled()
        app.go.set()
        answers = await asyncio.wait_for(asyncio.gather(*asked), PATIENCE)
        gathering.close()
        return answers

    assert asyncio.run(run()) == [0, 1, 2, "studio", "other", "studio"]
    assert app.groups == [
        ("studio", [0, 1, 2]),
        ("studio", ["studio", "studio"]),
        ("other", ["other"]),
    ]


def test_a_group_has_an_end() -> None:
    """What is left over comes after what others wait for."""
    app = Served()

    async def run() -> None:
        gathering = Gathering(app)
        asked = [_ask(gathering, STUDIO, 0)]
        await _settled()
        asked += [_ask(gathering, STUDIO, n) for n in range(MOST + 1)]
        asked.append(_ask(gathering, OTHER, 0))
        await _settled()
        app.go.set()
        await asyncio.wait_for(asyncio.gather(*asked), PATIENCE)
        gathering.close()

    asyncio.run(run())
    found = [(business, len(group)) for business, group in app.groups]
    assert found == [("studio", 1), ("studio", MOST), ("other", 1), ("studio", 1)]


def test_a_request_that_is_given_up_on_holds_nobody_up() -> None:
    """What it asked for may be done all the same, as with any request whose answer is lost."""
    app = Served()

    async def run() -> Any:
        gathering = Gathering(app)
        gone, stays = _ask(gathering, STUDIO, "gone"), _ask(gathering, STUDIO, "stays")
        await _settled()
        gone.cancel()
        await _settled()
        app.go.set()
        answer = await asyncio.wait_for(stays, PATIENCE)
        assert gone.cancelled()
        gathering.close()
        return answer

    assert asyncio.run(run()) == "stays"


def test_a_thread_that_failed_tells_those_who_wait() -> None:
    """And the next are served."""
    app = Served()
    app.go.set()

    async def run() -> Any:
        gathering = Gathering(app)
        with pytest.raises(RuntimeError, match="a bug"):
            await asyncio.wait_for(_ask(gathering, STUDIO, "stop"), PATIENCE)
        answer = await asyncio.wait_for(_ask(gathering, STUDIO, "go on"), PATIENCE)
        gathering.close()
        return answer

    assert asyncio.run(run()) == "go on"
