"""Gathering in the event loop: what all connections wait for at the same time, in one thread.

`passcore.gathering` does the same for callers that have a thread each. Here a request that waits
costs no thread, and a whole group is handed to one and back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from passcore.app import App
from passcore.gathering import MOST, Asked, Kind

_Waiting = tuple[Asked[Any, Any], "asyncio.Future[None]"]


class Gathering:
    """Serves what the requests of one event loop ask for, a group in each of a few threads."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._free = max(1, app.store.lanes)
        self._threads = ThreadPoolExecutor(self._free, thread_name_prefix="passweb-gathering")
        self._waiting: dict[Kind, list[_Waiting]] = {}
        self._starting = False

    async def ask(self, kind: Kind, asked: Asked[Any, Any]) -> None:
        """Return when *asked* was served."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(kind, []).append((asked, done))
        self._start_soon()
        await done

    def close(self) -> None:
        """End the threads, after what they are at."""
        self._threads.shutdown(wait=False)

    def _start_soon(self) -> None:
        """Start when the requests that have arrived already have asked, too."""
        if self._free and self._waiting and not self._starting:
            self._starting = True
            asyncio.get_running_loop().call_soon(self._start)

    def _start(self) -> None:
        self._starting = False
        kind = next(iter(self._waiting))
        waiting = self._waiting.pop(kind)
        group, rest = waiting[:MOST], waiting[MOST:]
        if rest:
            self._waiting[kind] = rest  # behind the others
        self._free -= 1
        served = asyncio.get_running_loop().run_in_executor(
            self._threads, self._app.serve, kind, [asked for asked, _ in group]
        )
        served.add_done_callback(partial(self._served, group))
        self._start_soon()

    def _served(self, group: Sequence[_Waiting], served: asyncio.Future[None]) -> None:
        self._free += 1
        self._start_soon()
        error = None if served.cancelled() else served.exception()
        for asked, done in group:
            asked.error = asked.error or error
            if not done.done():  # a request that was given up on
                done.set_result(None)
