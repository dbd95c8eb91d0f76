"""The tables: what is stored, and what the database itself makes sure of.

Every primary, foreign and unique key starts with `business_id`: that is the isolation of tenants
and the shard key. Two unique keys do not, because they are how a tenant is found in the first
place: `businesses.slug` (the address of a booking page) and `api_keys.digest` (a caller says only
its key); on a sharded database these two tables are reference tables. Hot tables have no foreign
key to `businesses`: each write would lock the tenant's one row in share mode. They reach it through
their client or pass.

Texts compare by code point on both databases (collation "C"), so that pages have one order.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.engine import Connection, Dialect
from sqlalchemy.types import TypeDecorator

from passcore.domain.money import MAX_MINOR

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """A moment in UTC: microseconds since 1970 on SQLite, ``timestamptz`` on PostgreSQL.

    A time without offset is refused with `ValueError`.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Choose the column's own type."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(TIMESTAMP(timezone=True))
        return dialect.type_descriptor(Integer())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Write an instant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs an offset")
        return value if dialect.name == "postgresql" else (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read an instant, in UTC."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            moment: datetime = value.astimezone(UTC)
            return moment
        read: datetime = EPOCH + value * MICROSECOND
        return read


#: Whole numbers: SQLite's are 64 bits wide under any name, PostgreSQL's under this one.
Whole: Final = BigInteger().with_variant(Integer(), "sqlite")
Words: Final = Text().with_variant(Text(collation="C"), "postgresql")
Flag: Final = Boolean()


def _table(
    name: str, *parts: Any, key: tuple[str, ...] = ("business_id", "id"), wide: bool = False
) -> Table:
    """Make a table whose key begins with its business. SQLite keeps rows in the order of their key,
    but *wide* ones in the order in which they came: few fit on a page, which would split often."""
    return Table(
        name,
        metadata,
        Column("business_id", Words, nullable=False),
        *parts,
        PrimaryKeyConstraint(*key),
        sqlite_with_rowid=wide,
    )


def _words(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Words, nullable=null)


def _whole(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Whole, nullable=null)


def _instant(name: str, *, null: bool = False) -> Column[Any]:
    return Column(name, Instant, nullable=null)


def _refers(table: str, *columns: str, to: tuple[str, ...] = ("id",)) -> ForeignKeyConstraint:
    mine = ("business_id", *columns)
    return ForeignKeyConstraint(mine, [f"{table}.{c}" for c in ("business_id", *to)])


def _of_business() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["business_id"], ["businesses.id"])


def _unique(*columns: str) -> UniqueConstraint:
    return UniqueConstraint("business_id", *columns)


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Return an index of the rows that fulfil *where*, see `_for_postgres`."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), info={"where": where})


@event.listens_for(metadata, "before_create")
def _for_postgres(target: MetaData, connection: Connection, **_: Any) -> None:
    """Tell PostgreSQL which rows an index holds; said at once, it would load that whole dialect
    for everybody who only uses SQLite."""
    if connection.dialect.name == "postgresql":
        for table in target.tables.values():
            for index in table.indexes:
                if "where" in index.info:
                    index.dialect_kwargs["postgresql_where"] = text(index.info["where"])


def _check(name: str, rule: str) -> CheckConstraint:
    return CheckConstraint(rule, name=name)


def _money(name: str, column: str, low: int = 0) -> CheckConstraint:
    return _check(name, f"{column} BETWEEN {low} AND {MAX_MINOR}")


businesses: Final = Table(
    "businesses",
    metadata,
    _words("id"), _words("slug"), _words("name"), _words("time_zone"), _words("currency"),
    _words("language"), _words("email", null=True), _words("seller"), _words("tax_id"),
    _words("transfer_details"), _words("invoice_prefix"), _whole("complete_window_hours"),
    _whole("version"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("slug"),
    sqlite_with_rowid=False,
)  # fmt: skip

services: Final = _table(
    "services",
    _words("id"), _words("slug"), _words("name"), _words("category", null=True), _words("kind"),
    _whole("duration_minutes"), _whole("price_minor", null=True), _words("currency", null=True),
    _whole("tax_rate"), Column("active", Flag, nullable=False), _whole("version"),
    _of_business(),
    _unique("slug"),
    _money("price", "price_minor"),
)  # fmt: skip

#: Terms as passes and orders froze them. Their key is the hash of their text: what is equal is
#: stored once, what is stored never changes, and a process may keep it for ever.
terms: Final = _table(
    "terms",
    _words("terms_key"), _words("body"),
    _of_business(),
    key=("business_id", "terms_key"), wide=True,
)  # fmt: skip

products: Final = _table(
    "products",
    _words("id"), _words("slug"), _words("name"), _whole("terms_version"), _words("description"),
    _words("methods"), Column("shown", Flag, nullable=False),
    Column("retired", Flag, nullable=False),
    _of_business(),
    _unique("slug"),
)  # fmt: skip

product_versions: Final = _table(
    "product_versions",
    _words("product_id"), _whole("version"), _words("terms_key"),
    _refers("products", "product_id"),
    _refers("terms", "terms_key", to=("terms_key",)),
    _check("version", "version > 0"),
    key=("business_id", "product_id", "version"),
)  # fmt: skip

#: `search` is name and e-mail case-folded: the databases fold non-ASCII letters differently.
clients: Final = _table(
    "clients",
    _words("id"), _words("email"), _words("name"), _instant("created_at"),
    _words("language", null=True), _words("customer_ref", null=True), _words("card_ref", null=True),
    _whole("version"), _words("search"),
    _of_business(),
    _unique("email"),
    Index(None, "business_id", "name", "email"),
)  # fmt: skip

#: The checked cache of a ledger (ARCHITECTURE, decision 4). `ends_at` is when the pass ends as a
#: whole (its window's end, or when it lapses unstarted), `sweep_at` the same while it has something
#: to lapse, `owed_minor` what its free and held sessions are worth: these three are for queries
#: alone. `counted_json` is null without caps (C3). No index has a column that every visit changes,
#: so PostgreSQL updates in place (HOT).
passes: Final = _table(
    "passes",
    _words("id"), _words("client_id"), _words("product_id"), _words("terms_key"), _words("code"),
    _words("zone"), _instant("created_at"), _words("standing"), _whole("version"), _words("head"),
    _instant("at"), _words("window_json", null=True), Column("locked", Flag, nullable=False),
    _instant("lapses_at", null=True), _words("freeze_json", null=True), _whole("granted"),
    _whole("used"), _whole("held"), _whole("expired"), _whole("refunded"), _whole("transferred"),
    _whole("adjusted"), _whole("available"), _words("units"), _words("lapsed"), _words("holds"),
    _words("counted_json", null=True), _instant("ends_at", null=True),
    _instant("sweep_at", null=True), _whole("owed_minor"), _words("currency"),
    _refers("clients", "client_id"),
    _refers("terms", "terms_key", to=("terms_key",)),
    _unique("code"),
    _check("available", "available >= 0"),
    _check("held", "held >= 0"),
    _check("used", "used >= 0"),
    _check("version", "version > 0"),
    Index(None, "business_id", "client_id"),
    Index(None, "business_id", "created_at", "id"),
    _partial("ix_passes_sweep", "business_id", "sweep_at", where="sweep_at IS NOT NULL"),
    wide=True,
)  # fmt: skip

_PAID: Final = "kind IN ('captured/1', 'deducted/1')"

#: The ledgers. `body` is what was hashed, the other columns are for keys and queries. `names_seq`
#: is the entry this one resolves or reverses: that happens once, and so does paying for one
#: occasion of a booking line, whatever the code above believes.
entries: Final = _table(
    "entries",
    _words("pass_id"), _whole("seq"), _words("kind"), _whole("sessions"), _whole("value_minor"),
    _words("booking_id", null=True), _whole("line", null=True), _whole("occasion", null=True),
    _whole("names_seq", null=True), _instant("recorded_at"), _instant("about"),
    _words("order_id", null=True), _words("prev"), _words("body"),
    _refers("passes", "pass_id"),
    _check("seq", "seq > 0"),
    _check("names", "names_seq IS NULL OR (names_seq > 0 AND names_seq < seq)"),
    _partial("uq_entries_names", "business_id", "pass_id", "names_seq", unique=True,
             where="names_seq IS NOT NULL"),
    _partial("uq_entries_paid", "business_id", "booking_id", "line", "occasion", unique=True,
             where=_PAID),
    key=("business_id", "pass_id", "seq"), wide=True,
)  # fmt: skip

#: `paid_by` lists the ids of the passes its lines name, between spaces, for looking up by pass.
bookings: Final = _table(
    "bookings",
    _words("id"), _words("source"), _words("ref"), _whole("revision"), _words("status"),
    _words("client_id"), _instant("starts_at"), _instant("ends_at"), _whole("seats"),
    _words("lines"), _words("paid_by"), _words("choice", null=True), _words("fingerprint"),
    _instant("created_at"), _whole("version"),
    _refers("clients", "client_id"),
    _unique("ref", "source"),  # in this order it also finds a reference of any source
    _check("seats", "seats > 0"),
    _check("revision", "revision >= 0"),
    Index(None, "business_id", "starts_at", "id"),
    Index(None, "business_id", "client_id", "starts_at"), wide=True,
)  # fmt: skip

#: `ask_at` is when the provider is asked about an order that waits: at first when it was placed,
#: then as the reconciler says, so that an order whose turn has just been gives way to the others.
orders: Final = _table(
    "orders",
    _words("id"), _words("client_id"), _words("product_id"), _words("terms_key"),
    _whole("price_minor"), _words("currency"), _words("method"), _words("status"),
    _words("provider_key"), _instant("created_at"), _words("provider", null=True),
    _words("checkout_ref", null=True), _words("checkout_url", null=True),
    _words("success_url", null=True), _words("pass_id", null=True), _words("renews", null=True),
    Column("starts_on", Date, nullable=True), _whole("version"), _instant("ask_at"),
    _refers("clients", "client_id"),
    _refers("terms", "terms_key", to=("terms_key",)),
    _unique("provider_key"),
    _money("price", "price_minor"),
    Index(None, "business_id", "created_at", "id"),
    Index(None, "business_id", "client_id"),
    _partial("ix_orders_open", "ask_at", where="status = 'awaiting_payment'"),
    wide=True,
)  # fmt: skip

payments: Final = _table(
    "payments",
    _words("id"), _words("provider"), _words("payment_ref"), _words("order_id"),
    _whole("amount_minor"), _whole("refunded_minor"), _words("currency"), _words("standing"),
    _instant("received_at"),
    _refers("orders", "order_id"),
    _unique("provider", "payment_ref"),
    _money("amount", "amount_minor"),
    # I4: what goes back is never more than came. A lost dispute counts as given back.
    _check("refunded", "refunded_minor >= 0 AND refunded_minor <= amount_minor"),
    Index(None, "business_id", "order_id"),
)  # fmt: skip

invoices: Final = _table(
    "invoices",
    _words("id"), _words("series"), _whole("number"), _words("order_id"), _words("client_id"),
    _instant("issued_at"), _words("body"),
    _refers("orders", "order_id"),
    _unique("series", "number"),
    _check("number", "number > 0"),
    Index(None, "business_id", "issued_at", "number", "id"),
    Index(None, "business_id", "order_id"), wide=True,
)  # fmt: skip

invoice_counters: Final = _table(
    "invoice_counters",
    _words("series"), _whole("last"),
    _of_business(),
    _check("last", "last > 0"),
    key=("business_id", "series"),
)  # fmt: skip

documents: Final = Table(
    "documents",
    metadata,
    _words("business_id"), _words("invoice_id"), _words("kind"),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("business_id", "invoice_id", "kind"),
    _refers("invoices", "invoice_id"),
)  # fmt: skip

outbox: Final = _table(
    "outbox",
    _words("id"), _words("dedupe"), _words("notice"), _instant("due_at"), _words("state"),
    _whole("attempts"), _words("last_error", null=True), _instant("sent_at", null=True),
    _instant("locked_until", null=True),
    _unique("dedupe"),
    _check("attempts", "attempts >= 0"),
    # The relay asks for the due of all businesses: the one index that time leads.
    _partial("ix_outbox_due", "due_at", where="state = 'due'"),
    Index(None, "business_id", "state", "due_at", "id"), wide=True,
)  # fmt: skip

inbox: Final = _table(
    "inbox",
    _words("id"), _words("provider"), _words("event_id"), _words("kind"),
    _words("checkout_ref", null=True), _words("payment_ref", null=True), _instant("received_at"),
    _whole("attempts"), _words("last_error", null=True), _instant("done_at", null=True),
    _whole("refund_minor", null=True), _whole("refunded_minor", null=True),
    _instant("locked_until", null=True),
    _unique("provider", "event_id"),
    _partial("ix_inbox_open", "received_at", where="done_at IS NULL"),
    wide=True,
)  # fmt: skip

receipts: Final = _table(
    "receipts",
    _words("key"), _words("fingerprint"), _words("result"), _instant("created_at"),
    key=("business_id", "key"), wide=True,
)  # fmt: skip

staff: Final = _table(
    "staff",
    _words("id"), _words("email"), _words("name"), _words("role"),
    Column("active", Flag, nullable=False),
    _of_business(),
    _unique("email"),
)  # fmt: skip

api_keys: Final = _table(
    "api_keys",
    _words("id"), _words("label"), _words("role"), _words("digest"), _instant("created_at"),
    _instant("revoked_at", null=True),
    _of_business(),
    UniqueConstraint("digest"),
)  # fmt: skip

logins: Final = _table(
    "logins",
    _words("id"), _words("audience"), _words("email"), _words("code_digest"),
    _words("browser_digest"), _instant("created_at"), _instant("expires_at"), _whole("attempts"),
    _words("token_digest", null=True), _instant("ended_at", null=True), _whole("version"),
    _of_business(),
    _unique("token_digest"),
    Index(None, "business_id", "audience", "email"),
)  # fmt: skip
