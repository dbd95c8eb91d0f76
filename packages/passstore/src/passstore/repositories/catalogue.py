"""Services and products: what is booked and what is sold."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, bindparam, select

from passcore import codec
from passcore.domain.products import PaymentMethod, Product, Terms
from passcore.domain.services import Service
from passcore.errors import Contention, NotFound
from passstore import tables as t
from passstore.repositories.flat import Flat, mine, update_of, whole_insert
from passstore.rows import small
from passstore.rows.frozen_terms import TERMS
from passstore.rows.shapes import SERVICE
from passstore.statements import Row, Statement, ignoring
from passstore.unit import Unit

_SERVICE: Final = Flat(t.services, SERVICE, "service", versioned=True)
_SERVICES: Final = Statement(_SERVICE.select().order_by(t.services.c.name, t.services.c.id))


class Services:
    """The services of one business."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, service: Service) -> None:
        """Raises `AlreadyExists` for a slug in use."""
        _SERVICE.add(self._unit, service)

    def get(self, ref: str) -> Service:
        """Find by id or slug."""
        return _SERVICE.get(self._unit, ref, "id", "slug")

    def save(self, service: Service) -> None:
        """Store a changed service over the version that was read."""
        _SERVICE.save_version(self._unit, service)

    def all(self) -> Sequence[Service]:
        """Every service, by name."""
        return _SERVICE.all(self._unit, _SERVICES)


_P, _V, _T = t.products.c, t.product_versions.c, t.terms.c
_COLUMNS: Final = ("id", "slug", "description", "methods", "shown", "retired")


def _product_query() -> Select[Any]:
    version = (
        (_V.business_id == _P.business_id)
        & (_V.product_id == _P.id)
        & (_V.version == _P.terms_version)
    )
    joined = t.products.join(t.product_versions, version).join(t.terms, _body())
    columns = [t.products.c[name] for name in _COLUMNS]
    return select(*columns, _T.terms_key, _T.body).select_from(joined).where(mine(t.products))


def _body() -> Any:
    return (_T.business_id == _V.business_id) & (_T.terms_key == _V.terms_key)


_BY: Final = {
    column: Statement(_product_query().where(t.products.c[column] == bindparam("ref")))
    for column in ("id", "slug")
}
_ALL: Final = Statement(_product_query().order_by(_P.name, _P.id))
_INSERT: Final = whole_insert(t.products)
_UPDATE: Final = update_of(t.products, ("slug", "name", "terms_version", *_COLUMNS[2:]))
_INSERT_TERMS: Final = ignoring(t.terms)
_INSERT_VERSION: Final = ignoring(t.product_versions)
_VERSION: Final = Statement(
    select(_T.terms_key, _T.body)
    .select_from(t.product_versions.join(t.terms, _body()))
    .where(mine(t.product_versions), _V.product_id == bindparam("product_id"))
    .where(_V.version == bindparam("version"))
)


def add_terms(unit: Unit, terms: Terms) -> str:
    """Store *terms* where they are not stored yet; returns their key."""
    key = TERMS.key_of(terms)
    unit.change(_INSERT_TERMS, {"terms_key": key, "body": codec.dumps(terms)})
    return key


class Products:
    """The products of one business, each with all its versions."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add(self, product: Product) -> None:
        """Raises `AlreadyExists` for a slug in use."""
        self._unit.change(_INSERT, self._values(product), may_fail=True)
        self._add_version(product)

    def get(self, ref: str) -> Product:
        """Find by id or slug."""
        for statement in _BY.values():
            row = self._unit.one(statement, ref=ref)
            if row is not None:
                return _read(row)
        raise NotFound("product", ref)

    def save(self, product: Product) -> None:
        """Store a changed product; raises `Contention` where another made its next version."""
        values = self._values(product)
        if self._unit.change(_UPDATE, values | {"k_id": product.id}) == 0:
            raise NotFound("product", product.id)
        self._add_version(product)

    def all(self) -> Sequence[Product]:
        """Every product with its current terms, by name."""
        return [_read(row) for row in self._unit.rows(_ALL)]

    def terms(self, product_id: str, version: int) -> Terms:
        """Return the terms of one version."""
        row = self._unit.one(_VERSION, product_id=product_id, version=version)
        if row is None:
            raise NotFound("product version", f"{product_id}/{version}")
        return TERMS.read(*row)

    def _add_version(self, product: Product) -> None:
        key = add_terms(self._unit, product.terms)
        version = {"product_id": product.id, "version": product.terms.version}
        self._unit.change(_INSERT_VERSION, version | {"terms_key": key})
        row = self._unit.one(_VERSION, **version)
        if row is None or row[0] != key:
            raise Contention("product")

    @staticmethod
    def _values(product: Product) -> dict[str, Any]:
        return {
            "id": product.id,
            "slug": product.slug,
            "name": product.terms.name,
            "terms_version": product.terms.version,
            "description": product.description,
            "methods": small.dumps([method.value for method in product.methods]),
            "shown": product.shown,
            "retired": product.retired,
        }


def _read(row: Row) -> Product:
    product_id, slug, description, methods, shown, retired, key, body = row
    paid_by = tuple(PaymentMethod(method) for method in json.loads(methods))
    return Product(product_id, slug, TERMS.read(key, body), description, paid_by, shown, retired)
