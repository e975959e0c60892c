"""Fixtures that give tests the real parts; each fails, and says what to install, where its part is missing."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # a unit test should not pay for importing Playwright and psycopg
    from playwright.sync_api import Browser

    from tests.contract.stores import StoreUnderTest
    from tests.real.mosquitto import Mosquitto
    from tests.real.portal import PortalServer
    from tests.real.postgres import Postgres


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin the tests with longer time-outs first, so that no worker ends alone with one."""
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


@pytest.fixture(scope="session")
def postgres() -> Iterator["Postgres"]:
    """A PostgreSQL server for the whole run. A test that kills it starts a `Postgres()` of its own."""
    from tests.real.postgres import Postgres

    with Postgres() as server:
        yield server


@pytest.fixture
def postgres_dsn(postgres: "Postgres") -> str:
    """The DSN of a new, empty database."""
    return postgres.fresh_database()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> "StoreUnderTest":
    """Name a new database of each kind; on PostgreSQL it has its tables."""
    from tests.contract.stores import StoreUnderTest, sqlite_at

    if request.param == "sqlite":
        return sqlite_at(tmp_path)
    return StoreUnderTest(tmp_path, request.getfixturevalue("postgres").migrated_database())


@pytest.fixture
def mosquitto() -> Iterator["Mosquitto"]:
    """A Mosquitto that lets everybody do everything: for tests of a client, not of rights."""
    from tests.real.mosquitto import with_text

    with with_text() as broker:
        yield broker


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """A real browser; take a `new_context()` for every person."""
    from tests.real.chromium import running_chromium

    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def portal() -> Iterator["PortalServer"]:
    """Serve a portal's pages on their own origin; a test sets their content."""
    from tests.real.portal import running_portal

    with running_portal() as running:
        yield running
