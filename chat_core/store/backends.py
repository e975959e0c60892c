"""
Open, copy and restore the database that a URL names: `find_backend` is the one place that reads the URL's scheme.

Touches files, and on PostgreSQL the programs pg_dump and pg_restore.
"""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import ClassVar, Final, Protocol, Self

import psycopg
from psycopg.conninfo import make_conninfo

from chat_core.contract.errors import Refused, StoreDown
from chat_core.store.database import Database
from chat_core.store.postgres import PostgresDatabase
from chat_core.store.postgres_connection import BUSY_TIMEOUT_MS, parameters_of
from chat_core.store.sqlite import SqliteDatabase

PAGES_AT_ONCE: Final = 2_000  # of a copy, after which its progress is told
CHATS, WEB, DUMP = "chats.db", "web.db", "wattline.dump"
SQLITE_SCHEME: Final = "sqlite:///"


class StoreConfig(Protocol):
    """Define what the store needs of the Config."""

    @property
    def data(self) -> Path: ...  # WATTLINE_DATA
    @property
    def db(self) -> str: ...  # sqlite:///… or postgresql://…
    @property
    def tz(self) -> str: ...  # WATTLINE_TZ: whose days and months readings add up to


class Backend(Protocol):
    """Define what each kind of database does with its place."""

    kind: ClassVar[str]  # as a backup's manifest names it

    def open(self) -> tuple[Database, Database]:
        """Return the databases of chats and of web; on PostgreSQL both are one. Raises: StoreDown."""

    def copy_to(self, folder: Path, say: Callable[[str], None]) -> None:
        """Copy all of it into files of the folder, as it is at one moment. Raises: StoreDown; Refused."""

    def check_present(self) -> None:
        """Raises: Refused where its file is missing."""

    def check_absent(self) -> None:
        """Raises: Refused where there is a database already; StoreDown."""

    def unpack(self, folder: Path) -> "Backend":
        """Return where the database of the folder's copy is open to changes. Raises: StoreDown; Refused."""

    def put(self, folder: Path) -> None:
        """Put the database of the folder in its place, if `unpack` has not. Raises: Refused where there is one."""


def find_backend(config: StoreConfig) -> Backend:
    """Return the backend of the configured URL."""
    if not config.db.startswith(SQLITE_SCHEME):
        return PostgresBackend(config.db)
    chats = config.data / config.db.removeprefix(SQLITE_SCHEME)
    return SqliteBackend(chats, chats.with_name(WEB))


class SqliteBackend:
    """Use two files of a folder."""

    kind: ClassVar = "sqlite"

    def __init__(self, chats: Path, web: Path) -> None:
        self._files = {CHATS: chats, WEB: web}

    def open(self) -> tuple[Database, Database]:
        return SqliteDatabase(self._files[CHATS]), SqliteDatabase(self._files[WEB])

    def check_present(self) -> None:
        _check_file(self._files[CHATS])

    def copy_to(self, folder: Path, say: Callable[[str], None]) -> None:
        # Each copy is made within a read transaction, so that no commit begins it anew. The chats' comes first, so that
        # the other has what its entries name. Meanwhile the WAL grows: some MB for each second of 60 commits.
        with ExitStack() as opened:
            sources = {name: opened.enter_context(_reading(path)) for name, path in self._files.items()}
            for name, source in sources.items():
                file = self._files[name].name
                try:
                    with closing(sqlite3.connect(folder / name, isolation_level=None)) as copy:
                        copy.execute("PRAGMA synchronous = off")  # the packed file is synced, this one is deleted
                        source.backup(copy, pages=PAGES_AT_ONCE, progress=_told(say, f"copying {file}"))
                        source.execute("ROLLBACK")
                        copy.execute("PRAGMA journal_mode = delete")
                        say(f"examining {file}")
                        _check_whole(copy, file)
                except sqlite3.Error as fault:
                    raise StoreDown(f"{file} could not be copied: {fault}.") from fault

    def check_absent(self) -> None:
        for path in self._files.values():
            if path.exists():
                raise Refused(f"{path} is there already; restore into an empty folder.")

    def unpack(self, folder: Path) -> Backend:
        for name in self._files:
            if not (folder / name).is_file():
                raise Refused("This backup was made from PostgreSQL; set WATTLINE_DB to an empty database there.")
            with closing(sqlite3.connect(folder / name)) as database:
                _check_whole(database, name)
        return SqliteBackend(folder / CHATS, folder / WEB)

    def put(self, folder: Path) -> None:
        self.check_absent()
        for name in (WEB, CHATS):
            path = self._files[name]
            with closing(sqlite3.connect(folder / name)) as database:
                database.execute("PRAGMA journal_mode = delete")  # all of it is in the one file
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.move(folder / name, path)
            path.chmod(0o600)


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise Refused(f"There is no database at {path}.")


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a read transaction, which sees the database as it is now, whatever others commit."""
    _check_file(path)
    with closing(sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_MS / 1000)) as source:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()
        yield source


def _told(say: Callable[[str], None], what: str) -> Callable[[int, int, int], None]:
    next_s = time.monotonic() + 1

    def tell(_status: int, left: int, total: int) -> None:
        nonlocal next_s
        if time.monotonic() >= next_s:
            next_s = time.monotonic() + 1
            say(f"{what}: {100 * (total - left) // max(total, 1)} %")

    return tell


def _check_whole(database: sqlite3.Connection, name: str) -> None:
    """Raises: StoreDown where SQLite finds a fault in the database."""
    try:
        (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as fault:
        verdict = str(fault)
    if verdict != "ok":
        raise StoreDown(f"{name} is damaged: {verdict}.")


class PostgresBackend:
    """Use a server's database."""

    kind: ClassVar = "postgres"

    def __init__(self, url: str) -> None:
        self._url = url

    def open(self) -> tuple[Database, Database]:
        both = PostgresDatabase(self._url)
        return both, both

    def check_present(self) -> None:
        """Do nothing: opening it tells."""

    def copy_to(self, folder: Path, say: Callable[[str], None]) -> None:
        say("dumping the database")
        self._run("pg_dump", "--format=custom", "--no-owner", f"--file={folder / DUMP}")

    def check_absent(self) -> None:
        try:
            with psycopg.connect(make_conninfo(**parameters_of(self._url))) as connection:
                there = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone()
        except psycopg.Error as fault:
            raise StoreDown("The database does not answer.") from fault
        if there:
            raise Refused("The database has tables already; restore into an empty one.")

    def unpack(self, folder: Path) -> Self:
        if not (folder / DUMP).is_file():
            raise Refused("This backup was made from SQLite; leave WATTLINE_DB out, or set it to sqlite:///…")
        self.check_absent()
        self._run("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", str(folder / DUMP))
        return self

    def put(self, folder: Path) -> None:
        """Do nothing: `unpack` has restored it in place."""

    def _run(self, program: str, *arguments: str) -> None:
        """Raises: Refused where the program is missing; StoreDown when it fails."""
        address = parameters_of(self._url)
        environ = dict(os.environ)
        if "password" in address:
            environ["PGPASSWORD"] = address.pop("password")  # everybody on the machine sees a program's arguments
        command = [_find(program), f"--dbname={make_conninfo(**address)}", *arguments]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise StoreDown(f"{program} failed: {(done.stderr.strip().splitlines() or ['no word'])[-1]}")


def _find(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: path.parts[4].zfill(3))
        if not newest:
            raise Refused(f"{program} is not installed; it comes with PostgreSQL's client programs.")
        found = str(newest[-1])
    return found
