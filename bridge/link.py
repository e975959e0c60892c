"""
One line to the broker. The only module that knows paho; touches the network.

paho's external-loop interface is driven from the caller's own thread: `turn` moves bytes, `take` gives what arrived,
`publish` and `ack` queue, the next `turn` (or `flush`) writes. So no thread hands messages to another, and whatever
arrives while the caller is busy waits in the socket and comes as one batch.

Each connection is a new paho client. Message ids, unconfirmed publishes and acknowledgements therefore belong to one
connection and die with it (mqtt-traps.md: after a reconnect, ids start again at 1).
"""

import random
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from prometheus_client import Counter

from bridge.bell import Bell
from chat_core.errors import Unavailable, WattlineError

log = structlog.get_logger(__name__)

CONNECTS: Final = Counter("wattline_link_connects", "Connections that ended with every subscription granted")
LOST: Final = Counter("wattline_link_lost", "Connections that failed or ended", ["why"])
STALE_ACKS: Final = Counter(
    "wattline_link_stale_acks", "Acknowledgements thrown away because their connection had ended"
)
DROPPED: Final = Counter("wattline_link_dropped", "Publishes thrown away because there was no connection")

KEEP_ALIVE_S: Final = 10
SILENCE_S: Final = 15.0  # keep alive plus 5 s for the answer: a dead line
CONNECT_TIMEOUT_S: Final = 2.0  # for the TCP connect; CONNACK and SUBACK have the next one
HELLO_TIMEOUT_S: Final = 5.0
PAUSES_S: Final = (0.05, 0.2, 0.5, 1.0, 1.5)  # before each next attempt, with jitter; the last one repeats
LEAVE_WITHIN_S: Final = 2.0  # to write what is queued and DISCONNECT
UNCONFIRMED_LIMIT: Final = 30_000  # of 65,535 message ids
READ_LIMIT: Final = 2_000  # messages in one turn
LOSABLE_LIMIT: Final = 10_000  # beyond so many waiting messages, QoS 0 is let go


@dataclass(frozen=True, slots=True)
class Login:
    """Where and as whom to connect; made anew for each connection."""

    host: str
    port: int
    username: str
    password: str
    client_id: str
    renew_at_s: float | None = None  # on time.time(): when to connect again before the token ends
    ca_file: str | None = None  # TLS when given


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for us when the line dies (§3.1.2.5)."""

    topic: str
    payload: bytes
    qos: int = 1


@dataclass(frozen=True, slots=True)
class Arrived:
    """One PUBLISH as it came, with the connection that its acknowledgement belongs to."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    mid: int
    connection: int


class _Connection:
    """One paho client and what its callbacks wrote down. The callbacks append and never raise."""

    def __init__(self, number: int, login: Login, filters: Sequence[str], clean: bool, will: Will | None) -> None:
        self.number = number
        self.renew_at_s = login.renew_at_s
        self.arrived: deque[Arrived] = deque()
        self.packets = 0
        self.unconfirmed = 0
        self.ready = False
        self.session_present = False
        self.ended: str | None = None
        self.opened_s = self.heard_s = time.monotonic()
        self._filters = [(topic_filter, 1) for topic_filter in filters]
        client = paho.Client(
            CallbackAPIVersion.VERSION2, login.client_id, clean_session=clean, protocol=paho.MQTTv311, manual_ack=True
        )
        client.suppress_exceptions = True
        client.max_inflight_messages_set(0)
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.username_pw_set(login.username, login.password)
        if will is not None:
            client.will_set(will.topic, will.payload, will.qos)
        if login.ca_file is not None:
            client.tls_set(login.ca_file)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        # With this hook paho leaves writing to us, so a batch goes out in one go.
        client.on_socket_register_write = lambda *_: None
        self.client = client
        client.connect(login.host, login.port, KEEP_ALIVE_S)
        sock = client.socket()
        self._poll = select.poll()
        if not isinstance(sock, socket.socket):
            self.ended = "connection lost"
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._fileno = sock.fileno()

    def _on_connect(
        self, _c: paho.Client, _u: object, flags: paho.ConnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        self.packets += 1
        if reason.is_failure:
            self.ended = f"refused: {reason}"
            return
        self.session_present = flags.session_present
        if self._filters:
            self.client.subscribe(self._filters)
        else:
            self.ready = True

    def _on_subscribe(
        self, _c: paho.Client, _u: object, _mid: int, reasons: list[ReasonCode], _p: Properties | None
    ) -> None:
        self.packets += 1
        refused = [
            topic_filter for (topic_filter, _), reason in zip(self._filters, reasons, strict=False) if reason.is_failure
        ]
        if refused:
            self.ended = f"subscription refused: {', '.join(refused)}"
        else:
            self.ready = True

    def _on_message(self, _c: paho.Client, _u: object, message: paho.MQTTMessage) -> None:
        self.packets += 1
        if message.qos == 0 and len(self.arrived) >= LOSABLE_LIMIT:
            return
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "\N{REPLACEMENT CHARACTER}"
        self.arrived.append(
            Arrived(topic, bytes(message.payload), message.qos, message.retain, message.mid, self.number)
        )

    def _on_publish(self, _c: paho.Client, _u: object, _mid: int, _r: ReasonCode, _p: Properties | None) -> None:
        self.packets += 1
        self.unconfirmed -= 1

    def _on_disconnect(
        self, _c: paho.Client, _u: object, _f: paho.DisconnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        self.packets += 1
        self.ended = self.ended or f"ended: {reason}"

    def move(self, timeout_s: float, bell: Bell) -> None:
        """Write what waits, wait for the socket or the bell at most that long, read what came."""
        self.write()
        if self.ended is not None:
            return
        wanted = select.POLLIN | (select.POLLOUT if self.client.want_write() else 0)
        self._poll.register(self._fileno, wanted)
        self._poll.register(bell.fileno, select.POLLIN)
        for fileno, event in self._poll.poll(timeout_s * 1000):
            if fileno == bell.fileno:
                bell.silence()
                continue
            if event & select.POLLOUT:
                self.write()
            if event & ~select.POLLOUT:
                self._read()
        self._check_alive()

    def write(self) -> None:
        """Write what waits, as far as the socket takes it."""
        self._check(self.client.loop_write())

    def _read(self) -> None:
        self.heard_s = time.monotonic()
        enough = len(self.arrived) + READ_LIMIT
        while self.ended is None and len(self.arrived) < enough:
            before = self.packets
            self._check(self.client.loop_read())
            if self.packets == before:
                return

    def _check(self, code: MQTTErrorCode) -> None:
        if code is not MQTTErrorCode.MQTT_ERR_SUCCESS and self.ended is None:
            self.ended = paho.error_string(code)

    def _check_alive(self) -> None:
        if self.ended is not None:
            return
        now_s = time.monotonic()
        self._check(self.client.loop_misc())
        if now_s - self.heard_s > SILENCE_S:
            self.ended = "silent"
        elif not self.ready and now_s - self.opened_s > HELLO_TIMEOUT_S:
            self.ended = "no CONNACK or SUBACK"

    def close(self) -> None:
        """Let the socket go without a word, as a dead line would; paho closes it with its client."""
        sock = self.client.socket()
        if sock is not None:
            sock.close()


class Link:
    """
    A line that heals itself: connects, subscribes, reconnects with growing pauses, asks for a fresh login each time.

    Not thread-safe: everything is called from one thread.
    """

    def __init__(
        self,
        login: Callable[[], Login],
        filters: Sequence[str],
        *,
        clean_session: bool,
        will: Callable[[], Will] | None = None,
    ) -> None:
        """
        Open nothing yet; the first `turn` connects.

        Args: login: called before each connect, may raise WattlineError (then tried again later); filters: subscribed
            with QoS 1 at each connect; clean_session: False keeps the session under the login's client id; will: called
            before each connect too.
        """
        self._login = login
        self._filters = tuple(filters)
        self._clean = clean_session
        self._will = will
        self._now: _Connection | None = None
        self._left: deque[Arrived] = deque()  # of ended connections: still worth handling, never acknowledged
        self._number = 0
        self._failures = 0
        self._next_try_s = 0.0
        self.greeted = 0  # connections so far that ended with every subscription granted
        self.bell = Bell()

    @property
    def ready(self) -> bool:
        """Whether we are connected and every subscription was granted."""
        return self._now is not None and self._now.ready

    @property
    def connection(self) -> int:
        """The number of the present (or last) connection; 0 before the first."""
        return self._number

    @property
    def session_present(self) -> bool:
        """Whether the broker had kept our session when this connection began."""
        return self._now is not None and self._now.session_present

    @property
    def unconfirmed(self) -> int:
        """How many of our QoS 1 publishes the broker has not acknowledged on this connection."""
        return self._now.unconfirmed if self._now is not None else 0

    @property
    def crowded(self) -> bool:
        """Whether so many publishes wait for the broker's PUBACK that no more should follow now."""
        return self.unconfirmed > UNCONFIRMED_LIMIT

    def turn(self, timeout_s: float) -> None:
        """Move bytes both ways; wait at most that long for something to happen. Connects when it is time to."""
        if self._now is None:
            self._connect(timeout_s)
        if self._now is None:
            return
        was_ready = self._now.ready
        self._now.move(timeout_s, self.bell)
        if self._now.ready and not was_ready:
            self._failures = 0
            self.greeted += 1
            CONNECTS.inc()
            log.info("link.ready", connection=self._number, session_present=self._now.session_present)
        if self._now.renew_at_s is not None and time.time() > self._now.renew_at_s and self._now.ended is None:
            self._leave(LEAVE_WITHIN_S)
            return
        if self._now.ended is not None:
            self._lose(self._now.ended)

    def _connect(self, timeout_s: float) -> None:
        wait_s = self._next_try_s - time.monotonic()
        if wait_s > 0:
            self.bell.wait(min(wait_s, timeout_s))
            if time.monotonic() < self._next_try_s:
                return
        self._number += 1
        try:
            will = self._will() if self._will is not None else None
            self._now = _Connection(self._number, self._login(), self._filters, self._clean, will)
        except (OSError, ssl.SSLError, ValueError, Unavailable) as fault:
            self._retry_later(type(fault).__name__)
        except WattlineError as fault:
            self._retry_later(fault.why)

    def _lose(self, why: str) -> None:
        if self._now is not None:
            self._left.extend(self._now.arrived)
            self._now.close()
            self._now = None
        self._retry_later(why)

    def _retry_later(self, why: str) -> None:
        pause_s = PAUSES_S[min(self._failures, len(PAUSES_S) - 1)] * random.uniform(0.7, 1.3)
        self._failures += 1
        self._next_try_s = time.monotonic() + pause_s
        LOST.labels(why.partition(":")[0]).inc()
        log.warning("link.lost", why=why, connection=self._number, retry_s=round(pause_s, 2))

    def take(self, limit: int) -> list[Arrived]:
        """Return what arrived, oldest first, at most that many."""
        taken: list[Arrived] = []
        for waiting in (self._left, self._now.arrived if self._now is not None else ()):
            while waiting and len(taken) < limit:
                taken.append(waiting.popleft())
        return taken

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        """
        Queue one message for this connection.

        Without a connection it is thrown away: what must not be lost is repeated by who sends it (design.md §4).
        """
        connection = self._now
        if connection is None or not connection.client.is_connected():
            DROPPED.inc()
            return
        info = connection.client.publish(topic, payload, qos, retain)
        if info.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            DROPPED.inc()
        else:
            connection.unconfirmed += 1  # paho calls on_publish for QoS 0 too, once it is written

    def ack(self, arrived: Arrived) -> None:
        """Queue the PUBACK, behind everything published so far; of an ended connection, throw it away."""
        if arrived.qos == 0:
            return
        if self._now is None or arrived.connection != self._now.number:
            STALE_ACKS.inc()
            return
        self._now.client.ack(arrived.mid, arrived.qos)

    def flush(self) -> None:
        """Write what is queued now, as far as the socket takes it; the rest goes with the next `turn`."""
        if self._now is not None:
            self._now.write()

    def close(self, within_s: float = LEAVE_WITHIN_S) -> None:
        """Write what is queued, say DISCONNECT, close for good. A kept session stays with the broker."""
        self._leave(within_s)
        self.bell.close()

    def _leave(self, within_s: float) -> None:
        connection, self._now = self._now, None
        if connection is None:
            return
        deadline_s = time.monotonic() + within_s
        if connection.client.is_connected():
            connection.client.disconnect()
        while connection.ended is None and connection.client.want_write() and time.monotonic() < deadline_s:
            connection.move(0.05, self.bell)
        self._left.extend(connection.arrived)
        connection.close()
