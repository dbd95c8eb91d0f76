"""The worker: wakes when there is work, survives faults, and ends when told."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from passcore.relay import Relay
from passweb.house import House
from passweb.server import create_app
from passweb.worker import BREATH_SECONDS, Worker
from tests.web.conftest import stocked
from tests.web.houses import KeptMail, make_house, served

PASS = {"product_id": "10-x-reformer", "client": {"email": "ana@example.com"}}


class RingingMail(KeptMail):
    """Says when it was given a mail."""

    def __init__(self) -> None:
        super().__init__()
        self.rang = threading.Event()

    def send(self, mail: Any) -> None:
        super().send(mail)
        self.rang.set()


def _ringing(house: House) -> RingingMail:
    mailer = RingingMail()
    object.__setattr__(house.relay.out, "mailer", mailer)
    return mailer


def test_mail_goes_out_as_soon_as_something_was_sold() -> None:
    house = make_house()
    mailer = _ringing(house)
    worker = Worker(house, idle=60)
    worker.start()
    try:
        with served(house) as api:
            stocked(api)
            api.made("/passes", PASS)
            assert mailer.rang.wait(10), "a minute of idling would be far too long"
    finally:
        worker.stop()


def test_a_server_runs_its_worker_where_the_settings_say_so() -> None:
    house = make_house(worker_in_process=True)
    mailer = _ringing(house)
    with served(house) as api:
        assert any(t.name == "passweb-worker" for t in threading.enumerate())
        stocked(api)
        api.made("/passes", PASS)
        assert mailer.rang.wait(10)
    assert not any(t.name == "passweb-worker" for t in threading.enumerate())
    assert create_app(make_house()).state.house.settings.worker_in_process is False


def test_a_fault_nobody_expects_is_logged_and_the_work_goes_on(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = make_house()
    mailer = _ringing(house)
    with served(house) as api:
        stocked(api)
        api.made("/passes", PASS)
    faults: list[Exception] = [OSError("the disk is gone"), RuntimeError("nobody expects this")]

    def take_events(_relay: Relay) -> int:
        if faults:
            raise faults.pop(0)
        return 0

    monkeypatch.setattr(Relay, "take_events", take_events)
    worker = Worker(house, idle=0.01)
    worker.start()
    assert mailer.rang.wait(10)
    worker.stop()
    assert "OSError" in caplog.text
    assert "nobody expects this" in caplog.text


def test_a_busy_api_does_not_make_the_worker_look_for_work_without_a_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = make_house()
    rounds: list[float] = []
    enough = threading.Event()

    def take_events(_relay: Relay) -> int:
        rounds.append(time.monotonic())
        house.wake.set()  # as every report that comes in meanwhile does
        if len(rounds) == 3:
            enough.set()
        return 0

    monkeypatch.setattr(Relay, "take_events", take_events)
    worker = Worker(house, idle=60)
    worker.start()
    assert enough.wait(10)
    worker.stop()
    assert rounds[2] - rounds[0] >= 2 * BREATH_SECONDS


def test_draining_ends_when_nothing_is_due() -> None:
    house = make_house()
    with served(house) as api:
        stocked(api)
        api.made("/passes", PASS)
        assert Worker(house).drain() == 2
        assert Worker(house).drain() == 1
