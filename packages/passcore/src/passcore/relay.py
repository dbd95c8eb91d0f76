"""Relay: everything that leaves the house or comes from outside, never inside a transaction.

Money: a checkout is started in three steps (the order is stored, the provider is called with the
order's own key, the answer is stored); a provider's event is stored first and acted on later, by
fetching the payment. Mail: due messages are claimed with a lease, sent, and marked. Whatever dies
between two steps is found by the next pass of `work`; unknown is a state, never a failure.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import attrs

from passcore.app import App
from passcore.domain.businesses import Business
from passcore.domain.clients import Client
from passcore.domain.invoices import Invoice
from passcore.domain.ledger import Origin
from passcore.domain.notices import Message, MessageState, next_attempt
from passcore.domain.orders import Order, OrderStatus
from passcore.errors import (
    Contention,
    InvalidTransition,
    PassError,
    ProviderUnavailable,
    StorageUnavailable,
)
from passcore.ports.documents import InvoiceRenderer, NoticeWriter
from passcore.ports.mail import Attachment, Mail, Mailer, MailRefused
from passcore.ports.payments import (
    ChargeRequest,
    CheckoutRequest,
    PaymentGateway,
    PaymentState,
    ProviderPayment,
)
from passcore.ports.store import InboxEvent, Tx
from passcore.refunding import give_back
from passcore.usecases.call import Call
from passcore.usecases.orders import RecordCheckout, record_checkout
from passcore.usecases.passes import SweepExpired, sweep_expired
from passcore.usecases.sales import Settled, SettlePayment, settle

WORKER: Final = Origin("system", "worker")
LEASE: Final = timedelta(minutes=2)
#: Orders older than this are asked about at the provider, in case its event was lost.
POLL_AFTER: Final = timedelta(minutes=5)
_BATCH: Final = 20

#: Finds the gateway of a business; raises `NotFound` for a provider it has not connected.
Gateways = Callable[[str, str], PaymentGateway]
FailPoint = Callable[[str], None]


@attrs.frozen
class Outward:
    """The outward ports. `fail_at` is called by name between any two steps, for crash tests."""

    gateways: Gateways
    writer: NoticeWriter
    mailer: Mailer
    invoices: InvoiceRenderer
    sender: str
    base_url: str
    live_payments: bool | None = None
    fail_at: FailPoint = lambda _name: None


@attrs.frozen
class Worked:
    """What one pass of `work` did."""

    events: int
    orders: int
    mails: int
    expired: int

    @property
    def anything(self) -> bool:
        """True where there was something to do."""
        return bool(self.events or self.mails or self.expired)


class Relay:
    """Acts on what waits, for all businesses of the store. Several may run at once."""

    def __init__(
        self,
        app: App,
        outward: Outward,
        *,
        lease: timedelta = LEASE,
        poll_after: timedelta = POLL_AFTER,
    ) -> None:
        self.app = app
        self.out = outward
        self._lease = lease
        self._poll_after = poll_after

    # --- money ---

    def start_checkout(self, business_id: str, order_id: str) -> Order:
        """Return the order with its checkout, started now unless it was before.

        Raises `ProviderUnavailable` (the outcome is unknown; the same call settles it later),
        `ProviderRefused`, `InvalidTransition` for an order that waits for no payment.
        """
        order = self.app.read(business_id, _get_order, order_id)
        if order.checkout_url is not None:
            return order
        if order.status is not OrderStatus.AWAITING_PAYMENT:
            raise InvalidTransition("order", order.status.value, "pay")
        client = self.app.read(business_id, _client_of, order)
        gateway = self.out.gateways(business_id, order.provider or "")
        slug = self.app.read(business_id, _get_business, None).slug
        back = f"{self.out.base_url}/b/{slug}/orders/{order.id}"
        self.out.fail_at("K1")
        checkout = gateway.start_checkout(
            CheckoutRequest(
                business_id=business_id,
                order_id=order.id,
                key=order.provider_key,
                amount=order.price,
                title=order.terms.name,
                client_email=client.email,
                success_url=order.success_url or f"{back}/return",
                cancel_url=f"{back}/cancelled",
                save_card=True,
                customer_ref=client.customer_ref,
            )
        )
        self.out.fail_at("K2")
        order = self.app.run(
            business_id, record_checkout, RecordCheckout(order.id, checkout), by=WORKER
        )
        self.out.fail_at("K3")
        return order

    def charge_saved_card(self, business_id: str, order_id: str) -> Settled | None:
        """Pay an order with the client's saved card; None where there is none.

        Raises `ProviderRefused` (declined), `ProviderUnavailable` (unknown, settled later) and
        `InvalidTransition` for an order that waits for no payment.
        """
        order = self.app.read(business_id, _get_order, order_id)
        if order.status is not OrderStatus.AWAITING_PAYMENT:
            raise InvalidTransition("order", order.status.value, "pay")
        client = self.app.read(business_id, _client_of, order)
        if client.customer_ref is None or client.card_ref is None:
            return None
        gateway = self.out.gateways(business_id, order.provider or "")
        paid = gateway.charge(
            ChargeRequest(
                business_id=business_id,
                order_id=order.id,
                key=order.provider_key,
                amount=order.price,
                title=order.terms.name,
                customer_ref=client.customer_ref,
                card_ref=client.card_ref,
            )
        )
        return self._settle(business_id, paid)

    def confirm_order(self, business_id: str, order_id: str) -> Order:
        """Ask the provider about an order now: the return page and the reconciler do.

        Answers the order as it is where the provider cannot be reached.
        """
        order = self.app.read(business_id, _get_order, order_id)
        if order.checkout_ref is None or order.status is not OrderStatus.AWAITING_PAYMENT:
            return order
        try:
            gateway = self.out.gateways(business_id, order.provider or "")
            paid = gateway.fetch_payment(checkout_ref=order.checkout_ref)
        except ProviderUnavailable:
            return order
        return self._settle(business_id, paid).order

    def _settle(self, business_id: str, paid: ProviderPayment) -> Settled:
        command = SettlePayment(paid, self.out.live_payments)
        self.out.fail_at("K6")
        settled = self.app.run(business_id, settle, command, by=WORKER)
        self.out.fail_at("K8")
        return settled

    # --- the worker's round ---

    def work(self) -> Worked:
        """Do everything that is due once: events, lost orders, expiry, mail."""
        events = self.take_events()
        orders = self.reconcile()
        expired = self.sweep()
        return Worked(events, orders, self.send_mail(), expired)

    def take_events(self) -> int:
        """Act on provider events kept in the inbox; returns how many were taken."""
        now = self.app.clock.now()
        with self.app.store.registry() as registry:
            claimed = registry.claim_events(now, now + self._lease, _BATCH)
        for business_id, event in claimed:
            self._take_event(business_id, event)
        return len(claimed)

    def _take_event(self, business_id: str, event: InboxEvent) -> None:
        error: str | None = None
        final = True
        try:
            if event.refund_minor is not None:
                gateway = self.out.gateways(business_id, event.provider)
                live, fail_at = self.out.live_payments, self.out.fail_at
                give_back(self.app, gateway, business_id, event, live, fail_at)
            elif event.checkout_ref is not None or event.payment_ref is not None:
                gateway = self.out.gateways(business_id, event.provider)
                paid = gateway.fetch_payment(
                    checkout_ref=event.checkout_ref, payment_ref=event.payment_ref
                )
                if paid.state is not PaymentState.OPEN and paid.order_id is not None:
                    self._settle(business_id, paid)
        except (ProviderUnavailable, Contention, StorageUnavailable) as unknown:
            error, final = unknown.code, False
        except PassError as refused:  # of a refund the outcome is then as unknown
            error, final = refused.code, event.refund_minor is None
        except Exception as broken:  # noqa: BLE001  # one event must not keep the others waiting
            error, final = type(broken).__name__, False
        done = self.app.clock.now() if final else None
        kept = attrs.evolve(event, attempts=event.attempts + 1, last_error=error, done_at=done)
        self.app.run(business_id, _save_event, kept, by=WORKER)

    def reconcile(self) -> int:
        """Ask the provider about orders whose event may have been lost; returns how many.

        Those due longest come first, and each is put off before it is asked about: one that is
        never paid keeps no other from its turn. A fault nobody expects is raised after the others
        had theirs.
        """
        now = self.app.clock.now()
        before = now - self._poll_after
        with self.app.store.registry() as registry:
            claimed = registry.claim_orders(
                now, now + self._lease, _BATCH * 5, placed_before=before
            )
        faults: list[Exception] = []
        for business_id, order_id in claimed:
            try:
                order = self.app.run(business_id, _put_off, order_id, by=WORKER)
                if order.checkout_ref is None:
                    self.start_checkout(business_id, order_id)
                self.confirm_order(business_id, order_id)
            except PassError:
                continue  # this one waits for its next turn, the others must not
            except Exception as broken:  # noqa: BLE001  # raised below
                faults.append(broken)
        if faults:
            raise faults[0]
        return len(claimed)

    def sweep(self) -> int:
        """Book what lapsed in every business; returns how many passes."""
        with self.app.store.registry() as registry:
            businesses = registry.businesses()
        swept = 0
        for business in businesses:
            try:
                swept += self.app.run(business.id, sweep_expired, SweepExpired(), by=WORKER)
            except PassError:
                continue  # this business waits for the next round, the others must not
        return swept

    def send_mail(self) -> int:
        """Send due messages; returns how many were claimed."""
        now = self.app.clock.now()
        with self.app.store.registry() as registry:
            claimed = registry.claim_messages(now, now + self._lease, _BATCH)
        for business_id, message in claimed:
            self._deliver(business_id, message)
        return len(claimed)

    def _deliver(self, business_id: str, message: Message) -> None:
        self.out.fail_at("K9")
        attempts = message.attempts + 1
        now = self.app.clock.now()
        try:
            mail = self._write(business_id, message)
            self.out.mailer.send(mail)
        except MailRefused as refused:
            kept = attrs.evolve(
                message, state=MessageState.DEAD, attempts=attempts, last_error=str(refused)[:500]
            )
        except Exception as error:  # noqa: BLE001  # one message, whatever is wrong with it, must
            # not keep the others from being sent: all of them are claimed in one round
            again = next_attempt(attempts, now)
            kept = attrs.evolve(
                message,
                state=MessageState.DEAD if again is None else MessageState.DUE,
                due_at=again or message.due_at,
                attempts=attempts,
                last_error=f"{type(error).__name__}: {error}"[:500],
            )
        else:
            self.out.fail_at("K10")
            kept = attrs.evolve(
                message, state=MessageState.SENT, attempts=attempts, last_error=None, sent_at=now
            )
        self.app.run(business_id, _save_message, kept, by=WORKER)

    def _write(self, business_id: str, message: Message) -> Mail:
        notice = message.notice
        business = self.app.read(business_id, _get_business, None)
        written = self.out.writer.write(notice, business)
        attachments: tuple[Attachment, ...] = ()
        if notice.invoice_id is not None:
            name, content = self.invoice_pdf(business_id, notice.invoice_id)
            attachments = (Attachment(name, "application/pdf", content),)
        return Mail(
            message_id=message.id,
            to=notice.to,
            sender=self.out.sender,
            subject=written.subject,
            text=written.text,
            html=written.html,
            attachments=attachments,
        )

    def invoice_pdf(self, business_id: str, invoice_id: str) -> tuple[str, bytes]:
        """Return an invoice's file name and PDF, rendered on first use and kept."""
        invoice, kept = self.app.read(business_id, _get_invoice, invoice_id)
        name = f"{invoice.code}.pdf"
        if kept is not None:
            return name, kept
        content = self.out.invoices.pdf(invoice)
        self.out.fail_at("K11")
        self.app.run(business_id, _keep_pdf, (invoice_id, content), by=WORKER)
        return name, content


def _get_order(tx: Tx, order_id: str, _call: Call) -> Order:
    return tx.orders.get(order_id)


def _put_off(tx: Tx, order_id: str, call: Call) -> Order:
    order = tx.orders.get(order_id)
    tx.orders.ask_again(order_id, order.next_question(call.now))
    return order


def _client_of(tx: Tx, order: Order, _call: Call) -> Client:
    return tx.clients.get(order.client_id)


def _get_business(tx: Tx, _command: None, _call: Call) -> Business:
    return tx.business()


def _get_invoice(tx: Tx, invoice_id: str, _call: Call) -> tuple[Invoice, bytes | None]:
    return tx.invoices.get(invoice_id), tx.invoices.document(invoice_id, "pdf")


def _keep_pdf(tx: Tx, command: tuple[str, bytes], _call: Call) -> None:
    tx.invoices.keep_document(command[0], "pdf", command[1])


def _save_event(tx: Tx, event: InboxEvent, _call: Call) -> None:
    tx.inbox.save(event)


def _save_message(tx: Tx, message: Message, _call: Call) -> None:
    tx.outbox.save(message)
