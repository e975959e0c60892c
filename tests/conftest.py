"""Fixtures that give tests the real parts; each fails, and says what to install, where its part is missing."""

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # a unit test should not pay for importing Playwright and psycopg
    from playwright.sync_api import Browser

    from tests.contract.stores import StoreUnderTest
    from tests.real.mosquitto import Mosquitto
    from tests.real.portal import PortalServer
    from tests.real.postgres import Postgres

TESTS = Path(__file__).parent
# About how long a test of each folder takes, in seconds; one with a longer time-out takes LONG_S.
USUAL_S = {"e2e": 10.0, "chaos": 10.0, "abuse": 1.0, "integration": 1.0, "conformance": 0.4}
LONG_S = 20.0


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    Begin with the longest tests on every worker, so that none ends alone with one; a module's stay together.

    xdist's worksteal gives each worker an equal number of tests, in this order, and takes from the end of a queue.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    length_of = {item: _length_s(item) for item in items}
    long = sorted((item for item in items if length_of[item]), key=lambda item: -length_of[item])
    short = [item for item in items if not length_of[item]]
    parts: list[list[pytest.Item]] = [[] for _ in range(workers)]
    total_s = [0.0] * workers
    for _, group in groupby(long, key=lambda item: (length_of[item], _together(item))):
        items_together = list(group)
        least = total_s.index(min(total_s))
        parts[least] += items_together
        total_s[least] += sum(length_of[item] for item in items_together)
    dealt: list[pytest.Item] = []
    for number, part in enumerate(parts):
        room = (len(items) - len(dealt)) // (workers - number) - len(part)
        dealt += part + short[: max(0, room)]
        del short[: max(0, room)]
    items[:] = dealt + short


def _together(item: pytest.Item) -> Path:
    """Return whose tests share what is slow to start, and should be on one worker: a module; of brokers, the folder."""
    return item.path.parent if item.path.parent.name == "conformance" else item.path


def _length_s(item: pytest.Item) -> float:
    """Return about how long the test takes; 0 for the many short ones."""
    if item.get_closest_marker("timeout") is not None:
        return LONG_S
    folder = item.path.relative_to(TESTS).parts[0]
    return USUAL_S.get(folder, 0.0)


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
