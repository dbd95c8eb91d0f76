"""The OpenAPI document: every route in it, and every error told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from passweb.api.document import document_of
from passweb.problems import TABLE
from passweb.server import create_app
from tests.web.gateways import FakeGateway
from tests.web.houses import make_house

#: What is for programs; the rest is for people.
FOR_PROGRAMS = ("/api/", "/hooks/", "/health", "/ready", "/metrics")
#: What is only read, and may be refused all the same.
_REFUSING = ("/eligibility", "/refund-quote")


@pytest.fixture(scope="module")
def app() -> Litestar:
    return create_app(make_house(gateways={"stripe": FakeGateway()}))


@pytest.fixture(scope="module")
def document(app: Litestar) -> Mapping[str, Any]:
    return document_of(app)


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_route_of_the_api_is_documented(app: Litestar, document: Mapping[str, Any]) -> None:
    served = {
        (route.path_format, method.lower())
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        if isinstance(handler, HTTPRouteHandler) and route.path_format.startswith(FOR_PROGRAMS)
        for method in handler.http_methods
        if method != "OPTIONS"
    }
    documented = {(path, method) for path, method, _ in _operations(document)}
    assert served == documented


def test_every_operation_has_one_name_a_text_and_its_errors(document: Mapping[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in _operations(document)]
    assert len(names) == len(set(names))
    for path, method, operation in _operations(document):
        assert operation["description"], operation["operationId"]
        assert operation["tags"]
        answers = set(operation["responses"])
        if path.startswith("/api/v1"):
            assert {"400", "401", "403", "404", "422", "503"} <= answers
            assert operation["security"] == [{"key": []}]
            if method != "get":
                assert {"409", "413", "415"} <= answers
            assert ("409" in answers) == (method != "get" or path.endswith(_REFUSING))
        for status, answer in operation["responses"].items():
            if status >= "4":
                assert list(answer["content"]) == ["application/problem+json"]


def test_what_moves_value_documents_its_key(document: Mapping[str, Any]) -> None:
    for path, method, operation in _operations(document):
        parameters = {p["name"]: p for p in operation.get("parameters", ())}
        moves = method == "post" and any(
            f"/api/v1/{noun}" in path for noun in ("orders", "passes", "booking")
        )
        assert ("Idempotency-Key" in parameters) == moves, path
        if moves:
            assert parameters["Idempotency-Key"]["required"]


def test_models_that_come_in_refuse_what_they_do_not_know(document: Mapping[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for _, _, operation in _operations(document):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for reference in _references(body.get("schema", {})):
            assert schemas[reference]["additionalProperties"] is False, reference


def _references(schema: Mapping[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        yield schema["$ref"].rpartition("/")[2]
    for option in schema.get("oneOf", ()):
        yield from _references(option)


def test_the_documentation_names_every_problem(app: Litestar) -> None:
    from litestar.testing import TestClient

    with TestClient(app) as http:
        page = http.get("/docs").text
    assert all(f'id="{kind}"' in page for kind in TABLE)
