"""Check what /metrics tells of the database, the same on SQLite and PostgreSQL."""

from chat_core.contract.payloads import Status
from chat_core.store import Store
from tests.contract.conftest import POSTGRES, SQLITE
from tests.contract.stores import T0, StoreUnderTest, committed, say


def test_conversations_are_counted(store: Store) -> None:
    """Open conversations and waiting clients are counted, resolved ones are not; the longest wait is known."""
    say(store, "m-1", client="c-1", at=T0)
    say(store, "m-2", client="c-2", at=T0 - 5_000)
    say(store, "m-3", client="c-3", at=T0 - 9_000)
    say(store, "m-4", client="c-3", sender="a-ana", at=T0)
    with committed(store) as tx:
        tx.put(tx.conversation("c-1")._replace(status=Status.RESOLVED))
    found = store.measures.take()
    assert (found.open, found.waiting, found.waiting_since_ms) == (2, 1, T0 - 5_000)


@SQLITE
def test_sizes_on_sqlite(store: Store, place: StoreUnderTest) -> None:
    """Both files count, with their WALs, and there are no connections to count."""
    say(store, "m-1")
    files = [place.data / name for name in ("chats.db", "web.db")]
    sizes = store.measures.take().sizes
    assert sizes.database_bytes == sum(file.stat().st_size for file in files)
    assert sizes.wal_bytes == sum(file.with_name(f"{file.name}-wal").stat().st_size for file in files) > 0
    assert sizes.connections is None


@POSTGRES
def test_sizes_on_postgres(store: Store) -> None:
    """The server tells the sizes of database and WAL, and how many connections there are and may be."""
    sizes = store.measures.take().sizes
    assert sizes.database_bytes > 1_000_000 and (sizes.wal_bytes or 0) > 1_000_000
    assert 1 <= (sizes.connections or 0) < (sizes.connections_limit or 0)
