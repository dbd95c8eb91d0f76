"""People of one business: staff, the keys of other programs, and sign-ins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam

from passcore.domain.businesses import ApiKey, StaffMember
from passcore.errors import Contention, NotFound
from passcore.ports.store import Login
from passstore import tables as t
from passstore.repositories.flat import Flat
from passstore.rows.shapes import API_KEY, LOGIN, STAFF
from passstore.statements import Statement
from passstore.unit import Unit

_STAFF: Final = Flat(t.staff, STAFF, "staff")
_ALL_STAFF: Final = Statement(_STAFF.select().order_by(t.staff.c.name, t.staff.c.id))
_KEYS: Final = Flat(t.api_keys, API_KEY, "key")
_ALL_KEYS: Final = Statement(_KEYS.select().order_by(t.api_keys.c.created_at, t.api_keys.c.id))
_LOGINS: Final = Flat(t.logins, LOGIN, "login", versioned=True)
_C: Final = t.logins.c
_OPEN: Final = Statement(
    _LOGINS.select()
    .where(_C.audience == bindparam("audience"), _C.email == bindparam("email"))
    .where(_C.token_digest.is_(None), _C.ended_at.is_(None))
    .order_by(_C.created_at, _C.id)
)


class People:
    """Staff, keys and sign-ins of one business."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit

    def add_staff(self, member: StaffMember) -> None:
        """Raises `AlreadyExists` for an e-mail in use."""
        _STAFF.add(self._unit, member)

    def staff(self, email: str) -> StaffMember | None:
        """Find by e-mail, None where there is none."""
        return _STAFF.find(self._unit, email=email)

    def all_staff(self) -> Sequence[StaffMember]:
        """Everybody, by name."""
        return _STAFF.all(self._unit, _ALL_STAFF)

    def add_key(self, key: ApiKey) -> None:
        """Store a new key."""
        _KEYS.add(self._unit, key)

    def keys(self) -> Sequence[ApiKey]:
        """Every key, the oldest first."""
        return _KEYS.all(self._unit, _ALL_KEYS)

    def save_key(self, key: ApiKey) -> None:
        """Store a changed key."""
        _KEYS.save(self._unit, key)

    def add_login(self, login: Login) -> None:
        """Store a new sign-in."""
        _LOGINS.add(self._unit, login)

    def login(self, login_id: str) -> Login | None:
        """Find by id, None where there is none."""
        return _LOGINS.find(self._unit, id=login_id)

    def login_by_token(self, token_digest: str) -> Login | None:
        """Find by its session's digest, None where there is none."""
        return _LOGINS.find(self._unit, token_digest=token_digest)

    def open_logins(self, audience: str, email: str) -> Sequence[Login]:
        """Those of the address that were neither ended nor turned into a session."""
        return _LOGINS.all(self._unit, _OPEN, audience=audience, email=email)

    def save_login(self, login: Login) -> None:
        """Store a changed sign-in over the version that was read."""
        try:
            _LOGINS.save_version(self._unit, login)
        except NotFound:
            raise Contention("login") from None
