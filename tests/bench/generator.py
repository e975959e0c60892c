"""Drive clients on asyncio connections that publish on `msg` and time their id on `msg` (echo) or `log` (tick)."""

import asyncio
import gc
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from typing import Final

from chat_core.contract import topics
from chat_core.contract.ids import new_client_id
from tests.bench.websocket_peer import WebSocketPeer
from tests.chaos.connection import PeerConnection
from tests.conformance import frames

SIZE_BYTES: Final = 300  # of a payload
ID: Final = re.compile(rb'"id":\s*"(m[0-9a-f]+-[0-9]+)"')  # ours; an event's id is another
LEFT_WITHIN_S: Final = 5.0
TOGETHER: Final = 50  # connections being opened at once


@dataclass(frozen=True)
class LoadTarget:
    """A broker, who may come in, and where a client hears its own words again. `login` of None is anonymous."""

    address: tuple[str, int]
    login: Callable[[str], str] | None
    listen: Callable[[str], str]
    ws_port: int = 0
    line: type[PeerConnection] = PeerConnection

    def over_websocket(self) -> "LoadTarget":
        return replace(self, address=(self.address[0], self.ws_port), line=WebSocketPeer)

    def hello(self, client: str) -> bytes:
        client_id = new_client_id(client, secrets.token_bytes(16))
        if self.login is None:
            return frames.connect(client_id, keep_alive_s=600)
        return frames.connect(client_id, client, self.login(client), keep_alive_s=600)


class LoadSender:
    """One client; each message is timed from its publish to its id's coming back."""

    def __init__(self, client: str) -> None:
        self.client = client
        self.line: PeerConnection
        self.times_s: list[float] = []
        self.on_tick: Callable[[LoadSender], None] = lambda _: None
        self._topic = topics.msg(client).encode()
        self._under_way: dict[bytes, float] = {}
        self._own = secrets.token_hex(4).encode()  # an id said before would be a repeat, which is answered otherwise
        self._count = 0

    @property
    def under_way(self) -> int:
        return len(self._under_way)

    def say(self) -> None:
        self._count += 1
        id = b"m%s-%d" % (self._own, self._count)
        head = b'{"id":"%s","kind":"text","sent":1,"text":"' % id
        payload = head + b"x" * (SIZE_BYTES - len(head) - 2) + b'"}'
        self._under_way[id] = time.perf_counter()
        self.line.publish(self._topic, payload)

    def hear(self, _topic: bytes, payload: bytes) -> None:
        now_s = time.perf_counter()
        found = ID.search(payload)
        began_s = self._under_way.pop(found[1], None) if found else None
        if began_s is not None:
            self.times_s.append(now_s - began_s)
            self.on_tick(self)


@asynccontextmanager
async def talkers(target: LoadTarget, clients: Sequence[str]) -> AsyncIterator[list[LoadSender]]:
    people = [LoadSender(client) for client in clients]
    for start in range(0, len(people), TOGETHER):
        await asyncio.gather(*(_connect(target, person) for person in people[start : start + TOGETHER]))
    try:
        yield people
    finally:
        for person in people:
            person.line.close()


async def _connect(target: LoadTarget, person: LoadSender) -> None:
    filters = [target.listen(person.client)]
    person.line = await target.line.open(target.address, target.hello(person.client), filters, person.hear)


async def paced(people: Sequence[LoadSender], per_s: float, seconds: float) -> list[float]:
    """So many messages a second, one client after the other, whatever comes back; each one's time in seconds."""
    loop = asyncio.get_running_loop()
    await _warm_up(people)
    with _no_pauses():
        began_s = loop.time()
        for number in range(int(per_s * seconds)):
            wait_s = began_s + number / per_s - loop.time()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            people[number % len(people)].say()
        await _all_back(people)
    return [time_s for person in people for time_s in person.times_s]


async def flat_out(people: Sequence[LoadSender], window: int, seconds: float) -> float:
    """Every client keeps so many messages under way; how many a second come back, without the first second."""
    await _warm_up(people)
    counting, count = False, 0

    def again(person: LoadSender) -> None:
        nonlocal count
        count += counting
        if going:
            person.say()

    going = True
    with _no_pauses():
        for person in people:
            person.on_tick = again
            for _ in range(window):
                person.say()
        await asyncio.sleep(1)
        began_s, counting = time.perf_counter(), True
        await asyncio.sleep(seconds)
        counting, going = False, False
        lasted_s = time.perf_counter() - began_s
        await _all_back(people)
    return count / lasted_s


async def sign_ins(target: LoadTarget, clients: Sequence[str], seconds: float, at_once: int = 16) -> float:
    """Return how many CONNECTs a second are accepted, each with a login of its own."""
    hellos = [target.hello(client) for client in clients]
    done, until_s = 0, time.perf_counter() + seconds

    async def come_and_go(number: int) -> None:
        nonlocal done
        while time.perf_counter() < until_s:
            line = await target.line.open(target.address, hellos[number % len(hellos)], [], lambda *_: None)
            line.close()
            done += 1
            number += at_once

    began_s = time.perf_counter()
    await asyncio.gather(*(come_and_go(number) for number in range(at_once)))
    return done / (time.perf_counter() - began_s)


async def _warm_up(people: Sequence[LoadSender]) -> None:
    """The first message opens a conversation, and code is warm."""
    for _ in range(3):
        for person in people:
            person.say()
        await _all_back(people)
    for person in people:
        person.times_s.clear()


async def _all_back(people: Sequence[LoadSender]) -> None:
    async with asyncio.timeout(LEFT_WITHIN_S):
        while any(person.under_way for person in people):
            await asyncio.sleep(0.01)


@contextmanager
def _no_pauses() -> Iterator[None]:
    """The generator's garbage is nobody's latency."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def settled() -> None:
    """Two seconds in which the machine does what was asked of it before it is measured."""
    await asyncio.sleep(2)
