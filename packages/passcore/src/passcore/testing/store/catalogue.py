"""Services and products in a store."""

from __future__ import annotations

import attrs
import pytest

from passcore.domain.money import Money
from passcore.errors import AlreadyExists, Contention, NotFound
from passcore.testing import builders
from passcore.testing.store.base import Shop, StoreTests


class ServiceTests(StoreTests):
    """`Services`."""

    def test_a_service_is_found_by_id_and_by_slug(self, shop: Shop) -> None:
        """All its fields come back as they were."""
        service = shop.service(
            category="pilates", duration_minutes=50, price=Money(1500, "EUR"), tax_rate=2700
        )
        with shop.tx(write=False) as tx:
            assert tx.services.get(service.id) == service
            assert tx.services.get(service.slug) == service

    def test_an_unknown_service_is_not_found(self, shop: Shop) -> None:
        """Neither by id nor by slug."""
        with shop.tx(write=False) as tx, pytest.raises(NotFound):
            tx.services.get("nothing")

    def test_services_are_listed_by_name(self, shop: Shop) -> None:
        """In whatever order they were added."""
        added = [shop.service(name=name) for name in ("Yoga", "Barre", "Mat")]
        with shop.tx(write=False) as tx:
            assert list(tx.services.all()) == sorted(added, key=lambda s: s.name)

    def test_a_saved_service_has_the_next_version(self, shop: Shop) -> None:
        """And its new fields."""
        service = shop.service()
        with shop.tx() as tx:
            tx.services.save(attrs.evolve(service, name="Tower", active=False))
        with shop.tx(write=False) as tx:
            after = tx.services.get(service.id)
        assert after == attrs.evolve(service, name="Tower", active=False, version=2)

    def test_a_service_read_before_somebody_saved_it_is_contention(self, shop: Shop) -> None:
        """The first change stays."""
        service = shop.service()
        with shop.tx() as tx:
            tx.services.save(attrs.evolve(service, name="First"))
        with pytest.raises(Contention), shop.tx() as tx:
            tx.services.save(attrs.evolve(service, name="Second"))
        with shop.tx(write=False) as tx:
            assert tx.services.get(service.id).name == "First"

    def test_a_service_slug_is_used_once(self, shop: Shop) -> None:
        """Neither adding nor saving takes another's."""
        first, second = shop.service(), shop.service()
        with pytest.raises(AlreadyExists), shop.tx() as tx:
            tx.services.add(builders.service(slug=first.slug))
        with pytest.raises(AlreadyExists), shop.tx() as tx:
            tx.services.save(attrs.evolve(second, slug=first.slug))
        with shop.tx(write=False) as tx:
            assert tx.services.get(first.slug).id == first.id
            assert len(tx.services.all()) == 2

    def test_two_businesses_may_use_one_service_slug(self, shop: Shop, other: Shop) -> None:
        """Slugs are unique in their business only."""
        mine, theirs = shop.service(slug="reformer"), other.service(slug="reformer")
        with shop.tx(write=False) as tx:
            assert tx.services.get("reformer") == mine
        with other.tx(write=False) as tx:
            assert tx.services.get("reformer") == theirs


class ProductTests(StoreTests):
    """`Products`."""

    def test_a_product_is_found_by_id_and_by_slug(self, shop: Shop) -> None:
        """All its fields and terms come back as they were."""
        service = shop.service()
        product = shop.product(costs={service.id: 2}, description="Two\nlines", shown=False)
        with shop.tx(write=False) as tx:
            assert tx.products.get(product.id) == product
            assert tx.products.get(product.slug) == product

    def test_an_unknown_product_is_not_found(self, shop: Shop) -> None:
        """Nor are its terms, nor a version that never was."""
        product = shop.product()
        with shop.tx(write=False) as tx:
            with pytest.raises(NotFound):
                tx.products.get("nothing")
            with pytest.raises(NotFound):
                tx.products.terms("nothing", 1)
            with pytest.raises(NotFound):
                tx.products.terms(product.id, 2)

    def test_products_are_listed_by_name(self, shop: Shop) -> None:
        """With their current terms."""
        added = [shop.product(name=name) for name in ("Year", "Five", "Month")]
        with shop.tx(write=False) as tx:
            assert list(tx.products.all()) == sorted(added, key=lambda p: p.terms.name)

    def test_older_terms_stay_beside_the_newer(self, shop: Shop) -> None:
        """What was sold can always be read again."""
        product = shop.product()
        dearer = attrs.evolve(product.terms, version=2, price=Money(15_000, "EUR"))
        with shop.tx() as tx:
            tx.products.save(attrs.evolve(product, terms=dearer))
        with shop.tx(write=False) as tx:
            assert tx.products.get(product.id).terms == dearer
            assert tx.products.terms(product.id, 1) == product.terms
            assert tx.products.terms(product.id, 2) == dearer
            assert len(tx.products.all()) == 1

    def test_a_product_is_changed_without_new_terms(self, shop: Shop) -> None:
        """Its version stays."""
        product = shop.product()
        changed = attrs.evolve(product, retired=True, description="Gone")
        with shop.tx() as tx:
            tx.products.save(changed)
        with shop.tx(write=False) as tx:
            assert tx.products.get(product.id) == changed

    def test_two_next_versions_of_one_product_are_contention(self, shop: Shop) -> None:
        """The first stays."""
        product = shop.product()
        for minor in (15_000, 16_000):
            terms = attrs.evolve(product.terms, version=2, price=Money(minor, "EUR"))
            changed = attrs.evolve(product, terms=terms)
            if minor == 15_000:
                with shop.tx() as tx:
                    tx.products.save(changed)
            else:
                with pytest.raises(Contention), shop.tx() as tx:
                    tx.products.save(changed)
        with shop.tx(write=False) as tx:
            assert tx.products.terms(product.id, 2).price.minor == 15_000

    def test_a_product_slug_is_used_once(self, shop: Shop) -> None:
        """Neither adding nor saving takes another's."""
        first, second = shop.product(), shop.product()
        with pytest.raises(AlreadyExists), shop.tx() as tx:
            tx.products.add(builders.product(slug=first.slug))
        with pytest.raises(AlreadyExists), shop.tx() as tx:
            tx.products.save(attrs.evolve(second, slug=first.slug))
        with shop.tx(write=False) as tx:
            assert tx.products.get(first.slug).id == first.id
