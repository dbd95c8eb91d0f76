"""One test payment server: its account, its webhooks and the switches tests turn.

`PayServer` is the state behind the application `create_payserver` makes; its `control` does what a
client, a bank or bad luck would do.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, Literal

import attrs

from passcore.adapters.system import SystemClock
from passcore.ports.clock import Clock
from passweb.testing.payserver import returning, selling
from passweb.testing.payserver.book import Book
from passweb.testing.payserver.courier import Courier, Delivery, Rule, Twist
from passweb.testing.payserver.forms import Form
from passweb.testing.payserver.keys import Keys
from passweb.testing.payserver.mishaps import Mishap, Mishaps
from passweb.testing.payserver.records import Card, Dispute, Event, Intent, Refund, Session
from passweb.testing.payserver.signing import sign

#: Keys of the right shape that open nothing anywhere.
TEST_SECRET_KEY: Final = "sk_test_sessionpassTestServer0000"
TEST_WEBHOOK_SECRET: Final = "whsec_sessionpassTestServerSigning0000"


class PayServer:
    """The state of one test payment server."""

    def __init__(
        self,
        *,
        secret_key: str = TEST_SECRET_KEY,
        webhook_secret: str = TEST_WEBHOOK_SECRET,
        webhook_url: str | None = None,
        public_url: str = "http://127.0.0.1:12111/pay",
        live: bool = False,
        seed: int | None = None,
        clock: Clock | None = None,
        first_pause: float = 0.2,
    ) -> None:
        """Make a server; *public_url* is the address the hosted pages are reached under.

        *seed* makes its ids repeatable; *clock* is the system's unless given; *first_pause* is the
        wait in seconds before the first repeated delivery, doubled up to five seconds.
        """
        self.secret_key = secret_key
        self.public_url = public_url.rstrip("/")
        self._clock: Clock = clock if clock is not None else SystemClock()
        self.keys = Keys()
        self.mishaps = Mishaps()
        self.courier = Courier(secrets=(webhook_secret,), wall=self.wall, first_pause=first_pause)
        self.courier.point_at(webhook_url)
        self.book = Book(live=live, seed=seed, wall=self.wall, publish=self._publish)
        self.refunds_pending = 0
        self.control = Control(self)

    def wall(self) -> float:
        """Return Unix time."""
        return self._clock.now().timestamp()

    def start(self) -> None:
        """Begin to deliver events."""
        self.courier.start()

    def stop(self) -> None:
        """Stop delivering and let every held call go."""
        self.mishaps.clear()
        self.courier.stop()

    def _publish(self, event: Event) -> None:
        self.courier.take(event.id, event.kind, wire(event))


def wire(event: Event) -> bytes:
    """Return the body an event is delivered with."""
    return json.dumps(event.json(), indent=2).encode()


@attrs.frozen
class Control:
    """What tests and the demo do to a test payment server beyond its API.

    Every method is also reachable over HTTP, as `POST /_test/<method>` with a JSON object of its
    arguments and the secret key as bearer token.
    """

    _server: PayServer = attrs.field(repr=False)

    def point_webhooks_at(self, url: str | None) -> None:
        """Deliver events to *url* from now on."""
        self._server.courier.point_at(url)

    def rotate_webhook_secret(self, secrets: Sequence[str]) -> None:
        """Sign with *secrets*, all at once, as while a secret is rolled."""
        self._server.courier.secrets = tuple(secrets)

    # the client on the hosted page

    def act(self, session: str, how: selling.Act) -> str:
        """Do *how* on the page of *session*; return the session's status."""
        return selling.act(self._server.book, session, how).status

    def settle_delayed(self, session: str) -> None:
        """Let the money of a delayed payment arrive."""
        selling.settle(self._server.book, session, paid=True)

    def fail_delayed(self, session: str) -> None:
        """Let a delayed payment fail."""
        selling.settle(self._server.book, session, paid=False)

    def expire(self, session: str) -> None:
        """Let an open session expire."""
        selling.expire_session(self._server.book, session)

    # banks and the dashboard

    def decline_card(self, card: str, code: str | None = "card_declined") -> None:
        """Decline charges of a saved card with *code*; None lets them through again."""
        with self._server.book.lock:
            self._server.book.get(Card, card).declines = code

    def refund(self, payment: str, amount: int) -> str:
        """Refund from the provider's dashboard; return the refund's id."""
        form = Form({"payment_intent": payment, "amount": str(amount)})
        return str(returning.create_refund(self._server.book, form)["id"])

    def leave_refunds_pending(self, times: int = 1) -> None:
        """Let the next refunds asked for by the API stay unsettled."""
        self._server.refunds_pending = times

    def settle_refund(self, refund: str) -> None:
        """Let a pending refund arrive."""
        returning.settle_refund(self._server.book, refund, succeeded=True)

    def fail_refund(self, refund: str) -> None:
        """Let a pending refund fail."""
        returning.settle_refund(self._server.book, refund, succeeded=False)

    def receive_other(self, payment: str, amount: int) -> None:
        """Let a payment have brought *amount* in place of what was asked for."""
        with self._server.book.lock:
            self._server.book.get(Intent, payment).received = amount

    def dispute(self, payment: str) -> str:
        """Open a dispute about a payment; return its id."""
        return returning.open_dispute(self._server.book, payment).id

    def close_dispute(self, dispute: str, outcome: Literal["won", "lost"]) -> None:
        """Decide a dispute."""
        returning.close_dispute(self._server.book, dispute, outcome)

    # trouble with the API

    def mishap(
        self, mishap: Mishap | str, *, path: str = "", times: int = 1, seconds: float = 60.0
    ) -> None:
        """Let the next *times* calls whose path contains *path* run into *mishap*."""
        self._server.mishaps.add(Mishap(mishap), path=path, times=times, seconds=seconds)

    def wait_for_slow_call(self, timeout: float = 10.0) -> bool:
        """Wait until a slow call is being held."""
        return self._server.mishaps.wait_arrived(timeout)

    def release_calls(self) -> None:
        """Let slow calls go on."""
        self._server.mishaps.release()

    # trouble with the webhooks

    def drop(self, kind: str = "*", *, times: int = 1) -> None:
        """Lose the next events of *kind*."""
        self._rule(Twist.DROP, kind, times)

    def hold(self, kind: str = "*", *, times: int = 1000) -> None:
        """Keep the next events of *kind* until `release_events`."""
        self._rule(Twist.HOLD, kind, times)

    def delay(self, seconds: float, kind: str = "*", *, times: int = 1) -> None:
        """Deliver the next events of *kind* later."""
        self._rule(Twist.DELAY, kind, times, seconds=seconds)

    def duplicate(self, copies: int, kind: str = "*", *, times: int = 1) -> None:
        """Deliver the next events of *kind* several times."""
        self._rule(Twist.DUPLICATE, kind, times, copies=copies)

    def reorder(self, count: int, kind: str = "*") -> None:
        """Gather the next *count* events of *kind*, then deliver the last one first."""
        self._rule(Twist.REORDER, kind, count)

    def release_events(self) -> int:
        """Deliver what is held; return how many."""
        return self._server.courier.release()

    def resend(self, event: str, *, copies: int = 1) -> None:
        """Deliver an event again."""
        found = self._server.book.event(event)
        self._server.courier.resend(found.id, found.kind, wire(found), copies=copies)

    def clear(self) -> None:
        """Forget everything scripted."""
        self._server.mishaps.clear()
        self._server.courier.clear_rules()

    def wait_idle(self, timeout: float = 10.0) -> bool:
        """Wait until every event that is not held is delivered or given up."""
        return self._server.courier.wait_idle(timeout)

    def wait_delivered(self, kind: str, *, count: int = 1, timeout: float = 10.0) -> bool:
        """Wait until *count* events of *kind* were answered with a 2xx."""
        return self._server.courier.wait_delivered(kind, count=count, timeout=timeout)

    # what is there

    def signed(self, event: str, *, at: int | None = None) -> tuple[dict[str, str], bytes]:
        """Return an event's headers and body, as they would be delivered, for a test to send."""
        body = wire(self._server.book.event(event))
        stamp = int(self._server.wall()) if at is None else at
        signature = sign(body, self._server.courier.secrets, stamp)
        return {"content-type": "application/json", "stripe-signature": signature}, body

    def deliveries(self) -> list[Delivery]:
        """Return all deliveries with their attempts, oldest first."""
        return self._server.courier.deliveries()

    def events(self, kind: str | None = None) -> list[Event]:
        """Return what happened, newest first."""
        return self._server.book.events(kind)

    def sessions(self) -> list[Session]:
        """Return all Checkout Sessions, newest first."""
        return self._server.book.all(Session)

    def payments(self) -> list[Intent]:
        """Return all PaymentIntents, newest first."""
        return self._server.book.all(Intent)

    def refunds(self) -> list[Refund]:
        """Return all refunds, newest first."""
        return self._server.book.all(Refund)

    def disputes(self) -> list[Dispute]:
        """Return all disputes, newest first."""
        return self._server.book.all(Dispute)

    def _rule(
        self, twist: Twist, kind: str, times: int, *, copies: int = 1, seconds: float = 0.0
    ) -> None:
        self._server.courier.add_rule(
            Rule(twist=twist, kind=kind, times=times, copies=copies, seconds=seconds)
        )
