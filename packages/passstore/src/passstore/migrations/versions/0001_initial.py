"""The first tables, with their triggers.

Written once from `passstore.tables` and never changed again: a later change is a later revision.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

WORDS = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
#: Microseconds since 1970 on SQLite.
INSTANT = postgresql.TIMESTAMP(timezone=True).with_variant(sa.Integer(), "sqlite")

TABLES = (
    "documents",
    "payments",
    "invoices",
    "entries",
    "product_versions",
    "passes",
    "orders",
    "bookings",
    "terms",
    "staff",
    "services",
    "products",
    "logins",
    "invoice_counters",
    "clients",
    "api_keys",
    "receipts",
    "outbox",
    "inbox",
    "businesses",
)
TRIGGERS_SQLITE = (
    """
CREATE TRIGGER entries_keep_UPDATE BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are only ever added'); END
""",
    """
CREATE TRIGGER entries_keep_DELETE BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are only ever added'); END
""",
    """
CREATE TRIGGER invoices_keep_UPDATE BEFORE UPDATE ON invoices
BEGIN SELECT RAISE(ABORT, 'invoices are only ever added'); END
""",
    """
CREATE TRIGGER invoices_keep_DELETE BEFORE DELETE ON invoices
BEGIN SELECT RAISE(ABORT, 'invoices are only ever added'); END
""",
)
TRIGGERS_POSTGRES = (
    """
CREATE FUNCTION passstore_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% are only ever added', TG_TABLE_NAME USING ERRCODE = '23001'; END $$
""",
    """
CREATE FUNCTION passstore_exactly(updated bigint, wanted bigint) RETURNS boolean LANGUAGE plpgsql
AS $$
BEGIN
  IF updated <> wanted THEN
    RAISE EXCEPTION '% of % rows were as read', updated, wanted USING ERRCODE = '40001';
  END IF;
  RETURN true;
END $$
""",
    """
CREATE TRIGGER entries_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON entries
FOR EACH STATEMENT EXECUTE FUNCTION passstore_only_added()
""",
    """
CREATE TRIGGER invoices_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON invoices
FOR EACH STATEMENT EXECUTE FUNCTION passstore_only_added()
""",
    """
ALTER TABLE passes SET (fillfactor = 80)
""",
    """
ALTER TABLE bookings SET (fillfactor = 80)
""",
)


def upgrade() -> None:
    op.create_table(
        "businesses",
        sa.Column("id", WORDS, nullable=False),
        sa.Column("slug", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("time_zone", WORDS, nullable=False),
        sa.Column("currency", WORDS, nullable=False),
        sa.Column("language", WORDS, nullable=False),
        sa.Column("email", WORDS, nullable=True),
        sa.Column("seller", WORDS, nullable=False),
        sa.Column("tax_id", WORDS, nullable=False),
        sa.Column("transfer_details", WORDS, nullable=False),
        sa.Column("invoice_prefix", WORDS, nullable=False),
        sa.Column("complete_window_hours", WHOLE, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_businesses")),
        sa.UniqueConstraint("slug", name=op.f("uq_businesses_slug")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "inbox",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("provider", WORDS, nullable=False),
        sa.Column("event_id", WORDS, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("checkout_ref", WORDS, nullable=True),
        sa.Column("payment_ref", WORDS, nullable=True),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("last_error", WORDS, nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("refund_minor", WHOLE, nullable=True),
        sa.Column("refunded_minor", WHOLE, nullable=True),
        sa.Column("locked_until", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "business_id",
            "provider",
            "event_id",
            name=op.f("uq_inbox_business_id_provider_event_id"),
        ),
    )
    op.create_index(
        "ix_inbox_open",
        "inbox",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("done_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_table(
        "outbox",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("dedupe", WORDS, nullable=False),
        sa.Column("notice", WORDS, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("state", WORDS, nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("last_error", WORDS, nullable=True),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("locked_until", INSTANT, nullable=True),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_outbox_attempts")),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("business_id", "dedupe", name=op.f("uq_outbox_business_id_dedupe")),
    )
    op.create_index(
        op.f("ix_outbox_business_id_state_due_at_id"),
        "outbox",
        ["business_id", "state", "due_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_outbox_due",
        "outbox",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'due'"),
        postgresql_where=sa.text("state = 'due'"),
    )
    op.create_table(
        "receipts",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("key", WORDS, nullable=False),
        sa.Column("fingerprint", WORDS, nullable=False),
        sa.Column("result", WORDS, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("business_id", "key", name=op.f("pk_receipts")),
    )
    op.create_table(
        "api_keys",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("label", WORDS, nullable=False),
        sa.Column("role", WORDS, nullable=False),
        sa.Column("digest", WORDS, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_api_keys_business_id")
        ),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "clients",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("email", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("language", WORDS, nullable=True),
        sa.Column("customer_ref", WORDS, nullable=True),
        sa.Column("card_ref", WORDS, nullable=True),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("search", WORDS, nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_clients_business_id")
        ),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_clients")),
        sa.UniqueConstraint("business_id", "email", name=op.f("uq_clients_business_id_email")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_clients_business_id_name_email"),
        "clients",
        ["business_id", "name", "email"],
        unique=False,
    )
    op.create_table(
        "invoice_counters",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("series", WORDS, nullable=False),
        sa.Column("last", WHOLE, nullable=False),
        sa.CheckConstraint("last > 0", name=op.f("ck_invoice_counters_last")),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_invoice_counters_business_id")
        ),
        sa.PrimaryKeyConstraint("business_id", "series", name=op.f("pk_invoice_counters")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "logins",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("audience", WORDS, nullable=False),
        sa.Column("email", WORDS, nullable=False),
        sa.Column("code_digest", WORDS, nullable=False),
        sa.Column("browser_digest", WORDS, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("attempts", WHOLE, nullable=False),
        sa.Column("token_digest", WORDS, nullable=True),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("version", WHOLE, nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_logins_business_id")
        ),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_logins")),
        sa.UniqueConstraint(
            "business_id", "token_digest", name=op.f("uq_logins_business_id_token_digest")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_logins_business_id_audience_email"),
        "logins",
        ["business_id", "audience", "email"],
        unique=False,
    )
    op.create_table(
        "products",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("slug", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("terms_version", WHOLE, nullable=False),
        sa.Column("description", WORDS, nullable=False),
        sa.Column("methods", WORDS, nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_products_business_id")
        ),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_products")),
        sa.UniqueConstraint("business_id", "slug", name=op.f("uq_products_business_id_slug")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "services",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("slug", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("category", WORDS, nullable=True),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("duration_minutes", WHOLE, nullable=False),
        sa.Column("price_minor", WHOLE, nullable=True),
        sa.Column("currency", WORDS, nullable=True),
        sa.Column("tax_rate", WHOLE, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.CheckConstraint(
            "price_minor BETWEEN 0 AND 1000000000000", name=op.f("ck_services_price")
        ),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_services_business_id")
        ),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_services")),
        sa.UniqueConstraint("business_id", "slug", name=op.f("uq_services_business_id_slug")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "staff",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("email", WORDS, nullable=False),
        sa.Column("name", WORDS, nullable=False),
        sa.Column("role", WORDS, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_staff_business_id")
        ),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_staff")),
        sa.UniqueConstraint("business_id", "email", name=op.f("uq_staff_business_id_email")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "terms",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("terms_key", WORDS, nullable=False),
        sa.Column("body", WORDS, nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_terms_business_id")
        ),
        sa.PrimaryKeyConstraint("business_id", "terms_key", name=op.f("pk_terms")),
    )
    op.create_table(
        "bookings",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("source", WORDS, nullable=False),
        sa.Column("ref", WORDS, nullable=False),
        sa.Column("revision", WHOLE, nullable=False),
        sa.Column("status", WORDS, nullable=False),
        sa.Column("client_id", WORDS, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("seats", WHOLE, nullable=False),
        sa.Column("lines", WORDS, nullable=False),
        sa.Column("paid_by", WORDS, nullable=False),
        sa.Column("choice", WORDS, nullable=True),
        sa.Column("fingerprint", WORDS, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.CheckConstraint("revision >= 0", name=op.f("ck_bookings_revision")),
        sa.CheckConstraint("seats > 0", name=op.f("ck_bookings_seats")),
        sa.ForeignKeyConstraint(
            ["business_id", "client_id"],
            ["clients.business_id", "clients.id"],
            name=op.f("fk_bookings_business_id_client_id"),
        ),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_bookings")),
        sa.UniqueConstraint(
            "business_id", "ref", "source", name=op.f("uq_bookings_business_id_ref_source")
        ),
    )
    op.create_index(
        op.f("ix_bookings_business_id_client_id_starts_at"),
        "bookings",
        ["business_id", "client_id", "starts_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_bookings_business_id_starts_at_id"),
        "bookings",
        ["business_id", "starts_at", "id"],
        unique=False,
    )
    op.create_table(
        "orders",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("client_id", WORDS, nullable=False),
        sa.Column("product_id", WORDS, nullable=False),
        sa.Column("terms_key", WORDS, nullable=False),
        sa.Column("price_minor", WHOLE, nullable=False),
        sa.Column("currency", WORDS, nullable=False),
        sa.Column("method", WORDS, nullable=False),
        sa.Column("status", WORDS, nullable=False),
        sa.Column("provider_key", WORDS, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("provider", WORDS, nullable=True),
        sa.Column("checkout_ref", WORDS, nullable=True),
        sa.Column("checkout_url", WORDS, nullable=True),
        sa.Column("success_url", WORDS, nullable=True),
        sa.Column("pass_id", WORDS, nullable=True),
        sa.Column("renews", WORDS, nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("ask_at", INSTANT, nullable=False),
        sa.CheckConstraint("price_minor BETWEEN 0 AND 1000000000000", name=op.f("ck_orders_price")),
        sa.ForeignKeyConstraint(
            ["business_id", "client_id"],
            ["clients.business_id", "clients.id"],
            name=op.f("fk_orders_business_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "terms_key"],
            ["terms.business_id", "terms.terms_key"],
            name=op.f("fk_orders_business_id_terms_key"),
        ),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_orders")),
        sa.UniqueConstraint(
            "business_id", "provider_key", name=op.f("uq_orders_business_id_provider_key")
        ),
    )
    op.create_index(
        op.f("ix_orders_business_id_client_id"),
        "orders",
        ["business_id", "client_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_orders_business_id_created_at_id"),
        "orders",
        ["business_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_orders_open",
        "orders",
        ["ask_at"],
        unique=False,
        sqlite_where=sa.text("status = 'awaiting_payment'"),
        postgresql_where=sa.text("status = 'awaiting_payment'"),
    )
    op.create_table(
        "passes",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("client_id", WORDS, nullable=False),
        sa.Column("product_id", WORDS, nullable=False),
        sa.Column("terms_key", WORDS, nullable=False),
        sa.Column("code", WORDS, nullable=False),
        sa.Column("zone", WORDS, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("standing", WORDS, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("head", WORDS, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("window_json", WORDS, nullable=True),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("lapses_at", INSTANT, nullable=True),
        sa.Column("freeze_json", WORDS, nullable=True),
        sa.Column("granted", WHOLE, nullable=False),
        sa.Column("used", WHOLE, nullable=False),
        sa.Column("held", WHOLE, nullable=False),
        sa.Column("expired", WHOLE, nullable=False),
        sa.Column("refunded", WHOLE, nullable=False),
        sa.Column("transferred", WHOLE, nullable=False),
        sa.Column("adjusted", WHOLE, nullable=False),
        sa.Column("available", WHOLE, nullable=False),
        sa.Column("units", WORDS, nullable=False),
        sa.Column("lapsed", WORDS, nullable=False),
        sa.Column("holds", WORDS, nullable=False),
        sa.Column("counted_json", WORDS, nullable=True),
        sa.Column("ends_at", INSTANT, nullable=True),
        sa.Column("sweep_at", INSTANT, nullable=True),
        sa.Column("owed_minor", WHOLE, nullable=False),
        sa.Column("currency", WORDS, nullable=False),
        sa.CheckConstraint("available >= 0", name=op.f("ck_passes_available")),
        sa.CheckConstraint("held >= 0", name=op.f("ck_passes_held")),
        sa.CheckConstraint("used >= 0", name=op.f("ck_passes_used")),
        sa.CheckConstraint("version > 0", name=op.f("ck_passes_version")),
        sa.ForeignKeyConstraint(
            ["business_id", "client_id"],
            ["clients.business_id", "clients.id"],
            name=op.f("fk_passes_business_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "terms_key"],
            ["terms.business_id", "terms.terms_key"],
            name=op.f("fk_passes_business_id_terms_key"),
        ),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_passes")),
        sa.UniqueConstraint("business_id", "code", name=op.f("uq_passes_business_id_code")),
    )
    op.create_index(
        op.f("ix_passes_business_id_client_id"),
        "passes",
        ["business_id", "client_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_passes_business_id_created_at_id"),
        "passes",
        ["business_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_passes_sweep",
        "passes",
        ["business_id", "sweep_at"],
        unique=False,
        sqlite_where=sa.text("sweep_at IS NOT NULL"),
        postgresql_where=sa.text("sweep_at IS NOT NULL"),
    )
    op.create_table(
        "product_versions",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("product_id", WORDS, nullable=False),
        sa.Column("version", WHOLE, nullable=False),
        sa.Column("terms_key", WORDS, nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_product_versions_version")),
        sa.ForeignKeyConstraint(
            ["business_id", "product_id"],
            ["products.business_id", "products.id"],
            name=op.f("fk_product_versions_business_id_product_id"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "terms_key"],
            ["terms.business_id", "terms.terms_key"],
            name=op.f("fk_product_versions_business_id_terms_key"),
        ),
        sa.PrimaryKeyConstraint(
            "business_id", "product_id", "version", name=op.f("pk_product_versions")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entries",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("pass_id", WORDS, nullable=False),
        sa.Column("seq", WHOLE, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("sessions", WHOLE, nullable=False),
        sa.Column("value_minor", WHOLE, nullable=False),
        sa.Column("booking_id", WORDS, nullable=True),
        sa.Column("line", WHOLE, nullable=True),
        sa.Column("occasion", WHOLE, nullable=True),
        sa.Column("names_seq", WHOLE, nullable=True),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("about", INSTANT, nullable=False),
        sa.Column("order_id", WORDS, nullable=True),
        sa.Column("prev", WORDS, nullable=False),
        sa.Column("body", WORDS, nullable=False),
        sa.CheckConstraint(
            "names_seq IS NULL OR (names_seq > 0 AND names_seq < seq)",
            name=op.f("ck_entries_names"),
        ),
        sa.CheckConstraint("seq > 0", name=op.f("ck_entries_seq")),
        sa.ForeignKeyConstraint(
            ["business_id", "pass_id"],
            ["passes.business_id", "passes.id"],
            name=op.f("fk_entries_business_id_pass_id"),
        ),
        sa.PrimaryKeyConstraint("business_id", "pass_id", "seq", name=op.f("pk_entries")),
    )
    op.create_index(
        "uq_entries_names",
        "entries",
        ["business_id", "pass_id", "names_seq"],
        unique=True,
        sqlite_where=sa.text("names_seq IS NOT NULL"),
        postgresql_where=sa.text("names_seq IS NOT NULL"),
    )
    op.create_index(
        "uq_entries_paid",
        "entries",
        ["business_id", "booking_id", "line", "occasion"],
        unique=True,
        sqlite_where=sa.text("kind IN ('captured/1', 'deducted/1')"),
        postgresql_where=sa.text("kind IN ('captured/1', 'deducted/1')"),
    )
    op.create_table(
        "invoices",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("series", WORDS, nullable=False),
        sa.Column("number", WHOLE, nullable=False),
        sa.Column("order_id", WORDS, nullable=False),
        sa.Column("client_id", WORDS, nullable=False),
        sa.Column("issued_at", INSTANT, nullable=False),
        sa.Column("body", WORDS, nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_invoices_number")),
        sa.ForeignKeyConstraint(
            ["business_id", "order_id"],
            ["orders.business_id", "orders.id"],
            name=op.f("fk_invoices_business_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_invoices")),
        sa.UniqueConstraint(
            "business_id", "series", "number", name=op.f("uq_invoices_business_id_series_number")
        ),
    )
    op.create_index(
        op.f("ix_invoices_business_id_issued_at_number_id"),
        "invoices",
        ["business_id", "issued_at", "number", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_invoices_business_id_order_id"),
        "invoices",
        ["business_id", "order_id"],
        unique=False,
    )
    op.create_table(
        "payments",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("id", WORDS, nullable=False),
        sa.Column("provider", WORDS, nullable=False),
        sa.Column("payment_ref", WORDS, nullable=False),
        sa.Column("order_id", WORDS, nullable=False),
        sa.Column("amount_minor", WHOLE, nullable=False),
        sa.Column("refunded_minor", WHOLE, nullable=False),
        sa.Column("currency", WORDS, nullable=False),
        sa.Column("standing", WORDS, nullable=False),
        sa.Column("received_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "amount_minor BETWEEN 0 AND 1000000000000", name=op.f("ck_payments_amount")
        ),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= amount_minor",
            name=op.f("ck_payments_refunded"),
        ),
        sa.ForeignKeyConstraint(
            ["business_id", "order_id"],
            ["orders.business_id", "orders.id"],
            name=op.f("fk_payments_business_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("business_id", "id", name=op.f("pk_payments")),
        sa.UniqueConstraint(
            "business_id",
            "provider",
            "payment_ref",
            name=op.f("uq_payments_business_id_provider_payment_ref"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_payments_business_id_order_id"),
        "payments",
        ["business_id", "order_id"],
        unique=False,
    )
    op.create_table(
        "documents",
        sa.Column("business_id", WORDS, nullable=False),
        sa.Column("invoice_id", WORDS, nullable=False),
        sa.Column("kind", WORDS, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id", "invoice_id"],
            ["invoices.business_id", "invoices.id"],
            name=op.f("fk_documents_business_id_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("business_id", "invoice_id", "kind", name=op.f("pk_documents")),
    )
    on_postgres = op.get_bind().dialect.name == "postgresql"
    for statement in TRIGGERS_POSTGRES if on_postgres else TRIGGERS_SQLITE:
        op.get_bind().exec_driver_sql(statement.replace("%", "%%") if on_postgres else statement)
    if not on_postgres:
        _tell_sizes()


def _tell_sizes() -> None:
    """Tell SQLite that a business has many rows. It guesses ten and then reads all of a business
    by the primary key where a narrower index is at hand. ``PRAGMA optimize`` corrects the figures.
    """
    run = op.get_bind().exec_driver_sql
    run("ANALYZE sqlite_schema")
    for table in TABLES:
        for _, index, unique, origin, _ in run(f"PRAGMA index_list({table})").fetchall():
            columns = [row[2] for row in run(f"PRAGMA index_info({index})").fetchall()]
            if columns[0] != "business_id":
                continue
            sizes = [1_000_000, 10_000, *[10] * (len(columns) - 1)]
            if unique or columns[-1] == "id":
                sizes[-1] = 1
            name = table if origin == "pk" else index
            stat = " ".join(str(size) for size in sizes)
            run("INSERT INTO sqlite_stat1 VALUES (?, ?, ?)", (table, name, stat))


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION passstore_only_added()")
        op.execute("DROP FUNCTION passstore_exactly(bigint, bigint)")
