"""Staff, keys and sign-ins in a store."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest

from passcore.domain.businesses import ApiKey, Role, StaffMember
from passcore.errors import AlreadyExists, Contention
from passcore.testing import builders
from passcore.testing.builders import NOW
from passcore.testing.store.base import Shop, StoreTests


def _member(name: str, email: str) -> StaffMember:
    return StaffMember(builders.new_id("staff"), email, name, Role.DESK)


class PeopleTests(StoreTests):
    """`People`."""

    def test_staff_are_found_by_email_and_listed_by_name(self, shop: Shop) -> None:
        """Each address once."""
        zoe, ana = _member("Zoë", "z@example.com"), _member("Ana", "a@example.com")
        with shop.tx() as tx:
            tx.people.add_staff(zoe)
            tx.people.add_staff(ana)
        with shop.tx(write=False) as tx:
            assert tx.people.staff("z@example.com") == zoe
            assert tx.people.staff("nobody@example.com") is None
            assert list(tx.people.all_staff()) == [ana, zoe]
        with pytest.raises(AlreadyExists), shop.tx() as tx:
            tx.people.add_staff(_member("Other", "z@example.com"))

    def test_keys_are_kept_and_ended(self, shop: Shop) -> None:
        """Oldest first."""
        made = [
            ApiKey(builders.new_id("key"), f"Key {n}", Role.MANAGER, f"{n}" * 64, NOW + wait)
            for n, wait in enumerate((timedelta(hours=1), timedelta()))
        ]
        with shop.tx() as tx:
            for key in made:
                tx.people.add_key(key)
        with shop.tx(write=False) as tx:
            assert list(tx.people.keys()) == [made[1], made[0]]
        ended = attrs.evolve(made[0], revoked_at=NOW + timedelta(days=1))
        with shop.tx() as tx:
            tx.people.save_key(ended)
        with shop.tx(write=False) as tx:
            assert list(tx.people.keys()) == [made[1], ended]

    def test_a_login_comes_back_as_it_was_added(self, shop: Shop) -> None:
        """By id, and by its token once it has one."""
        login = builders.login()
        with shop.tx() as tx:
            tx.people.add_login(login)
        with shop.tx(write=False) as tx:
            assert tx.people.login(login.id) == login
            assert tx.people.login("nothing") is None
            assert tx.people.login_by_token("t" * 64) is None
        with shop.tx() as tx:
            tx.people.save_login(attrs.evolve(login, token_digest="t" * 64, attempts=1))
        with shop.tx(write=False) as tx:
            opened = attrs.evolve(login, token_digest="t" * 64, attempts=1, version=2)
            assert tx.people.login_by_token("t" * 64) == opened

    def test_open_logins_wait_for_their_code(self, shop: Shop) -> None:
        """Of one address and audience, neither ended nor turned into a session."""
        waiting = builders.login()
        others = [
            builders.login(audience="staff"),
            builders.login(email="other@example.com"),
            builders.login(ended_at=NOW),
            builders.login(token_digest="u" * 64),
        ]
        with shop.tx() as tx:
            for login in (waiting, *others):
                tx.people.add_login(login)
        with shop.tx(write=False) as tx:
            assert list(tx.people.open_logins("guest", waiting.email)) == [waiting]

    def test_two_tries_of_one_login_at_once_are_contention(self, shop: Shop) -> None:
        """So no try goes uncounted."""
        login = builders.login()
        with shop.tx() as tx:
            tx.people.add_login(login)
        tried = attrs.evolve(login, attempts=1)
        with shop.tx() as tx:
            tx.people.save_login(tried)
        with pytest.raises(Contention), shop.tx() as tx:
            tx.people.save_login(tried)
        with shop.tx(write=False) as tx:
            assert tx.people.login(login.id) == attrs.evolve(tried, version=2)
