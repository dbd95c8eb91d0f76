"""JSON bodies, read strictly: what is refused before a model is made of them (rule 22, X18).

msgspec checks types, bounds and unknown names. It takes the last of two equal names and does not
say so; Litestar by itself would turn ``"5"`` into 5. So a body is first read for its form (depth,
names, text), then once more, strictly, as its model: both reads are of bytes in memory.
"""

from __future__ import annotations

import json
import re
from typing import Any, ClassVar, Final, get_args

import msgspec
from litestar.connection import ASGIConnection
from litestar.dto import AbstractDTO
from litestar.openapi.spec import Reference, Schema
from litestar.typing import FieldDefinition

from passweb.problems import Malformed, TooDeep, TooLarge, shape_error

MAX_DEPTH: Final = 32
MAX_NAMES: Final = 20_000
JSON_BYTES: Final = 256 * 1024
#: A batch of a thousand booking reports.
BATCH_BYTES: Final = 1024 * 1024
_TOKENS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]')


def read(body: bytes, decoders: tuple[tuple[str, msgspec.json.Decoder[Any]], ...]) -> Any:
    """Return *body* as the model of the first decoder whose first name it has, else of the first.

    Raises `Malformed`, `TooDeep`, `TooLarge`.
    """
    plain = checked(body)
    _, chosen = decoders[0]
    if len(decoders) > 1 and isinstance(plain, dict):
        chosen = next((d for name, d in decoders if name in plain), chosen)
    try:
        return chosen.decode(body)
    except msgspec.MsgspecError as error:
        raise shape_error(str(error)) from None


def checked(body: bytes) -> Any:
    """Return *body* as plain JSON; raises where it is none, too deep, or names a thing twice."""
    if not body:
        raise Malformed("body", "is missing")
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        _check_depth(body)
    if body.count(b":") > MAX_NAMES:
        raise TooLarge(MAX_NAMES)
    try:
        return json.loads(
            body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant,
            parse_int=float,
        )  # fmt: skip
    except UnicodeDecodeError:
        raise Malformed("body", "is not UTF-8") from None
    except (ValueError, RecursionError):
        raise Malformed("body", "is not JSON") from None


def _check_depth(body: bytes) -> None:
    depth = 0
    for token in _TOKENS.finditer(body):
        found = token.group()
        if found in (b"[", b"{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise TooDeep(MAX_DEPTH)
        elif found in (b"]", b"}"):
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Malformed(twice.encode("utf-8", "replace").decode()[:100], "stands there twice")
    return found


def _no_constant(name: str) -> Any:
    raise Malformed("body", f"has {name}, which is not JSON")


class JsonBody(AbstractDTO[Any]):
    """Reads a handler's `data` with `read`. Litestar asks it instead of reading by itself; it leans
    on `create_for_field_definition` being told the handler, which a test watches."""

    _decoders: ClassVar[dict[str, tuple[tuple[str, msgspec.json.Decoder[Any]], ...]]] = {}

    def __init__(self, asgi_connection: ASGIConnection[Any, Any, Any, Any]) -> None:
        self.asgi_connection = asgi_connection

    def decode_bytes(self, value: bytes) -> Any:
        """Return the body as the handler's model."""
        return read(value, self._decoders[self.asgi_connection.route_handler.handler_id])

    def decode_builtins(self, value: dict[str, Any]) -> Any:  # noqa: ARG002  # Litestar calls it
        """Refuse anything but JSON."""
        raise Malformed("body", "is not JSON")

    @classmethod
    def create_for_field_definition(
        cls,
        field_definition: FieldDefinition,
        handler_id: str,
        backend_cls: Any = None,  # noqa: ARG003  # Litestar gives it
    ) -> None:
        """Remember which model a handler takes; of a union, each model by its first name."""
        raw = field_definition.annotation
        models = get_args(raw) or (raw,)
        cls._decoders[handler_id] = tuple(
            (msgspec.structs.fields(model)[0].encode_name, msgspec.json.Decoder(model, strict=True))
            for model in models
        )

    @classmethod
    def create_openapi_schema(
        cls,
        field_definition: FieldDefinition,
        handler_id: str,  # noqa: ARG003  # Litestar gives it
        schema_creator: Any,
    ) -> Reference | Schema:
        """Document the model itself."""
        made: Reference | Schema = schema_creator.for_field_definition(field_definition)
        return made

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Any:  # noqa: ARG003  # Litestar calls it
        """No fields: the model is read whole."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:  # noqa: ARG003  # Litestar calls it
        """Nothing is nested: the model is read whole."""
        return False

    @classmethod
    def is_supported_model_type_field(cls, field_definition: FieldDefinition) -> bool:  # noqa: ARG003  # Litestar calls it
        """Every model is."""
        return True
