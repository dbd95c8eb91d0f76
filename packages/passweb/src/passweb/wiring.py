"""Wiring: the one place that puts settings, store, core and the outward adapters together.

Nothing runs at import, and nothing runs here: `wire` builds, `passweb.server` and `passweb.worker`
run.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from passcore.adapters.system import RandomIds
from passcore.app import App
from passcore.errors import Invalid, NotFound
from passcore.ports.clock import Clock
from passcore.ports.documents import InvoiceRenderer, NoticeWriter
from passcore.ports.ids import Ids
from passcore.ports.mail import Mail, Mailer
from passcore.ports.payments import PaymentGateway
from passcore.ports.store import Store
from passcore.relay import Gateways, Outward, Relay
from passweb import payments
from passweb.documents import TypstInvoices
from passweb.house import House
from passweb.mail import JinjaNotices, SmtpMailer, SmtpSettings, TlsMode, WriterSettings
from passweb.settings import Settings

__all__ = ["Connected", "House", "NoMailer", "wire"]


@attrs.frozen
class Connected:
    """The gateways of the settings, the same for every business of the installation."""

    by_name: Mapping[str, PaymentGateway]

    def __call__(self, _business_id: str, provider: str) -> PaymentGateway:
        """Return the gateway of *provider*; raises `NotFound`."""
        found = self.by_name.get(provider)
        if found is None:
            raise NotFound("payment provider", provider)
        return found


class NoMailer:
    """Keeps mail waiting while no mail server is set up."""

    def send(self, _mail: Mail) -> None:
        """Never takes a mail."""
        raise OSError("PASS_SMTP_URL is not set")


def wire(
    settings: Settings,
    *,
    store: Store | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
    mailer: Mailer | None = None,
    gateways: Gateways | Mapping[str, PaymentGateway] | None = None,
    writer: NoticeWriter | None = None,
    invoices: InvoiceRenderer | None = None,
) -> House:
    """Put a house together from *settings*; what is given takes the place of what they would make.

    Raises `Invalid` naming the setting that is wrong. The database is opened, not upgraded.
    """
    clock = clock or settings.clock
    connected = gateways if gateways is not None else _connect(settings)
    if isinstance(connected, Mapping):
        connected = Connected(connected)
    app = App(store or _open(settings), clock, ids or RandomIds())
    out = Outward(
        gateways=connected,
        writer=writer or JinjaNotices(WriterSettings(settings.base_url)),
        mailer=mailer or _mailer(settings, clock),
        invoices=invoices or TypstInvoices(),
        sender=settings.mail_from,
        base_url=settings.base_url,
        live_payments=settings.live_payments,
    )
    names = tuple(connected.by_name) if isinstance(connected, Connected) else _names(settings)
    return House(settings, app.store, app, Relay(app, out), names)


def _names(settings: Settings) -> tuple[str, ...]:
    return tuple(settings.payments) or ("stripe",)


def _open(settings: Settings) -> Store:
    from passstore import open_store  # noqa: PLC0415  # a memory store needs no database driver

    return open_store(settings.database_url)


def _connect(settings: Settings) -> dict[str, PaymentGateway]:
    """Build the gateway of each provider now, so that a wrong setting stops the start."""
    made = {}
    for provider, config in settings.payments.items():
        try:
            made[provider] = payments.load(provider)(config)
        except Invalid as wrong:
            name = f"PASS_{provider}_{wrong.field}".upper().replace("SECRETS", "SECRET")
            raise Invalid(field=name, problem=wrong.problem) from None
    return made


def _mailer(settings: Settings, clock: Clock) -> Mailer:
    smtp = settings.smtp
    if smtp is None:
        return NoMailer()
    try:
        chosen = SmtpSettings(
            host=smtp.host,
            port=smtp.port,
            sender=settings.mail_from,
            username=smtp.username,
            password=smtp.password,
            tls=TlsMode(smtp.tls),
        )
    except Invalid as wrong:
        name = "PASS_SENDER" if wrong.field == "sender" else "PASS_SMTP_URL"
        raise Invalid(field=name, problem=wrong.problem) from None
    return SmtpMailer(chosen, clock)
