"""Schemathesis finds nothing: every operation, every check, single requests and chains of them,
on every store."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from schemathesis.core.transport import Response

from passstore import open_store, upgrade
from tests.web.api.fuzzing.schema import schema_of
from tests.web.api.fuzzing.stage import Case, Stage, open_house

MEMORY, NAMES = open_house()
SCHEMA = schema_of(MEMORY, NAMES)


@pytest.fixture(scope="module")
def stage(
    tmp_path_factory: pytest.TempPathFactory, postgres_module_database: str
) -> Iterator[Stage]:
    """The same house on every store."""
    sqlite_database = f"sqlite:///{tmp_path_factory.mktemp('fuzzing') / 'passes.sqlite'}"
    upgrade(sqlite_database)
    apps, stores = {"memory": MEMORY}, []
    for url in (sqlite_database, postgres_module_database):
        stores.append(open_store(url))
        apps[url.partition("+")[0].partition(":")[0]], names = open_house(stores[-1])
        assert names == NAMES
    yield Stage(apps)
    for store in stores:
        store.close()


def budget(percent: int, *more: Phase, long: int = 100) -> settings:
    """So many percent of what the profile says, *long* of the long one. Examples are not kept: what
    one run made is not there in the next."""
    profile = settings(
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate, *more],
        database=None,
    )
    if os.environ.get("SESSIONPASS_HYPOTHESIS") == "long":
        return settings(profile, max_examples=profile.max_examples * long // 100)
    examples = max(1, profile.max_examples * percent // 100)
    return settings(profile, max_examples=examples, stateful_step_count=20)


@SCHEMA.parametrize()
@budget(12)
def test_schemathesis_finds_nothing_in_one_request(case: Case, stage: Stage) -> None:
    stage.check(case, stage.ask(case))


def test_schemathesis_finds_nothing_in_a_chain_of_requests(stage: Stage) -> None:
    """Each request after the first uses what another answered: links are inferred."""

    class Chain(SCHEMA.as_state_machine()):  # type: ignore[misc]  # made from the document
        def setup(self) -> None:
            stage.move()

        def before_call(self, case: Case) -> None:
            stage.prepare(case)

        def get_call_kwargs(self, _case: Case) -> dict[str, Any]:
            return {"app": stage.apps["memory"]}

        def validate_response(self, response: Response, case: Case, **_kwargs: Any) -> None:
            others = {n: case.call(app=app) for n, app in stage.apps.items() if n != "memory"}
            stage.check(case, {"memory": response, **others}, self.recorder)

    Chain.run(settings=budget(25, Phase.shrink, long=25))
