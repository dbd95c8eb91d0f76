"""Businesses: settings, staff and keys."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import attrs

from passcore.domain import checks
from passcore.domain.businesses import ApiKey, Business, Role, StaffMember
from passcore.errors import Invalid, NotFound
from passcore.ports.store import Tx
from passcore.usecases.call import Call


@attrs.frozen
class EditBusiness:
    """Change settings of the business; `changes` holds fields of `Business`."""

    changes: Mapping[str, Any]


@attrs.frozen
class AddStaff:
    """Let a person sign in to the console."""

    email: str
    name: str
    role: Role


@attrs.frozen
class AddKey:
    """Let another program in. `secret` is made by the caller and shown once; its digest is kept."""

    label: str
    role: Role
    secret: str


@attrs.frozen
class RevokeKey:
    """End a key for good."""

    key_id: str


def digest(secret: str) -> str:
    """Return the SHA-256 of a secret of at least 112 random bits (OWASP ASVS 5.0, 6.5.2)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def edit_business(tx: Tx, command: EditBusiness, _call: Call) -> Business:
    """Change settings; the currency and the id stay. Passes sold keep the zone they were sold in
    (V4)."""
    fixed = {"id", "currency", "version"}
    known = {a.name for a in attrs.fields(Business)} - fixed
    for field in command.changes:
        if field not in known:
            raise Invalid(field=field, problem="cannot be changed")
    business = attrs.evolve(tx.business(), **command.changes)
    tx.save_business(business)
    return attrs.evolve(business, version=business.version + 1)


def add_staff(tx: Tx, command: AddStaff, call: Call) -> StaffMember:
    """Add a member of staff; raises `AlreadyExists` for an e-mail in use."""
    name = checks.clean(command.name, "name", 200)
    member = StaffMember(call.ids.new("staff"), checks.email(command.email), name, command.role)
    tx.people.add_staff(member)
    return member


def add_key(tx: Tx, command: AddKey, call: Call) -> ApiKey:
    """Add a key by its secret."""
    if len(command.secret) < 32:
        raise Invalid(field="secret", problem="is shorter than 32 characters")
    label = checks.clean(command.label, "label", 100)
    key = ApiKey(call.ids.new("key"), label, command.role, digest(command.secret), call.now)
    tx.people.add_key(key)
    return key


def revoke_key(tx: Tx, command: RevokeKey, call: Call) -> ApiKey:
    """End a key; ending it again changes nothing."""
    keys = tx.people.keys()
    for key in keys:
        if key.id == command.key_id:
            ended = attrs.evolve(key, revoked_at=key.revoked_at or call.now)
            tx.people.save_key(ended)
            return ended
    raise NotFound("key", command.key_id)
