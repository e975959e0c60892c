"""
Copies of the database for a backup, made while it is in use, and put back into an empty place. Touches files, and on
PostgreSQL the programs pg_dump and pg_restore.
"""

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from chat_core.contract.errors import Refused, StoreDown
from chat_core.store.database import Database
from chat_core.store.postgres_connection import BUSY_TIMEOUT_MS
from chat_core.store.unit_of_work import REV_BASE, new_epoch

PAGES_AT_ONCE: Final = 2_000  # of a copy, after which its progress is told
CHATS, WEB, DUMP = "chats.db", "web.db", "wattline.dump"


def copy_files(chats: Path, web: Path, folder: Path, say: Callable[[str], None]) -> None:
    """
    Copy both SQLite files into the folder as they are at one moment, while others write.

    Each copy is made within a read transaction, so that no commit begins it anew. The chats' comes first, so that what
    its entries name is in the other. Meanwhile the WAL grows: by some MB for each second of 60 commits.
    Raises: StoreDown.
    """
    with ExitStack() as opened:
        sources = [opened.enter_context(_reading(path)) for path in (chats, web)]
        for source, path, name in zip(sources, (chats, web), (CHATS, WEB), strict=True):
            try:
                with closing(sqlite3.connect(folder / name, isolation_level=None)) as copy:
                    copy.execute("PRAGMA synchronous = off")  # the packed file is synced, this one is thrown away
                    source.backup(copy, pages=PAGES_AT_ONCE, progress=_told(say, f"copying {path.name}"))
                    source.execute("ROLLBACK")
                    copy.execute("PRAGMA journal_mode = delete")
                    say(f"examining {path.name}")
                    check_whole(copy, path.name)
            except sqlite3.Error as fault:
                raise StoreDown(f"{path.name} could not be copied: {fault}.") from fault


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A read transaction: it sees the database as it is now, whatever others commit."""
    if not path.is_file():
        raise Refused(f"There is no database at {path}.")
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


def check_whole(database: sqlite3.Connection, name: str) -> None:
    """SQLite finds no fault in the database. Raises: StoreDown."""
    try:
        (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as fault:
        verdict = str(fault)
    if verdict != "ok":
        raise StoreDown(f"{name} is damaged: {verdict}.")


def check_no_files(chats: Path, web: Path) -> None:
    """There is no SQLite database yet. Raises: Refused."""
    for path in (chats, web):
        if path.exists():
            raise Refused(f"{path} is there already; restore into an empty folder.")


def check_files(folder: Path) -> None:
    """The folder holds two whole SQLite files. Raises: Refused; StoreDown where one is damaged."""
    for name in (CHATS, WEB):
        if not (folder / name).is_file():
            raise Refused("This backup was made from PostgreSQL; set WATTLINE_DB to an empty database there.")
        with closing(sqlite3.connect(folder / name)) as database:
            check_whole(database, name)


def put_files(chats: Path, web: Path, folder: Path) -> None:
    """
    Move what lies in the folder to where the database is to be.

    Raises: Refused where there is one already.
    """
    check_no_files(chats, web)
    for path, name in ((web, WEB), (chats, CHATS)):
        with closing(sqlite3.connect(folder / name)) as database:
            database.execute("PRAGMA journal_mode = delete")  # all of it is in the one file
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(folder / name, path)
        path.chmod(0o600)


def dump(url: str, folder: Path) -> None:
    """PostgreSQL's database is in a file of the folder, of one moment. Raises: StoreDown; Refused without pg_dump."""
    _run("pg_dump", url, "--format=custom", "--no-owner", f"--file={folder / DUMP}")


def undump(url: str, folder: Path) -> None:
    """
    The empty database is what lies in the folder.

    Raises: StoreDown; Refused where it is not empty, or where the copy is of the other kind.
    """
    if not (folder / DUMP).is_file():
        raise Refused("This backup was made from SQLite; leave WATTLINE_DB out, or set it to sqlite:///…")
    check_empty(url)
    _run("pg_restore", url, "--no-owner", "--exit-on-error", "--single-transaction", str(folder / DUMP))


def check_empty(url: str) -> None:
    """PostgreSQL's database has no tables. Raises: Refused; StoreDown."""
    try:
        with psycopg.connect(url) as connection:
            there = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone()
    except psycopg.Error as fault:
        raise StoreDown("The database does not answer.") from fault
    if there:
        raise Refused("The database has tables already; restore into an empty one.")


def begin_anew(chats: Database, now_ms: int) -> None:
    """
    Begin a new epoch in every conversation: whoever saw what came after the copy forgets it and asks again.

    Every `rev` is above each that was told before, also of a conversation that begins later: open boards go on.
    """
    with chats.writing():
        (most,) = chats.row("SELECT coalesce(max(rev), 0) FROM conversation") or (0,)
        base = max(now_ms, int(most) + 1)  # a row has fewer commits than milliseconds pass between two restores
        chats.execute(
            "INSERT INTO state (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (REV_BASE, base),
        )
        for (num,) in chats.rows("SELECT num FROM conversation ORDER BY num"):
            chats.execute("UPDATE conversation SET epoch = ? WHERE num = ?", (new_epoch(), num))
        chats.execute("UPDATE conversation SET rev = ? WHERE rev > 0", (base,))


def _run(program: str, url: str, *arguments: str) -> None:
    """Raises: Refused where the program is not there; StoreDown when it fails."""
    address = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    environ = dict(os.environ)
    if "password" in address:
        environ["PGPASSWORD"] = address.pop("password")  # an argument would show it to everybody on the machine
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
