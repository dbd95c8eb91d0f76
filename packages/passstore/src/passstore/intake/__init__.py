"""The intake: everything a batch of reports needs, read at once."""

from __future__ import annotations

from collections.abc import Sequence

from passcore.domain.clients import Client, ClientRef
from passcore.ports.store import Intake, IntakeKey
from passstore.intake.joined import read_joined
from passstore.intake.many import read_many
from passstore.intake.names import Names
from passstore.unit import Unit


def read_intake(unit: Unit, keys: Sequence[IntakeKey]) -> Intake:
    """Return what *keys* name; what is not there is left out."""
    names = Names(keys)
    bookings, clients, services, passes = read_joined(unit, names) or read_many(unit, names)
    by_id = {client.id: client for client in clients}
    by_email = {client.email: client for client in clients}
    known: dict[ClientRef, Client] = {}
    for ref, email in names.clients.items():
        client = by_id.get(ref.id) if ref.id is not None else by_email.get(email or "")
        if client is not None:
            known[ref] = client
        elif email is not None:
            unit.missed.add(email)
    by_name = {service.slug: service for service in services}
    by_name |= {service.id: service for service in services}
    asked = {name: by_name[name] for name in names.services if name in by_name}
    return Intake({(b.source, b.ref): b for b in bookings}, known, asked, passes)
