"""
Copies of the database for a backup, made while it is in use, and put back into an empty place. Touches files, and on
PostgreSQL the programs pg_dump and pg_restore.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from chat_core.errors import Refused, StoreDown
from chat_core.sql.database import Database
from chat_core.sql.held import new_epoch

PAGES_AT_ONCE: Final = 1_000  # of a copy, between which writers go on
CHATS, WEB, DUMP = "chats.db", "web.db", "wattline.dump"


def copy_files(chats: Path, web: Path, folder: Path) -> None:
    """
    Both SQLite files are in the folder, each of one moment: chats first, so that what its entries name is in the other.

    Raises: StoreDown.
    """
    for path, name in ((chats, CHATS), (web, WEB)):
        if not path.is_file():
            raise Refused(f"There is no database at {path}.")
        try:
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(folder / name)) as copy:
                source.backup(copy, pages=PAGES_AT_ONCE, sleep=0.001)
                (verdict,) = copy.execute("PRAGMA quick_check").fetchone()
        except sqlite3.Error as fault:
            raise StoreDown(f"{path.name} could not be copied: {fault}.") from fault
        if verdict != "ok":
            raise StoreDown(f"{path.name} is damaged: {verdict}.")


def put_files(chats: Path, web: Path, folder: Path) -> None:
    """
    The database is what lies in the folder.

    Raises: Refused where there is one already, or where the copy is of the other kind.
    """
    for path, name in ((chats, CHATS), (web, WEB)):
        if not (folder / name).is_file():
            raise Refused("This backup was made from PostgreSQL; set WATTLINE_DB to an empty database there.")
        if path.exists():
            raise Refused(f"{path} is there already; restore into an empty folder.")
    for path, name in ((chats, CHATS), (web, WEB)):
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
    try:
        with psycopg.connect(url) as connection:
            there = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public' LIMIT 1").fetchone()
    except psycopg.Error as fault:
        raise StoreDown("The database does not answer.") from fault
    if there:
        raise Refused("The database has tables already; restore into an empty one.")
    _run("pg_restore", url, "--no-owner", "--exit-on-error", "--single-transaction", str(folder / DUMP))


def begin_epochs(chats: Database) -> None:
    """Every conversation begins a new epoch: whoever has seen what came after the copy forgets it and asks again."""
    with chats.writing():
        for (num,) in chats.rows("SELECT num FROM conversation ORDER BY num"):
            chats.execute("UPDATE conversation SET epoch = ? WHERE num = ?", (new_epoch(), num))


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
