"""What threads may do on one store at once: the last session, one booking, one key, one number."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from passcore.adapters.system import FixedClock, RandomIds
from passcore.app import App
from passcore.domain.bookings import BookingStatus
from passcore.domain.clients import ClientRef
from passcore.errors import PassError, PassExhausted
from passcore.gathering import Once
from passcore.testing import builders
from passcore.testing.builders import NOW
from passcore.testing.store.base import Shop, StoreTests
from passcore.usecases.clients import AddClient, add_client
from passcore.usecases.intake import Reported, VisitReport, report_one
from passcore.usecases.verification import Verify, verify

T = TypeVar("T")
_THREADS = 8


def together(work: Callable[[int], T], count: int = _THREADS) -> list[T | PassError]:
    """Run *work* with 0, 1, ... in as many threads at once; return results and refusals."""
    answers: list[T | PassError | BaseException] = [PassError()] * count
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        try:
            answers[number] = work(number)
        except BaseException as error:  # noqa: BLE001  # handed to the test, which raises it
            answers[number] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answered: list[T | PassError] = []
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, PassError):
            raise answer
        answered.append(answer)
    return answered


class StoreRaceContract(StoreTests):
    """What every store promises to threads that share it."""

    def test_the_last_session_is_given_once(self, shop: Shop) -> None:
        """Eight visits want three sessions: three are paid, five refused, the ledger is sound."""
        client = shop.client()
        passed = shop.a_pass(shop.product(sessions=3), client)
        service = shop.service()
        app = App(shop.store, FixedClock(NOW), RandomIds())

        def one(number: int) -> Reported:
            report = VisitReport(
                source="calendar",
                ref=f"visit-{number}",
                revision=1,
                status=BookingStatus.COMPLETED,
                client=ClientRef(id=client.id),
                service=service.id,
                starts_at=NOW + timedelta(hours=number),
            )
            return app.run(shop.id, report_one, report)

        answers = together(one)
        refused = [a for a in answers if isinstance(a, PassError)]
        assert len(answers) - len(refused) == 3
        assert all(isinstance(a, PassExhausted) for a in refused)
        assert shop.get(passed.state.id).state.balance.used == 3
        assert app.read(shop.id, verify, Verify()).damage == ()

    def test_one_report_at_once_from_everywhere_deducts_once(self, shop: Shop) -> None:
        """All get the same answer (R2, R3)."""
        client, service = shop.client(), shop.service()
        passed = shop.a_pass(client=client)
        app = App(shop.store, FixedClock(NOW), RandomIds())
        report = VisitReport(
            source="calendar",
            ref="visit",
            revision=1,
            status=BookingStatus.COMPLETED,
            client=ClientRef(id=client.id),
            service=service.id,
            starts_at=NOW,
        )
        answers = together(lambda _: app.run(shop.id, report_one, report))
        assert {a.view.booking.id for a in answers if isinstance(a, Reported)} != set()
        assert sum(a.applied for a in answers if isinstance(a, Reported)) == 1
        assert len([a for a in answers if isinstance(a, Reported)]) == _THREADS
        assert shop.get(passed.state.id).state.balance.used == 1

    def test_one_key_at_once_takes_effect_once(self, shop: Shop) -> None:
        """One answer is the first, the others are replays of it."""
        app = App(shop.store, FixedClock(NOW), RandomIds())
        command = AddClient("ana@example.com")
        once = Once("key-1", "fingerprint", dict)

        def add(_: int) -> str:
            answer = app.run_once(shop.id, lambda *a: {"id": add_client(*a).id}, command, once)
            return f"{answer.result['id']} {answer.replayed}"

        answers = sorted(str(a) for a in together(add))
        ids = {answer.split()[0] for answer in answers}
        assert len(ids) == 1
        assert [a.split()[1] for a in answers].count("False") == 1
        with shop.tx(write=False) as tx:
            assert len(tx.clients.page().items) == 1

    def test_invoice_numbers_drawn_at_once_have_no_gap_and_no_twin(self, shop: Shop) -> None:
        """Every second block is undone after it drew."""
        app = App(shop.store, FixedClock(NOW), RandomIds())
        orders = [shop.order() for _ in range(_THREADS)]

        def draw(number: int) -> None:
            with app.store.begin(shop.id) as tx:
                drawn = tx.invoices.next_number("2027")
                tx.invoices.add(builders.invoice(orders[number], drawn))
                if number % 2:
                    raise PassExhausted("undone", 0, 1)

        answers = together(draw)
        assert sum(isinstance(a, PassError) for a in answers) == _THREADS // 2
        with shop.tx() as tx:
            numbers = sorted(i.number for i in tx.invoices.page().items)
            assert numbers == list(range(1, _THREADS // 2 + 1))
            assert tx.invoices.next_number("2027") == _THREADS // 2 + 1

    def test_a_message_is_claimed_by_one_worker(self, shop: Shop) -> None:
        """However many ask at once."""
        messages = [builders.message() for _ in range(20)]
        with shop.tx() as tx:
            tx.outbox.add(messages)

        def claim(_: int) -> list[str]:
            with shop.store.registry() as registry:
                found = registry.claim_messages(NOW, NOW + timedelta(minutes=2), 20)
            return [message.id for _, message in found]

        taken: list[str] = []
        for answer in together(claim):
            assert not isinstance(answer, PassError)
            taken += answer
        assert sorted(taken) == sorted(m.id for m in messages)
