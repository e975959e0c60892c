"""
Drive ejabberd: each talker writes to the next one, on asyncio with the standard library's parser.

**Stored** is the server's acknowledgement (XEP-0198) to the sender: mod_mam writes the sender's copy before it, in the
same session process (`test_peers` locks the archive, and no answer comes). **Delivered** is the message at its
recipient: it carries mod_mam's `<stanza-id/>` (XEP-0359), so both copies are committed.
"""

import asyncio
import base64
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element, XMLPullParser

from tests.bench.peers.ejabberd_server import HOST, PASSWORD

STREAMS: Final = "{http://etherx.jabber.org/streams}"
SASL: Final = "urn:ietf:params:xml:ns:xmpp-sasl"
SM: Final = "urn:xmpp:sm:3"
CLIENT: Final = "{jabber:client}"
HEADER: Final = (
    f"<stream:stream to='{HOST}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
)
BIND: Final = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>b</resource></bind></iq>"
WITHIN_S: Final = 10.0
WARM: Final = 60  # messages before the first that counts


@dataclass
class XmppInbox:
    began: dict[str, float] = field(default_factory=dict)
    stored: list[float] = field(default_factory=list)
    delivered: list[float] = field(default_factory=list)

    def clear(self) -> None:
        for each in (self.began, self.stored, self.delivered):
            each.clear()


class XmppLine(asyncio.Protocol):
    """One connection: logs in, says, and notes what is acknowledged and what arrives."""

    def __init__(self, heard: XmppInbox) -> None:
        self._heard = heard
        self._transport: asyncio.Transport
        self._arrived: asyncio.Queue[Element] = asyncio.Queue()
        self._hear: Callable[[Element], None] = self._arrived.put_nowait
        self._unacknowledged: list[str] = []  # ids in order
        self._acknowledged = 0  # of our stanzas, by the server
        self._received = 0  # of its stanzas, by us

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._open()

    def _open(self) -> None:
        self._parser: XMLPullParser[Element] = XMLPullParser(["start", "end"])
        self._depth = 0
        self._write(HEADER)

    def _write(self, words: str) -> None:
        self._transport.write(words.encode())

    def data_received(self, data: bytes) -> None:
        self._parser.feed(data)
        for read in self._parser.read_events():
            self._depth += 1 if read[0] == "start" else -1
            if read[0] == "end" and self._depth == 1:
                element = read[-1]
                assert isinstance(element, Element)
                self._hear(element)

    async def log_in(self, name: str) -> None:
        """Online, with acknowledgements on. Raises: TimeoutError, AssertionError for another answer than the wanted."""
        await self._next(f"{STREAMS}features")
        plain = base64.b64encode(f"\0{name}\0{PASSWORD}".encode()).decode()
        self._write(f"<auth xmlns='{SASL}' mechanism='PLAIN'>{plain}</auth>")
        await self._next(f"{{{SASL}}}success")
        self._open()
        await self._next(f"{STREAMS}features")
        self._write(BIND)
        await self._next(f"{CLIENT}iq")
        self._write("<presence/>")
        await self._next(f"{CLIENT}presence")
        self._hear = self._listen
        self._write(f"<enable xmlns='{SM}'/>")

    async def _next(self, tag: str) -> None:
        async with asyncio.timeout(WITHIN_S):
            element = await self._arrived.get()
        assert element.tag == tag, element.tag

    def _listen(self, element: Element) -> None:
        now_s = time.perf_counter()
        if element.tag == f"{{{SM}}}a":
            count = int(element.attrib["h"]) - self._acknowledged
            self._acknowledged += count
            self._heard.stored += [now_s - self._heard.began[id] for id in self._unacknowledged[:count]]
            del self._unacknowledged[:count]
        elif element.tag == f"{{{SM}}}r":
            self._write(f"<a xmlns='{SM}' h='{self._received}'/>")
        elif element.tag.startswith(CLIENT):
            self._received += 1
            if element.tag == f"{CLIENT}message":
                assert element.find("{urn:xmpp:sid:0}stanza-id") is not None  # archived
                self._heard.delivered.append(now_s - self._heard.began[element.attrib["id"]])

    def say(self, to: str, id: str, text: str) -> None:
        self._unacknowledged.append(id)
        self._heard.began[id] = time.perf_counter()
        self._write(f"<message to='{to}@{HOST}' type='chat' id='{id}'><body>{text}</body></message><r xmlns='{SM}'/>")

    def close(self) -> None:
        """Said goodbye, so that no session is kept for a resumption."""
        self._write("</stream:stream>")
        self._transport.close()


@asynccontextmanager
async def lines(port: int, names: Sequence[str], heard: XmppInbox) -> AsyncIterator[list[XmppLine]]:
    loop, online = asyncio.get_running_loop(), []
    for name in names:
        _, line = await loop.create_connection(lambda: XmppLine(heard), "127.0.0.1", port)
        await line.log_in(name)
        online.append(line)
    try:
        yield online
    finally:
        for line in online:
            line.close()


async def on_ejabberd(port: int, names: Sequence[str], per_s: float, seconds: float, size: int) -> XmppInbox:
    """Each message's times in seconds: until it is stored, until it is delivered."""
    heard = XmppInbox()

    async def paced(count: int) -> None:
        heard.clear()
        own, first_s = secrets.token_hex(4), time.perf_counter()
        for number in range(count):
            await asyncio.sleep(max(0.0, first_s + number / per_s - time.perf_counter()))
            to = names[(number + 1) % len(names)]
            online[number % len(online)].say(to, f"{own}-{number}", "x" * size)
        async with asyncio.timeout(WITHIN_S):
            while min(len(heard.stored), len(heard.delivered)) < count:
                await asyncio.sleep(0.01)

    async with lines(port, names, heard) as online:
        await paced(WARM)
        await paced(int(per_s * seconds))
    return heard
