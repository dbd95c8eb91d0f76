"""Clients in a store."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from passcore.errors import AlreadyExists, Contention, Invalid, NotFound
from passcore.testing import builders
from passcore.testing.store.base import Shop, StoreTests, whole


class ClientTests(StoreTests):
    """`Clients`."""

    def test_a_client_is_found_by_id_and_by_email(self, shop: Shop) -> None:
        """All fields come back as they were, the instant to the microsecond."""
        client = shop.client(
            name="Zoë Ć.",
            language="hu",
            customer_ref="cus_1",
            card_ref="card_1",
            created_at=builders.NOW + timedelta(microseconds=1),
        )
        with shop.tx(write=False) as tx:
            assert tx.clients.get(client.id) == client
            assert tx.clients.by_email(client.email) == client

    def test_an_unknown_client_is_not_found(self, shop: Shop) -> None:
        """By e-mail the answer is None."""
        with shop.tx(write=False) as tx:
            assert tx.clients.by_email("nobody@example.com") is None
            with pytest.raises(NotFound):
                tx.clients.get("nobody")

    def test_many_clients_are_found_by_their_ids(self, shop: Shop) -> None:
        """Each once, however often it is asked for; what is not there is left out, in silence."""
        ana, bea = shop.client(), shop.client(name='"Bea", Ć.')
        shop.client()
        with shop.tx(write=False) as tx:
            wanted = (ana.id, "nobody", bea.id, ana.id, "", '"', "'; --")
            assert dict(tx.clients.many(wanted)) == {ana.id: ana, bea.id: bea}
            assert dict(tx.clients.many(iter([bea.id]))) == {bea.id: bea}
            assert dict(tx.clients.many(())) == dict(tx.clients.many(["nobody"])) == {}

    def test_a_page_of_clients_is_found_at_once(self, shop: Shop) -> None:
        """As many as a page has at most, those added in the same block among them."""
        added = [builders.client() for _ in range(1000)]
        with shop.tx() as tx:
            for client in added:
                tx.clients.add(client)
            assert dict(tx.clients.many(c.id for c in added)) == {c.id: c for c in added}

    def test_an_email_belongs_to_one_client(self, shop: Shop) -> None:
        """Neither adding nor saving takes another's."""
        first, second = shop.client(), shop.client()
        with pytest.raises(AlreadyExists), shop.tx() as tx:
            tx.clients.add(builders.client(email=first.email))
        with pytest.raises(AlreadyExists), shop.tx() as tx:
            tx.clients.save(attrs.evolve(second, email=first.email))
        with shop.tx(write=False) as tx:
            assert tx.clients.by_email(first.email) == first

    def test_two_businesses_may_know_one_email(self, shop: Shop, other: Shop) -> None:
        """As two clients."""
        mine, theirs = shop.client(email="a@example.com"), other.client(email="a@example.com")
        with other.tx(write=False) as tx:
            assert tx.clients.by_email("a@example.com") == theirs
        with shop.tx(write=False) as tx:
            assert tx.clients.by_email("a@example.com") == mine

    def test_a_saved_client_has_the_next_version(self, shop: Shop) -> None:
        """And is found by the new address only."""
        client = shop.client()
        with shop.tx() as tx:
            tx.clients.save(attrs.evolve(client, email="new@example.com", name="New"))
        with shop.tx(write=False) as tx:
            after = tx.clients.by_email("new@example.com")
            assert after == attrs.evolve(client, email="new@example.com", name="New", version=2)
            assert tx.clients.by_email(client.email) is None

    def test_a_client_read_before_somebody_saved_it_is_contention(self, shop: Shop) -> None:
        """The first change stays."""
        client = shop.client()
        with shop.tx() as tx:
            tx.clients.save(attrs.evolve(client, name="First"))
        with pytest.raises(Contention), shop.tx() as tx:
            tx.clients.save(attrs.evolve(client, name="Second"))
        with shop.tx(write=False) as tx:
            assert tx.clients.get(client.id).name == "First"

    def test_pages_of_clients_hold_each_once_by_name_and_email(self, shop: Shop) -> None:
        """Two of one name follow by address."""
        names = ("Cleo", "Ana", "Bea", "Ana", "Dora")
        added = [shop.client(name=name) for name in names]
        with shop.tx(write=False) as tx:
            assert whole(tx.clients.page) == sorted(added, key=lambda c: (c.name, c.email))

    def test_a_search_finds_text_anywhere_and_takes_it_literally(self, shop: Shop) -> None:
        """Percent, underscore and backslash are characters like others; case does not matter."""
        odd = shop.client(name="100%_sure\\", email="odd@example.com")
        plain = shop.client(name="Plain", email="plain@example.org")
        with shop.tx(write=False) as tx:
            for text in ("%", "_", "\\", "0%_S", "ODD@"):
                assert tx.clients.page(search=text).items == (odd,), text
            assert tx.clients.page(search="LAIN").items == (plain,)
            assert tx.clients.page(search="example").items == (odd, plain)
            assert tx.clients.page(search="nothing").items == ()

    def test_a_cursor_that_was_not_given_out_is_invalid(self, shop: Shop) -> None:
        """It never gives a page of something else."""
        with shop.tx(write=False) as tx:
            for cursor in ("", "x", "-1", "'; --", "9" * 400, "é"):
                with pytest.raises(Invalid):
                    tx.clients.page(cursor=cursor)
