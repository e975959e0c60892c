"""A new store for each test, on SQLite and on a real PostgreSQL."""

from collections.abc import Iterator

import pytest

from chat_core.store import Store
from tests.contract.stores import StoreUnderTest, opened

# For tests of one kind.
SQLITE, POSTGRES = (pytest.mark.parametrize("place", [kind], indirect=True) for kind in ("sqlite", "postgres"))


@pytest.fixture
def store(place: StoreUnderTest) -> Iterator[Store]:
    """Open the database, with its tables."""
    with opened(place) as store:
        yield store
