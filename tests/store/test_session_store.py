"""SessionStore works inside an embedder's own SQLAlchemy transaction and never ends it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Engine, Integer, String, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from passcore import App, ClientRef, FixedClock, RandomIds
from passcore.domain.bookings import BookingStatus
from passcore.errors import Contention, Invalid, NotFound, PassExhausted
from passcore.usecases.intake import VisitReport, report_one
from passstore import SessionStore, SqlStore, prepare_engine, upgrade
from passstore.engine import SQLITE
from tests.store import building as make
from tests.store.building import NOW


class Base(DeclarativeBase):
    """The embedder's own models."""


class Visit(Base):
    """A row of the embedder's."""

    __tablename__ = "visits"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    status: Mapped[str] = mapped_column(String)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The embedder's engine, on a database that has the store's tables and its own."""
    module = {"module": SQLITE} if database_url.startswith("sqlite") else {}
    made = prepare_engine(create_engine(database_url, **module))
    Base.metadata.create_all(made)
    store = SqlStore(database_url)
    make.open_business(store)
    store.close()
    with Session(made) as session, session.begin():
        session.add(Visit(id=1, status="booked"))
    yield made
    made.dispose()


def complete(session: Session, ref: str = "1", seats: int = 1) -> None:
    app = App(SessionStore(session), FixedClock(NOW), RandomIds())
    app.run(
        "b1",
        report_one,
        VisitReport(
            "own", ref, 1, BookingStatus.COMPLETED, ClientRef(email="ann@x.example"), "yoga", NOW,
            seats,
        ),
    )  # fmt: skip


def seen(engine: Engine) -> tuple[int, str]:
    """How many sessions were used, and the embedder's status, as committed."""
    with Session(engine.execution_options(readonly=True)) as session:
        with SessionStore(session).begin("b1", write=False) as tx:
            used = tx.passes.get("pass_p1").state.balance.used
        return used, session.get_one(Visit, 1).status


def test_both_commit(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        session.get_one(Visit, 1).status = "done"
        complete(session)
        assert seen(engine) == (0, "booked"), "nothing is committed before the embedder does"
    assert seen(engine) == (1, "done")


def test_both_roll_back(engine: Engine) -> None:
    """Also what was written before and after ours; on SQLite this is where drivers go wrong."""
    with pytest.raises(ZeroDivisionError), Session(engine) as session, session.begin():
        session.get_one(Visit, 1).status = "done"
        complete(session)
        session.add(Visit(id=2, status="new"))
        session.flush()
        complete(session, "2")
        raise ZeroDivisionError
    assert seen(engine) == (0, "booked")
    with Session(engine) as session:
        assert session.scalars(select(Visit.id)).all() == [1]


def test_a_session_left_without_commit_keeps_nothing(engine: Engine) -> None:
    with Session(engine) as session:
        complete(session)
    assert seen(engine) == (0, "booked")


def test_a_refusal_undoes_ours_and_leaves_the_embedders_work(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        session.get_one(Visit, 1).status = "done"
        complete(session)
        with pytest.raises(PassExhausted):
            complete(session, "2", seats=11)
    assert seen(engine) == (1, "done")


def test_a_database_error_inside_leaves_the_embedders_work(engine: Engine) -> None:
    """On PostgreSQL an error aborts the transaction up to the savepoint, and no further."""
    with Session(engine) as session, session.begin():
        session.get_one(Visit, 1).status = "done"
        store = SessionStore(session)
        with pytest.raises(Contention), store.begin("b1") as tx:
            stored = tx.passes.get("pass_p1")
            tx.passes.append([make.deduction(stored)])
            tx.passes.append([make.deduction(stored)])
        complete(session)
    assert seen(engine) == (1, "done")


def test_what_the_session_has_not_flushed_is_seen_by_the_database_first(engine: Engine) -> None:
    with Session(engine) as session, session.begin():
        session.add(Visit(id=7, status="new"))
        with SessionStore(session).begin("b1"):
            assert not session.new


def test_the_registry_joins_too(engine: Engine) -> None:
    with Session(engine) as session:
        with SessionStore(session).registry() as registry:
            registry.add_business(make.business("b2"))
        with SessionStore(session).begin("b2", attempt=2) as tx:
            tx.clients.add(make.client())
        session.rollback()
    with Session(engine) as session, pytest.raises(NotFound), SessionStore(session).begin("b2"):
        pass


def test_an_unprepared_sqlite_engine_is_named(sqlite_database: str) -> None:
    """Its driver begins after the first read, and a savepoint would outlive the rollback."""
    engine = create_engine(sqlite_database)
    with (
        Session(engine) as session,
        pytest.raises(RuntimeError, match="prepare_engine"),
        SessionStore(session).begin("b1"),
    ):
        pass
    engine.dispose()


def test_a_driver_we_do_not_speak_is_named() -> None:
    class Other:
        """A session whose engine runs on another driver."""

        def get_bind(self) -> Any:
            return SimpleNamespace(dialect=SimpleNamespace(driver="psycopg2"))

    with pytest.raises(Invalid, match="psycopg2"):
        SessionStore(cast("Session", Other()))


def test_a_reader_is_not_held_up_by_a_prepared_engine(sqlite_database: str) -> None:
    """`readonly=True` begins without taking the write lock."""
    engine = prepare_engine(create_engine(sqlite_database, module=SQLITE))
    upgrade(engine)
    with engine.begin() as writer:
        writer.exec_driver_sql("SELECT 1")
        with engine.connect().execution_options(readonly=True) as reader:
            assert reader.exec_driver_sql("SELECT count(*) FROM businesses").scalar() == 0
    engine.dispose()
