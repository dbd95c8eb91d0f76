"""Contracts cannot be weakened by those who subclass them, and do find what is wrong."""

from __future__ import annotations

import pytest

from passcore.testing.contract import Contract
from passcore.testing.gateway import PaymentGatewayContract
from passcore.testing.ports import ClockContract, IdsContract, MailerContract
from passcore.testing.store import StoreContract, StoreRaceContract
from passcore.testing.store.base import StoreTests

CONTRACTS = [
    StoreContract,
    StoreRaceContract,
    PaymentGatewayContract,
    ClockContract,
    IdsContract,
    MailerContract,
]


def _a_test(contract: type[Contract]) -> str:
    return next(n for n in dir(contract) if n.startswith("test_") and "promise" not in n)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_test_of_a_contract_cannot_be_replaced(contract: type[Contract]) -> None:
    """By another body, by nothing, by a mixin, or further down."""
    name = _a_test(contract)
    for other in ({name: lambda _self: None}, {name: None}):
        with pytest.raises(TypeError, match=name):
            type("Weaker", (contract,), other)
    mixin = type("Mixin", (), {name: lambda _self: None})
    with pytest.raises(TypeError, match=name):
        type("Weaker", (mixin, contract), {})
    honest = type("Honest", (contract,), {})
    with pytest.raises(TypeError, match=name):
        type("Weaker", (honest,), {name: lambda _self: None})


@pytest.mark.parametrize("mark", ["skip", "skipif", "xfail"])
def test_a_contract_cannot_be_skipped_by_a_mark_in_its_class(mark: str) -> None:
    """Other marks are fine, more tests too."""
    marks = {"pytestmark": [getattr(pytest.mark, mark)]}
    with pytest.raises(TypeError, match=mark):
        type("Weaker", (StoreContract,), marks)
    fine = {"pytestmark": [pytest.mark.long], "test_more": lambda _self: None}
    assert issubclass(type("More", (StoreContract,), fine), StoreContract)


def test_a_test_taken_away_afterwards_is_found_by_the_guard() -> None:
    """When the contract runs."""
    weaker = type("Weaker", (ClockContract,), {})
    weaker().test_every_promise_is_kept_or_broken_in_the_open()
    setattr(weaker, _a_test(ClockContract), lambda _self: None)
    with pytest.raises(AssertionError):
        weaker().test_every_promise_is_kept_or_broken_in_the_open()


def test_every_part_of_the_store_contract_is_in_it() -> None:
    """None was written and forgotten."""
    parts = {c for c in StoreTests.__subclasses__() if c.__module__.startswith("passcore.testing")}
    whole = set(StoreContract.__mro__) | {StoreRaceContract}
    assert parts - whole == set()
    assert len([n for n in dir(StoreContract) if n.startswith("test_")]) >= 95
