"""A new store for each test, on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_core.store import Store
from tests.contract.stores import StoreUnderTest, opened, sqlite_at

# For tests of one kind.
SQLITE, POSTGRES = (pytest.mark.parametrize("place", [kind], indirect=True) for kind in ("sqlite", "postgres"))


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> StoreUnderTest:
    """Name a new database of each kind."""
    if request.param == "sqlite":
        return sqlite_at(tmp_path)
    return StoreUnderTest(tmp_path, request.getfixturevalue("postgres_dsn"))


@pytest.fixture
def store(place: StoreUnderTest) -> Iterator[Store]:
    """Open the database, with its tables."""
    with opened(place) as store:
        yield store
