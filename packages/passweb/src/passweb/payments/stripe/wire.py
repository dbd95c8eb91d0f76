"""The connection under Stripe's library: one deadline for the whole call, no redirect, no surprise.

The library's own clients bound each read but not the call, and follow redirects with the key in
hand. This module imports the library, so it is itself imported on the first call only.
"""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Mapping
from typing import Final

import httpx
import stripe

from passweb.payments.stripe.settings import StripeSettings

#: No answer of the calls made here comes near this many bytes.
MAX_ANSWER: Final = 4 * 1024 * 1024


class Wire(stripe.HTTPClient):
    """Sends the library's requests through one pool of connections, which all threads share."""

    name = "httpx"

    def __init__(self, timeout: float) -> None:
        super().__init__()
        self._seconds = timeout
        self._pool = httpx.Client(follow_redirects=False)
        # Gateways come and go with the businesses' settings: their sockets go with them.
        self._closing = weakref.finalize(self, self._pool.close)

    def request(  # type: ignore[override]  # the library answers bytes itself, against its own type
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: str | None = None,
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send once; whatever keeps an answer from coming is an `APIConnectionError`."""
        deadline = time.monotonic() + self._seconds
        try:
            with self._pool.stream(
                method,
                url,
                headers=dict(headers or {}),
                content=post_data,
                timeout=httpx.Timeout(self._seconds, connect=min(3.0, self._seconds)),
            ) as response:
                body = _read(response, deadline)
                if not body.lstrip().startswith(b"{"):
                    raise httpx.DecodingError("the answer is no object")
                return body, response.status_code, response.headers
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            raise stripe.APIConnectionError(  # type: ignore[no-untyped-call]  # it has no types
                type(error).__name__
            ) from None

    def close(self) -> None:
        """Close the connections."""
        self._closing()


def _read(response: httpx.Response, deadline: float) -> bytes:
    """Read the body, while there is time and it is not without end."""
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER or time.monotonic() > deadline:
            raise httpx.ReadTimeout("the answer took too long")
    return bytes(body)


def connect(settings: StripeSettings) -> stripe.StripeClient:
    """Return a client of the account in *settings*, which retries nothing by itself."""
    # Telemetry writes a file into the home directory and sends the host's platform along.
    stripe.enable_telemetry = False
    # Its detailed log writes e-mail addresses and whole answers.
    logging.getLogger("stripe").setLevel(logging.WARNING)
    return stripe.StripeClient(
        settings.secret_key,
        base_addresses={"api": settings.api_base} if settings.api_base else None,
        max_network_retries=0,
        http_client=Wire(settings.timeout),
    )
