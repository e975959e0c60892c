"""Bring the tables up to date with `migrations/`, by peewee's own runner: numbered, forward only."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import structlog
from playhouse.migrations import Runner

from chat_core.contract.errors import StoreDown
from chat_core.store import migrations as scripts
from chat_core.store.database import Database
from chat_core.store.faults import mapped
from chat_core.store.migrations import release_0_1
from chat_core.store.migrations.ddl import run

_FOLDERS: Final = Path(scripts.__file__).parent

log = structlog.get_logger(__name__)


def apply(database: Database, part: str) -> list[str]:
    """
    Apply all missing migrations of the part, each in a transaction; return their names. Processes take turns.

    Args: part: the folder's name, `chats` or `web`.
    """
    with database.migration_lock(), mapped():
        check_known(database, part)
        runner = _runner(database, part)
        work = _missing(runner, part)
        is_new = not runner.applied()  # takes no time, so logs nothing
        for place, (name, do) in enumerate(work.items(), 1):
            began_s = time.monotonic()
            if not is_new:
                log.info("migration.begins", name=f"{part}/{name}", of=f"{place}/{len(work)}")
            do()
            if not is_new:
                log.info("migration.done", name=f"{part}/{name}", took_s=round(time.monotonic() - began_s, 1))
        _take_for_first(runner, part)
    return [f"{part}/{name}" for name in work]


def _missing(runner: Runner, part: str) -> dict[str, Callable[[], object]]:
    """Return the migrations that the tables lack, by name, in order."""
    applied = frozenset(runner.applied())
    work: dict[str, Callable[[], object]] = {}
    if release_0_1.is_before_first(applied):
        for name in release_0_1.steps_left(part, applied):
            work[name] = partial(_apply_step, runner, part, name)
        applied |= {release_0_1.FIRST}
    for found in runner.migrations():
        if found.name not in applied:
            work[found.name] = partial(_run_file, runner, part, found.name)
    return work


def _run_file(runner: Runner, part: str, name: str) -> None:
    _take_for_first(runner, part)
    runner.up(name)


def _apply_step(runner: Runner, part: str, name: str) -> None:
    with runner.migrator.migration_context():
        run(runner.database, release_0_1.STEPS[part][name])
        runner.History.create(name=name)


def _take_for_first(runner: Runner, part: str) -> None:
    """Replace a history of 0.1, whose steps are all done, by `0001_tables`, which makes the same tables."""
    if release_0_1.is_before_first(frozenset(runner.applied())):
        with runner.database.atomic():
            runner.History.delete().where(runner.History.name.in_(release_0_1.names(part))).execute()
            runner.History.create(name=release_0_1.FIRST)


def check_known(database: Database, part: str) -> None:
    """Raise StoreDown where a newer program, whose rows we may not understand, has migrated the database."""
    runner = _runner(database, part)
    known = {found.name for found in runner.migrations()} | release_0_1.names(part)
    unknown = sorted(database.again(lambda: _applied(runner)) - known)
    if unknown:
        raise StoreDown(
            f"The database was brought up to date by a newer Wattline (it has {part}/{unknown[-1]}): run that version,"
            " or restore a backup from before."
        )


def _applied(runner: Runner) -> set[str]:
    with mapped():
        return set(runner.applied())


def pending(database: Database, part: str) -> list[str]:
    """Return the names of the part's missing migrations."""

    def look() -> list[str]:
        with mapped():
            return [f"{part}/{name}" for name in _missing(_runner(database, part), part)]

    return database.again(look)


def _runner(database: Database, part: str) -> Runner:
    return Runner(database.peewee, str(_FOLDERS / part), table_name=f"migration_{part}")
