"""The OpenAPI document as Schemathesis reads it: every check on, two keys, words to guess with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import schemathesis
from litestar import Litestar
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema
from schemathesis.wfc.escalation import EscalatingAuthProvider

from passcore.domain.businesses import Role
from tests.web.api.fuzzing.stage import ANA, BO, Case
from tests.web.houses import OTHER, STUDIO, TOMORROW, secret

Words = dict[str, tuple[list[Any], str]]


def schema_of(app: Litestar, names: Mapping[str, str]) -> BaseSchema:
    """Read *app*'s document; every studio in it has what *names* says."""
    config = SchemathesisConfig.from_dict(_config(_words(names)))
    schema = schemathesis.openapi.from_asgi("/schema/openapi.json", app, config=config)
    schema.auth.providers.append(Keys())
    schema.hook(map_body)
    return schema


class Key:
    """A bearer key; an `AuthProvider` of Schemathesis."""

    def __init__(self, value: str) -> None:
        self.value = value

    def get(self, _case: Case, _context: Any) -> str:
        return self.value

    def set(self, case: Case, data: str, _context: Any) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


class Keys(EscalatingAuthProvider):
    """The studio's key, which everything is asked with, and that of another business, which must
    see nothing of it: what a chain of requests made and read is asked for with that key too."""

    def __init__(self) -> None:
        keys = {b.slug: Key(secret(b, Role.OWNER)) for b in (STUDIO, OTHER)}
        peers = tuple(keys)
        super().__init__([*keys.values()], [*peers], peers=peers, pinned=STUDIO.slug)

    def claim_probe(self, _key: tuple[str, ...]) -> bool:
        """Try each read on every store, not the first alone."""
        return True


def map_body(_context: schemathesis.HookContext, body: Any) -> Any:
    """Write 300.0 as 300: JSON Schema calls both whole numbers, we take the second (0.4)."""
    if isinstance(body, dict):
        return {name: map_body(_context, value) for name, value in body.items()}
    if isinstance(body, list):
        return [map_body(_context, value) for value in body]
    return int(body) if isinstance(body, float) and body.is_integer() else body


def _config(words: Words) -> dict[str, Any]:
    accepted = "positive_data_acceptance"
    return {
        "dictionaries": {name: {"values": values} for name, (values, _) in words.items()},
        "parameters": {
            place: {"dictionary": name, "probability": 0.5}
            for name, (_, places) in words.items()
            for place in places.split()
        },
        "checks": {
            # Answers take milliseconds; a disk that others use too was seen to stall for 4 s.
            "max_response_time": 10.0,
            # A request that is well formed and breaks a rule no schema can state (an unknown
            # category, the currency of another business) is told by 422, as the API documents.
            accepted: {"expected-statuses": ["2xx", "404", "409", "422"]},
        },
        "operations": [
            {
                "include-operation-id": "payment_event",
                # How a provider signs is not in the document either, and nothing here is signed.
                "checks": {accepted: {"expected-statuses": ["400", "404"]}},
            }
        ],
        # Every key in it is the test's own, and the same request must be possible to send again.
        "output": {"sanitization": {"enabled": False}},
    }


def _words(names: Mapping[str, str]) -> Words:
    """What is put where, half of the time: of what does not exist, nothing is told but that."""
    who = [ANA, BO, names["client"], "new@example.com"]
    day = ["2026-11-22", "2026-12-24", "2027-02-28"]
    instant = ["2026-11-22T13:00:00+01:00", TOMORROW, "2026-12-24T10:00:00Z"]
    passes = [names[name] for name in ("pass", "code", "other_pass", "other_code")]
    return {
        "service": (
            ["reformer", names["service"]],
            _body("service_id") + " path.service_id query.service_id",
        ),
        "covered": (["reformer", "mat"], "body.covers[*] body.excludes[*]"),
        "product": (
            ["10-x-reformer", names["product"]],
            "path.product_id body.product_id query.product_id",
        ),
        "client": (who, _body("client") + " path.client_id"),
        "client-id": ([names["client"]], "query.client_id"),
        "order": ([names["order"], names["online_order"]], "path.order_id"),
        "pass": (passes, "path.pass_id"),
        "pass-id": (passes[::2], "query.pass_id"),
        "code": (passes[1::2], "query.code"),
        "paid-with": (["auto", *passes], _body("pass")),
        "booking": (["visit-1", names["booking"], names["completed"]], "path.booking_id"),
        "invoice": ([names["invoice"]], "path.invoice_id"),
        "currency": (["EUR"], "body.price.currency"),
        "day": (day, "body.last_day body.starts_on body.first_day body.on_day"),
        "instant": (instant, _body("starts_at") + " query.starts_at"),
        "provider": (["stripe"], "path.provider"),
        "business": ([STUDIO.id], "path.business"),
    }


def _body(field: str) -> str:
    """A field of a body, and of each report in a batch."""
    return f"body.{field} body.reports[*].{field}"
