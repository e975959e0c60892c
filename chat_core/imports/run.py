"""Run an import: read, order, write, report. Touches files and the database."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from chat_core.contract.errors import Refused
from chat_core.contract.fields import MAX_TEXT
from chat_core.contract.ids import Role
from chat_core.domain.settings import MAX_CANNED, Canned, CannedReply, Defaults, default_of, read_document, wire_of
from chat_core.imports import chatwoot, crisp, intercom
from chat_core.imports.items import Item, Left, OldLine, SavedReply, Value
from chat_core.imports.json_files import find_files, read_values
from chat_core.imports.names import Authors, Clients, derived, plain, read_pairs
from chat_core.imports.report import ImportReport
from chat_core.imports.stage import Stage, staged
from chat_core.imports.writer import ImportWriter, add_client
from chat_core.runtime import clock
from chat_core.store import BridgeLock, Store, without_bridge

TOLD_EVERY_S: Final = 1.0
AHEAD_MS: Final = 60_000
TITLES: Final = {module.__name__.rsplit(".", 1)[-1]: module.TITLE for module in (intercom, crisp, chatwoot)}
_READERS: Final[Mapping[str, Callable[[Value], Iterator[Item]]]] = MappingProxyType(
    {"intercom": intercom.read, "crisp": crisp.read, "chatwoot": chatwoot.read}
)


@dataclass(frozen=True)
class Job:
    """
    Say what to import.

    Args: source: a key of TITLES; place: the export's file or folder; scratch: where to order it; lang: of saved
        replies; clients, agents: files of pairs (docs/migrating.md#who-is-who).
    """

    source: str
    place: Path
    report: Path
    lang: str
    clients: Path | None = None
    agents: Path | None = None
    dry_run: bool = False


def run(store: Store, job: Job, say: Callable[[str], None]) -> list[str]:
    """
    Import; return the report's lines. Run again, it continues where it was interrupted, and takes what is new.

    Raises: Refused for unreadable files, or while a bridge runs; StoreDown.
    """
    clients = read_pairs(job.clients, Role.CLIENT)
    agents = read_pairs(job.agents, Role.AGENT)
    with _alone(store, job) as lock, ImportReport(job.report) as report, staged() as stage:
        _read(job, stage, report, say)
        for left in stage.lost():
            report.leave(left)
        Clients(job.source, clients, report).name_all(stage)
        authors = Authors(job.source, TITLES[job.source], agents, store.registry, stage)
        authors.check_pairs()
        store.registry.teams.refresh()
        tell = _teller(say, f"writing: {{:,}} of {stage.count_clients():,} clients")
        ImportWriter(store, job.source, stage, authors, report).write(lock, clock.now_ms(), tell)
        _add_bare(store, stage, report, is_real=not job.dry_run)
        _add_replies(store, job, stage.replies(), report)
        report.taken["agents and bots as placeholders"] += authors.fresh
        return report.lines()


@contextmanager
def _alone(store: Store, job: Job) -> Iterator[BridgeLock | None]:
    with nullcontext() if job.dry_run else without_bridge(store) as lock:
        yield lock


def _read(job: Job, stage: Stage, report: ImportReport, say: Callable[[str], None]) -> None:
    files, others = find_files(job.place)
    if not files:
        raise Refused(f"{job.place} holds no file that ends in .json, .jsonl or .ndjson.")
    for path in others:
        report.leave(Left("unknown_file", "file", str(path)))
    latest_ms = clock.now_ms() + AHEAD_MS
    tell = _teller(say, "reading: {:,} objects")
    read = 0
    for path in files:
        for value in read_values(path):
            read += 1
            tell(read)
            for item in _READERS[job.source](value) if isinstance(value, dict) else [_no_object(path, value)]:
                if isinstance(item, OldLine) and not 0 < item.at <= latest_ms:
                    item = Left("bad_time", item.kind, item.id, str(item.at))
                if isinstance(item, Left):
                    report.leave(item)
                elif item.id:
                    stage.put(item)


def _no_object(path: Path, value: Any) -> Left:
    return Left("unknown_object", "object", str(path), str(value)[:80])


def _teller(say: Callable[[str], None], line: str) -> Callable[[int], None]:
    next_s = time.monotonic() + TOLD_EVERY_S

    def tell(count: int) -> None:
        nonlocal next_s
        if time.monotonic() >= next_s:
            next_s = time.monotonic() + TOLD_EVERY_S
            say(line.format(count))

    return tell


def _add_bare(store: Store, stage: Stage, report: ImportReport, *, is_real: bool) -> None:
    """Add the contacts without conversation that the portal knows: agents find them, and can write to them."""
    for client, person in stage.bare():
        is_new = add_client(store, client, [person]) if is_real else store.registry.find_client(client) is None
        (report.taken if is_new else report.known)["clients without conversation"] += 1


def _add_replies(store: Store, job: Job, replies: list[SavedReply], report: ImportReport) -> None:
    settings = store.registry.settings
    rev, value = settings.document("canned")
    canned = read_document("canned", value, default_of("canned", Defaults()))
    assert isinstance(canned, Canned)
    found = list(canned.replies)
    for reply in replies:
        id, text = derived("r", job.source, reply.id), plain(reply.text)
        if any(each.id == id for each in found):
            report.known["saved replies"] += 1
            continue
        try:
            made = CannedReply(id=id, title={job.lang: plain(reply.title)[:200]}, text={job.lang: text})
        except ValidationError:
            report.leave(Left("reply", "saved reply", reply.id, f"{len(text)} characters; 1 to {MAX_TEXT} are allowed"))
            continue
        if len(found) >= MAX_CANNED:
            report.leave(Left("reply", "saved reply", reply.id, f"there are {MAX_CANNED} already"))
            continue
        if "{{" in text:
            report.leave(Left("placeholder", "saved reply", reply.id, text[:200]))
        found.append(made)
        report.taken["saved replies"] += 1
    if len(found) > len(canned.replies) and not job.dry_run:
        settings.change_document("canned", wire_of(Canned(replies=found)), rev)
