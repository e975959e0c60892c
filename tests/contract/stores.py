"""Stores for the contract tests, and the few words they all say."""

import atexit
import functools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chat_core.contract.payloads import Entry, Said, SaidKind, Summary
from chat_core.domain.conversation import do_say
from chat_core.store import Store, Transaction
from chat_core.store.backends import StoreConfig
from chat_core.store.sqlite import SqliteDatabase

CLIENT = "c-42"
AGENT = "a-ana"
T0 = 1_732_430_000_000


@dataclass(frozen=True)
class StoreUnderTest:
    data: Path
    db: str
    tz: str = "Europe/Bucharest"


def sqlite_at(folder: Path) -> StoreUnderTest:
    return StoreUnderTest(folder, f"sqlite:///{folder}/chats.db")


@functools.cache
def _migrated() -> Path:
    """Return a folder with empty databases of SQLite, which this process migrates once."""
    folder = Path(tempfile.mkdtemp(prefix="wl-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Store.open(sqlite_at(folder), migrate=True).close()
    return folder


def store_at(place: StoreConfig) -> Store:
    """Open a database with its tables. A new one of SQLite is a copy, for a tenth of the time of the migrations."""
    if place.db == sqlite_at(place.data).db and not (place.data / "chats.db").exists():
        shutil.copytree(_migrated(), place.data, dirs_exist_ok=True)
    return Store.open(place, migrate=True)


@contextmanager
def opened(place: StoreConfig) -> Iterator[Store]:
    with store_at(place) as store:
        yield store


@contextmanager
def committed(store: Store) -> Iterator[Transaction]:
    """Begin a transaction that is committed at the end of the block."""
    with store.begin() as tx:
        yield tx
        tx.commit()


def impatient(place: StoreUnderTest) -> Store:
    """The store on SQLite, migrated before, which waits 50 ms for another writer."""
    chats, web = (SqliteDatabase(place.data / file, busy_ms=50) for file in ("chats.db", "web.db"))
    return Store(chats, web, place.tz)


def said(id: str, text: str = "Why 40 kWh yesterday?") -> Said:
    return Said(id=id, kind=SaidKind.TEXT, text=text, sent=T0)


def say(
    store: Store, id: str, text: str = "Why?", *, client: str = CLIENT, sender: str | None = None, at: int = T0
) -> Entry:
    """The words are stored as the bridge does it, with the events before them, in a transaction of their own."""
    with committed(store) as tx:
        tx.look_ahead([(client, sender or client, id)])
        return say_in(tx, id, text, client=client, sender=sender, at=at)


def say_in(
    tx: Transaction, id: str, text: str = "Why?", *, client: str = CLIENT, sender: str | None = None, at: int = T0
) -> Entry:
    """The words are the next entry of this transaction, with the events before them."""
    speaker = sender or client
    known = tx.find_entry(client, speaker, id)
    if known is not None:
        return known
    change = do_say(tx.conversation(client), speaker, at)
    for event in change.events:
        tx.append(client, event.sender, event, at)
    entry = tx.append(client, speaker, said(id, text), at)
    tx.put(change.conversation)
    return entry


def row_of(store: Store, client: str = CLIENT) -> Summary:
    """Return the row of a conversation in the inbox, which must be there."""
    found = store.inbox.summary(client)
    assert found is not None
    return found


def put(tx: Transaction, client: str = CLIENT, **fields: object) -> None:
    tx.put(tx.conversation(client)._replace(**fields))  # type: ignore[arg-type]  # the caller's names and types


def take_in_all(store: Store, limit: int = 100) -> None:
    more = True
    while more:
        with committed(store) as tx:
            more = tx.intake.take_in(limit)


def erase_all(store: Store, client: str = CLIENT) -> int:
    """The client is erased, to the last slice; returns how many slices that took."""
    slices = 0
    with committed(store) as tx:
        tx.erase(client, T0)
    more = True
    while more:
        with committed(store) as tx:
            more = tx.erase_more()
        slices += more
    return slices


def texts(store: Store, client: str = CLIENT) -> list[str]:
    return [entry["text"] for entry in store.log.page(client, after=0, limit=1000).entries if "text" in entry]


def end_leases(store: Store) -> None:
    """Let every delivery's lease be over, as it is some time after its worker was killed."""
    with store.web.writing():
        store.web.execute("UPDATE delivery SET lease = 0")


def move_beat(store: Store, by_ms: int) -> None:
    """The bridge's last heartbeat was so much later, by the database's clock."""
    with store.chats.writing():
        store.chats.execute("UPDATE beat SET at = at + ?", (by_ms,))
