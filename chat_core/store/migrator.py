"""Brings the tables up to date with `chat_core/store/migrations`, by peewee's own runner: numbered, forward only."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import structlog
from playhouse.migrations import Migration, Runner

from chat_core.contract.errors import StoreDown
from chat_core.store import migrations as scripts
from chat_core.store.database import Database
from chat_core.store.faults import mapped

_ADVISORY_KEY: Final = 0x6D696772  # "migr"
_FOLDERS: Final = Path(scripts.__file__).parent

log = structlog.get_logger(__name__)


def apply(database: Database, part: str) -> list[str]:
    """
    All migrations of the part are applied, each in a transaction; returns the names of those that were not yet.

    Args: part: the folder's name, `chats` or `web`. Two processes that migrate at once do it one after the other.
    """
    done: list[str] = []
    with _alone(database), mapped():
        check_known(database, part)
        runner = _runner(database, part)
        status = runner.status()
        waiting = [found.name for found in status if not found.applied]
        say = (
            log.info if len(waiting) < len(status) else _nothing
        )  # a new database takes no time that anybody asks about
        for place, name in enumerate(waiting, 1):
            began_s = time.monotonic()
            say("migration.begins", name=f"{part}/{name}", of=f"{place}/{len(waiting)}")
            done += [f"{part}/{applied}" for applied in runner.up(name)]
            say("migration.done", name=f"{part}/{name}", took_s=round(time.monotonic() - began_s, 1))
    return done


def _nothing(_event: str, **_fields: object) -> None:
    """Say nothing."""


def check_known(database: Database, part: str) -> None:
    """Raises: StoreDown where a newer program has migrated the database: what it stores we may not understand."""
    unknown = _names(database, part, lambda found: found.path is None)
    if unknown:
        raise StoreDown(
            f"The database was brought up to date by a newer Wattline (it has {unknown[-1]}): run that version, or"
            " restore a backup from before."
        )


def pending(database: Database, part: str) -> list[str]:
    """Names of the part's migrations that are not applied yet."""
    return _names(database, part, lambda found: not found.applied)


def _names(database: Database, part: str, which: Callable[[Migration], bool]) -> list[str]:
    def look() -> list[str]:
        with mapped():
            return [f"{part}/{found.name}" for found in _runner(database, part).status() if which(found)]

    return database.again(look)


def _runner(database: Database, part: str) -> Runner:
    return Runner(database.peewee, str(_FOLDERS / part), table_name=f"migration_{part}")


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    if database.kind == "postgres":
        with database.patient():
            database.execute("SELECT pg_advisory_lock(?)", (_ADVISORY_KEY,))
            yield  # the lock goes with the connection
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
