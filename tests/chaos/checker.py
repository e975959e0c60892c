"""Judge a run's history: one verdict an invariant, with how much it looked at. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from chat_core.domain.shown_entries import shown_fields
from tests.chaos.history import Record, Row, RunHistory

EVENTS: Final = frozenset(
    ("opened", "assigned", "joined", "resolved", "reopened", "edited", "deleted", "erased")
)  # nobody says these


@dataclass(frozen=True, slots=True)
class Verdict:
    """One invariant's result: `looked` facts were checked, `broken` says what is wrong with some."""

    invariant: str
    looked: int
    broken: tuple[str, ...]

    def __str__(self) -> str:
        line = f"{self.invariant:<34} {len(self.broken):>4} of {self.looked}"
        return line + "".join(f"\n    {what}" for what in self.broken[:5])


Finding = str | None  # one look: what is wrong, or None


def lost(history: RunHistory) -> Iterator[Finding]:
    """Ticked, and not in the log at the seq that was ticked."""
    logs = {client: _by_seq(rows) for client, rows in history.logs.items()}
    for record in history.records:
        for tick in record.ticks:
            row = logs.get(tick.client, {}).get(tick.seq)
            fine = row is not None and row["id"] == tick.id and row["from"] == record.sender
            yield None if fine else f"{record.sender} was ticked {tick.id} as {tick.client}/{tick.seq}; there is {row}"


def doubled(history: RunHistory) -> Iterator[Finding]:
    """Twice in the log: the same id of the same sender, or the same words (no two are alike) under another id."""
    for client, rows in history.logs.items():
        said = [row for row in rows if row["kind"] not in EVENTS]
        ids = Counter((row["from"], row["id"]) for row in said)
        words = Counter((row["from"], row.get("text")) for row in said)
        for row in said:
            twice = ids[row["from"], row["id"]] > 1 or words[row["from"], row.get("text")] > 1
            yield f"{client}/{row['seq']}: {row['id']} of {row['from']} stands there twice" if twice else None


def out_of_order(history: RunHistory) -> Iterator[Finding]:
    """A strict sender's words stand in another order than they were written, or one was passed over."""
    for record in _of_kind(history, strict=True):
        for client, rows in history.logs.items():
            place = {spoken.id: n for n, spoken in enumerate(s for s in record.spoken if s.client == client)}
            refused = {id for whose, id in record.refused if whose == client}
            order = [id for id in place if id not in refused]
            stored = [row["id"] for row in rows if row["from"] == record.sender and row["id"] in place]
            for expected, found in zip(order, (id for id in stored if id not in refused), strict=False):
                yield None if expected == found else f"{client}: {record.sender} wrote {expected}, the log has {found}"


def gaps(history: RunHistory) -> Iterator[Finding]:
    for client, rows in history.logs.items():
        for expected, row in enumerate(rows, start=1):
            yield None if row["seq"] == expected else f"{client}: {row['seq']} stands where {expected} belongs"


def changed(history: RunHistory) -> Iterator[Finding]:
    """An entry told under a seq, as clients may see it, or stored there before, is not the one stored there now."""
    logs = {client: _by_seq(rows) for client, rows in history.logs.items()}
    for record in history.records:
        for client, heard in record.heard.items():
            for row in heard:
                now = logs.get(client, {}).get(row["seq"])
                same = now is not None and shown_fields(now) == shown_fields(row)
                yield None if same else f"{record.sender} heard {client}/{row['seq']}: {row}; there is {now}"
    for client, rows in history.earlier.items():
        for seq, row in rows.items():
            now = logs.get(client, {}).get(seq)
            yield None if now == row else f"{client}/{seq} was {row}; it is {now}"


def vanished(history: RunHistory) -> Iterator[Finding]:
    """Neither stored, nor still in its sender's outbox, nor shown as not sent."""
    stored = _stored(history)
    for record in _of_kind(history, has_outbox=True):
        for spoken in record.spoken:
            name = (spoken.client, spoken.id)
            fine = (record.sender, *name) in stored or name in record.outbox or name in record.refused
            yield None if fine else f"{spoken.id} of {record.sender} to {spoken.client} is nowhere"


def taken_and_lost(history: RunHistory) -> Iterator[Finding]:
    """The broker acknowledged it and has lived since, its sender says it once only, and it is not stored."""
    stored = _stored(history)
    for record in _of_kind(history, has_outbox=False):
        for client, id in sorted(record.taken):
            fine = (record.sender, client, id) in stored
            yield None if fine else f"{id} of {record.sender} to {client} was taken and is not stored"


def stuck(history: RunHistory) -> Iterator[Finding]:
    for record in _of_kind(history, has_outbox=True):
        waiting = record.outbox
        for spoken in record.spoken:
            name = (spoken.client, spoken.id)
            yield f"{spoken.id} of {record.sender} to {spoken.client} has no tick" if name in waiting else None


def invented(history: RunHistory) -> Iterator[Finding]:
    said = {
        (record.sender, spoken.client, spoken.id): spoken.text for record in history.records for spoken in record.spoken
    }
    for client, rows in history.logs.items():
        for row in rows:
            if row["kind"] not in EVENTS:
                fine = said.get((row["from"], client, row["id"])) == row.get("text")
                yield None if fine else f"{client}/{row['seq']}: {row}"


def marker_fell(history: RunHistory) -> Iterator[Finding]:
    """A stored read marker is lower than at the check before, or beyond what its reader said, or beyond the log."""
    said = {(client, record.sender): read for record in history.records for client, read in record.marked.items()}
    for client, readers in history.markers.items():
        last = len(history.logs.get(client, ()))
        for reader, read in readers.items():
            before = history.earlier_markers.get(client, {}).get(reader, 0)
            fine = before <= read <= min(last, said.get((client, reader), 0))
            yield (
                None if fine else f"{client}: {reader} read {read}, before {before}, said {said.get((client, reader))}"
            )


def ticked_back(history: RunHistory) -> Iterator[Finding]:
    """A tick was taken back: a message was ticked under two numbers, or a later page says less is read."""
    for record in history.records:
        first: dict[tuple[str, str], int] = {}
        for tick in record.ticks:
            seq = first.setdefault((tick.client, tick.id), tick.seq)
            yield None if seq == tick.seq else f"{record.sender}: {tick.id} was {tick.client}/{seq}, then {tick.seq}"
    highest: dict[tuple[str, str], int] = {}
    for page in history.pages:
        for reader, read in page.read.items():
            before = highest.get((page.client, reader), 0)
            highest[page.client, reader] = max(before, read)
            yield None if read >= before else f"{page.client}: {reader} had read {before}, then {read}"


def read_with_holes(history: RunHistory) -> Iterator[Finding]:
    """Everything has settled, and one who fetches what it missed has not all, or not once, or not in order."""
    for record in _of_kind(history, follows=True):
        for client, rows in record.heard.items():
            heard, last = [row["seq"] for row in rows], len(history.logs.get(client, ()))
            for place, expected in enumerate(range(1, max(last, len(heard)) + 1)):
                found = heard[place] if place < len(heard) else None
                fine = found == expected
                yield None if fine else f"{record.sender} heard {client}/{found} where {expected} belongs"


def page_behind(history: RunHistory) -> Iterator[Finding]:
    """A page of the log ends below what its reader had been told before it asked, or has a hole."""
    for page in history.pages:
        whole = page.seqs == tuple(range(page.after + 1, page.after + 1 + len(page.seqs)))
        fine = page.last >= page.known and whole
        yield None if fine else f"{page}"


INVARIANTS: Final[Mapping[str, Callable[[RunHistory], Iterator[Finding]]]] = {
    "ticked and absent (lost)": lost,
    "stored twice (doubled)": doubled,
    "out of its sender's order": out_of_order,
    "gap in a client's numbers": gaps,
    "changed under the same seq": changed,
    "unticked and nowhere (vanished)": vanished,
    "taken by the broker and lost": taken_and_lost,
    "still without a tick (stuck)": stuck,
    "stored and never said (invented)": invented,
    "read marker fell or ran ahead": marker_fell,
    "tick taken back": ticked_back,
    "hole in what a reader has": read_with_holes,
    "page behind its reader": page_behind,
}


def check(history: RunHistory) -> list[Verdict]:
    verdicts = []
    for name, look in INVARIANTS.items():
        findings = list(look(history))
        verdicts.append(Verdict(name, len(findings), tuple(what for what in findings if what is not None)))
    return verdicts


def _by_seq(rows: list[Row]) -> dict[int, Row]:
    return {row["seq"]: row for row in rows}


def _stored(history: RunHistory) -> set[tuple[str, str, str]]:
    return {(row["from"], client, row["id"]) for client, rows in history.logs.items() for row in rows}


def _of_kind(history: RunHistory, **wanted: bool) -> Iterator[Record]:
    for record in history.records:
        if all(getattr(record, name) == value for name, value in wanted.items()):
            yield record
