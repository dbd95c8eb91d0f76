"""The catalogue: services, and products in immutable versions."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from passcore import (
    AddService,
    EditProduct,
    EditService,
    Money,
    RetireProduct,
    add_service,
    edit_product,
    edit_service,
    retire_product,
)
from passcore.domain.coverage import Hours
from passcore.errors import AlreadyExists, Invalid, NotFound
from tests.core.house import House


def _edit(house: House, product: str, **changes: Any) -> Any:
    return house.run(edit_product, EditProduct(product, changes))


def test_a_service_gets_a_slug_of_its_own(house: House) -> None:
    """Made from its name, numbered where that is taken; one that is asked for is not changed."""
    names = ("Jóga!", "Joga", "瑜伽", "太极")
    slugs = [house.run(add_service, AddService(name)).slug for name in names]
    assert slugs == ["joga", "joga-2", "item", "item-2"]
    with pytest.raises(AlreadyExists):
        house.run(add_service, AddService("Other", slug="joga"))
    with pytest.raises(Invalid):
        house.run(add_service, AddService("Other", slug="Not A Slug"))


def test_a_product_gets_a_slug_of_its_own(house: House) -> None:
    """Like a service."""
    slugs = [house.add_product("Ten", 10).slug for _ in range(3)]
    assert slugs == ["ten", "ten-2", "ten-3"]
    assert house.add_product("Ten", 10, slug="own").slug == "own"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"category": "a\n"}, "category"),
        ({"price": Money(1, "USD")}, "price.currency"),
        ({"price": Money(-1, "EUR")}, "price"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"tax_rate": 10_001}, "tax_rate"),
    ],
)
def test_a_service_that_makes_no_sense_is_invalid(
    house: House, fields: dict[str, Any], field: str
) -> None:
    """Added or edited to be so."""
    with pytest.raises(Invalid) as refused:
        house.run(add_service, AddService(**{"name": "Yoga"} | fields))
    assert refused.value.field == field
    with pytest.raises(Invalid) as refused:
        house.run(edit_service, EditService(house.service.id, fields))
    assert refused.value.field == field


def test_a_service_is_edited_field_by_field(house: House) -> None:
    """What is answered is what is stored; a field it does not have is refused."""
    changes = {"name": " Tower ", "category": "Pilates", "active": False}
    after = house.run(edit_service, EditService(house.service.slug, changes))
    with house.store.begin(house.id) as tx:
        assert tx.services.get(house.service.id) == after
    assert (after.name, after.category, after.active) == ("Tower", "pilates", False)
    house.run(edit_service, EditService(house.service.id, {"category": None}))
    for field in ("id", "version", "nothing"):
        with pytest.raises(Invalid) as refused:
            house.run(edit_service, EditService(house.service.id, {field: 1}))
        assert refused.value.field == field


def test_cover_names_services_and_categories(house: House) -> None:
    """By id or slug, or by a category that is in use; nothing else."""
    mat = house.run(add_service, AddService("Mat", category="Pilates"))
    product = house.add_product(
        "Some", 5, covers=("reformer", "PILATES"), excludes=("mat",), costs={"reformer": 2}
    )
    coverage = product.terms.coverage
    assert coverage.services == {house.service.id}
    assert coverage.categories == {"pilates"}
    assert coverage.excluded == {mat.id}
    assert product.terms.costs == {house.service.id: 2}
    for fields in ({"covers": ("nothing",)}, {"excludes": ("pilates",)}):
        with pytest.raises(Invalid) as refused:
            house.add_product("Other", 5, **fields)
        assert refused.value.field == next(iter(fields))
    with pytest.raises(NotFound):
        house.add_product("Other", 5, costs={"nothing": 2})


def test_a_change_of_terms_is_a_new_version(house: House) -> None:
    """What was sold keeps the old one."""
    sold = house.assign()
    after = _edit(house, house.product.slug, price=Money(15_000, "EUR"), name=" Ten ")
    assert (after.terms.version, after.terms.name) == (2, "Ten")
    assert house.state(sold.state.id).terms.price == Money(12_000, "EUR")
    with house.store.begin(house.id) as tx:
        assert tx.products.get(house.product.id) == after
        assert tx.products.terms(house.product.id, 1) == house.product.terms


def test_a_change_that_changes_nothing_is_no_version(house: House) -> None:
    """Nor is one of what is not frozen into passes."""
    _edit(house, house.product.id, price=Money(12_000, "EUR"), covers=())
    after = _edit(house, house.product.id, description="Two\nlines", shown=False, slug="ten")
    assert (after.terms.version, after.description, after.shown) == (1, "Two\nlines", False)
    assert _edit(house, "ten", description="").description == ""


def test_cover_is_edited_in_parts(house: House) -> None:
    """What is not named stays, places and hours too."""
    mat = house.run(add_service, AddService("Mat", category="pilates"))
    product = house.add_product("Some", 5, covers=("reformer", "pilates"))
    with house.store.begin(house.id) as tx:
        narrow = attrs.evolve(
            product.terms.coverage, locations=frozenset({"north"}), hours=(Hours(),)
        )
        terms = attrs.evolve(product.terms, coverage=narrow, version=2)
        tx.products.save(attrs.evolve(product, terms=terms))
    after = _edit(house, product.id, excludes=("mat",)).terms
    assert after.coverage == attrs.evolve(narrow, excluded=frozenset({mat.id}))
    after = _edit(house, product.id, covers=("mat",)).terms
    assert (after.coverage.services, after.coverage.categories) == ({mat.id}, set())
    assert (after.coverage.excluded, after.coverage.hours) == ({mat.id}, (Hours(),))
    assert _edit(house, product.id, costs={"mat": 3}).terms.costs == {mat.id: 3}


@pytest.mark.parametrize(
    "changes",
    [{"id": "x"}, {"retired": False}, {"product_id": "x"}, {"version": 9},
     {"price": Money(1, "USD")}, {"name": ""}, {"description": "\0"}, {"sessions": 0},
     {"methods": ()}, {"slug": "A B"}],
)  # fmt: skip
def test_a_product_is_not_edited_into_nonsense(house: House, changes: dict[str, Any]) -> None:
    """Nor are fields that are not its own to change (X8)."""
    with pytest.raises(Invalid):
        _edit(house, house.product.id, **changes)


def test_a_retired_product_stays_with_what_was_sold(house: House) -> None:
    """Retiring again changes nothing."""
    for _ in range(2):
        assert house.run(retire_product, RetireProduct(house.product.id)).retired
    with pytest.raises(NotFound):
        house.run(retire_product, RetireProduct("nothing"))
