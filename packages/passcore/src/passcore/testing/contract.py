"""The ground of every contract class: its tests may be added to, never replaced or left out.

A contract is subclassed to prove an adapter. A subclass that gives one of its tests another body,
sets it to None or marks it to be skipped would prove less than it seems to, so making such a class
is an error, which pytest shows when it collects the module.
"""

from __future__ import annotations

from typing import Any

_WEAKENING = frozenset(("skip", "skipif", "xfail"))


class Contract:
    """Base of contract classes; those that stand in passcore are the contracts themselves."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.startswith("passcore.testing"):
            return
        replaced = sorted(name for name in _promised(cls) if not _is_promised(cls, name))
        if replaced:
            raise TypeError(f"{cls.__name__} replaces {', '.join(replaced)} of its contract")
        marks = {mark.name for mark in getattr(cls, "pytestmark", [])}
        if marks & _WEAKENING:
            raise TypeError(f"{cls.__name__} leaves out its contract: {sorted(marks & _WEAKENING)}")

    def test_every_promise_is_kept_or_broken_in_the_open(self) -> None:
        """No test of the contract was replaced after the class was made."""
        cls = type(self)
        assert all(_is_promised(cls, name) for name in _promised(cls))


def _contracts(cls: type) -> list[type]:
    return [c for c in cls.__mro__ if c.__module__.startswith("passcore.testing")]


def _promised(cls: type) -> set[str]:
    return {n for c in _contracts(cls) for n in vars(c) if n.startswith("test_")}


def _is_promised(cls: type, name: str) -> bool:
    """Tell whether *name* is, on *cls*, the very function the contract wrote."""
    written = next(vars(c)[name] for c in _contracts(cls) if name in vars(c))
    return getattr(cls, name) is written
