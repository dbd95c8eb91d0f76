"""What every test may ask for: databases on SQLite and PostgreSQL, and how Hypothesis runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("quick", deadline=None, print_blob=True, max_examples=20)
settings.register_profile(
    "long",
    deadline=None,
    print_blob=True,
    max_examples=2_000,
    stateful_step_count=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("SESSIONPASS_HYPOTHESIS", "default"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a PostgreSQL server, so `-m "not postgres"` leaves it out."""
    for item in items:
        fixtures: tuple[str, ...] = getattr(item, "fixturenames", ())
        if any(name.startswith("postgres_") for name in fixtures) or "[postgresql" in item.name:
            item.add_marker(pytest.mark.postgres)


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """The URL of the run's PostgreSQL server: shared, so only make databases on it."""
    from tests.support import postgres

    return postgres.start()


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """The name of a database at the newest schema, of which each test gets a copy."""
    from tests.support import postgres

    url = postgres.new_database(postgres_url, prefix="template")
    _upgrade(url)
    yield postgres.database_of(url)
    postgres.drop_database(url)


@pytest.fixture
def postgres_database(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """The URL of a PostgreSQL database of this test's own, at the newest schema."""
    from tests.support import postgres

    url = postgres.new_database(postgres_url, template=postgres_template)
    yield url
    postgres.drop_database(url)


@pytest.fixture(scope="module")
def postgres_module_database(postgres_url: str, postgres_template: str) -> Iterator[str]:
    """The URL of a PostgreSQL database shared by one module's tests, at the newest schema."""
    from tests.support import postgres

    url = postgres.new_database(postgres_url, template=postgres_template)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def empty_postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of a PostgreSQL database of this test's own, without any table."""
    from tests.support import postgres

    url = postgres.new_database(postgres_url)
    yield url
    postgres.drop_database(url)


@pytest.fixture
def sqlite_database(tmp_path: Path) -> str:
    """The URL of an SQLite file of this test's own, at the newest schema."""
    url = f"sqlite:///{tmp_path / 'passes.sqlite'}"
    _upgrade(url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The test runs twice: on SQLite and on PostgreSQL, each at the newest schema."""
    name = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    url: str = request.getfixturevalue(name)
    return url


def _upgrade(url: str) -> None:
    import passstore

    passstore.upgrade(url)
