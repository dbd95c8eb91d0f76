"""A visit through `App` and `SqlStore` beside what one would write with an ORM, and beside packages
that keep balances (P4).

Everything runs in this process on one durable PostgreSQL, with 8 threads and with one. Each peer
takes one unit from one of 1 000 accounts, once for an idempotency key where it takes one, as its
own documentation shows. The peers do less than ours: none knows validity, coverage or bookings.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from uuid import UUID

import attrs
import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import CheckConstraint, create_engine, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from passstore import SqlStore, upgrade
from tests.benchmarks import store_hot_path as ours
from tests.benchmarks.report import Measured, Options, compared, interleaved
from tests.support import postgres

BUSINESSES = 100
ACCOUNTS = ours.CLIENTS
THREADS = (8, 1)
LEAST_ORM, LEAST_PACKAGE = 3.0, 1.5

#: Does one piece of work for an account's number and an idempotency key.
Redeem = Callable[[int, str], None]


def measure(options: Options) -> list[Measured]:
    """Return a line for each peer and number of threads; a peer that does not run says why."""
    server = postgres.start(durable=True)
    lines: list[Measured] = []
    with contextlib.ExitStack() as stack:
        store = SqlStore(stack.enter_context(_upgraded(server)))
        stack.callback(store.close)
        ours.seed(store, BUSINESSES)
        works = {"ours": ours.ours(store, hot=False)}
        for peer in PEERS:
            try:
                works[peer.name] = _work(stack.enter_context(peer.opened(server)))
            except Exception as error:  # noqa: BLE001  # named in the table, not dropped
                reason = f"could not be run: {type(error).__name__}: {error}"
                lines.append(_line(peer, "", note=" ".join(reason.split())[:300]))
        for threads in THREADS:
            runs = {
                name: functools.partial(ours.rate, work, threads, options.seconds)
                for name, work in works.items()
            }
            found = interleaved(runs, options.rounds)
            lines += [
                _line(peer, f"{threads} threads" if threads > 1 else "1 thread", found)
                for peer in PEERS
                if peer.name in works
            ]
    return lines


def _line(
    peer: Peer, how: str, found: dict[str, list[float]] | None = None, note: str = ""
) -> Measured:
    work = f"a visit on PostgreSQL, {how}".removesuffix(", ")
    if found is None:
        return Measured(number="P4", work=work, against=peer.name, least=peer.least, note=note)
    pairs = zip(found[peer.name], found["ours"], strict=True)
    return compared("P4", work, peer.name, pairs, least=peer.least, note=peer.note)


def _work(redeem: Redeem) -> ours.Work:
    run = f"{random.getrandbits(40):x}"
    numbers = itertools.count()

    def worker(seed: int) -> Callable[[], None]:
        chance = random.Random(seed)

        def once() -> None:
            redeem(chance.randrange(ACCOUNTS), f"{run}-{next(numbers)}")

        return once

    return worker


@contextlib.contextmanager
def _database(server: str) -> Iterator[str]:
    url = postgres.new_database(server, prefix="bench")
    try:
        yield url
    finally:
        postgres.drop_database(url)


@contextlib.contextmanager
def _upgraded(server: str) -> Iterator[str]:
    with _database(server) as url:
        upgrade(url)
        yield url


# --- by hand, with an ORM -------------------------------------------------------------------------


class Base(DeclarativeBase):
    """The tables somebody would map."""


class OrmPass(Base):
    """A pass and what is left on it."""

    __tablename__ = "orm_passes"
    __table_args__ = (CheckConstraint("remaining >= 0"),)
    business_id: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    remaining: Mapped[int]
    seq: Mapped[int]


class OrmEntry(Base):
    """A row of a pass's ledger."""

    __tablename__ = "orm_entries"
    business_id: Mapped[str] = mapped_column(primary_key=True)
    pass_id: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    delta: Mapped[int]
    at: Mapped[str]


class OrmKey(Base):
    """An idempotency key that was used."""

    __tablename__ = "orm_keys"
    business_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)


@contextlib.contextmanager
def orm(server: str) -> Iterator[Redeem]:
    """Look the key up, select the pass for update, change it, add entry and key, commit."""
    with _database(server) as url:
        engine = create_engine(url, pool_size=max(THREADS))
        Base.metadata.create_all(engine)
        with Session(engine) as session, session.begin():
            session.execute(
                insert(OrmPass),
                [
                    {"business_id": f"b{b}", "id": f"pass_{n}", "remaining": 1_000_000, "seq": 1}
                    for b in range(BUSINESSES)
                    for n in range(ACCOUNTS)
                ],
            )
        _vacuum(url)
        at = ours.NOW.isoformat()

        def redeem(number: int, key: str) -> None:
            with Session(engine) as session, session.begin():
                if session.get(OrmKey, ("b0", key)) is not None:
                    return
                found = session.scalars(
                    select(OrmPass)
                    .where(OrmPass.business_id == "b0", OrmPass.id == f"pass_{number}")
                    .with_for_update()
                ).one()
                assert found.remaining >= 1
                found.remaining -= 1
                found.seq += 1
                session.add(
                    OrmEntry(business_id="b0", pass_id=found.id, seq=found.seq, delta=-1, at=at)
                )
                session.add(OrmKey(business_id="b0", key=key))

        try:
            yield redeem
        finally:
            engine.dispose()


def _vacuum(url: str) -> None:
    with psycopg.connect(postgres.libpq_url(url), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


# --- packages -------------------------------------------------------------------------------------

#: The package's own schema stands in its repository alone, not in what is published; this is what
#: its statements and its documentation name, without the row-level security a superuser passes by.
_CREDIT_LEDGER = f"""
CREATE TABLE credit_balance (tenant_id text PRIMARY KEY,
  credits numeric(18,4) NOT NULL CHECK (credits >= 0),
  updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE credit_ledger (id uuid PRIMARY KEY, tenant_id text NOT NULL,
  delta numeric(18,4) NOT NULL, reason text NOT NULL, idempotency_key text,
  balance_after numeric(18,4) NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (tenant_id, idempotency_key));
INSERT INTO credit_balance
  SELECT 'tenant-' || n, 1000000 FROM generate_series(0, {BUSINESSES * ACCOUNTS - 1}) n;
"""


@contextlib.contextmanager
def credit_ledger(server: str) -> Iterator[Redeem]:
    """`metering.decrement` of the PyPI package credit-ledger."""
    from credit_ledger import metering

    with _database(server) as url:
        with psycopg.connect(postgres.libpq_url(url)) as connection:
            connection.execute(_CREDIT_LEDGER)
        _vacuum(url)
        engine = create_engine(url, pool_size=max(THREADS))
        one = Decimal(1)

        def redeem(number: int, key: str) -> None:
            charge = metering.decrement(f"tenant-{number}", one, idempotency_key=key, engine=engine)
            assert charge.ok

        try:
            yield redeem
        finally:
            engine.dispose()


@contextlib.contextmanager
def nostro(server: str) -> Iterator[Redeem]:
    """`Ledger.debit` of the PyPI package hf-nostro, with a pool and the account's own id."""
    from nostro import Ledger
    from nostro.migrate import migrate
    from psycopg_pool import ConnectionPool

    with _database(server) as url:
        dsn = postgres.libpq_url(url)
        migrate(dsn=dsn, scale=0)
        with ConnectionPool(dsn, min_size=max(THREADS), max_size=max(THREADS)) as pool:
            ledger = Ledger(pool=pool, scale=0)
            plenty, one = ledger.amount(1_000_000), ledger.amount(1)
            accounts: list[UUID] = []
            for number in range(ACCOUNTS):
                account = ledger.accounts.create("b0", f"client-{number}")
                ledger.credit(account, plenty, category="sale", idempotency_key=f"sale-{number}")
                accounts.append(account.id)
            _vacuum(url)

            def redeem(number: int, key: str) -> None:
                ledger.debit(accounts[number], one, category="visit", idempotency_key=key)

            yield redeem


@contextlib.contextmanager
def hordak(server: str) -> Iterator[Redeem]:
    """`Account.transfer_to` of the PyPI package django-hordak, the accounts read before."""
    with _database(server) as url:
        _start_django(url)
        from django.core.management import call_command
        from django.db import connections
        from hordak.models import Account, AccountType
        from moneyed import Money

        call_command("migrate", verbosity=0)
        used = Account.objects.create(name="used", type=AccountType.income)
        accounts = [
            Account.objects.create(name=f"client {n}", type=AccountType.liability)
            for n in range(ACCOUNTS)
        ]
        _vacuum(url)
        one = Money(1, "EUR")

        def redeem(number: int, _key: str) -> None:
            accounts[number].transfer_to(used, one)

        try:
            yield redeem
        finally:
            connections.close_all()


def _start_django(url: str) -> None:
    import django
    from django.conf import settings

    given = conninfo_to_dict(postgres.libpq_url(url))
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": given["dbname"],
                "USER": given["user"],
                "PASSWORD": given["password"],
                "HOST": given["host"],
                "PORT": given["port"],
                "CONN_MAX_AGE": None,
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()


@attrs.frozen
class Peer:
    """Something to be compared with: `opened` gives its piece of work on a server."""

    name: str
    opened: Callable[[str], contextlib.AbstractContextManager[Redeem]]
    least: float
    note: str = ""


PEERS = (
    Peer("SQLAlchemy ORM, for update", orm, LEAST_ORM),
    Peer("credit-ledger 0.3.0", credit_ledger, LEAST_PACKAGE),
    Peer("hf-nostro 0.2.0", nostro, LEAST_PACKAGE, "it goes below zero rather than refuse"),
    Peer(
        "django-hordak 2.0.0",
        hordak,
        LEAST_PACKAGE,
        "it takes no idempotency key and does not check the balance",
    ),
)
