"""
Run guests that do all that their rights and rates allow, each from an address of its own.

`python -m tests.bench.hostile_guests MQTT_PORT HTTP_PORT GUESTS SECONDS FILES`, the folder that `write_files` filled;
starts at a line on standard input, prints counts as JSON. It is a process of its own, so that its work delays no
measurement.
"""

import asyncio
import ipaddress
import json
import random
import secrets
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from PIL import Image

from bridge.pipeline.rate_limits import MARKERS_FACTOR, PRESENCE_FACTOR
from chat_core.contract import topics
from chat_core.contract.payloads import Marker, Presence, encode
from tests.bench.priority import give_way
from tests.chaos.connection import PeerConnection, PeerRefused
from tests.conformance import frames

FIRST_ADDRESS: Final = ipaddress.IPv4Address("127.1.0.1")  # of 127.0.0.0/8, all of which is this machine
HTTP_DEADLINE_S: Final = 30.0
RATE: Final = 10.0  # words a second, as WATTLINE_RATE has it
OVER: Final = 1.2
BURST_S: Final = 5.0  # of the rate, at once
ANSWER_BYTES: Final = 65_536
SLOW_CONNECTIONS: Final = 3
CONSUMPTION: Final = "consumption?from=0&to=1700000000000&step=hour"
UNREAD_BYTES: Final = 256 * 1024
PAUSE_S: Final = 0.02  # between two tries of the same guest: it is the product's rates that must hold, not ours


@dataclass
class Guest:
    """One hostile guest: its address, its credentials, and what happened to what it tried."""

    address: str
    mqtt_port: int
    http_port: int
    counts: Counter[str]
    files: list[Path]
    session: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.session["id"])

    async def ask(self, method: str, path: str, body: bytes = b"", content_type: str = "application/json") -> bytes:
        """Return the body of the answer; count its status. Raises: OSError, TimeoutError."""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.http_port}\r\nConnection: close\r\n"
        head += f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        if self.session:
            head += f"Authorization: Bearer {self.session['api_token']}\r\n"
        async with asyncio.timeout(HTTP_DEADLINE_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.http_port, local_addr=(self.address, 0))
            try:
                writer.write(head.encode() + b"\r\n" + body)
                await writer.drain()
                answer = await reader.read(ANSWER_BYTES)
            finally:
                writer.close()
        status, _, rest = answer.partition(b"\r\n")
        self.counts[f"{method} {path.partition('?')[0].rpartition('/')[2]} {status[9:12].decode()}"] += 1
        return rest.partition(b"\r\n\r\n")[2]

    async def sign_in(self) -> None:
        self.session = json.loads(await self.ask("POST", "/api/session", b"{}"))

    async def connect(self, hear_ack: Callable[[int], None] = lambda _: None) -> PeerConnection:
        line = PeerConnection(lambda *_: None, hear_ack)
        loop = asyncio.get_running_loop()
        client_id = f"{self.id}:{secrets.token_hex(8)}"
        hello = frames.connect(client_id, self.id, self.session["password"], clean=False, keep_alive_s=60)
        async with asyncio.timeout(HTTP_DEADLINE_S):
            await loop.create_connection(lambda: line, "127.0.0.1", self.mqtt_port, local_addr=(self.address, 0))
            kind, body = await line._ask(hello)
        if (kind, body[1:2]) != (frames.CONNACK, b"\0"):
            line.close()
            raise PeerRefused(f"CONNACK {body!r}")
        self.counts["mqtt sign-in"] += 1
        return line

    # What a guest does over and over

    async def publish(self, make: Callable[[int], tuple[str, bytes]], per_s: float) -> None:
        """Publish at a fifth more than the product's rate, in bursts as large as it takes."""
        line = await self.connect()
        loop = asyncio.get_running_loop()
        began_s, number = loop.time(), 0
        while not line.gone.is_set():
            due = (loop.time() - began_s + BURST_S) * per_s * OVER
            # Who is not read writes no more into a buffer of its own, as a blocking socket would not.
            while number < due and line.transport.get_write_buffer_size() < UNREAD_BYTES:
                number += 1
                topic, payload = make(number)
                line.publish(topic.encode(), payload)
                self.counts[f"published on {topic.rpartition('/')[2]}"] += 1
            await asyncio.sleep(PAUSE_S)
        line.close()

    async def say(self) -> None:
        def words(number: int) -> tuple[str, bytes]:
            said = {"id": f"{secrets.token_hex(4)}-{number}", "kind": "text", "text": "x" * 4_000, "sent": 1}
            return topics.msg(self.id), json.dumps(said).encode()

        await self.publish(words, RATE)

    async def come(self) -> None:
        def presence(number: int) -> tuple[str, bytes]:
            said = Presence(online=True, conn=f"{secrets.token_hex(4)}-{number}")
            return topics.presence(self.id), encode(said)

        await self.publish(presence, RATE * PRESENCE_FACTOR)

    async def read_on(self) -> None:
        def marker(number: int) -> tuple[str, bytes]:
            return topics.read(self.id), encode(Marker(delivered=number, read=number))

        await self.publish(marker, RATE * MARKERS_FACTOR)

    async def rename(self) -> None:
        name = json.dumps({"name": secrets.token_hex(20)}).encode()
        await self.ask("PUT", f"/api/clients/{self.id}/name", name)

    async def upload(self) -> None:
        """Files that are dear: of many frames, large, and of noise."""
        file = random.choice(self.files)
        path = f"/api/clients/{self.id}/files?id={secrets.token_hex(8)}&name={file.name}"
        await self.ask("POST", path, file.read_bytes(), "application/octet-stream")

    async def renew(self) -> None:
        await self.ask("POST", "/api/session", b"{}")

    async def read_pages(self) -> None:
        for path in ("log", "transcript?format=html&lang=en", "export", CONSUMPTION):
            await self.ask("GET", f"/api/clients/{self.id}/{path}")

    async def reconnect(self) -> None:
        """A session kept by the broker, left behind."""
        line = await self.connect()
        line.transport.write(frames.subscribe(topics.log(self.id)))
        line.close()

    async def dribble(self) -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", self.http_port, local_addr=(self.address, 0))
        try:
            writer.write(b"GET /healthz HTTP/1.1\r\n")
            while not writer.is_closing():
                writer.write(b"X")
                await writer.drain()
                await asyncio.sleep(1)
        finally:
            writer.close()

    async def over_and_over(self, act: Callable[[], Awaitable[None]]) -> None:
        """Do it until the process is told to end, whatever comes of it."""
        while True:
            try:
                await act()
            except (OSError, TimeoutError, PeerRefused, KeyError, ValueError) as fault:
                self.counts[f"{act.__name__}: {type(fault).__name__}"] += 1
            await asyncio.sleep(PAUSE_S)

    async def abuse(self) -> None:
        while not self.session:
            with suppress(OSError, TimeoutError, ValueError):
                await self.sign_in()
            if "api_token" not in self.session:
                self.session = {}
                await asyncio.sleep(1)
        acts = [
            self.say,
            self.come,
            self.read_on,
            self.rename,
            self.upload,
            self.renew,
            self.read_pages,
            self.reconnect,
        ]
        acts += [self.dribble] * SLOW_CONNECTIONS
        await asyncio.gather(*(self.over_and_over(act) for act in acts))


def write_files(folder: Path) -> None:
    """Write what guests upload, which takes seconds: once for all who run them."""
    noise = Image.effect_noise((7_000, 7_000), 50)
    noise.save(folder / "a.jpg", "JPEG", quality=10, progressive=True)
    pixels = [Image.new("P", (1, 1), number % 2) for number in range(3_000)]
    pixels[0].save(folder / "a.gif", "GIF", save_all=True, append_images=pixels[1:], loop=0)
    (folder / "a.txt").write_text(secrets.token_hex(500_000))


async def _main(mqtt_port: int, http_port: int, count: int, seconds: float, folder: Path) -> None:
    give_way()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)
    counts: Counter[str] = Counter()
    files = list(folder.iterdir())
    guests = [Guest(str(FIRST_ADDRESS + number), mqtt_port, http_port, counts, files) for number in range(count)]
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.gather(*(guest.abuse() for guest in guests))
    sys.stdout.write(json.dumps({"seconds": seconds, "at": time.time(), **dict(sorted(counts.items()))}) + "\n")


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]), Path(sys.argv[5])))
