"""Services: POST, GET, PATCH."""

from __future__ import annotations

from typing import Final

from litestar import Router
from litestar.params import JSONBody

from passcore.domain.services import Service
from passcore.ports.store import Tx
from passcore.usecases.call import Call
from passcore.usecases.catalogue import add_service, edit_service
from passweb.api.operator.routes import PathRef, changing, reading, writing
from passweb.auth import CATALOGUE, ApiRequest
from passweb.schemas import services as shape
from passweb.schemas.common import Listed


@writing("/services", "add_service", CATALOGUE, status=201)
def add(request: ApiRequest, data: JSONBody[shape.NewService]) -> shape.ServiceOut:
    """Add a service."""
    return shape.service_out(request.auth.run(add_service, shape.add_in(data)))


@reading("/services", "list_services")
def every(request: ApiRequest) -> Listed[shape.ServiceOut]:
    """List all services, by name."""
    return Listed([shape.service_out(s) for s in request.auth.read(_all, None)])


@reading("/services/{service_id:str}", "get_service")
def one(request: ApiRequest, service_id: PathRef) -> shape.ServiceOut:
    """Get a service by id or slug."""
    return shape.service_out(request.auth.read(_get, service_id))


@changing("/services/{service_id:str}", "edit_service", CATALOGUE)
def change(
    request: ApiRequest, service_id: PathRef, data: JSONBody[shape.ServiceChange]
) -> shape.ServiceOut:
    """Change a service."""
    return shape.service_out(request.auth.run(edit_service, shape.change_in(service_id, data)))


def _all(tx: Tx, _command: None, _call: Call) -> list[Service]:
    return list(tx.services.all())


def _get(tx: Tx, ref: str, _call: Call) -> Service:
    return tx.services.get(ref)


ROUTES: Final = (add, every, one, change)


def router() -> Router:
    """Return the routes of services."""
    return Router("/", route_handlers=ROUTES, tags=["services"])
