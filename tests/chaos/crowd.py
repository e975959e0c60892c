"""People and scripts on the line, in an event loop of its own thread, so that the test may block while it kills."""

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any, Final, Self, TypeVar

from tests.chaos.history import PageRead, Record, Tick
from tests.chaos.participant import PARTNER, Partner, Url
from tests.chaos.peers import Address, RecordingPeer, Script, SendingPeer
from tests.waiting import wait_until

T = TypeVar("T")

AGENT: Final = "a-ana"
BULK: Final = "c-bulk"
SCRIPT: Final = "c-script"
BULK_WINDOW: Final = 20
LET_IN_S: Final = 30.0  # 15 were too few at a load of 20 on two cores; this is not what is judged
PAGE_EVERY_S: Final = 0.1
PAGE: Final = 500  # entries of one page, the route's own limit
RELOADERS: Final = 4  # at once
ANSWERED_WITHIN_S: Final = 30.0  # how soon is not judged here
GUEST_EVERY: Final = 20  # reloads: of one address 300 in an hour, by 0.1


@dataclass(frozen=True)
class CrowdLoad:
    """Messages a second of each kind of end, and how many clients there are."""

    clients: int = 4
    client_per_s: float = 12
    agent_per_s: float = 20
    bulk_per_s: float = 20
    script_per_s: float = 15
    partner_per_s: float = 6
    reloads_per_s: float = 0  # of all clients together

    @property
    def names(self) -> list[str]:
        return [f"c-p{n}" for n in range(self.clients)]

    @property
    def everybody(self) -> list[str]:
        return [*self.names, BULK, SCRIPT, PARTNER, AGENT]


class Crowd:
    """Connect all of a load while the `with` lasts, silent until `talk()`. Args: url: of web; None: no web."""

    def __init__(
        self,
        load: CrowdLoad,
        credentials: Mapping[str, Mapping[str, Any]],
        address: Address,
        url: Url | None,
        seed: int,
        partner_address: Address | None = None,
        *,
        heeds_roll: bool = True,
    ) -> None:
        self._load, self._url, self._credentials, self._seed = load, url, credentials, seed
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="crowd", daemon=True)
        self._talking = asyncio.Event()
        self._pages: list[PageRead] = []
        self._reader: asyncio.Task[None] | None = None
        self._talker: asyncio.Task[None] | None = None
        self._reloaders: list[asyncio.Task[None]] = []
        self.answers: Counter[int] = Counter()  # of web to who reloads, by status; 0: none
        self._counting = threading.Lock()
        self.ticks = 0
        speakers: list[RecordingPeer] = [
            SendingPeer(credentials[name], address, seed, heeds_roll=heeds_roll) for name in (*load.names, AGENT)
        ]
        bulk = SendingPeer(credentials[BULK], address, seed, window=BULK_WINDOW, heeds_roll=heeds_roll)
        self.script = Script(credentials[SCRIPT], address, seed)
        self.ends: Sequence[RecordingPeer] = [*speakers, bulk, self.script]
        # It fetches what it missed, so it needs a system with web.
        self.partner = (
            Partner(credentials[PARTNER], partner_address or address, url, self._count) if url is not None else None
        )

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._start)
        if self.partner is not None:
            self.partner.start()
        wait_until(self._all_in, LET_IN_S, why="somebody was not let in")
        return self

    def _all_in(self) -> bool:
        return all(end.line is not None for end in self.ends) and (self.partner is None or self.partner.ready)

    def __exit__(self, *_: object) -> None:
        if self.partner is not None:
            self.partner.close()
        self._do(self._stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    def talk(self) -> None:
        self._loop.call_soon_threadsafe(self._talking.set)

    def hush(self) -> None:
        """Nobody says anything new after this returns; what is in an outbox goes on being sent."""

        async def hush() -> None:
            self._talking.clear()

        self._do(hush)

    def pending(self) -> int:
        waiting = sum(len(end.record.outbox) for end in self.ends)
        return waiting + (self.partner.pending if self.partner is not None else 0)

    def snapshot(self) -> tuple[list[Record], list[PageRead]]:
        """All records and pages of one moment, copied."""
        records, pages = self._do(self._snapshot)
        return ([*records, self.partner.record()] if self.partner is not None else records), pages

    def forgive_script(self, stored: set[str]) -> None:
        async def forgive() -> None:
            self.script.forgive(stored)

        self._do(forgive)

    def _do(self, step: Callable[[], Awaitable[T]]) -> T:
        async def run() -> T:
            return await step()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(timeout=30)

    async def _start(self) -> None:
        rates = {AGENT: self._load.agent_per_s, BULK: self._load.bulk_per_s, SCRIPT: self._load.script_per_s}
        for end in self.ends:
            end.on_tick = self._count
            targets = self._of_agent() if end.desk else [end.id]
            end.start(targets, rates.get(end.id, self._load.client_per_s), self._talking)
        if self._url is not None:
            self._reader = asyncio.create_task(self._read_pages(self._url))
            if self._load.reloads_per_s:
                self._reloaders = [asyncio.create_task(self._reload(self._url, n)) for n in range(RELOADERS)]
        if self.partner is not None:
            self._talker = asyncio.create_task(self._let_talk(self.partner))

    def _of_agent(self) -> list[str]:
        return [*self._load.names, *([PARTNER] if self.partner is not None else [])]

    async def _stop(self) -> None:
        for task in (self._reader, self._talker, *self._reloaders):
            if task is not None:
                task.cancel()
        await asyncio.gather(*(end.stop() for end in self.ends))

    def _count(self, _: Tick) -> None:
        with self._counting:  # the partner ticks in a thread of its own
            self.ticks += 1

    async def _let_talk(self, partner: Partner) -> None:
        random = Random(f"{self._seed} {PARTNER}")
        while True:
            await self._talking.wait()
            await asyncio.sleep(random.expovariate(self._load.partner_per_s))
            if self._talking.is_set():
                partner.say()

    async def _snapshot(self) -> tuple[list[Record], list[PageRead]]:
        return deepcopy([end.record for end in self.ends]), list(self._pages)

    async def _reload(self, url: Url, number: int) -> None:
        """Somebody loads the page again: asks for the history and connects anew. Sometimes it is somebody new."""
        random = Random(f"{self._seed} reloads {number}")
        people = self.ends[: self._load.clients]
        while True:
            await self._talking.wait()
            await asyncio.sleep(random.expovariate(self._load.reloads_per_s / RELOADERS))
            end = random.choice(people)
            bearer = str(self._credentials[end.id]["api_token"])
            asked = urllib.request.Request(
                f"{url()}/api/clients/{end.id}/log?limit=50", headers={"Authorization": f"Bearer {bearer}"}
            )
            if random.randrange(GUEST_EVERY) == 0:
                asked = urllib.request.Request(f"{url()}/api/session", b"{}", {"Content-Type": "application/json"})
            self.answers[await asyncio.to_thread(_status, asked)] += 1
            if not end.record.outbox:  # a page would ask for the ticks that it missed
                end.leave()

    async def _read_pages(self, url: Url) -> None:
        """The first client's screen asks for the log again and again, from a moving place."""
        end = self.ends[0]
        bearer = str(self._credentials[end.id]["api_token"])
        while True:
            await asyncio.sleep(PAGE_EVERY_S)
            known = end.heard_of.get(end.id, 0)
            after = end.random.randint(max(0, known - 50), known)
            page = await asyncio.to_thread(
                _page, f"{url()}/api/clients/{end.id}/log?after={after}&limit={PAGE}", bearer
            )
            if page is not None:
                seqs = tuple(entry["seq"] for entry in page["entries"])
                read = {reader: marker["read"] for reader, marker in page["markers"].items()}
                self._pages.append(PageRead(end.id, known, after, page["last"], seqs, read))


def _page(url: str, bearer: str) -> dict[str, Any] | None:
    """The answer, or None while nobody gives one: web is killed too."""
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {bearer}"})
    try:
        with urllib.request.urlopen(asked, timeout=3) as answer:
            page: dict[str, Any] = json.load(answer)
            return page
    except (OSError, urllib.error.URLError, TimeoutError):
        return None


def _status(asked: urllib.request.Request) -> int:
    """Return the answer's status, 0 where nobody answers."""
    try:
        with urllib.request.urlopen(asked, timeout=ANSWERED_WITHIN_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refusal:
        return refusal.code
    except OSError:
        return 0
