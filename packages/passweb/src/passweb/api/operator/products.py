"""Products: POST, GET, PATCH, retire."""

from __future__ import annotations

from typing import Final

from litestar import Router
from litestar.params import JSONBody

from passcore.domain.products import Product
from passcore.ports.store import Tx
from passcore.usecases.call import Call
from passcore.usecases.catalogue import RetireProduct, add_product, edit_product, retire_product
from passweb.api.operator.routes import PathRef, changing, reading, writing
from passweb.auth import CATALOGUE, ApiRequest
from passweb.schemas import products as shape
from passweb.schemas.common import Listed


@writing("/products", "add_product", CATALOGUE, status=201)
def add(request: ApiRequest, data: JSONBody[shape.NewProduct]) -> shape.ProductOut:
    """Add a product."""
    return shape.product_out(request.auth.run(add_product, shape.add_in(data)))


@reading("/products", "list_products")
def every(request: ApiRequest) -> Listed[shape.ProductOut]:
    """List all products, retired ones too, by name."""
    return Listed([shape.product_out(p) for p in request.auth.read(_all, None)])


@reading("/products/{product_id:str}", "get_product")
def one(request: ApiRequest, product_id: PathRef) -> shape.ProductOut:
    """Get a product by id or slug."""
    return shape.product_out(request.auth.read(_get, product_id))


@changing("/products/{product_id:str}", "edit_product", CATALOGUE)
def change(
    request: ApiRequest, product_id: PathRef, data: JSONBody[shape.ProductChange]
) -> shape.ProductOut:
    """Change a product. A change of what is sold makes the next version."""
    currency = request.auth.read(_currency, None)
    command = shape.change_in(product_id, data, currency)
    return shape.product_out(request.auth.run(edit_product, command))


@writing("/products/{product_id:str}/retire", "retire_product", CATALOGUE)
def retire(request: ApiRequest, product_id: PathRef) -> shape.ProductOut:
    """Take a product off sale; passes sold stay as they are."""
    return shape.product_out(request.auth.run(retire_product, RetireProduct(product_id)))


def _all(tx: Tx, _command: None, _call: Call) -> list[Product]:
    return list(tx.products.all())


def _currency(tx: Tx, _command: None, _call: Call) -> str:
    return tx.business().currency


def _get(tx: Tx, ref: str, _call: Call) -> Product:
    return tx.products.get(ref)


ROUTES: Final = (add, every, one, change, retire)


def router() -> Router:
    """Return the routes of products."""
    return Router("/", route_handlers=ROUTES, tags=["products"])
