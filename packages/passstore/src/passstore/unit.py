"""The unit of work: one transaction's reads, its buffered writes, and how both end.

Theory of operation. What a visit adds is buffered and written when the block ends, in as few
statements as the database can take; a read that could see it, or a write that could refer to it,
writes it first. On PostgreSQL nothing is begun as long as nothing but reads has been sent: then the
buffer goes out as one statement, which is the whole transaction. Every buffered update carries the
version it was decided on, so it makes no difference that the reads held no locks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from passcore.errors import AlreadyExists, Contention, NotFound
from passstore.buffer import KINDS, Buffer
from passstore.conflicts import Lost, translated
from passstore.flush import flush
from passstore.link import Link
from passstore.statements import Row, Statement, micros


def _iso(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("an instant needs an offset")
    return value.isoformat()


class Unit:
    """One transaction of one business."""

    def __init__(self, link: Link, business_id: str, *, write: bool) -> None:
        self.link = link
        self.business_id = business_id
        self.dialect = link.dialect
        self.postgres = link.dialect.postgres
        #: How a buffered row writes an instant: into JSON on PostgreSQL, as a number on SQLite.
        self.out: Callable[[datetime], Any] = _iso if self.postgres else micros
        self.buffer = Buffer()
        #: E-mails that were looked for and not found: where one is taken after all, somebody else
        #: was faster, and deciding again will find it.
        self.missed: set[str] = set()
        self._write = write
        self._sent = False
        self._versions: dict[tuple[str, str], tuple[int, int]] = {}

    # --- reading ---

    def raw(self, text: str, values: Sequence[Any]) -> list[Row]:
        """Run a query given as text and return its rows as the driver gives them."""
        if self.buffer.filled:
            self.flush()
        try:
            return self._fetch(text, values)
        except Lost:
            if self._sent or not self.link.reopen():
                raise
        return self._fetch(text, values)

    def _fetch(self, text: str, values: Sequence[Any]) -> list[Row]:
        try:
            self.link.settle()
            cursor = self.link.cursor()
            cursor.execute(text, values)
            rows: list[Row] = cursor.fetchall()
        except Exception as error:
            raise self._meant(error, {}) from error
        else:
            self._sent = True
            return rows

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
        except Exception as error:
            raise self._meant(error, {}) from error
        self._sent = True

    # --- writing ---

    def writable(self) -> Buffer:
        """Return the buffer; raises `RuntimeError` in a reading transaction."""
        if not self._write:
            raise RuntimeError("this transaction was opened for reading only")
        return self.buffer

    def change(self, statement: Statement, values: Mapping[str, Any]) -> int:
        """Run a statement that writes; returns how many rows it wrote."""
        cursor = self._run(statement, values)
        count: int = cursor.rowcount
        return count

    def changed_rows(self, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
        """Run a statement that writes, and return the rows it gives back."""
        cursor = self._run(statement, values)
        compiled = statement.on(self.dialect)
        return [compiled.row(row) for row in cursor.fetchall()]

    def _run(self, statement: Statement, values: Mapping[str, Any]) -> Any:
        if self.writable().filled:
            self.flush()
        compiled = statement.on(self.dialect)
        given = {**values, "business_id": self.business_id} if self.business_id else values
        positional = compiled.values(given, self.dialect)
        self.begin()
        cursor = self.link.cursor()
        try:
            cursor.execute(compiled.text, positional)
        except Exception as error:
            raise self._meant(error, values) from error
        return cursor

    def change_version(
        self, statement: Statement, what: str, values: dict[str, Any]
    ) -> None:
        """Run an update guarded by the version in *values*, the one that was read.

        Raises `Contention` where another transaction was faster.
        """
        key, read = (what, values["id"]), values["version"]
        seen, stored = self._versions.get(key, (read, read))
        expected = stored if seen == read else read  # saved before in this very transaction
        done = self.change(statement, values | {"k_version": expected, "version": expected + 1})
        if done != 1:
            raise Contention(what)
        self._versions[key] = (read, expected + 1)

    def flush(self) -> None:
        """Write what is buffered, within a transaction."""
        self.begin()
        self._write_buffer()

    def _write_buffer(self) -> None:
        buffer, self.buffer = self.buffer, Buffer()
        try:
            flush(buffer, self.business_id, self.link.cursor(), postgres=self.postgres)
        except Exception as error:
            raise self._refused(error, buffer) from error
        self._sent = True

    def _refused(self, error: BaseException, buffer: Buffer) -> BaseException:
        names = KINDS["clients"][1]
        clients = [dict(zip(names, row, strict=True)) for row in buffer.clients]
        codes = [dict(zip(KINDS["passes"][1], row, strict=True)) for row in buffer.passes]
        meant = self._meant(error, (clients or codes or [{}])[0])
        taken = isinstance(meant, AlreadyExists) and meant.what == "client"
        if taken and any(client["email"] in self.missed for client in clients):
            return Contention("client")
        return meant

    # --- ending ---

    def finish(self) -> None:
        """Make everything stay."""
        try:
            if self.buffer.filled:
                if not self.postgres:
                    self.link.begin()
                self._write_buffer()
            self.link.commit()
        except Exception as error:
            raise self._meant(error, {}) from error

    def undo(self) -> None:
        """Leave nothing behind."""
        self.buffer = Buffer()
        self.link.rollback()

    def _meant(self, error: BaseException, values: Mapping[str, Any]) -> BaseException:
        return translated(error, values) or error

    def missing(self, what: str, ref: str) -> NotFound:
        """Return the error for what is not there."""
        return NotFound(what, ref)
