"""
Give all access to the database. Touches the database, and on SQLite the folder its files lie in.

What it promises, on SQLite and on PostgreSQL alike (tests/contract/test_store.py asks both):

**All or nothing.** What is done between `begin()` and `commit()` is on disk when `commit()` returns, whole, through a
kill or a power cut; before that nobody else sees any of it. Leaving the `with` without `commit()` leaves no trace,
and an exception that leaves a `savepoint()` undoes just what was done inside it. StoreDown from `commit()` means that
the outcome is unknown: do it all again; nothing is stored twice.

**A repeat is harmless.** `append` stores (client, sender, id) once, and answers every repeat with the entry stored
first. A note and a command are known by (agent, id), a reading by (client, meter, at). A marker is a maximum.

**Numbers.** A client's `seq` counts 1, 2, 3 … without gaps, also with several writers. A deleted entry keeps its seq;
notes have none. `rev` of a Summary rises by one for each transaction that changes it, and never falls, not by an
erasure either.

**Erasure.** After `erase` and its commit nothing of the client's words, notes, markers, readings and parked copies is
to be seen. A new epoch has begun; its only entry is seq 1, `erased`. What was there leaves the disk by `erase_more`, in
slices, also after a kill in between.

**Searches.** Entries are taken in by `take_in`, later and in order. What is edited, deleted or erased is found
accordingly from that same transaction on.

**One bridge.** `hold_bridge_lock()` is held by one process; it is free again when that process ends, also by kill -9.

**Errors.** StoreDown (Unavailable): the database does not answer, is full, or was busy too long; the same call may
succeed later, and the Store stays usable through a restart of the server. StoreFault: a fault of ours that a repeat
would not cure; park what caused it. No driver's exception comes through.

**Two writers.** The bridge writes conversations (`begin`); web and CLI write what is in `registry` and `files`. On
SQLite these are two databases, so that neither waits for the other; on PostgreSQL one. A side thread checkpoints
SQLite's WAL.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self

from chat_core.contract.errors import Refused, StoreDown
from chat_core.runtime import clock
from chat_core.store import backup, database_move, migrator
from chat_core.store.bridge_lock import BridgeLock
from chat_core.store.bridge_state import BridgeState
from chat_core.store.checkpoint import Checkpointer
from chat_core.store.database import Database
from chat_core.store.fast_recent import Recent
from chat_core.store.faults import StoreFault
from chat_core.store.figures import Figures
from chat_core.store.file_rows import Files
from chat_core.store.meters import Meters
from chat_core.store.notices import Notices
from chat_core.store.pages import Inbox, Log
from chat_core.store.postgres import PostgresDatabase
from chat_core.store.registry import Registry
from chat_core.store.search import Search
from chat_core.store.sqlite import SqliteDatabase
from chat_core.store.transaction import Transaction

__all__ = ["BridgeLock", "Files", "Registry", "Store", "StoreFault", "Transaction", "migrate"]

SQLITE_SCHEME: Final = "sqlite:///"
WEB_FILE: Final = "web.db"


class Settings(Protocol):
    """Define what the store needs of the Config."""

    @property
    def data(self) -> Path: ...  # WATTLINE_DATA
    @property
    def db(self) -> str: ...  # sqlite:///… or postgresql://…
    @property
    def tz(self) -> str: ...  # WATTLINE_TZ: whose days and months readings add up to


class Store:
    """The database, open. Thread-safe; a transaction belongs to the thread that began it."""

    def __init__(self, chats: Database, web: Database, tz: str) -> None:
        """Args: chats, web: two files of SQLite's, or twice the same database of PostgreSQL's; tz: see Settings."""
        self.chats: Final = chats  # public for tests and tools: what they ask of a database as such
        self.web: Final = web
        self.tz: Final = tz  # the platform's time zone
        self._checkpointer = Checkpointer(
            [database for database in (chats, web) if isinstance(database, SqliteDatabase)]
        )
        self._recent = Recent()
        self.registry: Final = Registry(web)
        self.files: Final = self.registry.files
        self.log: Final = Log(chats, self.registry)
        self.inbox: Final = Inbox(chats, self.registry)
        self.search: Final = Search(chats, self.registry)
        self.figures: Final = Figures(chats, self.registry, tz)
        self.meters: Final = Meters(chats, self.begin, tz)
        self.notices: Final = Notices(chats)
        self.bridge: Final = BridgeState(chats)

    @classmethod
    def open(cls, config: Settings, *, migrate: bool = False) -> Self:
        """
        The configured database, ready.

        Args: migrate: bring the tables up to date first, as `wattline migrate` does.
        Raises: StoreDown when it does not answer, or its tables are not up to date.
        """
        store = cls(*_databases(config), config.tz)
        try:
            if migrate:
                store.migrate()
            else:
                store.check_version()
        except BaseException:
            store.close()
            raise
        return store

    def migrate(self) -> list[str]:
        """The tables are up to date; returns the names of what this took. Several processes may call it at once."""
        return migrator.apply(self.chats, "chats") + migrator.apply(self.web, "web")

    def check_version(self) -> None:
        """Raises: StoreDown where the tables are an older version's or a newer one's, or a move has not ended."""
        migrator.check_known(self.chats, "chats")
        migrator.check_known(self.web, "web")
        if database_move.is_unfinished(self.chats):
            raise StoreDown(
                "A move into this database has not ended. Run `wattline move` again, or empty the database."
            )
        if self.pending():
            raise StoreDown("The database's tables are not up to date. Run `wattline migrate`.")

    def pending(self) -> list[str]:
        """Names of the migrations that are not applied."""
        return migrator.pending(self.chats, "chats") + migrator.pending(self.web, "web")

    def close(self) -> None:
        """Every connection is closed and the side thread has ended; on SQLite the WAL is in the file."""
        self._checkpointer.stop()
        self.chats.close()
        self.web.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # The bridge

    def hold_bridge_lock(
        self, stop: threading.Event | None = None, waiting: Callable[[], None] = lambda: None
    ) -> AbstractContextManager[BridgeLock | None]:
        """
        Waits until this process is the only bridge, and is it until the `with` or the process ends.

        Args: stop: when set, waiting ends and the `with` gets None; waiting: called at each look, as long as
            another bridge holds it.
        Raises: StoreDown.
        """
        return self.chats.bridge_lock(stop, waiting)

    def begin(self) -> Transaction:
        """
        One write transaction, for a `with`; see Transaction for what can be done in it. Leaving it without `commit()`
        rolls back.

        Raises: StoreDown, from here when another writer holds the database for 5 s.
        """
        self.chats.begin()
        return Transaction(self.chats, self.tz, self._recent)

    def scrub(self) -> None:
        """Empty SQLite's WALs soon of what erasures took from the files. On PostgreSQL VACUUM does that."""
        self._checkpointer.truncate()


def migrate(config: Settings) -> list[str]:
    """
    The configured database's tables are up to date; returns the names of the migrations that this took.

    Raises: StoreDown.
    """
    with Store(*_databases(config), config.tz) as store:
        return store.migrate()


def move(source: Settings, target: Settings, say: Callable[[str], None]) -> int:
    """
    Copy the whole source into the target, whose database is empty, or into which a move was begun.

    Nothing else may use either of them. Uploaded files and keys lie in the data folder and stay there.
    Args: say: is told how far it is. Returns: how many rows there are.
    Raises: Refused where one cannot be used for this, or they differ at the end; StoreDown.
    """
    if source.db == target.db:
        raise Refused("Source and target are the same database.")
    if source.db.startswith(SQLITE_SCHEME) and not _files(source)[0].is_file():
        raise Refused(f"There is no database at {_files(source)[0]}.")
    with Store.open(source) as old, Store(*_databases(target), target.tz) as new:
        new.migrate()
        with _without_bridge(old), _without_bridge(new):
            before, after = ({"chats": store.chats, "web": store.web} for store in (old, new))
            return database_move.Move(before, after, say).run()


@contextmanager
def _without_bridge(store: Store) -> Iterator[None]:
    at_once = threading.Event()
    at_once.set()
    with store.hold_bridge_lock(at_once) as lock:
        if lock is None:
            raise Refused("A bridge is using one of the two databases. Stop Wattline, then move.")
        yield


def copy_to(config: Settings, folder: Path, say: Callable[[str], None]) -> None:
    """
    Copy the whole database into files of the folder, as it is at one moment, while others use it.

    Args: say: is told how far it is.
    Raises: StoreDown; Refused where a program for it is missing.
    """
    if config.db.startswith(SQLITE_SCHEME):
        backup.copy_files(*_files(config), folder, say)
    else:
        say("dumping the database")
        backup.dump(config.db, folder)


def check_restorable(config: Settings) -> None:
    """There is no database yet. Raises: Refused; StoreDown."""
    if config.db.startswith(SQLITE_SCHEME):
        backup.check_no_files(*_files(config))
    else:
        backup.check_empty(config.db)


@dataclass(frozen=True)
class _At:
    """The settings of a database that is being restored."""

    data: Path
    db: str
    tz: str


def restore_from(config: Settings, folder: Path) -> None:
    """
    Make the database, which must not be there yet, of what `copy_to` put into the folder, brought up to date.

    On SQLite that is done in the folder; then the files are moved into place.
    Raises: StoreDown; Refused where there is a database already, or the copy is of the other kind.
    """
    place: Settings = config
    if config.db.startswith(SQLITE_SCHEME):
        backup.check_files(folder)
        place = _At(folder, f"{SQLITE_SCHEME}{folder / backup.CHATS}", config.tz)
    else:
        backup.undump(config.db, folder)
    with Store.open(place, migrate=True) as store:
        backup.begin_anew(store.chats, clock.now_ms())
    if place is not config:
        backup.put_files(*_files(config), folder)


def _files(config: Settings) -> tuple[Path, Path]:
    chats = Path(config.db.removeprefix(SQLITE_SCHEME))
    if not chats.is_absolute():
        chats = config.data / chats
    return chats, chats.with_name(WEB_FILE)


def _databases(config: Settings) -> tuple[Database, Database]:
    if config.db.startswith(SQLITE_SCHEME):
        chats, web = _files(config)
        return SqliteDatabase(chats), SqliteDatabase(web)
    both = PostgresDatabase(config.db)
    return both, both
