"""Brings the tables up to date with `chat_core/migrations`, by peewee's own runner: numbered, forward only."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playhouse.migrations import Runner

from chat_core import migrations as scripts
from chat_core.errors import StoreDown
from chat_core.sql.database import Database
from chat_core.sql.faults import mapped

_ADVISORY_KEY: Final = 0x6D696772  # "migr"
_FOLDERS: Final = Path(scripts.__file__).parent


def apply(database: Database, part: str) -> list[str]:
    """
    All migrations of the part are applied, each in a transaction; returns the names of those that were not yet.

    Args: part: the folder's name, `chats` or `web`. Two processes that migrate at once do it one after the other.
    """
    with _alone(database), mapped():
        return [f"{part}/{name}" for name in _runner(database, part).up()]


def pending(database: Database, part: str) -> list[str]:
    """Names of the part's migrations that are not applied yet."""

    def look() -> list[str]:
        with mapped():
            return [f"{part}/{found.name}" for found in _runner(database, part).status() if not found.applied]

    return database.again(look)


def _runner(database: Database, part: str) -> Runner:
    return Runner(database.peewee, str(_FOLDERS / part), table_name=f"migration_{part}")


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    if database.kind == "postgres":
        database.again(lambda: database.execute("SELECT pg_advisory_lock(?)", (_ADVISORY_KEY,)))
        try:
            yield
        finally:
            database.execute("SELECT pg_advisory_unlock(?)", (_ADVISORY_KEY,))
        return
    try:
        handle = os.open(database.path.with_suffix(".migrate"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise StoreDown(f"The database's folder cannot be written: {problem.strerror}.") from problem
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
