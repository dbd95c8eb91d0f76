"""The worker: does what waits, again and again, until it is told to stop.

Mail and provider events are looked at whenever somebody sets the house's `wake`, and every few
seconds besides; lost orders and lapsed passes once a minute. A fault is logged and slows the rounds
down; it never ends them.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Final

from passcore.errors import PassError
from passweb.house import House

IDLE_SECONDS: Final = 2.0
#: After a round that found nothing: a busy API sets `wake` with every report, and rounds without a
#: pause in between take a tenth of its time to find nothing again.
BREATH_SECONDS: Final = 0.2
SLOW_SECONDS: Final = 60.0
LONGEST_PAUSE: Final = 60.0
_log: Final = logging.getLogger("passweb.worker")


class Worker:
    """Runs a house's relay, in a thread of its own (`start`, `stop`) or in this one (`run`)."""

    def __init__(self, house: House, *, idle: float = IDLE_SECONDS) -> None:
        self._house = house
        self._idle = idle
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._slow_at = 0.0

    def start(self) -> None:
        """Run in the background."""
        self._thread = threading.Thread(target=self.run, name="passweb-worker", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Finish the message in hand and end; what is left waits for the next start."""
        self._stop.set()
        self._house.wake.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def run(self) -> None:
        """Work until `stop`."""
        faults = 0
        while not self._stop.is_set():
            self._house.wake.clear()
            try:
                worked = self.round()
            except (PassError, OSError) as fault:
                faults += 1
                _log.warning("the round failed: %s", type(fault).__name__)
                worked = False
            except Exception:  # noqa: BLE001  # logged; mail must go on
                faults += 1
                _log.exception("the round failed")
                worked = False
            else:
                faults = 0
            if not worked:
                self._pause(faults)

    def _pause(self, faults: int) -> None:
        if faults:  # `wake` would only run into the same wall again
            self._stop.wait(min(self._idle * 2**faults, LONGEST_PAUSE))
        else:
            self._stop.wait(BREATH_SECONDS)
            self._house.wake.wait(self._idle)

    def round(self, *, everything: bool = False) -> bool:
        """Do what is due once; True where there was something to do.

        The slow part (orders whose event was lost, passes that lapsed) has its turn once a minute,
        or now with *everything*.
        """
        relay = self._house.relay
        worked = relay.take_events() > 0
        if everything or time.monotonic() >= self._slow_at:
            self._slow_at = time.monotonic() + SLOW_SECONDS
            relay.reconcile()
            worked = relay.sweep() > 0 or worked
        return relay.send_mail() > 0 or worked

    def drain(self, *, rounds: int = 1000) -> int:
        """Work until nothing is due any more; returns how many rounds that took."""
        for number in range(rounds):
            if not self.round(everything=number == 0):
                return number + 1
        return rounds
