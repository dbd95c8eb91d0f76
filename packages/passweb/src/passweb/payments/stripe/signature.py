"""Verification of Stripe's event signatures, by our own hand.

The official library bounds only the past, so a captured event dated into the future stays valid
for years, and some odd headers make it raise what nobody catches. Here a signature is good only
within 300 seconds of now in either direction, and everything else is one refusal.

Theory: the header reads `t=<unix seconds>,v1=<hex>,v1=<hex>,v0=<hex>`. Each `v1` is HMAC-SHA256 of
`<t>.<raw body>` under one signing secret; several appear while a secret is rolled, and `v0` is a
scheme for tests that proves nothing. The bytes of `t` are signed as they stand, so no spelling of
a number but the sender's own can pass.
"""

from __future__ import annotations

import hmac
import json
import re
from datetime import datetime
from typing import Final

from passcore.errors import SignatureInvalid

#: Seconds an event may be from now, before or after (rule 24).
TOLERANCE: Final = 300
MAX_HEADER: Final = 4096
MAX_BODY: Final = 1024 * 1024
MAX_DEPTH: Final = 32

_TIME: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_BRACKETS: Final = re.compile(rb'["\[\]{}]|\\.', re.DOTALL)
_OPENING: Final = frozenset({b"[", b"{"})


def check(
    header: object, body: bytes, secrets: tuple[str, ...], *, now: datetime
) -> dict[str, object]:
    """Return the event *body* holds, or raise `SignatureInvalid`.

    *header* is the `Stripe-Signature` header as it came, or None; *now* has a time zone.
    """
    stamp, candidates = _parse(header)
    if len(body) > MAX_BODY:
        raise SignatureInvalid(detail="the body is too large")
    if not _matches(stamp, candidates, body, secrets):
        raise SignatureInvalid(detail="no signature matches the body")
    if abs(now.timestamp() - int(stamp)) > TOLERANCE:
        raise SignatureInvalid(detail="the signature's time is not near now")
    return _event(body)


def _parse(header: object) -> tuple[str, tuple[str, ...]]:
    """Return the timestamp as it is spelled and every `v1` candidate."""
    if not isinstance(header, str) or not header:
        raise SignatureInvalid(detail="the signature is missing")
    if len(header) > MAX_HEADER or not header.isascii():
        raise SignatureInvalid(detail="the signature is malformed")
    pairs = [item.partition("=")[::2] for item in header.split(",")]
    stamps = [value for name, value in pairs if name == "t"]
    if len(stamps) != 1 or not _TIME.fullmatch(stamps[0]):
        raise SignatureInvalid(detail="the signature has no single time")
    candidates = tuple(value for name, value in pairs if name == "v1")
    if not candidates:
        raise SignatureInvalid(detail="the signature has no v1 part")
    return stamps[0], candidates


def _matches(
    stamp: str, candidates: tuple[str, ...], body: bytes, secrets: tuple[str, ...]
) -> bool:
    """Compare every candidate under every secret, without stopping at the first that fits."""
    signed = stamp.encode("ascii") + b"." + body
    found = False
    for secret in secrets:
        expected = hmac.new(secret.encode("utf-8"), signed, "sha256").hexdigest()
        for candidate in candidates:
            found |= hmac.compare_digest(expected, candidate)
    return found


def _event(body: bytes) -> dict[str, object]:
    if _depth(body) > MAX_DEPTH:
        raise SignatureInvalid(detail="the body is nested too deep")
    try:
        event = json.loads(
            body.decode("utf-8"), object_pairs_hook=_distinct, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise SignatureInvalid(detail="the body is not JSON in UTF-8") from None
    if not isinstance(event, dict):
        raise SignatureInvalid(detail="the body is not a JSON object")
    return event


def _depth(body: bytes) -> int:
    """Return how deep brackets nest outside strings, without parsing."""
    depth = deepest = 0
    quoted = False
    for found in _BRACKETS.finditer(body):
        token = found.group()
        if token == b'"':
            quoted = not quoted
        elif quoted or len(token) > 1:
            continue
        elif token in _OPENING:
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    # Two readers of a repeated name may disagree about which value counts.
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name appears twice")
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
