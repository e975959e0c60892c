"""
Drive one connection to the broker, from CONNECT to its end, in the caller's thread. Touches the network.

Message ids, unconfirmed publishes and acknowledgements end with the connection (docs/contract.md#commit-then-announce).
"""

import os
import select
import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import paho.mqtt.client as paho
from paho.mqtt._packet import PublishPacket
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from bridge.mqtt.fast_paho import CHUNK_BYTES, DONE, FastPaho, MakePaho
from bridge.mqtt.wakeup import Wakeup
from chat_core.contract.topics import is_presence

KEEP_ALIVE_S: Final = 10
SILENCE_S: Final = 15.0  # keep-alive plus 5 s for the answer
CONNECT_TIMEOUT_S: Final = 2.0  # for the TCP connect; CONNACK and SUBACK have the next one
HELLO_TIMEOUT_S: Final = 5.0  # of one host; of several see link.py
READ_LIMIT: Final = 2_000  # messages in one turn
COMERS_LIMIT: Final = 30  # presences in one turn: a thousand would take 1 MB for good
CHECK_EVERY_S: Final = 0.25  # for keep-alive and silence
LOSABLE_LIMIT: Final = 10_000  # waiting messages, beyond which QoS 0 is dropped


@dataclass(frozen=True, slots=True)
class Login:
    """Hold address and credentials of one connection."""

    host: str
    port: int
    username: str
    password: str
    client_id: str
    renew_at_s: float | None = None  # on time.monotonic(): when to connect again before the token ends
    ca_file: str | None = None  # CA certificates; TLS when given
    tls: bool = False  # without ca_file: with this machine's CA certificates
    ends_at_s: float | None = None  # on time.monotonic(), of credentials given once: when the token ends
    other_hosts: tuple[str, ...] = ()  # of the same cluster: each connection takes the next host
    path: str | None = None  # of a WebSocket; None: plain TCP


@dataclass(frozen=True, slots=True)
class Will:
    """Hold the message that the broker publishes when the connection is lost (§3.1.2.5)."""

    topic: str
    payload: bytes
    qos: int = 1


class Arrived(NamedTuple):
    """Hold one PUBLISH and the number of its connection."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    mid: int
    connection: int
    again: bool = False  # sent before, without an acknowledgement (§3.3.1.1 DUP)


class Connection:
    """Hold one connection and what arrived on it. Callbacks append and never raise."""

    silence_s = SILENCE_S  # without a word of the broker, after which it is dead
    hello_s = HELLO_TIMEOUT_S  # until every subscription is granted

    def __init__(
        self,
        number: int,
        login: Login,
        filters: Sequence[str],
        clean: bool,
        will: Will | None,
        make_paho: MakePaho = FastPaho,
    ) -> None:
        """
        Open the connection.

        Args: number: counts from 1, and chooses the host.
        Raises: OSError, ssl.SSLError, ValueError.
        """
        self.number = number
        self.client_id = login.client_id
        self.renew_at_s = login.renew_at_s
        self.arrived: deque[Arrived] = deque()
        self.ready = False
        self.session_present = False
        self.ended: str | None = None
        self.opened_s = self.heard_s = self.oldest_s = time.monotonic()
        self._filters = [(topic_filter, 1) for topic_filter in filters]
        self.wire = wire = make_paho(login.client_id, clean=clean, hear=self._hear)
        if login.path is not None:
            wire.speak_websocket(login.path)
        wire.connect_timeout = CONNECT_TIMEOUT_S
        wire.username_pw_set(login.username, login.password)
        if will is not None:
            wire.will_set(will.topic, will.payload, will.qos)
        self._next_check_s = 0.0
        self._comers = 0  # in this turn
        self._more = False  # waits to be read than one turn takes
        self._is_tls = login.tls or login.ca_file is not None
        if self._is_tls:
            wire.tls_set(login.ca_file)
        wire.on_connect = self._on_connect
        wire.on_subscribe = self._on_subscribe
        wire.on_disconnect = self._on_disconnect
        hosts = (login.host, *login.other_hosts)
        self.host = hosts[(number - 1) % len(hosts)]
        wire.connect(self.host, login.port, KEEP_ALIVE_S)
        sock = wire.socket()
        self._poll = select.poll()
        if sock is None:
            self.ended = "connection lost"
        else:
            self._fileno = sock.fileno()
            with socket.socket(fileno=os.dup(self._fileno)) as same:  # a WebSocket's has no options
                same.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _on_connect(
        self, _c: paho.Client, _u: object, flags: paho.ConnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        if reason.is_failure:
            self.ended = f"refused: {reason}"
            return
        self.session_present = flags.session_present
        if self._filters:
            self.wire.subscribe(self._filters)
        else:
            self.ready = True

    def _on_subscribe(
        self, _c: paho.Client, _u: object, _mid: int, reasons: list[ReasonCode], _p: Properties | None
    ) -> None:
        refused = [
            topic_filter for (topic_filter, _), reason in zip(self._filters, reasons, strict=False) if reason.is_failure
        ]
        if refused:
            self.ended = f"subscription refused: {', '.join(refused)}"
        else:
            self.ready = True

    def _hear(self, heard: PublishPacket) -> None:
        if heard.qos == 0 and len(self.arrived) >= LOSABLE_LIMIT:
            return
        # Invalid UTF-8 is parked under a name that nobody can publish on.
        topic = heard.topic.decode("utf-8", "replace")
        self._comers += is_presence(topic)
        self.arrived.append(
            Arrived(topic, bytes(heard.payload), heard.qos, heard.retain, heard.mid, self.number, heard.dup)
        )

    def _on_disconnect(
        self, _c: paho.Client, _u: object, _f: paho.DisconnectFlags, reason: ReasonCode, _p: Properties | None
    ) -> None:
        self.ended = self.ended or f"ended: {reason}"

    def move(self, timeout_s: float, wakeup: Wakeup) -> None:
        """Write what waits, wait for the socket or the wakeup, at most that long, and read."""
        self.write()
        if self.ended is not None:
            return
        wanted = select.POLLIN | (select.POLLOUT if self.wire.want_write() else 0)
        self._poll.register(self._fileno, wanted)
        self._poll.register(wakeup.fileno, select.POLLIN)
        event = 0
        for fileno, happened in self._poll.poll(0 if self._more else timeout_s * 1000):
            if fileno == wakeup.fileno:
                wakeup.clear()
            else:
                event = happened
        if event & select.POLLOUT:
            self.write()
        if event & ~select.POLLOUT or self._more:
            self._read()
        self._check_alive()

    @property
    def unconfirmed(self) -> int:
        """Return the number of QoS 1 publishes without a PUBACK."""
        return len(self.wire.unconfirmed)

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> bool:
        """Queue one message; return whether it was taken."""
        return self.wire.is_connected() and self.wire.say(topic, payload, qos, retain)

    def ack(self, arrived: Arrived) -> None:
        self.wire.ack(arrived.mid, arrived.qos)

    def write(self) -> None:
        """Write what waits, as far as the socket takes it."""
        if self.wire.want_write():
            self._check(self.wire.loop_write())

    def _read(self) -> None:
        self.heard_s = time.monotonic()
        if not self.arrived:
            self.oldest_s = self.heard_s  # of what waits in `arrived`
        enough = len(self.arrived) + self.wire.skipped + READ_LIMIT
        self._comers, self._more = 0, True
        while self.ended is None and len(self.arrived) + self.wire.skipped < enough and self._comers < COMERS_LIMIT:
            before = self.wire.bytes_in
            self._check(self.wire.loop_read())
            came = self.wire.bytes_in - before
            # TLS may buffer the next record, where poll() does not see it.
            if came == 0 or (came < CHUNK_BYTES and not self._is_tls):
                self._more = False
                return

    def _check(self, code: MQTTErrorCode) -> None:
        if code is not DONE and self.ended is None:
            self.ended = paho.error_string(code)

    def _check_alive(self) -> None:
        now_s = time.monotonic()
        if self.ended is not None or now_s < self._next_check_s:
            return
        self._next_check_s = now_s + CHECK_EVERY_S
        self._check(self.wire.loop_misc())
        if now_s - self.heard_s > self.silence_s:
            self.ended = "silent"
        elif not self.ready and now_s - self.opened_s > self.hello_s:
            self.ended = "no CONNACK or SUBACK"

    def leave(self, wakeup: Wakeup, within_s: float) -> None:
        """Write what is queued, send DISCONNECT and close: no will is sent."""
        deadline_s = time.monotonic() + within_s
        if self.wire.is_connected():
            self.wire.disconnect()
        while self.ended is None and self.wire.want_write() and time.monotonic() < deadline_s:
            self.move(0.05, wakeup)
        self.close()

    def close(self) -> None:
        """Close the socket without DISCONNECT."""
        sock = self.wire.socket()
        if sock is not None:
            sock.close()
