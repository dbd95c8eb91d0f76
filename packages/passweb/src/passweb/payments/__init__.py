"""Payment providers, found by name: packages registered under the `passweb.payments` group.

An installed distribution adds a provider by an entry point of that group whose name is the
provider's name in addresses and records, and whose object is a `GatewayFactory`. Nothing is
imported before a provider is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Final, Protocol, cast

from passcore.errors import NotFound
from passcore.ports.payments import PaymentGateway

__all__ = ["GROUP", "GatewayFactory", "load", "names"]

#: The entry point group providers register under.
GROUP: Final = "passweb.payments"


class GatewayFactory(Protocol):
    """What a provider's entry point names: settings in, a gateway of one account out."""

    def __call__(self, config: Mapping[str, str]) -> PaymentGateway:
        """Return the gateway; raise `passcore.errors.Invalid` naming the setting that is wrong."""
        ...


def names() -> tuple[str, ...]:
    """Return the names of the installed providers, sorted."""
    return tuple(sorted(found.name for found in entry_points(group=GROUP)))


def load(name: str) -> GatewayFactory:
    """Import the provider called *name* and return its factory.

    Raises `passcore.errors.NotFound` where no installed provider has that name.
    """
    found = tuple(entry_points(group=GROUP, name=name))
    if not found:
        raise NotFound(what="payment provider", ref=name)
    return _factory(found[0])


def _factory(entry: EntryPoint) -> GatewayFactory:
    return cast("GatewayFactory", entry.load())
