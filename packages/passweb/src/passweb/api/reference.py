"""The API's documentation as one plain page, made from its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from markupsafe import Markup, escape

from passweb.problems import TABLE

STYLE: Final = """\
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
h2 { border-bottom: 1px solid; margin-top: 2.5rem; }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; vertical-align: top; }
.method { font-weight: 700; text-transform: uppercase; }
"""

_HEAD: Final = Markup(
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<title>{title}</title><link rel="stylesheet" href="/docs/style.css"></head><body><main>'
    "<h1>{title} {version}</h1><p>{description}</p>"
    '<p>The precise document: <a href="/schema/openapi.json">/schema/openapi.json</a>.</p>'
)


def page(document: Mapping[str, Any]) -> str:
    """Return the page for an OpenAPI *document*."""
    info = document["info"]
    head = _HEAD.format(
        title=info["title"], version=info["version"], description=info.get("description", "")
    )
    parts = [head, *_operations(document), *_models(document), *_problems()]
    return Markup("").join(parts) + Markup("</main></body></html>")


def _operations(document: Mapping[str, Any]) -> Iterator[Markup]:
    yield Markup("<h2>Calls</h2>")
    for path, methods in sorted(document["paths"].items()):
        for method, operation in methods.items():
            if isinstance(operation, dict) and "operationId" in operation:
                yield _operation(path, method, operation)


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Markup:
    rows = [
        (p["name"], p["in"], "yes" if p.get("required") else "", p.get("description", ""))
        for p in operation.get("parameters", ())
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        rows.append(("body", _type(body["schema"]), "yes", ""))
    answers = ", ".join(sorted(operation.get("responses", ())))
    return Markup(
        '<section id="{id}"><h3><code><span class="method">{method}</span> {path}</code></h3>'
        "<p>{text}</p>{table}<p>Answers: {answers}</p></section>"
    ).format(
        id=operation["operationId"],
        method=method,
        path=path,
        text=operation.get("description") or operation.get("summary", ""),
        table=_table(("Parameter", "In", "Required", ""), rows),
        answers=answers,
    )


def _models(document: Mapping[str, Any]) -> Iterator[Markup]:
    yield Markup("<h2>Shapes</h2>")
    for name, schema in sorted(document.get("components", {}).get("schemas", {}).items()):
        required = schema.get("required", ())
        rows = [
            (field, _type(shape), "yes" if field in required else "", shape.get("description", ""))
            for field, shape in schema.get("properties", {}).items()
        ]
        yield Markup('<section id="shape-{name}"><h3>{name}</h3>{table}</section>').format(
            name=name, table=_table(("Field", "Type", "Required", ""), rows)
        )


def _problems() -> Iterator[Markup]:
    yield Markup("<h2>Problems</h2>")
    rows = [
        (Markup('<code id="{0}">{0}</code>').format(code), row.status, row.title)
        for code, row in sorted(TABLE.items())
    ]
    yield _table(("Code", "Status", "Title"), rows)


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for word in ("oneOf", "anyOf"):
        if word in schema:
            return " or ".join(_type(option) for option in schema[word])
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    kind = schema.get("type", "")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    shown = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{shown} ({schema['format']})" if "format" in schema else shown


def _table(head: tuple[str, ...], rows: list[Any]) -> Markup:
    if not rows:
        return Markup("")
    top = Markup("").join(Markup("<th scope='col'>{}</th>").format(cell) for cell in head)
    lines = [
        Markup("<tr>{}</tr>").format(
            Markup("").join(Markup("<td>{}</td>").format(escape(cell)) for cell in row)
        )
        for row in rows
    ]
    return Markup("<table><tr>{}</tr>{}</table>").format(top, Markup("").join(lines))
