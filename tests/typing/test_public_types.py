"""Types as an embedder's own mypy sees them: right uses pass, wrong ones are named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mypy import api

_HEAD = """
from datetime import UTC, datetime
from passcore import (
    AddClient, AdjustPass, App, AssignPass, Call, Client, ClientRef, Command, Deducted, Entry,
    Expire, Fact, FixedClock, InvoiceRenderer, MemoryStore, Money, NoticeWriter, Once, Origin, Pass,
    PaymentMethod, PlaceOrder, RandomIds, ReportMany, SeededIds, SystemClock, Verify, add_client,
    adjust, assign, decide, place, report_many, verify,
)
from passcore.ports.clock import Clock
from passcore.ports.ids import Ids
from passcore.ports.mail import Mailer
from passcore.ports.payments import PaymentGateway
from passcore.ports.store import Registry, Store, Tx
from passcore.adapters.recording import FakeGateway, PlainInvoices, PlainWriter, RecordingMailer

app = App(MemoryStore(), SystemClock(), RandomIds())
ana = ClientRef(email="ana@example.com")
now = datetime(2027, 3, 1, tzinfo=UTC)
"""

_ONCE = """
c = AddClient("a@b.example")
reveal_type(app.run_once("b", add_client, c, Once.of("k", c, Client)))
"""
_OWN_USE_CASE = """
def mine(tx: Tx, command: str, call: Call) -> int:
    return len(command)
reveal_type(app.run("b", mine, "x"))
"""
_MATCH = """
def sessions(fact: Fact) -> int:
    match fact:
        case Deducted(sessions=count):
            return count
        case _:
            return 0
"""
_DECIDE = """
def decided(state: Pass, command: Command) -> tuple[Entry, ...]:
    return decide(state, command, at=now)
"""

RIGHT = [
    ("store: Store = MemoryStore()", None),
    ("clocks: list[Clock] = [SystemClock(), FixedClock(now)]", None),
    ("ids: list[Ids] = [RandomIds(), SeededIds(1)]", None),
    ("gateway: PaymentGateway = FakeGateway()", None),
    ("mailer: Mailer = RecordingMailer()", None),
    ("writer: NoticeWriter = PlainWriter()", None),
    ("invoices: InvoiceRenderer = PlainInvoices()", None),
    ("reveal_type(app.run('b', assign, AssignPass('p', ana)))", "PassView"),
    ("reveal_type(app.run('b', place, PlaceOrder('p', ana, PaymentMethod.ONLINE)))", "Order"),
    ("reveal_type(app.run('b', report_many, ReportMany(())))", "Reported | .*PassError"),
    ("reveal_type(app.read('b', verify, Verify()))", "Verified"),
    (_ONCE, "Answer.*Client"),
    ("with app.store.begin('b') as tx: reveal_type(tx.passes.get('p'))", "StoredPass"),
    ("with app.store.registry() as r: reveal_type(r)", "Registry"),
    (_OWN_USE_CASE, "int"),
    (_DECIDE, None),
    (_MATCH, None),
]

WRONG = [
    ("App(MemoryStore(), SystemClock())", "Missing positional argument"),
    ("app.run('b', assign, AddClient('a@b.example'))", "incompatible type"),
    ("app.run('b', adjust, AdjustPass('p', '1', 'reason'))", "incompatible type"),
    ("money = Money(1.5, 'EUR')", "incompatible type"),
    ("pass_: Pass = app.run('b', add_client, AddClient('a@b.example'))", "Incompatible types"),
    (
        "class Half:\n    def now(self) -> str: return ''\nclock: Clock = Half()",
        "Incompatible types",
    ),
    ("Money(1, 'EUR').minor = 2", "read-only"),
    ("Entry(1, now, now, Origin(), 'fact')", "incompatible type"),
    ("def f(p: Pass) -> None: decide(p, Expire())", "Missing named argument"),
]


def _checked(tmp_path: Path, body: str) -> str:
    snippet = tmp_path / "snippet.py"
    snippet.write_text(f"{_HEAD}\n{body}\n")
    cache = tmp_path.parent / "mypy-cache"
    said, problems, _ = api.run(["--strict", "--cache-dir", str(cache), str(snippet)])
    assert not problems
    return said


@pytest.mark.parametrize(("body", "revealed"), RIGHT)
def test_what_is_right_passes_strictly(tmp_path: Path, body: str, revealed: str | None) -> None:
    """And answers have the types their commands promise."""
    said = _checked(tmp_path, body)
    assert ": error:" not in said, said
    if revealed is not None:
        assert re.search(f'Revealed type is ".*{revealed}', said), said


@pytest.mark.parametrize(("body", "problem"), WRONG)
def test_what_is_wrong_is_named(tmp_path: Path, body: str, problem: str) -> None:
    """Before it runs."""
    said = _checked(tmp_path, body)
    assert ": error:" in said
    assert problem in said, said
