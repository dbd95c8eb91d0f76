"""Problems: every error as RFC 9457 `application/problem+json`, by one table from `code` to status.

The core's errors carry a code and fields; what only HTTP knows (a missing key, a body too large) is
a `PassError` too, defined here, so that the table is whole. 400 is a request that says nothing
sensible, 422 one that is well formed and still breaks a rule of its own.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, ClassVar, Final

import attrs
import msgspec
from litestar import Request, Response
from litestar.exceptions import (
    HTTPException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.types import ExceptionHandlersMap

from passcore.domain.messages import wording
from passcore.errors import Invalid, PassError

MEDIA_TYPE: Final = "application/problem+json"
_log: Final = logging.getLogger("passweb.problems")


@attrs.define(eq=False)
class Malformed(Invalid):
    """A request that does not have the documented shape: *field* has *problem*."""

    kind: ClassVar[str] = "malformed"


@attrs.define(eq=False)
class TooDeep(PassError):
    """JSON nested deeper than *limit*."""

    code: ClassVar[str] = "too_deep"
    limit: int


@attrs.define(eq=False)
class TooLarge(PassError):
    """A body of more than *limit* bytes, or with more than that many names."""

    code: ClassVar[str] = "too_large"
    limit: int | None = None


@attrs.define(eq=False)
class UnsupportedMediaType(PassError):
    """A body that is not `application/json`."""

    code: ClassVar[str] = "unsupported_media_type"
    expected: str = "application/json"


@attrs.define(eq=False)
class Unauthorized(PassError):
    """No key, or one that is unknown or ended: the three are not told apart."""

    code: ClassVar[str] = "unauthorized"


@attrs.define(eq=False)
class Forbidden(PassError):
    """The key is good; its *role* may not do this."""

    code: ClassVar[str] = "forbidden"
    role: str
    right: str


@attrs.define(eq=False)
class NoSuchPath(PassError):
    """Nothing is served under this path."""

    code: ClassVar[str] = "not_found"
    kind: ClassVar[str] = "no_such_path"


@attrs.define(eq=False)
class MethodNotAllowed(PassError):
    """The path exists, the method does not."""

    code: ClassVar[str] = "method_not_allowed"
    allow: str = ""


@attrs.define(eq=False)
class RequestTimeout(PassError):
    """The body did not arrive in time."""

    code: ClassVar[str] = "request_timeout"


@attrs.define(eq=False)
class Unexpected(PassError):
    """A fault of ours; `incident` finds it in the log."""

    code: ClassVar[str] = "unexpected"
    incident: str


@attrs.frozen
class Told:
    """How an error is told: its status, the title of its kind, and after how many seconds another
    try makes sense."""

    status: int
    title: str
    retry_after: int | None = None


#: Every code there is. A subclass that shares its code with another has a `kind` of its own.
TABLE: Final[Mapping[str, Told]] = {
    "malformed": Told(400, "The request is not as documented"),
    "idempotency_key_missing": Told(400, "The Idempotency-Key is missing"),
    "signature_invalid": Told(400, "The signature is not valid"),
    "too_deep": Told(400, "The JSON is nested too deep"),
    "unauthorized": Told(401, "The key is not valid"),
    "login_refused": Told(403, "The sign-in code is not valid"),
    "forbidden": Told(403, "The key may not do this"),
    "not_found": Told(404, "Not found"),
    "no_such_path": Told(404, "Not found"),
    "method_not_allowed": Told(405, "The method is not allowed here"),
    "request_timeout": Told(408, "The body did not arrive in time"),
    "already_exists": Told(409, "It exists already"),
    "bookings_inside": Told(409, "Visits are booked inside the freeze"),
    "booking_conflict": Told(409, "The revision was reported differently"),
    "cap_reached": Told(409, "The pass pays for no more visits in that time"),
    "invalid_transition": Told(409, "Not possible from the present state"),
    "limit_reached": Told(409, "The limit is reached"),
    "no_pass": Told(409, "The client has no pass"),
    "not_covered": Told(409, "The pass does not cover the visit"),
    "pass_cancelled": Told(409, "The pass was cancelled"),
    "pass_exhausted": Told(409, "The pass has too few sessions left"),
    "pass_expired": Told(409, "The pass has expired"),
    "pass_frozen": Told(409, "The pass is frozen"),
    "pass_not_yet_valid": Told(409, "The pass is not valid yet"),
    "pass_pending": Told(409, "The pass waits for its payment"),
    "pass_refunded": Told(409, "The pass was refunded"),
    "pass_suspended": Told(409, "The pass is suspended"),
    "provider_refused": Told(409, "The payment provider refused"),
    "refund_exceeds_refundable": Told(409, "More than can be refunded"),
    "refused": Told(409, "Refused"),
    "wrong_client": Told(409, "The pass belongs to somebody else"),
    "too_large": Told(413, "The body is too large"),
    "unsupported_media_type": Told(415, "The body must be JSON"),
    "validation": Told(422, "A value breaks a rule"),
    "idempotency_key_reused": Told(422, "The Idempotency-Key was used before"),
    "rate_limited": Told(429, "Too many attempts"),
    "error": Told(500, "Unexpected error"),
    "ledger_damaged": Told(500, "A ledger is damaged"),
    "unexpected": Told(500, "Unexpected error"),
    "contention": Told(503, "Too many at once", 1),
    "storage_unavailable": Told(503, "The database is not available", 5),
    "provider_unavailable": Told(503, "The payment provider is not available", 5),
}

#: Words for what only HTTP knows; the core's errors are worded by `passcore.domain.messages`.
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "too_deep": ("The JSON is nested deeper than {limit}.", "Send a flatter document."),
    "too_large": ("The body is too large.", "Send less at once."),
    "unsupported_media_type": (
        "The body is not sent as {expected}.",
        "Send it with Content-Type: {expected}, and without Content-Encoding.",
    ),
    "unauthorized": (
        "No valid key came with the request.",
        "Send Authorization: Bearer <key>, with a key made by `passctl key create`.",
    ),
    "forbidden": (
        "A key of role {role} may not do this ({right}).",
        "Use a key of a role that may.",
    ),
    "no_such_path": ("Nothing is served under this path.", "See /docs for what there is."),
    "method_not_allowed": ("The path does not take this method.", "Use one of: {allow}."),
    "request_timeout": ("The body did not arrive in time.", "Send it again."),
    "unexpected": (
        "Something went wrong on our side; nothing was changed.",
        "Try again; when it persists, report incident {incident}.",
    ),
    "error": ("Something went wrong.", "Try again."),
    "refused": ("A rule says no.", "See the documentation."),
}


class FieldProblem(msgspec.Struct, frozen=True):
    """What is wrong with one field, named by its path."""

    field: str
    problem: str


class Problem(msgspec.Struct, frozen=True):
    """An error (RFC 9457). A refusal's own fields stand beside these."""

    type: str
    code: str
    status: int
    title: str
    detail: str
    errors: list[FieldProblem]
    mend: str


def told(error: PassError) -> Told:
    """Return how *error* is told."""
    return TABLE[kind_of(type(error))]


def kind_of(cls: type[PassError]) -> str:
    """Return the row of the table an error's class belongs to."""
    return getattr(cls, "kind", cls.code)


def problem_of(error: PassError) -> dict[str, Any]:
    """Return *error* as a problem document, safe to encode as JSON."""
    row, kind = told(error), kind_of(type(error))
    fields = {name: plain(value) for name, value in error.fields().items()}
    if kind in WORDS:
        detail, mend = (text.format_map(fields) for text in WORDS[kind])
    else:
        detail, mend = wording(error)
    errors = []
    if isinstance(error, Invalid):
        errors.append({"field": plain(error.field), "problem": plain(error.problem)})
    told_of_all = {
        "type": f"/docs#{error.code}",
        "code": error.code,
        "status": row.status,
        "title": row.title,
        "detail": plain(detail),
        "errors": errors,
        "mend": plain(mend),
    }
    return told_of_all | {name: fields[name] for name in fields.keys() - told_of_all.keys()}


def plain(value: object) -> object:
    """Return *value* as JSON can hold it: instants in UTC with Z, text without lone surrogates."""
    match value:
        case Enum():
            return plain(value.value)
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case str():
            return value.encode("utf-8", "replace").decode()[:500]
        case bool() | int() | None:
            return value
        case tuple():
            return [plain(one) for one in value]
        case _:
            return str(value)[:500]


def headers_of(error: PassError) -> dict[str, str]:
    """Return the headers an error is told with."""
    headers: dict[str, str] = {}
    after = error.fields().get("retry_after") or told(error).retry_after
    if after is not None:
        headers["Retry-After"] = str(after)
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = 'Bearer realm="sessionpass"'
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = error.allow
    return headers


def respond(error: PassError) -> Response[bytes]:
    """Return *error* as a response."""
    return Response(
        msgspec.json.encode(problem_of(error)),
        status_code=told(error).status,
        media_type=MEDIA_TYPE,
        headers=headers_of(error),
    )


# --- what Litestar raises -------------------------------------------------------------------------

_PATH: Final = re.compile(r" - at `\$\.?([^`]*)`")


def shape_error(text: str) -> Malformed:
    """Return what the JSON reader says (``Expected `int`, got `str` - at `$.seats` ``) by field."""
    found = _PATH.search(text)
    field = found.group(1) if found and found.group(1) else "body"
    problem = _PATH.sub("", text)
    unknown = re.search(r"unknown field `(.{1,200})`", problem)
    if unknown:
        name = unknown.group(1)
        return Malformed(field if field == name else _joined(field, name), "is not a known field")
    missing = re.search(r"required field `(.{1,200})`", problem)
    if missing:
        return Malformed(_joined(field, missing.group(1)), "is required")
    return Malformed(field, problem[:1].lower() + problem[1:])


def _joined(field: str, name: str) -> str:
    return name if field == "body" else f"{field}.{name}"


def of_http(error: HTTPException) -> PassError:
    """Return what Litestar raised by itself as one of ours."""
    match error:
        case NotFoundException():
            return NoSuchPath()
        case MethodNotAllowedException():
            return MethodNotAllowed(_methods((error.headers or {}).get("allow", "")))
        case ValidationException():
            return _of_validation(error)
        case _:
            return _of_status(error)


def _methods(routed: str) -> str:
    """Return the methods a path takes, in one fixed order: what routing knows and what the shield
    answers for every path."""
    methods = {method.strip() for method in routed.split(",")} | {"OPTIONS"}
    if "GET" in methods:
        methods.add("HEAD")
    return ", ".join(sorted(methods))


def _of_status(error: HTTPException) -> PassError:
    match error.status_code:
        case 401:
            return Unauthorized()
        case 403:
            return Forbidden("", "")
        case 408:
            return RequestTimeout()
        case 413:
            return TooLarge()
        case 415:
            return UnsupportedMediaType()
        case status if status < 500:
            return Malformed("request", "cannot be read")
        case _:
            return Unexpected(_incident(error))


def _of_validation(error: ValidationException) -> PassError:
    extra = error.extra
    first: Mapping[str, Any] = {}
    if isinstance(extra, list) and extra and isinstance(extra[0], dict):
        first = extra[0]
    message = str(first.get("message") or error.detail or "is not valid")
    missing = re.match(r"Missing required (\w+) parameter '([^']{1,100})'", message)
    if missing:
        return Malformed(missing.group(2), "is required")
    return Malformed(str(first.get("key") or "request"), message[:1].lower() + message[1:])


def _incident(error: Exception) -> str:
    incident = secrets.token_hex(8)
    _log.error("incident %s", incident, exc_info=error)
    return incident


def _on_error(_request: Request[Any, Any, Any], error: PassError) -> Response[bytes]:
    if told(error).status == 500 and not isinstance(error, Unexpected):
        _log.error("told as 500: %s", error.code, exc_info=error)
    return respond(error)


def _on_http(_request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    return respond(of_http(error))


def _on_fault(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    return respond(Unexpected(_incident(error)))


HANDLERS: Final[ExceptionHandlersMap] = {
    PassError: _on_error,
    HTTPException: _on_http,
    Exception: _on_fault,
}

Handler = Callable[[Request[Any, Any, Any], Exception], Response[Any]]
