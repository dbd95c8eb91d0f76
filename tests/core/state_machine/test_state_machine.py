"""Model, fold and memory store agree after every step, whatever happens to a business."""

from __future__ import annotations

import pytest
from hypothesis.stateful import run_state_machine_as_test

from tests.core.state_machine.budget import budget
from tests.core.state_machine.reports import ReportMachine


@pytest.mark.parametrize("share", [1, 2])
def test_model_fold_and_memory_store_agree(share: int) -> None:
    """Whatever happens, in whatever order, all three say the same after every step."""
    run_state_machine_as_test(ReportMachine, settings=budget(shares=2))


@pytest.mark.long
def test_model_fold_and_memory_store_agree_long() -> None:
    """The same, for as many and as long runs as the profile says."""
    run_state_machine_as_test(ReportMachine, settings=budget())
