"""
Give all access to the database. Touches the database, and on SQLite the folder of its files.

The store promises the same on SQLite and on PostgreSQL (tests/contract/test_store*.py ask both):

**All or nothing.** What is done between `begin()` and `commit()` is on disk when `commit()` returns, whole, through a
kill or a power cut; before that nobody else sees any of it. Leaving the `with` without `commit()` leaves no trace,
and an exception that leaves a `savepoint()` undoes just what was done inside it. StoreDown from `commit()` means that
the outcome is unknown: do it all again; nothing is stored twice.

**A repeat is harmless.** `append` stores (client, sender, id) once, and answers every repeat with the entry stored
first. (agent, id) identifies a note or a command, (client, meter, at) a reading. A marker is a maximum.

**Numbers.** A client's `seq` counts 1, 2, 3 … without gaps, also with several writers. A deleted entry keeps its seq;
notes have none. `rev` of a Summary rises by one for each transaction that changes it, and never falls, not by an
erasure either.

**Erasure.** After `erase` and its commit nobody sees any of the client's words, notes, markers, readings and parked
copies. A new epoch has begun; its only entry is seq 1, `erased`. `erase_more` deletes what was there from the disk, in
slices, also after a kill in between.

**Searches.** `take_in` indexes entries later, in order. An edit, a deletion or an erasure changes the index in its own
transaction.

**One bridge.** One process holds `hold_bridge_lock()`; the lock is free when that process ends, also by kill -9. On
PostgreSQL another process may take it from one that stands still, which commits nothing from then on. There each slot
of the clients may have a lock of its own.

**Errors.** StoreDown (Unavailable): the database does not answer, is full, or was busy too long; the same call may
succeed later, and the Store stays usable through a restart of the server. StoreFault: our own fault, which a repeat
does not cure; park what caused it. No driver's exception leaves the store.

**Two writers.** The bridge writes conversations (`begin`); web and CLI write what is in `registry` and `files`. On
SQLite these are two databases, so that neither waits for the other; on PostgreSQL one. A side thread checkpoints
SQLite's WAL.
"""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from chat_core.contract.errors import Refused, StoreDown
from chat_core.runtime import clock
from chat_core.store import database_move, message_partitions, migrator
from chat_core.store.answer_times import AnswerTimes
from chat_core.store.backends import StoreConfig, find_backend
from chat_core.store.bridge_lock import BridgeLock
from chat_core.store.bridge_state import BridgeState
from chat_core.store.checkpoint import Checkpointer
from chat_core.store.consumption import ConsumptionRows
from chat_core.store.conversation_epochs import begin_new_epochs
from chat_core.store.database import Database
from chat_core.store.episode_lists import EpisodeLists
from chat_core.store.exports import Exports
from chat_core.store.fast_recent import Recent
from chat_core.store.faults import StoreFault
from chat_core.store.file_rows import Files
from chat_core.store.inbox import Inbox
from chat_core.store.log import Log
from chat_core.store.measures import Measures
from chat_core.store.notices import Notices
from chat_core.store.outbox import OutsideEvents
from chat_core.store.registry import Registry
from chat_core.store.report_rows import ReportRows
from chat_core.store.search import Search
from chat_core.store.search_index import Numbers
from chat_core.store.slot_map import SlotMap, SlotMaps, Wait
from chat_core.store.slot_watch import Slots, SlotWatch
from chat_core.store.sqlite import SqliteDatabase
from chat_core.store.transaction import Transaction
from chat_core.store.webhooks import Webhooks

__all__ = [
    "BridgeLock",
    "Files",
    "Numbers",
    "Registry",
    "SlotMap",
    "SlotMaps",
    "SlotWatch",
    "Slots",
    "Store",
    "StoreFault",
    "Transaction",
    "Wait",
    "find_backend",
    "migrate",
    "without_bridge",
]


class Store:
    """Open the database. Thread-safe; a transaction belongs to the thread that began it."""

    def __init__(self, chats: Database, web: Database, tz: str) -> None:
        """Args: chats, web: two files of SQLite's, or twice the same database of PostgreSQL's; tz: see StoreConfig."""
        self.chats: Final = chats  # public for tests and tools: what they ask of a database as such
        self.web: Final = web
        self.tz: Final = tz  # the platform's time zone
        self._checkpointer = Checkpointer(
            [database for database in (chats, web) if isinstance(database, SqliteDatabase)]
        )
        self._recent = Recent()
        self.registry: Final = Registry(web)
        self.files: Final = self.registry.files
        self.outbox: Final = OutsideEvents(chats, web, self.registry.settings)
        self.deliveries: Final = self.registry.deliveries
        self.webhooks: Final = Webhooks(web)
        self.log: Final = Log(chats, self.registry)
        self.inbox: Final = Inbox(chats, self.registry)
        self.search: Final = Search(chats, self.registry)
        self.episodes: Final = EpisodeLists(chats, self.registry)
        self.answer_times: Final = AnswerTimes(chats)
        self.measures: Final = Measures(chats, web)
        self.exports: Final = Exports(chats)
        self.report_rows: Final = ReportRows(chats)
        self.consumption: Final = ConsumptionRows(chats, self.begin, tz)
        self.notices: Final = Notices(chats)
        self.bridge: Final = BridgeState(chats)
        self.slots: Final = SlotMaps(chats)

    @classmethod
    def open(cls, config: StoreConfig, *, migrate: bool = False) -> Self:
        """
        Open the configured database.

        Args: migrate: bring the tables up to date first, as `wattline migrate` does.
        Raises: StoreDown when it does not answer, or its tables are not up to date.
        """
        store = cls(*find_backend(config).open(), config.tz)
        with ExitStack() as on_error:
            on_error.callback(store.close)
            if migrate:
                store.migrate()
            else:
                store.check_version()
            message_partitions.adapt(store.chats)
            on_error.pop_all()
        return store

    def migrate(self) -> list[str]:
        """Bring the tables up to date; return the migrations that this took. Several processes may call it at once."""
        return migrator.apply(self.chats, "chats") + migrator.apply(self.web, "web")

    def divide_messages(self, parts: int) -> None:
        """
        Divide the messages of an empty PostgreSQL database into so many partitions, for whoever opens it next.

        Raises: Refused where that cannot be; StoreDown.
        """
        message_partitions.divide(self.chats, parts)

    def check_version(self) -> None:
        """Raise StoreDown where the tables are an older version's or a newer one's, or a move has not ended."""
        migrator.check_known(self.chats, "chats")
        migrator.check_known(self.web, "web")
        if database_move.is_unfinished(self.chats):
            raise StoreDown(
                "A move into this database has not ended. Run `wattline move` again, or empty the database."
            )
        if self.pending():
            raise StoreDown("The database's tables are not up to date. Run `wattline migrate`.")

    def pending(self) -> list[str]:
        """Return the names of the migrations that are not applied."""
        return migrator.pending(self.chats, "chats") + migrator.pending(self.web, "web")

    def teams_of(self, clients: Collection[str]) -> dict[str, str]:
        """Return the team of each client's conversation, or the one where it would begin."""
        index, named = self.registry.teams.latest, self.inbox.teams_of(clients)
        begun = self.registry.homes.teams_of([client for client in clients if client not in named])
        return {client: index.known(named.get(client, begun.get(client))) for client in clients}

    def close(self) -> None:
        """Close every connection and end the side thread; on SQLite the WAL is in the file then."""
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
        self,
        stop: threading.Event | None = None,
        waiting: Callable[[], None] = lambda: None,
        slot: int = 0,
    ) -> AbstractContextManager[BridgeLock | None]:
        """
        Wait until this process is the only bridge, and stay it until the `with` or the process ends.

        On PostgreSQL call the lock's `check` each second.
        Args: stop: when set, waiting ends and the `with` gets None; waiting: called at each try while another bridge
            holds the lock; slot: whose lock, on PostgreSQL.
        Raises: StoreDown.
        """
        return self.chats.bridge_lock(stop, waiting, slot)

    def watch_slots(self) -> AbstractContextManager[SlotWatch]:
        """Give a watch of the slots, on PostgreSQL. Raises: StoreDown."""
        return self.chats.watch_slots()

    def begin(self) -> Transaction:
        """
        Begin a write transaction, for a `with`. Leaving it without `commit()` rolls back.

        Raises: StoreDown, also when another writer holds the database for 5 s.
        """
        self.chats.begin()
        return Transaction(self.chats, self.tz, self._recent, self.outbox.wanted)

    def scrub(self) -> None:
        """Empty SQLite's WALs soon: they hold what erasures deleted from the files. On PostgreSQL VACUUM does that."""
        self._checkpointer.truncate()


def migrate(config: StoreConfig) -> list[str]:
    """Bring the configured database up to date; return the migrations that this took. Raises: StoreDown."""
    with Store(*find_backend(config).open(), config.tz) as store:
        return store.migrate()


def move(source: StoreConfig, target: StoreConfig, say: Callable[[str], None]) -> int:
    """
    Copy the whole source into the target, whose database is empty or has an unfinished move.

    Nothing else may use either of them. Uploaded files and keys stay in the data folder.
    Args: say: is told the progress. Returns: how many rows there are.
    Raises: Refused where one cannot be used for this, or they differ at the end; StoreDown.
    """
    if source.db == target.db:
        raise Refused("Source and target are the same database.")
    find_backend(source).check_present()
    with Store.open(source) as old, Store(*find_backend(target).open(), target.tz) as new:
        new.migrate()
        with without_bridge(old), without_bridge(new):
            before, after = ({"chats": store.chats, "web": store.web} for store in (old, new))
            return database_move.Move(before, after, say).run()


@contextmanager
def without_bridge(store: Store) -> Iterator[BridgeLock]:
    """Keep every bridge from starting; give the lock. Raises: Refused while one runs; StoreDown."""
    at_once = threading.Event()
    at_once.set()
    with store.hold_bridge_lock(at_once) as lock:
        if lock is None:
            raise Refused("A bridge is using the database. Stop Wattline, then run this again.")
        yield lock


def copy_to(config: StoreConfig, folder: Path, say: Callable[[str], None]) -> None:
    """
    Copy the whole database into files of the folder, as it is at one moment, while others use it.

    Args: say: is told the progress.
    Raises: StoreDown; Refused where a program for it is missing.
    """
    find_backend(config).copy_to(folder, say)


def check_restorable(config: StoreConfig) -> None:
    """Raise Refused where there is a database already; StoreDown where that cannot be told."""
    find_backend(config).check_absent()


def restore_from(config: StoreConfig, folder: Path) -> None:
    """
    Make the database, which must not exist yet, from what `copy_to` put into the folder, and bring it up to date.

    On SQLite that is done in the folder; then the files are moved into place.
    Raises: StoreDown; Refused where there is a database already, or the copy is of the other kind.
    """
    backend = find_backend(config)
    with Store(*backend.unpack(folder).open(), config.tz) as store:
        store.migrate()
        begin_new_epochs(store.chats, clock.now_ms())
    backend.put(folder)
