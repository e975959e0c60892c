"""Rounds of faults: everybody talks, a fault comes at a seeded moment, all settles, the checker judges."""

import statistics
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.chaos.checker import Verdict, check
from tests.chaos.crowd import Crowd, CrowdLoad
from tests.chaos.history import Record, Row, RunHistory
from tests.chaos.participant import PARTNER, Url
from tests.chaos.store_reader import StoreReader
from tests.chaos.systems import FaultTarget
from tests.waiting import wait_until

BEFORE: Final = (5, 40)  # ticks between the start of the talk and the kill
MOMENT_S: Final = 0.03  # and so long after the last of them, at most
AFTER: Final = 15  # ticks that show that the system is back
BACK_WITHIN_S: Final = 30.0
SETTLE_WITHIN_S: Final = 45.0  # longer than the pauses of an outbox whose repeat was lost too

# What the broker took and had not handed on is gone with these; who says it again until it is ticked loses nothing.
FORGETTING: Final = frozenset(("broker", "supervisor", "queue overrun"))
PARTNER_WITHIN_S: Final = 8.0  # it has been ticked by then, and asks again for a page after 2 s
SCRIPT_WITHIN_S: Final = 5.0  # nobody says it again: it comes from the broker's session at once, or never


@dataclass
class Told:
    blows: dict[str, int] = field(default_factory=dict)
    back_s: dict[str, list[float]] = field(default_factory=dict)  # from the kill to the next tick of anybody
    slowest_s: dict[str, list[float]] = field(default_factory=dict)  # the longest wait for a tick in each round
    messages: int = 0
    refused: int = 0  # for good
    turned_away: int = 0  # sign-ins by the broker
    most_lost: int = 0  # connections of one client
    answers: dict[int, int] = field(default_factory=dict)  # of web to who reloads, by status
    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def broken(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.broken]

    def __str__(self) -> str:
        lines = [
            f"{self.messages} messages; blows: {self.blows}; {self.turned_away} sign-ins refused",
            f"  reloads by status: {self.answers}; connections lost by one client: {self.most_lost}",
        ]
        for name, times in (("back after", self.back_s), ("longest wait for a tick", self.slowest_s)):
            lines += [
                f"  {name}, {process}: p50 {statistics.median(waits):.2f} s, largest {max(waits):.2f} s"
                for process, waits in times.items()
                if waits
            ]
        return "\n".join([*lines, *map(str, self.verdicts)])


class FaultRounds:
    def __init__(self, system: FaultTarget, books: StoreReader, crowd: Crowd, load: CrowdLoad, seed: int) -> None:
        self._system, self._books, self._crowd, self._load = system, books, crowd, load
        self._random = Random(seed)
        self._earlier: dict[str, dict[int, Row]] = {}
        self._earlier_markers: dict[str, dict[str, int]] = {}
        self._pause = threading.Event()
        self.told = Told()

    def play(self, blows: Sequence[str]) -> Told:
        """One round for each blow (a system knows its own) and a look of the judge, until something is broken."""
        for blow in blows:
            self._round(blow)
            if self.told.broken:
                break
        return self.told

    def _round(self, blow: str) -> None:
        crowd, began_s = self._crowd, time.monotonic()
        crowd.talk()
        self._wait_for_ticks(self._random.randint(*BEFORE))
        self._pause.wait(self._random.uniform(0, MOMENT_S))
        self._system.strike(blow, self._random)
        killed_s = time.monotonic()
        self._wait_for_ticks(AFTER)
        crowd.hush()
        with suppress(AssertionError):  # the judge says who is stuck
            wait_until(lambda: crowd.pending() == 0, SETTLE_WITHIN_S)
            wait_until(self._partner_has_all, PARTNER_WITHIN_S)
        self._look(blow, began_s, killed_s)

    def _wait_for_ticks(self, count: int) -> None:
        wanted = self._crowd.ticks + count
        wait_until(lambda: self._crowd.ticks >= wanted, BACK_WITHIN_S, why=self._system.log)

    def _look(self, blow: str, began_s: float, killed_s: float) -> None:
        clients = [id for id in self._load.everybody if id.startswith("c-")]
        if blow in FORGETTING:
            logs, _ = self._books.read(clients)
            self._crowd.forgive_script({row["id"] for rows in logs.values() for row in rows})
        else:
            self._wait_for_script()
        records, pages = self._crowd.snapshot()
        logs, markers = self._books.read(clients)
        # Asked after the database: a script's words that have just been stored are being heard and read meanwhile.
        for record, later in zip(records, self._crowd.snapshot()[0], strict=True):
            record.marked = later.marked
        history = RunHistory(logs, records, self._earlier, markers, self._earlier_markers, pages)
        told = self.told
        told.verdicts = check(history)
        told.messages = sum(len(record.spoken) for record in records)
        told.refused = sum(len(record.refused) for record in records)
        told.turned_away = sum(end.turned_away for end in self._crowd.ends)
        told.most_lost = max(end.lost for end in self._crowd.ends)
        told.answers = dict(self._crowd.answers)
        told.blows[blow] = told.blows.get(blow, 0) + 1
        self._time(blow, records, began_s, killed_s)
        self._earlier = {client: {row["seq"]: row for row in rows} for client, rows in logs.items()}
        self._earlier_markers = markers

    def _partner_has_all(self) -> bool:
        partner = self._crowd.partner
        return partner is None or len(self._books.read([PARTNER])[0][PARTNER]) == partner.heard

    def _wait_for_script(self) -> None:
        """Wait for a script's messages: they have no tick at their sender."""

        def stored() -> bool:
            logs, _ = self._books.read([self._crowd.script.id])
            ids = {row["id"] for row in logs[self._crowd.script.id]}
            return all(id in ids for _, id in set(self._crowd.script.record.taken))

        with suppress(AssertionError):  # the judge says what is lost
            wait_until(stored, SCRIPT_WITHIN_S)

    def _time(self, blow: str, records: list[Record], began_s: float, killed_s: float) -> None:
        said = {(record.sender, spoken.id): spoken.at_s for record in records for spoken in record.spoken}
        waits, after = [], []
        for record in records:
            for tick in record.ticks:
                spoke_s = said[record.sender, tick.id]
                if spoke_s >= began_s:
                    waits.append(tick.at_s - spoke_s)
                if tick.at_s > killed_s:
                    after.append(tick.at_s - killed_s)
        self.told.slowest_s.setdefault(blow, []).append(max(waits, default=0.0))
        self.told.back_s.setdefault(blow, []).append(min(after, default=0.0))


def play(
    system: FaultTarget,
    blows: Sequence[str],
    seed: int,
    *,
    url: Url | None,
    load: CrowdLoad = CrowdLoad(),
    heeds_roll: bool = True,
) -> Told:
    books = StoreReader(system)
    try:
        credentials = books.let_in(load.everybody)
        with Crowd(
            load, credentials, system.address, url, seed, system.partner_address, heeds_roll=heeds_roll
        ) as crowd:
            told = FaultRounds(system, books, crowd, load, seed).play(blows)
    finally:
        books.close()
    sys.stdout.write(f"\nseed {seed}: {told}\n")
    return told


def shuffled(counts: dict[str, int], seed: int) -> list[str]:
    """So many blows of each kind, spread evenly, their order decided by the seed."""
    random = Random(seed)
    placed = [((n + random.random()) / count, process) for process, count in counts.items() for n in range(count)]
    return [process for _, process in sorted(placed)]
