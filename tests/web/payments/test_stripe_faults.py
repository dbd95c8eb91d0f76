"""Trouble on the way to Stripe: unknown stays unknown, no is no, and no secret gets out."""

from __future__ import annotations

import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from passcore.domain.money import Money
from passcore.errors import Invalid, ProviderRefused, ProviderUnavailable
from passcore.ports.payments import Checkout, PaymentGateway, RefundRequest
from passweb.payments.stripe import StripeGateway, StripeSettings, provider
from passweb.payments.stripe.faults import blot
from passweb.testing.payserver import Mishap, RunningPayServer
from tests.web.payments.support import Endpoint, checkout_request, press

SECRET_KEY = "sk_test_0123456789abcdef"
WEBHOOK_SECRET = "whsec_0123456789abcdef0123456789abcdef"


def impatient(server: RunningPayServer, seconds: float = 0.3) -> PaymentGateway:
    return provider({**server.config, "timeout": str(seconds)})


@pytest.mark.parametrize(
    "mishap",
    [Mishap.ERROR, Mishap.RATE_LIMIT, Mishap.RESET, Mishap.RESET_AFTER, Mishap.ERROR_AFTER],
)
def test_an_unknown_outcome_tried_again_with_the_same_key_is_one_session(
    gateway: PaymentGateway, payserver: RunningPayServer, mishap: Mishap
) -> None:
    """P9, K2: whether the reply or the request was lost, the same key makes one session."""
    payserver.control.mishap(mishap)
    with pytest.raises(ProviderUnavailable):
        gateway.start_checkout(checkout_request())
    checkout = gateway.start_checkout(checkout_request())
    assert [session.id for session in payserver.control.sessions()] == [checkout.ref]


def test_a_lost_reply_to_a_refund_refunds_once(
    gateway: PaymentGateway, payserver: RunningPayServer
) -> None:
    """R-K2: the provider was called, the reply was lost."""
    checkout = gateway.start_checkout(checkout_request())
    press(checkout.url, "pay")
    ref = gateway.fetch_payment(checkout_ref=checkout.ref).payment_ref
    assert ref is not None
    request = RefundRequest("refund:1", ref, Money(5000, "EUR"))
    payserver.control.mishap(Mishap.RESET_AFTER, path="/v1/refunds")
    with pytest.raises(ProviderUnavailable):
        gateway.refund(request)
    refund = gateway.refund(request)
    assert [found.id for found in payserver.control.refunds()] == [refund.ref]
    assert gateway.fetch_payment(payment_ref=ref).refunded == Money(5000, "EUR")


def test_a_slow_provider_is_given_up_in_time(payserver: RunningPayServer) -> None:
    gateway = impatient(payserver)
    payserver.control.mishap(Mishap.SLOW_AFTER)
    begun = time.monotonic()
    with pytest.raises(ProviderUnavailable):
        gateway.start_checkout(checkout_request())
    assert time.monotonic() - begun < 5
    payserver.control.release_calls()
    gateway.start_checkout(checkout_request())
    assert len(payserver.control.sessions()) == 1


def test_a_provider_that_dribbles_is_given_up_in_time() -> None:
    """The deadline is on the call: an answer of one byte at a time does not stretch it."""
    stop = threading.Event()

    def dribble(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{")
            while not stop.wait(0.05):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=dribble, args=(listener,))
        thread.start()
        gateway = provider(
            {
                "secret_key": SECRET_KEY,
                "webhook_secrets": WEBHOOK_SECRET,
                "api_base": f"http://127.0.0.1:{listener.getsockname()[1]}",
                "timeout": "0.5",
            }
        )
        begun = time.monotonic()
        with pytest.raises(ProviderUnavailable):
            gateway.start_checkout(checkout_request())
        assert time.monotonic() - begun < 3
        stop.set()
        thread.join()


def test_a_provider_that_is_down_is_unavailable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    gateway = provider(
        {
            "secret_key": SECRET_KEY,
            "webhook_secrets": WEBHOOK_SECRET,
            "api_base": f"http://127.0.0.1:{port}",
        }
    )
    with pytest.raises(ProviderUnavailable, match="no answer"):
        gateway.fetch_payment(payment_ref="pi_1")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{]",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        b'HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{"id": [1, 2]}\n',
        b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 6\r\n\r\n<html>",
        b"nonsense\r\n\r\n",
    ],
)
def test_an_answer_that_makes_no_sense_is_an_unknown_outcome(answer: bytes) -> None:
    """Whatever comes back, it is the one typed error."""

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        gateway = provider(
            {
                "secret_key": SECRET_KEY,
                "webhook_secrets": WEBHOOK_SECRET,
                "api_base": f"http://127.0.0.1:{listener.getsockname()[1]}",
                "timeout": "3",
            }
        )
        with pytest.raises(ProviderUnavailable):
            gateway.fetch_payment(checkout_ref="cs_test_1")
        thread.join()


def test_a_redirect_is_not_followed(endpoint: Endpoint) -> None:
    """The secret key goes nowhere but where it was sent."""

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(
                b"HTTP/1.1 307 Temporary Redirect\r\ncontent-length: 2\r\nlocation: "
                + endpoint.url.encode()
                + b"\r\n\r\n{}"
            )

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        gateway = provider(
            {
                "secret_key": SECRET_KEY,
                "webhook_secrets": WEBHOOK_SECRET,
                "api_base": f"http://127.0.0.1:{listener.getsockname()[1]}",
            }
        )
        with pytest.raises(ProviderUnavailable):
            gateway.start_checkout(checkout_request())
        thread.join()
    assert endpoint.received == []


def test_a_key_in_use_is_an_unknown_outcome(
    gateway: PaymentGateway, payserver: RunningPayServer
) -> None:
    """Two at once with one key: the second conflicts, and there is one session."""
    payserver.control.mishap(Mishap.SLOW)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(gateway.start_checkout, checkout_request())
        assert payserver.control.wait_for_slow_call()
        with pytest.raises(ProviderUnavailable, match="409"):
            gateway.start_checkout(checkout_request())
        payserver.control.release_calls()
        answered = first.result(timeout=10)
        assert gateway.start_checkout(checkout_request()) == answered
    assert len(payserver.control.sessions()) == 1


def test_a_saved_500_is_replayed_to_the_same_key(
    gateway: PaymentGateway, payserver: RunningPayServer
) -> None:
    """Stripe keeps a server error as the key's answer; only a new key gets further."""
    payserver.control.mishap(Mishap.ERROR_SAVED)
    for _ in range(2):
        with pytest.raises(ProviderUnavailable, match="500"):
            gateway.start_checkout(checkout_request())
    gateway.start_checkout(checkout_request(key="checkout:order-1:2"))


def test_many_threads_share_one_gateway(
    gateway: PaymentGateway, payserver: RunningPayServer
) -> None:
    def start(number: int) -> Checkout:
        return gateway.start_checkout(checkout_request(f"order-{number % 20}"))

    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(start, range(20)))
        assert list(pool.map(start, range(20))) == found
    assert len(payserver.control.sessions()) == 20
    assert len({checkout.ref for checkout in found}) == 20


def test_a_wrong_secret_key_is_refused_and_never_shown(payserver: RunningPayServer) -> None:
    gateway = provider({**payserver.config, "secret_key": SECRET_KEY})
    with pytest.raises(ProviderRefused) as caught:
        gateway.start_checkout(checkout_request())
    error: BaseException | None = caught.value
    assert SECRET_KEY not in f"{error!r} {error}"
    assert caught.value.__suppress_context__


def test_no_secret_shows_in_a_value_or_a_message() -> None:
    settings = StripeSettings(SECRET_KEY, (WEBHOOK_SECRET,))
    gateway = StripeGateway(settings)
    assert SECRET_KEY not in f"{settings!r} {gateway!r}"
    assert WEBHOOK_SECRET not in f"{settings!r} {gateway!r}"
    said = blot(f"bad key {SECRET_KEY}, or sk_live_abc or rk_test_x; {WEBHOOK_SECRET}\n.", ())
    assert said == "bad key [secret], or [secret] or [secret]; [secret] ."
    assert blot("odd-secret here", ("odd-secret",)) == "[secret] here"


def test_the_log_tells_no_secret_and_no_client(
    gateway: PaymentGateway, payserver: RunningPayServer, caplog: pytest.LogCaptureFixture
) -> None:
    """X16: at the most talkative level, neither keys nor e-mail addresses are written."""
    caplog.set_level(logging.DEBUG)
    gateway.start_checkout(checkout_request())
    assert caplog.text
    for word in ("ana@example.com", payserver.config["secret_key"], "Bearer", "Reformer"):
        assert word not in caplog.text


GOOD = {"secret_key": SECRET_KEY, "webhook_secrets": WEBHOOK_SECRET}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"secret_key": ""}, "secret_key"),
        ({"secret_key": "pk_test_0123456789abcdef"}, "secret_key"),
        ({"secret_key": "sk_test_é123456789"}, "secret_key"),
        ({"live": "true"}, "secret_key"),
        ({"secret_key": "sk_live_0123456789abcdef", "live": "false"}, "secret_key"),
        ({"live": "perhaps"}, "live"),
        ({"webhook_secrets": ""}, "webhook_secrets"),
        ({"webhook_secrets": "whsec_short"}, "webhook_secrets"),
        ({"webhook_secrets": f"{WEBHOOK_SECRET},oops"}, "webhook_secrets"),
        ({"api_base": "http://pay.example.com"}, "api_base"),
        ({"api_base": "ftp://127.0.0.1"}, "api_base"),
        ({"api_base": "http://user@127.0.0.1"}, "api_base"),
        ({"api_base": "http://[::1"}, "api_base"),
        ({"timeout": "0"}, "timeout"),
        ({"timeout": "nan"}, "timeout"),
        ({"timeout": "soon"}, "timeout"),
        ({"sekret_key": "x"}, "sekret_key"),
    ],
)
def test_unsafe_settings_are_refused_by_name(change: dict[str, str], field: str) -> None:
    """X21: the setting is named, its value is not shown."""
    with pytest.raises(Invalid) as caught:
        provider({**GOOD, **change})
    assert caught.value.field == field
    for value in change.values():
        assert len(value) < 9 or value not in str(caught.value)


def test_settings_are_read_from_text() -> None:
    other = WEBHOOK_SECRET.replace("0", "9")
    settings = StripeSettings.from_config(
        {
            "secret_key": " sk_live_0123456789abcdef ",
            "webhook_secrets": f"{WEBHOOK_SECRET}, {other}",
            "api_base": "https://pay.example.com/",
        }
    )
    assert settings.live
    assert settings.webhook_secrets == (WEBHOOK_SECRET, other)
    assert settings.api_base == "https://pay.example.com"
    assert settings.timeout == 10.0
    with pytest.raises(Invalid, match="webhook_secrets"):
        StripeSettings(SECRET_KEY, ())
