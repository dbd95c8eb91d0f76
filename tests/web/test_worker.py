"""The worker: wakes when there is work, survives faults, and ends when told."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from passweb.house import House
from passweb.server import create_app
from passweb.worker import Worker
from tests.web.conftest import stocked
from tests.web.houses import Api, KeptMail, make_house, served

PASS = {"product_id": "10-x-reformer", "client": {"email": "ana@example.com"}}


class RingingMail(KeptMail):
    """Says when it was given a mail; the first *faults* fail."""

    def __init__(self, faults: int = 0) -> None:
        super().__init__()
        self.rang = threading.Event()
        self.faults = faults

    def send(self, mail: Any) -> None:
        if self.faults:
            self.faults -= 1
            raise RuntimeError("not an error anybody expects")
        super().send(mail)
        self.rang.set()


def _ringing(house: House, **more: Any) -> RingingMail:
    mailer = RingingMail(**more)
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
    caplog: pytest.LogCaptureFixture, memory_api: Api
) -> None:
    house = make_house()
    mailer = _ringing(house, faults=1)
    with served(house) as api:
        stocked(api)
        api.made("/passes", PASS)
    worker = Worker(house, idle=0.01)
    worker.start()
    house.clock.move(house.clock.now() - house.clock.now().replace(year=2025))  # type: ignore[attr-defined]
    assert mailer.rang.wait(10)
    worker.stop()
    assert "the round failed" in caplog.text


def test_draining_ends_when_nothing_is_due() -> None:
    house = make_house()
    with served(house) as api:
        stocked(api)
        api.made("/passes", PASS)
        assert Worker(house).drain() == 2
        assert Worker(house).drain() == 1
