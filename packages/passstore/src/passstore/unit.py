"""The unit of work: one transaction's reads, its buffered writes, and how both end.

Theory of operation. What a visit adds is buffered and written when the block ends, in as few
statements as the database can take; a read that could see it, or a write that could refer to it,
writes it first. On PostgreSQL nothing is begun as long as nothing but reads has been sent: then the
buffer goes out as one statement, which is the whole transaction. Every buffered update carries the
version it was decided on, so it makes no difference that the reads held no locks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, NoReturn, TypeVar

from passcore.errors import AlreadyExists, Contention, PassError
from passstore.buffer import KINDS, Buffer
from passstore.committing import Committer
from passstore.conflicts import Lost, translated
from passstore.flush import flush
from passstore.link import Link
from passstore.statements import Row, Statement, micros

_IN_LINE: Final = "SELECT pg_advisory_xact_lock(hashtextextended('passstore:' || %s, 0))"

R = TypeVar("R")


def _iso(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return value.isoformat()


class Unit:
    """One transaction of one business."""

    def __init__(
        self, link: Link, business_id: str, *, write: bool, committer: Committer | None = None
    ) -> None:
        self.link = link
        self._committer = committer
        self.business_id = business_id
        self.dialect = link.dialect
        self.postgres = link.dialect.postgres
        #: How a buffered row writes an instant: into JSON on PostgreSQL, as a number on SQLite.
        self.out: Callable[[datetime], Any] = _iso if self.postgres else micros
        self.buffer = Buffer()
        #: E-mails that were looked for and not found: where one is taken after all, somebody else
        #: was faster, and deciding again will find it.
        self.missed: set[str] = set()
        #: Whether an intake locks the passes it reads: somebody else was faster before.
        self.locking = False
        self._write = write
        self._spoiled: Exception | None = None
        self._sent = False

    # --- reading ---

    def raw(self, text: str, values: Sequence[Any]) -> list[Row]:
        """Run a query given as text and return its rows as the driver gives them."""
        return self._twice(lambda: self._fetch(text, values))

    def texts(self, text: str, values: Sequence[Any]) -> list[list[str | None]] | None:
        """Run a query by wire, with columns as texts; None where there is no wire."""
        return self._twice(lambda: self._wired(text, values))

    def _twice(self, read: Callable[[], R]) -> R:
        if self.buffer.filled:
            self.flush()
        try:
            found = read()
        except Exception as error:  # noqa: BLE001  # translated, or raised again
            lost = not self._sent and isinstance(translated(error, {}), Lost)
            if not lost or not self.link.reopen():
                self._fail(error, {})
            found = self._again(read)
        self._sent = True
        return found

    def _again(self, read: Callable[[], R]) -> R:
        try:
            return read()
        except Exception as error:  # noqa: BLE001  # as above
            self._fail(error, {})

    def _fetch(self, text: str, values: Sequence[Any]) -> list[Row]:
        self.link.settle()
        cursor = self.link.cursor()
        cursor.execute(text, values)
        rows: list[Row] = cursor.fetchall()
        return rows

    def _wired(self, text: str, values: Sequence[Any]) -> list[list[str | None]] | None:
        self.link.settle()
        wire = self.link.wire()
        return None if wire is None else wire.rows(text, values)

    @contextmanager
    def view(self) -> Iterator[None]:
        """Let the reads of the block see one state."""
        if self.buffer.filled:
            self.flush()
        try:
            self.link.open_view()
        except Exception as error:  # noqa: BLE001  # as above
            self._fail(error, {})
        try:
            yield
        finally:
            self.link.close_view()

    def rows(self, statement: Statement, **values: Any) -> list[Row]:
        """Run a query; `business_id` is given."""
        compiled = statement.on(self.dialect)
        values["business_id"] = self.business_id
        found = self.raw(compiled.text, compiled.values(values, self.dialect))
        return [compiled.row(row) for row in found]

    def one(self, statement: Statement, **values: Any) -> Row | None:
        """Run a query that has one row at most."""
        found = self.rows(statement, **values)
        return found[0] if found else None

    def begin(self) -> None:
        """Open a transaction on the database, for a read that locks."""
        try:
            self.link.begin()
        except Exception as error:  # noqa: BLE001  # translated, or raised again
            self._fail(error, {})
        self._sent = True

    def queue(self) -> None:
        """Wait behind the others who were too late as well, so that losers do not race on.

        SQLite has one line for all writers already.
        """
        if self.postgres:
            self.begin()
            self.raw(_IN_LINE, (self.business_id,))

    # --- writing ---

    def writable(self) -> Buffer:
        """Return the buffer; raises `RuntimeError` in a reading transaction."""
        if not self._write:
            raise RuntimeError("this transaction was opened for reading only")
        return self.buffer

    def change(
        self, statement: Statement, values: Mapping[str, Any], *, may_fail: bool = False
    ) -> int:
        """Run a statement that writes; returns how many rows it wrote.

        Where it *may_fail*, the caller may catch the refusal and go on with the block; otherwise a
        failure spoils the block for good.
        """
        cursor = self._run(statement, values, may_fail=may_fail)
        count: int = cursor.rowcount
        return count

    def changed_rows(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
        """Run a statement that writes, and return the rows it gives back."""
        cursor = self._run(statement, values, may_fail=False)
        compiled = statement.on(self.dialect)
        return [compiled.row(row) for row in cursor.fetchall()]

    def _run(self, statement: Statement, values: Mapping[str, Any], *, may_fail: bool) -> Any:
        if self.writable().filled:
            self.flush()
        compiled = statement.on(self.dialect)
        given = {**values, "business_id": self.business_id} if self.business_id else values
        positional = compiled.values(given, self.dialect)
        self.begin()
        cursor = self.link.cursor()
        try:
            self._step(may_fail=may_fail)
            cursor.execute(compiled.text, positional)
        except Exception as error:  # noqa: BLE001  # as above
            self._step_back(error, may_fail=may_fail)
            self._fail(error, values)
        return cursor

    def _step(self, *, may_fail: bool) -> None:
        """PostgreSQL gives up a whole transaction at an error, SQLite the statement alone."""
        if may_fail and self.postgres:
            self.link.command("SAVEPOINT passstore_step")

    def _step_back(self, error: Exception, *, may_fail: bool) -> None:
        if not may_fail:
            self._spoiled = error
        elif self.postgres and not isinstance(translated(error, {}), Lost):
            self.link.command("ROLLBACK TO SAVEPOINT passstore_step")

    def flush(self, *, may_fail: bool = False) -> None:
        """Write what is buffered, within a transaction; see `change`."""
        self.begin()
        buffer, self.buffer = self.buffer, Buffer()
        self._write_buffer(buffer, may_fail=may_fail)

    def _write_buffer(self, buffer: Buffer, *, may_fail: bool = False) -> None:
        cursor = self.link.cursor()
        try:
            self._step(may_fail=may_fail)
            wire = self.link.wire()
            flush([(self.business_id, buffer)], cursor, wire, postgres=self.postgres)
        except Exception as error:  # noqa: BLE001  # as above
            self._step_back(error, may_fail=may_fail)
            self._fail_buffer(error, buffer)
        self._sent = True

    def _fail_buffer(self, error: Exception, buffer: Buffer) -> NoReturn:
        names = KINDS["clients"][1]
        clients = [dict(zip(names, row, strict=True)) for row in buffer.clients]
        passes = [dict(zip(KINDS["passes"][1], row, strict=True)) for row in buffer.passes]
        try:
            self._fail(error, {**(passes or [{}])[0], **(clients or [{}])[0]})
        except AlreadyExists as taken:
            if taken.what == "client" and any(c["email"] in self.missed for c in clients):
                raise Contention("client") from error
            raise

    # --- ending ---

    def finish(self) -> None:
        """Make everything stay."""
        if self._spoiled is not None:
            self._fail(self._spoiled, {})
        buffer = self.buffer
        try:
            if buffer.filled:
                if self._committer is not None and not self.link.begun:
                    self._committer.commit(self.business_id, buffer, self.link)
                    return
                self._write_buffer(buffer)
            self.link.commit()
        except PassError:
            raise
        except Exception as error:  # noqa: BLE001  # as above
            self._fail_buffer(error, buffer)

    def undo(self) -> None:
        """Leave nothing behind."""
        self.link.rollback()

    def _fail(self, error: Exception, values: Mapping[str, Any]) -> NoReturn:
        meant = translated(error, values)
        if meant is None:
            raise error
        raise meant from error
