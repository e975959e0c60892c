"""
The one door to the database. Touches the database, and on SQLite the folder its files lie in.

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
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Final, Protocol, Self, TypeVar

from chat_core.contract.errors import StoreDown
from chat_core.contract.payloads import Entry, OutageNotice, Summary
from chat_core.domain.search_query import Query
from chat_core.domain.time_steps import Step
from chat_core.runtime import clock
from chat_core.store import backup, data_export, episodes, migrator
from chat_core.store.bridge_lock import BridgeLock
from chat_core.store.checkpoint import Checkpointer
from chat_core.store.consumption import columns, consumption, reading_times
from chat_core.store.database import Database
from chat_core.store.displays import area_notice, glance
from chat_core.store.faults import StoreFault
from chat_core.store.file_rows import Files
from chat_core.store.heartbeats import Beat
from chat_core.store.heartbeats import read as read_beat
from chat_core.store.meter_alarms import MeterSeen, hours_before, hours_of, meters_above
from chat_core.store.pages import Snapshots
from chat_core.store.postgres import PostgresDatabase
from chat_core.store.recent import Recent
from chat_core.store.registry import Registry
from chat_core.store.results import (
    Agent,
    AreaNotice,
    Change,
    Client,
    Credential,
    Device,
    EpisodePage,
    Glance,
    Hit,
    InboxPage,
    Interval,
    LastReading,
    Listener,
    LogPage,
    Note,
    Overview,
    Parked,
    RaisedAlarm,
    Reader,
    SearchPage,
    StoredFile,
)
from chat_core.store.search import behind, search
from chat_core.store.sqlite import SqliteDatabase
from chat_core.store.transaction import UNTOLD, Transaction

__all__ = [
    "Agent",
    "AreaNotice",
    "Beat",
    "BridgeLock",
    "Change",
    "Client",
    "Credential",
    "Device",
    "EpisodePage",
    "Files",
    "Glance",
    "Hit",
    "InboxPage",
    "Interval",
    "LastReading",
    "Listener",
    "LogPage",
    "MeterSeen",
    "Note",
    "Overview",
    "Parked",
    "Reader",
    "Registry",
    "SearchPage",
    "Step",
    "Store",
    "StoreFault",
    "StoredFile",
    "Transaction",
    "migrate",
]

Page = TypeVar("Page", LogPage, InboxPage, SearchPage)

SQLITE_SCHEME: Final = "sqlite:///"
WEB_FILE: Final = "web.db"


class Settings(Protocol):
    """What the store needs of the Config."""

    @property
    def data(self) -> Path: ...  # WATTLINE_DATA
    @property
    def db(self) -> str: ...  # sqlite:///… or postgresql://…
    @property
    def tz(self) -> str: ...  # WATTLINE_TZ: whose days and months readings add up to


class Store:
    """The database, open. Thread-safe; a transaction belongs to the thread that began it."""

    def __init__(self, chats: Database, web: Database, tz: str) -> None:
        self._chats = chats
        self._web = web
        self._tz = tz
        files = [database for database in (chats, web) if isinstance(database, SqliteDatabase)]
        self._checkpointer = Checkpointer(files)
        self.registry: Final = Registry(web)
        self._one = chats is web
        self._recent = Recent()
        self._snapshots = Snapshots(chats, asked_here=self._one)
        self.files: Final = self.registry.files

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
        return migrator.apply(self._chats, "chats") + migrator.apply(self._web, "web")

    def check_version(self) -> None:
        """Raises: StoreDown where the tables are an older version's or a newer one's."""
        migrator.check_known(self._chats, "chats")
        migrator.check_known(self._web, "web")
        if self.pending():
            raise StoreDown("The database's tables are not up to date. Run `wattline migrate`.")

    def pending(self) -> list[str]:
        """Names of the migrations that are not applied."""
        return migrator.pending(self._chats, "chats") + migrator.pending(self._web, "web")

    def close(self) -> None:
        """Every connection is closed and the side thread has ended; on SQLite the WAL is in the file."""
        self._checkpointer.stop()
        self._chats.close()
        self._web.close()

    @property
    def tz(self) -> str:
        """The platform's time zone."""
        return self._tz

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
        return self._chats.bridge_lock(stop, waiting)

    def begin(self) -> Transaction:
        """
        One write transaction, for a `with`; see Transaction for what can be done in it. Leaving it without `commit()`
        rolls back.

        Raises: StoreDown, from here when another writer holds the database for 5 s.
        """
        self._chats.begin()
        return Transaction(self._chats, self._tz, self._recent)

    def scrub(self) -> None:
        """Empty SQLite's WALs soon of what erasures took from the files. On PostgreSQL VACUUM does that."""
        self._checkpointer.truncate()

    # Snapshots

    def log(
        self,
        client: str,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int = 500,
        reader: Reader | None = None,
    ) -> LogPage:
        """
        A stretch of the client's log, ascending, of one moment: entries, ends, epoch and markers belong together.

        Args: after: the entries above this seq, from the lowest; before: the highest below it; neither: the newest.
            limit: at most so many, and at most 1,000. reader: whose `generation` the page tells, which costs
            PostgreSQL no second question.
        A client without a conversation has an empty log: last 0, first 1, epoch "".
        """
        return self._told(self._snapshots.log(client, after, before, limit, reader), reader)

    def _told(self, page: Page, reader: Reader | None) -> Page:
        """The page with the names of those it speaks of and the reader's generation, by one question at most."""
        asks = reader if page.generation is None else None
        if not page.names:
            return page if asks is None else replace(page, generation=self.registry.generation(*asks))
        known = self.registry.known(page.names, asks)
        names = {id: name for id, (name, _) in known.items() if id in page.names and name is not None}
        _, generation = (None, page.generation) if asks is None else known.get(asks.id, (None, None))
        return replace(page, names=names, generation=generation)

    def inbox(
        self,
        *,
        status: str | None = None,
        assignee: str | None = None,
        q: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
        me: str | None = None,
        waiting: bool = False,
        tag: str | None = None,
        reader: Reader | None = None,
    ) -> InboxPage:
        """
        A page of the inbox: who waits longest for an answer first, then the newest.

        Args: status: open, assigned, snoozed or resolved; None means open and assigned. assignee: an agent's id, or
            `none`. q: words that the client's name or id has or begins with. cursor: the page before's. me: whose
            `mine` is counted. waiting: only who waits for an answer. tag: only what has it. reader: as in `log`.
        Where a list has a hundred or more, the counts may be a second old.
        """
        page = self._snapshots.inbox(status, assignee, q, cursor, limit, me, waiting=waiting, tag=tag, reader=reader)
        return self._told(page, reader)

    def search(
        self, query: Query, *, cursor: str | None = None, limit: int = 50, reader: Reader | None = None
    ) -> SearchPage:
        """
        A page of the entries that fit the query, the newest first. Args: reader: as in `log`.

        What was said in the last moments may not be found yet; the page says how many those are about.
        """
        return self._told(search(self._chats, query, cursor, limit, reader, asked_here=self._one), reader)

    def overview(self, start: int, end: int, *, late_ms: int, now_ms: int) -> Overview:
        """
        The desk's figures for [start, end), of what was taken in so far (`behind`), and who waits now.

        Args: late_ms: from when on an answer is late.
        """
        return episodes.overview(self._chats, start, end, self._tz, late_ms, now_ms)

    def episodes(
        self,
        figure: str,
        start: int,
        end: int,
        *,
        longer_ms: int | None = None,
        score: int | None = None,
        hour: int | None = None,
        client: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> EpisodePage:
        """
        A page of the episodes that a figure of the overview counts, the newest first.

        Args: figure: first_answer, resolve, satisfaction or load; longer_ms: only those answered later than this;
            score, hour, client: only these.
        """
        narrower = {"longer_ms": longer_ms, "score": score, "hour": hour}
        page = episodes.episodes(
            self._chats, figure, start, end, self._tz, client=client, cursor=cursor, limit=limit, **narrower
        )
        named = {one.client for one in page.episodes} | {one.by for one in page.episodes if one.by}
        return replace(page, names=self.registry.names(named))

    def usual_answer_ms(self, since_ms: int, until_ms: int) -> int | None:
        """The median first answer by a person to what was asked since that day; None where there were too few."""
        return episodes.usual_answer_ms(self._chats, since_ms, until_ms)

    def behind(self) -> int:
        """About how many entries are neither found nor counted yet."""
        return behind(self._chats)

    def summary(self, client: str) -> Summary | None:
        """The client's row of the inbox, or None."""
        return next(iter(self._snapshots.summaries([client])), None)

    def summaries(self, clients: Iterable[str]) -> list[Summary]:
        """The rows of those of the clients that have one."""
        return self._snapshots.summaries(clients)

    def notes(self, client: str) -> list[Note]:
        """What agents noted about the client, oldest first."""
        return self._snapshots.notes(client)

    def recent_entries(self, limit: int = 1000) -> list[tuple[str, Entry]]:
        """The newest entries with their clients, in the order of their commit: what a starting bridge tells again."""
        return self._snapshots.recent_entries(limit)

    def open_clients(self) -> list[str]:
        """Clients whose conversation is open, assigned or snoozed."""
        return self._snapshots.open_clients()

    def online_clients(self) -> list[str]:
        """Clients whose Summary says that they are online: what a starting bridge has to find out anew."""
        return self._snapshots.online_clients()

    def notices(self) -> list[tuple[str, OutageNotice]]:
        """The outage notices that stand, each with its area: what a connecting bridge retains again."""
        return self._snapshots.notices()

    def ended_notices(self) -> list[tuple[str, OutageNotice]]:
        """The outage notices that are over, each with its area: what no broker is to retain any more."""
        return self._snapshots.ended_notices()

    def cleared(self) -> list[str]:
        """Clients for whose displays no broker is to retain anything, as of the last 30 days."""
        return [row[0] for row in self._chats.fetch("SELECT client FROM cleared ORDER BY client")]

    def change_cursor(self) -> int:
        """How far the bridge has done what web and CLI asked."""
        row = self._chats.fetch_one("SELECT value FROM state WHERE key = 'change_cursor'")
        return int(row[0]) if row else 0

    def untold_clients(self) -> list[str]:
        """Clients whose rows were changed by the bridge itself, and perhaps not told."""
        found = self._chats.fetch("SELECT key FROM state WHERE key LIKE ? ORDER BY key", (f"{UNTOLD}%",))
        return [row[0].removeprefix(UNTOLD) for row in found]

    def files_in_use(self, files: Iterable[str]) -> set[str]:
        """Those of the files that an entry shows."""
        return self._snapshots.files_in_use(files)

    def area_notice(self, area: str) -> AreaNotice | None:
        """The area's outage, also one that is over; None where there never was one."""
        return area_notice(self._chats, area)

    def glance(self, client: str) -> Glance:
        """What the client's small displays show of its conversation, however long it is."""
        return glance(self._chats, client)

    def beat(self) -> Beat | None:
        """Return the bridge's last heartbeat, its age by the database's clock; None where there never was one."""
        return read_beat(self._chats)

    def meters_above(self, num: int, limit: int) -> list[MeterSeen]:
        """The next meters by number, with when they were heard last: for going round all of them."""
        return meters_above(self._chats, num, limit)

    def hours_of(self, num: int, begins: list[int]) -> dict[int, int]:
        """What the meter used in those of the hours of which that is known: begin → Wh."""
        return hours_of(self._chats, num, begins)

    def hours_before(self, last_of: Mapping[int, int], period_ms: int) -> dict[int, int]:
        """
        In how many hours something is known of each meter, in the period before its own moment: one question for all.

        Args: last_of: meter → moment.
        """
        return hours_before(self._chats, last_of, period_ms)

    def settle_meters(self) -> int:
        """Every meter's sums are those of the configured time zone; returns how many had to be made anew."""
        found = self._chats.fetch("SELECT num FROM meter WHERE zone <> ? ORDER BY num", (self._tz,))
        for (num,) in found:
            with self.begin() as tx:
                tx.settle_meter(num)
                tx.commit()
        return len(found)

    def consumption(
        self, client: str, start: int, end: int, step: Step, tz: str, meter: str | None = None
    ) -> list[Interval]:
        """
        What the client used in each step, from the one that holds `start` to the last that begins before `end`.

        Steps of which nothing is known are left out. Minutes are there as long as the readings themselves.
        Args: step: minute, quarter, hour, day or month; tz: whose hours and days, such as Europe/Bucharest; meter:
            None means all of the client's together.
        """
        return consumption(self._chats, client, start, end, step, tz, meter)

    def consumption_columns(
        self, client: str, start: int, end: int, step: Step, tz: str, meter: str | None = None
    ) -> tuple[str, str, str]:
        """
        The same, but for minutes, as JSON arrays: when the steps begin, their Wh, the begins of those that are an
        estimate by half or more. Fast for a whole year.
        """
        return columns(self._chats, client, start, end, step, tz, meter)

    def reading_times(self, client: str, start: int, end: int) -> list[int]:
        """When the client's meters were read in [start, end), as far as readings are kept."""
        return reading_times(self._chats, client, start, end)

    def readings(self, client: str) -> Iterator[LastReading]:
        """Each raw reading of the client's meters that is kept; read in pages, as they are asked for."""
        return data_export.readings(self._chats, client)

    def raised_alarms(self, client: str) -> list[RaisedAlarm]:
        """The last event of each kind that the client's meters raised alarm about."""
        return data_export.alarms(self._chats, client)

    def last_reading(self, client: str) -> LastReading | None:
        """The newest reading of any of the client's meters."""
        return self._snapshots.last_reading(client)

    def parked(self, limit: int = 100) -> list[Parked]:
        """The messages that were parked, newest first."""
        return self._snapshots.parked(limit)

    def parked_count(self) -> int:
        """How many messages are parked."""
        return self._snapshots.parked_count()


def migrate(config: Settings) -> list[str]:
    """
    The configured database's tables are up to date; returns the names of the migrations that this took.

    Raises: StoreDown.
    """
    with Store(*_databases(config), config.tz) as store:
        return store.migrate()


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
        backup.begin_anew(store._chats, clock.now_ms())
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
