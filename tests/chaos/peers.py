"""MQTT peers that record what they said and heard; none of them uses the product's outbox."""

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from chat_core.contract import topics
from chat_core.contract.ids import new_client_id
from tests.chaos.connection import PeerConnection, PeerRefused
from tests.chaos.history import Record, Spoken, Tick
from tests.conformance import frames

SILENCE_S: Final = 3.0  # docs/contract.md#outbox: unticked for so long, it is sent again
LONGEST_PAUSE_S: Final = 60.0
RECONNECT_S: Final = (0.05, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)  # nearly a page's; who asks anew too soon asks twice
LOOK_EVERY_S: Final = 0.05
MARK_EVERY: Final = 5  # entries of others between two read markers

Address = Callable[[], tuple[str, int]]
Tell = Callable[[Tick], None]


@dataclass(slots=True)
class _Waiting:
    spoken: Spoken
    due_s: float = 0.0
    tries: int = 0


class RecordingPeer:
    """Keep one identity connected, in one event loop. Args: credentials: a line of `wattline token`."""

    def __init__(self, credentials: Mapping[str, Any], address: Address, seed: int, record: Record) -> None:
        self.id = str(credentials["username"])
        self.record = record
        self.random = Random(f"{seed} {self.id}")
        self.line: PeerConnection | None = None
        self.on_tick: Tell = lambda _: None
        self.heard_of: dict[str, int] = {}  # the highest seq heard, by client
        self._password = str(credentials["password"])
        self._address = address
        self._count = 0
        self._known: set[tuple[str, str, int]] = set()  # ticks; a starting bridge tells the newest again
        self._tasks: list[asyncio.Task[None]] = []
        self._leaves = False
        self.lost = 0  # connections that the other side ended
        self.turned_away = 0  # by a broker that answered

    @property
    def desk(self) -> bool:
        return self.id.startswith("a-")

    def start(self, targets: list[str], per_s: float, talking: asyncio.Event) -> None:
        """Connected from now on; while `talking` is set it says something to one of the targets, at random times."""
        self._tasks = [asyncio.create_task(self._stay()), asyncio.create_task(self._talk(targets, per_s, talking))]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.line is not None:
            self.line.close()

    def leave(self) -> None:
        """End this connection; the next one comes at once."""
        if self.line is not None:
            self._leaves = True
            self.line.close()

    def say(self, client: str) -> None:
        self._count += 1
        said = Spoken(client, f"{self.id}-{self._count}", f"{self.id} says number {self._count}", time.monotonic())
        self.record.spoken.append(said)
        self.write(said)

    async def _talk(self, targets: list[str], per_s: float, talking: asyncio.Event) -> None:
        while True:
            await talking.wait()
            await asyncio.sleep(self.random.expovariate(per_s))
            if talking.is_set():  # not the last word of who had drawn breath before everybody fell silent
                self.say(self.random.choice(targets))

    async def _stay(self) -> None:
        failures = 0
        while True:
            try:
                hello = frames.connect(
                    new_client_id(self.id, secrets.token_bytes(16)), self.id, self._password, keep_alive_s=15
                )
                self.line = await PeerConnection.open(
                    self._address(), hello, self._filters(), self._hear, lambda packet_id: self.acked(packet_id)
                )
                failures = 0
                self.came_up()
                await self.line.gone.wait()
                self.lost += not self._leaves
            except PeerRefused:
                self.turned_away += 1
            except OSError:  # a TimeoutError is one
                pass
            self.line, self._leaves = None, False
            self.went_down()
            pause_s = RECONNECT_S[min(failures, len(RECONNECT_S) - 1)]
            failures += 1
            await asyncio.sleep(pause_s * self.random.uniform(0.7, 1.3))

    def _filters(self) -> tuple[str, ...]:
        if self.desk:
            return ("support/+/log", topics.desk_refused(self.id), topics.NOTICE_DESK)
        return (topics.log(self.id), topics.refused(self.id), topics.NOTICE_DESK)

    def _publish(self, said: Spoken) -> int:
        assert self.line is not None
        words = {"id": said.id, "kind": "text", "text": said.text, "sent": time.time_ns() // 1_000_000}
        topic = topics.msg(said.client, self.id if self.desk else None)
        return self.line.publish(topic.encode(), json.dumps(words).encode())

    def _hear(self, topic: bytes, payload: bytes) -> None:
        if not payload:
            return
        name, told = topic.decode(), json.loads(payload)
        if name == topics.NOTICE_DESK:
            self.rolled(str(told["roll"]))
        elif name.endswith("/log"):
            self._hear_entry(name.split("/")[1], told)
        else:
            self.refused(told)

    def _hear_entry(self, client: str, row: dict[str, Any]) -> None:
        self.record.heard.setdefault(client, []).append(row)
        self.heard_of[client] = max(self.heard_of.get(client, 0), row["seq"])
        if row["from"] == self.id and row["kind"] == "text":
            tick = Tick(client, row["id"], row["seq"], time.monotonic())
            if (tick.client, tick.id, tick.seq) not in self._known:
                self._known.add((tick.client, tick.id, tick.seq))
                self.record.ticks.append(tick)
                self.on_tick(tick)
            self.ticked(tick)
        elif row["seq"] % MARK_EVERY == 0 and self.line is not None and row["seq"] > self.record.marked.get(client, 0):
            self.record.marked[client] = row["seq"]
            topic = topics.read(client, self.id if self.desk else None)
            self.line.publish(topic.encode(), json.dumps({"delivered": row["seq"], "read": row["seq"]}).encode())

    # What kinds of ends do differently

    def write(self, said: Spoken) -> None: ...
    def came_up(self) -> None: ...
    def went_down(self) -> None: ...
    def acked(self, packet_id: int) -> None: ...
    def ticked(self, tick: Tick) -> None: ...
    def refused(self, refusal: Mapping[str, Any]) -> None: ...
    def rolled(self, roll: str) -> None: ...


class SendingPeer(RecordingPeer):
    """Repeat each message until the log carries it (docs/contract.md#outbox). Args: window: unticked in flight."""

    def __init__(
        self, credentials: Mapping[str, Any], address: Address, seed: int, *, window: int = 1, heeds_roll: bool = True
    ) -> None:
        super().__init__(credentials, address, seed, Record(str(credentials["username"]), strict=window == 1))
        self.window = window
        self.heeds_roll = heeds_roll
        self._boxes: dict[str, deque[_Waiting]] = {}
        self._roll = ""

    def start(self, targets: list[str], per_s: float, talking: asyncio.Event) -> None:
        super().start(targets, per_s, talking)
        self._tasks.append(asyncio.create_task(self._look()))

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            for client in self._boxes:
                self._pump(client)

    def _pump(self, client: str) -> None:
        if self.line is None:
            return
        now_s = time.monotonic()
        for waiting, _ in zip(self._boxes[client], range(self.window), strict=False):
            if waiting.due_s <= now_s:
                waiting.tries += 1
                waiting.due_s = now_s + min(SILENCE_S * 2 ** (waiting.tries - 1), LONGEST_PAUSE_S)
                self._publish(waiting.spoken)

    def _at_once(self) -> None:
        for client, box in self._boxes.items():
            for waiting in box:
                waiting.due_s, waiting.tries = 0.0, 0
            self._pump(client)

    def write(self, said: Spoken) -> None:
        self.record.outbox.add((said.client, said.id))
        self._boxes.setdefault(said.client, deque()).append(_Waiting(said))
        self._pump(said.client)

    def came_up(self) -> None:
        self._at_once()

    def rolled(self, roll: str) -> None:
        if self._roll and roll != self._roll and self.heeds_roll:
            self._at_once()
        self._roll = roll

    def ticked(self, tick: Tick) -> None:
        if (tick.client, tick.id) in self.record.outbox:
            self._drop(tick.client, tick.id)
        self.record.refused.discard((tick.client, tick.id))

    def refused(self, refusal: Mapping[str, Any]) -> None:
        for client, box in self._boxes.items():
            for waiting in box:
                if waiting.spoken.id != refusal["id"]:
                    continue
                if refusal.get("retry_ms") is not None:
                    waiting.due_s = time.monotonic() + refusal["retry_ms"] / 1000
                    return
                self.record.refused.add((client, waiting.spoken.id))
                self._drop(client, waiting.spoken.id)
                return

    def _drop(self, client: str, id: str) -> None:
        self.record.outbox.discard((client, id))
        self._boxes[client] = deque(waiting for waiting in self._boxes[client] if waiting.spoken.id != id)
        self._pump(client)


class Script(RecordingPeer):
    """Says each message once, as `mosquitto_pub -q 1` does. What the broker took, the bridge must keep."""

    def __init__(self, credentials: Mapping[str, Any], address: Address, seed: int) -> None:
        super().__init__(credentials, address, seed, Record(str(credentials["username"]), False, False))
        self._said: dict[int, Spoken] = {}

    def write(self, said: Spoken) -> None:
        if self.line is not None:
            self._said[self._publish(said)] = said

    def acked(self, packet_id: int) -> None:
        said = self._said.pop(packet_id, None)
        if said is not None:
            self.record.taken.add((said.client, said.id))

    def went_down(self) -> None:
        self._said.clear()

    def forgive(self, stored: set[str]) -> None:
        """The broker that took it is gone: what is not stored by now is nobody's promise any more."""
        self.record.taken = {name for name in self.record.taken if name[1] in stored}
