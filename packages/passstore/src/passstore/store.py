"""SqlStore: passes in a database of the store's own, SQLite or PostgreSQL."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final, TypeVar

from sqlalchemy import Engine

from passcore.errors import NotFound
from passcore.ports.store import Registry as RegistryPort, Tx
from passstore.committing import Committer
from passstore.link import Database
from passstore.repositories.businesses import Registry, is_there
from passstore.tx import SqlTx
from passstore.unit import Unit

T = TypeVar("T")


#: How many threads write side by side before the others wait and share; measured with
#: `tests/benchmarks/store_hot_path.py` at 1, 2, 3, 4 and 8.
LANES: Final = {"sqlite": 1, "postgresql": 8}


class SqlStore:
    """A store in the database of *url* (``sqlite:///passes.db``, ``postgresql://…``).

    Threads may share one; each process opens its own.
    """

    def __init__(self, url: str) -> None:
        self._database = Database.open(url)
        self._committer = Committer(LANES[self._database.dialect.name])
        # Businesses are never deleted: one that was there once needs no second look.
        self._known: set[str] = set()

    #: One group of booking reports at a time, on both databases: with 8 and with 64 callers two and
    #: three side by side made the groups smaller and were slower (tests/benchmarks, P2).
    lanes = 1

    @property
    def engine(self) -> Engine:
        """The engine behind, in autocommit: for migrations and for looking in."""
        return self._database.engine

    def begin(
        self, business_id: str, *, write: bool = True, attempt: int = 1
    ) -> AbstractContextManager[Tx]:
        """Open a transaction of one business; raises `NotFound`, `StorageUnavailable`.

        The first *attempt* reads without locks and relies on the versions it writes over. A later
        one has lost a race before: on SQLite it waits for its turn to write before it reads, on
        PostgreSQL it locks the passes that a batch of reports reads.
        """
        if business_id not in self._known:
            self._look_for(business_id)
        locking = write and attempt > 1
        unit = self._unit(business_id, write=write, snapshot=locking or not write)
        unit.locking = locking
        return _Block(unit, SqlTx(unit))

    def registry(self) -> AbstractContextManager[RegistryPort]:
        """Open what spans businesses; it holds nobody up before it writes."""
        unit = self._unit("", write=True, snapshot=False)
        return _Block(unit, Registry(unit))

    def close(self) -> None:
        """Close every connection."""
        self._database.close()

    def _look_for(self, business_id: str) -> None:
        unit = self._unit("", write=False, snapshot=False)
        with _Block(unit, unit):
            if not is_there(unit, business_id):
                raise NotFound("business", business_id)
        self._known.add(business_id)

    def _unit(self, business_id: str, *, write: bool, snapshot: bool = True) -> Unit:
        link = self._database.link(write=write, snapshot=snapshot)
        return Unit(link, business_id, write=write, committer=self._committer)


class _Block(AbstractContextManager[T]):
    """A unit of work as a block. A class, because a generator costs more than a visit can spare."""

    __slots__ = ("_unit", "_value")

    def __init__(self, unit: Unit, value: T) -> None:
        self._unit = unit
        self._value = value

    def __enter__(self) -> T:
        return self._value

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        unit = self._unit
        try:
            if kind is None:
                unit.finish()
            else:
                unit.undo()
        except BaseException:
            unit.undo()
            raise
        finally:
            unit.link.close()


def open_store(url: str) -> SqlStore:
    """Open the store in the database of *url*; bring its tables up to date with `upgrade` first."""
    return SqlStore(url)
