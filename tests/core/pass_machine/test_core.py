"""The state machine on the memory store: model, fold and cache agree after every step."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.core.pass_machine.machine import PassMachine

RUNS, STEPS = 500, 50


def test_state_machine_of_passes() -> None:
    """Five hundred runs of fifty steps."""
    runs = 20 if os.environ.get("SESSIONPASS_HYPOTHESIS") == "quick" else RUNS
    found = settings(max_examples=runs, stateful_step_count=STEPS, deadline=None)
    run_state_machine_as_test(PassMachine, settings=found)


@pytest.mark.long
def test_state_machine_of_passes_long() -> None:
    """As many runs as the profile says."""
    run_state_machine_as_test(PassMachine, settings=settings.get_profile("long"))
