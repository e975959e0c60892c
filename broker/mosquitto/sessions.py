"""
Bound the sessions that people leave behind on Mosquitto, which has no setting for it. Touches connections.

Each session with a subscription gets a copy of every message for its person, connected or not. Mosquitto's notices say
who asks for a session that stays. The oldest one beyond a bound is ended as MQTT 3.1.1 §3.1.2.4 says: by a sign-in
under its client id with a clean session, which Mosquitto takes from any account.
"""

import queue
import re
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import structlog
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
from prometheus_client import Counter

from broker.limits import GUEST_SESSIONS, SESSIONS_PER_PERSON
from chat_core.contract import ids
from chat_core.contract.ids import Role

# What `connection_messages true` adds to the log. No client id in it may be shown.
NOTICE: Final = re.compile(
    rb"^\S+ (New connection from |New client connected |Client |Bad client |Bad socket read/write on client "
    rb"|Expiring client |Outgoing messages are being dropped )"
)
# The client id is the peer's own choice, so the username is the last of what looks like one.
_SIGNED_IN: Final = re.compile(rb"^\S+ New client connected from \S+ as (.*) \(p(\d+), c([01]), k\d+, u'([^']*)'\)\.$")
_CUT: Final = re.compile(rb"^\S+ New client connected from (\S+) ")
_LEFT: Final = re.compile(
    rb"^\S+ Client (.*)( closed its connection\.| disconnected\.| disconnected: .*| disconnected due to .*"
    rb"| disconnected, not authorised\.| has exceeded timeout, .*| been disconnected by administrative action\.)$"
)
# Mosquitto cuts a line at 1,000 bytes (src/logging.c): a longer client id could end in another person's name.
WHOLE_LINE_BYTES: Final = 990
GUEST_AWAY_S: Final = 30.0
WARN_EVERY_S: Final = 60.0
WAITING: Final = 100_000  # sessions to end
ANSWER_WITHIN_S: Final = 2.0
PAUSES_S: Final = (0.0, 0.5, 2.0, 5.0)  # before each try

log = structlog.get_logger("broker.mosquitto")

SESSIONS = Counter(
    "wattline_broker_mosquitto_sessions",
    "Sessions too many: ended, or left where Mosquitto did not answer or named no client id",
    ["what"],
)


class KeptSessions:
    """
    Name the sessions that are too many: the oldest beyond eight of a client or guest, and beyond 1,000 of all guests;
    and each of a guest who is away for 30 s, since Mosquitto holds, and saves, every message that waits for it.
    """

    def __init__(self) -> None:
        self._owner: dict[str, str] = {}
        self._of_person: dict[str, dict[str, None]] = {}
        self._of_guests: dict[str, None] = {}
        self._warn_s = float("-inf")
        self._away_s: dict[str, float] = {}  # guests' sessions: since when, the longest first

    def hear(self, line: bytes, now_s: float) -> list[str]:
        """Take a line of Mosquitto's log; return the client ids of the sessions to end."""
        due = self._take_in(line.rstrip(b"\n"), now_s)
        for client_id, since_s in self._away_s.items():
            if now_s - since_s < GUEST_AWAY_S:
                break
            if client_id not in due:
                due.append(client_id)
        for client_id in due:
            self._forget(client_id)
        return due

    def _take_in(self, line: bytes, now_s: float) -> list[str]:
        if len(line) >= WHOLE_LINE_BYTES:
            if found := _CUT.match(line):
                SESSIONS.labels("left").inc()
                if now_s >= self._warn_s:
                    self._warn_s = now_s + WARN_EVERY_S
                    log.warning("a client id is too long to bound its session", address=found[1].decode())
            return []
        if found := _SIGNED_IN.match(line):
            # Mosquitto takes UTF-8 only (MQTT 3.1.1 §1.5.3).
            client_id, version, clean, username = (part.decode(errors="replace") for part in found.groups())
            self._forget(client_id)
            # In MQTT 5 the flag says how a session begins; an expiry that no notice tells, when it ends (§3.1.2.11.2).
            if (clean == "0" or version == "5") and ids.is_id(username) and ids.role_of(username) is Role.CLIENT:
                return self._add(client_id, username)
        elif found := _LEFT.match(line):
            client_id = found[1].decode(errors="replace")
            if client_id in self._of_guests:
                self._away_s.setdefault(client_id, now_s)
        return []

    def _add(self, client_id: str, username: str) -> list[str]:
        self._owner[client_id] = username
        of_person = self._of_person.setdefault(username, {})
        of_person[client_id] = None
        if ids.is_guest(username):
            self._of_guests[client_id] = None
        if len(of_person) > SESSIONS_PER_PERSON:
            return [next(iter(of_person))]
        if len(self._of_guests) > GUEST_SESSIONS:
            return [next(iter(self._of_guests))]
        return []

    def _forget(self, client_id: str) -> None:
        owner = self._owner.pop(client_id, None)
        if owner is None:
            return
        self._of_guests.pop(client_id, None)
        self._away_s.pop(client_id, None)
        of_person = self._of_person[owner]
        del of_person[client_id]
        if not of_person:
            del self._of_person[owner]


class SessionEnder:
    """
    End sessions in a thread of its own.

    Args: password: returns that of `s-check`, as whom it signs in; it changes with the keys.
    """

    def __init__(self, host: str, port: int, password: Callable[[], str], *, tls: bool) -> None:
        self._address, self._password, self._tls = (host, port), password, tls
        self._kept = KeptSessions()
        self._due: queue.Queue[str] = queue.Queue(WAITING)
        threading.Thread(target=self._run, name="sessions", daemon=True).start()

    def hear(self, line: bytes) -> None:
        """Take a line of Mosquitto's log. Never waits."""
        for client_id in self._kept.hear(line, time.monotonic()):
            try:
                self._due.put_nowait(client_id)
            except queue.Full:
                SESSIONS.labels("left").inc()

    def _run(self) -> None:
        while True:
            client_id = self._due.get()
            ended = any(self._end(client_id, pause_s) for pause_s in PAUSES_S)
            SESSIONS.labels("ended" if ended else "left").inc()

    def _end(self, client_id: str, pause_s: float) -> bool:
        """Sign in under this id with a clean session, and out again; return whether Mosquitto took it."""
        time.sleep(pause_s)
        accepted: list[bool] = []
        client = Client(CallbackAPIVersion.VERSION2, client_id, clean_session=True)
        client.username_pw_set(ids.CHECK, self._password())
        if self._tls:  # on this machine; the bridge checks the certificate
            client.tls_set(cert_reqs=ssl.CERT_NONE)
            client.tls_insecure_set(True)
        client.on_connect = lambda _client, _data, _flags, reason, _properties: accepted.append(not reason.is_failure)
        with suppress(OSError):  # ssl.SSLError among them
            client.connect(*self._address)
            until_s = time.monotonic() + ANSWER_WITHIN_S
            while not accepted and time.monotonic() < until_s and client.loop(ANSWER_WITHIN_S) == 0:
                pass
            client.disconnect()
        return accepted == [True]
