"""The OpenAPI document, made exact: its models as msgspec reads them.

Litestar describes routes well and models roughly: it leaves out that unknown fields are refused and
every bound inside a union. So each model's description is replaced by msgspec's own, which is made
from the very types that the reader checks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from litestar import Litestar, Request
from litestar.openapi.plugins import JsonRenderPlugin

from passweb.problems import FieldProblem, Problem
from passweb.schemas.common import Input, Money, Output

_LISTS: Final = re.compile(r"Listed_(?:[a-z_]+\.)+(\w+?)_(?=\")")


class ExactJson(JsonRenderPlugin):
    """Serves the exact document in place of Litestar's."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Return the document as JSON."""
        return self.render_json(request, exact(openapi_schema))


def document_of(app: Litestar) -> dict[str, Any]:
    """Return the exact OpenAPI document of *app*."""
    return exact(app.openapi_schema.to_schema())


def exact(document: dict[str, Any]) -> dict[str, Any]:
    """Return *document* with the models as they are read and written."""
    components = document.get("components", {})
    models = components.get("schemas", {})
    precise = _precise()
    models = {name: precise.get(name, model) for name, model in models.items()}
    whole = document | {"components": components | {"schemas": _tidy(models)}}
    # A list of clients is called ListOfClientOut, wherever it is named.
    found: dict[str, Any] = json.loads(_LISTS.sub(r"ListOf\1", json.dumps(whole)))
    return found


def _precise() -> dict[str, Any]:
    models = [Money, Problem, FieldProblem, *_children(Input), *_children(Output)]
    _, found = msgspec.json.schema_components(models, ref_template="#/components/schemas/{name}")
    return dict(found)


def _children(cls: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for child in cls.__subclasses__():
        yield child
        yield from _children(child)


def _tidy(value: Any) -> Any:
    """Return *value* with each description on one line."""
    if isinstance(value, dict):
        return {
            key: " ".join(item.split())
            if key == "description" and isinstance(item, str)
            else _tidy(item)
            for key, item in value.items()
        }
    return [_tidy(item) for item in value] if isinstance(value, list) else value
