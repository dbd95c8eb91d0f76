"""The intake reads the same on every store, whether for one report or for many."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest

from passcore import MemoryStore
from passcore.domain.bookings import AUTO
from passcore.domain.clients import ClientRef
from passcore.domain.ids import pass_code
from passcore.ports.store import Intake, IntakeKey, Store
from passstore import SqlStore
from tests.store import building as make

CODE = pass_code(12345)
ANN, BOB = ClientRef(email="ANN@x.example"), ClientRef(id="client_bob")
KEYS = {
    "new booking": IntakeKey("mindbody", "new", ANN, "yoga", AUTO),
    "known booking, paid by another's pass": IntakeKey(
        "mindbody", "ref-bk_1", BOB, "svc_yoga", AUTO
    ),
    "nobody": IntakeKey("mindbody", "x", ClientRef(email="zoe@x.example"), "none", None),
    "not an address": IntakeKey("mindbody", "x", ClientRef(email="zoe"), "yoga", None),
    "a pass by id": IntakeKey("mindbody", "x", BOB, "yoga", "pass_p1"),
    "a pass by its pass ID": IntakeKey("mindbody", "x", BOB, "yoga", CODE.lower()),
    "a pass that is not there": IntakeKey("mindbody", "x", BOB, "yoga", "pass_%"),
    "odd letters": IntakeKey('a"b', "c\\d,{}", ANN, 'q"{}\\', '"}'),
}


def fill(store: Store) -> None:
    make.open_business(store)
    with store.begin("b1") as tx:
        tx.clients.add(make.client("bob"))
        for name in ("p2", "p3"):
            tx.passes.add(*make.new_pass(name, "client_bob"))
        coded, entry = make.new_pass("p4")
        tx.passes.add(attrs.evolve(coded, code=CODE), entry)
        tx.bookings.put([make.booking(), make.booking("bk_2", source='a"b', ref="c\\d,{}")])


def plain(found: Intake) -> tuple[object, ...]:
    passes = {stored.state.id: stored for stored in found.passes}
    assert len(passes) == len(found.passes)
    return found.bookings, found.clients, found.services, passes


@pytest.fixture
def memory() -> MemoryStore:
    made = MemoryStore()
    fill(made)
    return made


@pytest.fixture
def sql(database_url: str) -> Iterator[SqlStore]:
    made = SqlStore(database_url)
    fill(made)
    yield made
    made.close()


@pytest.mark.parametrize("attempt", [1, 2])
def test_each_key_reads_as_in_memory(memory: MemoryStore, sql: SqlStore, attempt: int) -> None:
    for name, key in KEYS.items():
        with memory.begin("b1") as tx, sql.begin("b1", attempt=attempt) as ours:
            assert plain(ours.intake([key])) == plain(tx.intake([key])), name


@pytest.mark.parametrize("attempt", [1, 2])
def test_all_keys_together_read_as_in_memory(
    memory: MemoryStore, sql: SqlStore, attempt: int
) -> None:
    keys = list(KEYS.values()) * 2
    with memory.begin("b1") as tx, sql.begin("b1", attempt=attempt) as ours:
        assert plain(ours.intake(keys)) == plain(tx.intake(keys))


def test_an_intake_sees_what_was_just_written(sql: SqlStore) -> None:
    with sql.begin("b1") as tx:
        tx.passes.append([make.deduction(tx.passes.get("pass_p1"))])
        found = tx.intake([KEYS["new booking"]])
    assert {p.state.id: p.state.version for p in found.passes} == {"pass_p1": 2, "pass_p4": 1}
