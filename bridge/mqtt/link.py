"""
Stay connected to the broker over many connections.

`turn` moves bytes, `take` returns what arrived, `publish` and `ack` queue; the next `turn` or `flush` writes. What
arrives while the caller is busy waits in the socket and comes as one batch.

Before a token ends, the connection is renewed. Without a persistent session the new one, under a new client id, opens
first and takes over. A persistent session belongs to one client id, so there the old one closes first.
"""

import ssl
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from bridge.mqtt.connection import HELLO_TIMEOUT_S, SILENCE_S, Arrived, Connection, Login, Will
from bridge.mqtt.fast_paho import FastPaho, MakePaho
from bridge.mqtt.wakeup import Wakeup
from chat_core.contract.errors import NotSignedIn, Unavailable, WattlineError
from chat_core.runtime.backoff import Backoff
from chat_core.runtime.observing import Counter, get_logger

__all__ = ["Arrived", "Link", "Login", "Will"]

log = get_logger(__name__)

CONNECTS: Final = Counter("wattline_link_connects", "Connections that ended with every subscription granted")
LOST: Final = Counter("wattline_link_lost", "Connections that failed or ended", ["why"])
STALE_ACKS: Final = Counter(
    "wattline_link_stale_acks", "Acknowledgements thrown away because their connection had ended"
)
DROPPED: Final = Counter("wattline_link_dropped", "Publishes thrown away because there was no connection")

PAUSES_S: Final = (0.05, 0.2, 0.5, 1.0, 1.5)  # before each next attempt
STARTING_S: Final = 10.0  # before a link that was never up warns
LEAVE_WITHIN_S: Final = 2.0  # to write what is queued and DISCONNECT
UNCONFIRMED_LIMIT: Final = 30_000  # of 65,535 message ids
UNWELCOME: Final = ("refused: Bad user name or password", "refused: Not authorized")  # CONNACK 4 and 5
UNWELCOME_FOR_S: Final = 600.0  # the same token: it was revoked
FIRST_HELLO_S: Final = 1.5  # for CONNACK and SUBACK, while another host has not been asked
OVERLAP_S: Final = 0.25  # both connections read, so that the old one has all before the new one
OVERLAP_TURN_S: Final = 0.02  # the longest wait of a turn then


def hello_within_s(hosts: int, failures: int) -> float:
    """
    Return how long a host may take to answer CONNECT and SUBSCRIBE.

    A node that starts or hangs takes connections and answers nothing. Each of several hosts is asked for FIRST_HELLO_S
    before any is asked for longer, so that a busy cluster is reached too.
    Args: hosts: how many there are; failures: in a row, with the loss of the connection before.
    """
    if hosts == 1:
        return HELLO_TIMEOUT_S
    rounds = max(0, failures - 1) // hosts
    return min(HELLO_TIMEOUT_S, FIRST_HELLO_S * 2.0**rounds)


class Link:
    """Connect, subscribe, and reconnect with growing pauses and a fresh login each time. Not thread-safe."""

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

        Args: login: called before each connect; NotSignedIn from it ends the link for good, after another WattlineError
            it is called again later; filters: subscribed with QoS 1; clean_session: False keeps the session under the
            login's client id; will: called before each connect.
        """
        self._login = login
        self._filters = tuple(filters)
        self._clean = clean_session
        self._will = will
        self._now: Connection | None = None
        self._next: Connection | None = None  # is to take over
        self._overlap_until_s: float | None = None
        self._left: deque[Arrived] = deque()  # of ended connections: handled, never acknowledged
        self._number = 0
        self._backoff = Backoff(*PAUSES_S, jitter=0.3)
        self._began_s = time.monotonic()
        self._next_try_s = 0.0
        self.greeted = 0  # connections so far with every subscription granted
        self.took_over = False  # whether the present one replaced a live one
        self.over: str | None = None  # why the credentials have ended for good, in a sentence
        self._tried: Login | None = None
        self._unwelcome: tuple[str, float] | None = None  # which password, since when
        self.wakeup = Wakeup()
        self._silence_s = SILENCE_S
        self.make_paho: MakePaho = FastPaho  # of each next connection

    @property
    def ready(self) -> bool:
        """Return whether it is connected and every subscription was granted."""
        return self._now is not None and self._now.ready

    @property
    def connection(self) -> int:
        """Return the number of the present or last connection; 0 before the first."""
        return self._now.number if self._now is not None else self._number

    @property
    def session_present(self) -> bool:
        """Return whether the broker had our session when this connection began."""
        return self._now is not None and self._now.session_present

    @property
    def host(self) -> str | None:
        """Return the host of the present connection."""
        return self._now.host if self._now is not None else None

    @property
    def nodes_greeted(self) -> int:
        """Return how often nodes of a cluster were reached that may retain nothing yet (bridge.mqtt.node_copies)."""
        return 0

    @property
    def unconfirmed(self) -> int:
        """Return how many of our QoS 1 publishes wait for a PUBACK on this connection."""
        return self._now.unconfirmed if self._now is not None else 0

    @property
    def waiting(self) -> int:
        """Return how many messages `take` can return."""
        return len(self._left) + (len(self._now.arrived) if self._now is not None else 0)

    @property
    def read_s(self) -> float | None:
        """Return when the oldest message of this connection was read, on time.monotonic(); None without one."""
        return self._now.oldest_s if self._now is not None else None

    @property
    def crowded(self) -> bool:
        """Return whether too many publishes wait for a PUBACK to send more now."""
        return self.unconfirmed > UNCONFIRMED_LIMIT

    def turn(self, timeout_s: float) -> None:
        """Move bytes both ways, waiting at most that long. Connect when it is time to."""
        if self._now is None:
            self._connect(timeout_s)
        if self._now is None:
            return
        was_ready = self._now.ready
        self._now.move(min(timeout_s, OVERLAP_TURN_S) if self._next is not None else timeout_s, self.wakeup)
        if self._now.ready and not was_ready:
            self._greet(took_over=False)
        if self._now.ended is not None:
            self._lose(self._now.ended)
        elif self._now.ready:
            self._renew(self._now)

    def _connect(self, timeout_s: float) -> None:
        wait_s = self._next_try_s - time.monotonic()
        if wait_s > 0:
            self.wakeup.wait(min(wait_s, timeout_s))
            if time.monotonic() < self._next_try_s:
                return
        self._now = self._open(None)

    def _open(self, unlike: str | None) -> Connection | None:
        """Return a connection that has begun, or None for now. Args: unlike: a client id that it must not have."""
        try:
            login = self._login()
            if login.client_id == unlike:
                self._put_off(login)
                return None
            will = self._will() if self._will is not None else None
            self._number += 1
            self._tried = login
            connection = Connection(self._number, login, self._filters, self._clean, will, self.make_paho)
            connection.silence_s = self._silence_s
            connection.hello_s = hello_within_s(1 + len(login.other_hosts), self._backoff.failures)
            return connection
        except (OSError, ssl.SSLError, ValueError, Unavailable) as fault:
            self._retry_later(type(fault).__name__)
        except NotSignedIn as fault:
            self.over = fault.text
        except WattlineError as fault:
            self._retry_later(fault.why)
        return None

    def _greet(self, *, took_over: bool) -> None:
        self._backoff.succeed()
        self._unwelcome = None
        self.greeted += 1
        self.took_over = took_over
        CONNECTS.inc()
        log.info(
            "link.ready", connection=self.connection, session_present=self.session_present, took_over=self.took_over
        )

    def _lose(self, why: str) -> None:
        if self._now is not None:
            self._left.extend(self._now.arrived)
            self._now.close()
        self._now, self._next, self._overlap_until_s = self._next, None, None
        if self._now is None:
            self._judge(why)
            self._retry_later(why)
        else:
            LOST.labels(why.partition(":")[0]).inc()
            if self._now.ready:
                self._greet(took_over=False)

    def _judge(self, why: str) -> None:
        """Give up credentials given once, when the broker refuses them after their end or for long."""
        login, now_s = self._tried, time.monotonic()
        if login is None or login.ends_at_s is None or why not in UNWELCOME:
            return
        if self._unwelcome is None or self._unwelcome[0] != login.password:
            self._unwelcome = (login.password, now_s)
        if now_s > login.ends_at_s:
            self.over = f"The credentials of {login.username} have ended. Get new ones with `wattline token`."
        elif now_s - self._unwelcome[1] > UNWELCOME_FOR_S:
            self.over = f"The credentials of {login.username} are refused. Get new ones with `wattline token`."

    def _retry_later(self, why: str) -> None:
        pause_s = self._backoff.fail()
        self._next_try_s = time.monotonic() + pause_s
        LOST.labels(why.partition(":")[0]).inc()
        is_news = self.greeted > 0 or time.monotonic() - self._began_s > STARTING_S
        (log.warning if is_news else log.info)("link.lost", why=why, connection=self._number, retry_s=round(pause_s, 2))

    # Renewal

    def _renew(self, now: Connection) -> None:
        """Open another connection when credentials are due; it takes over once it is up."""
        if self._next is not None:
            self._bring_up(now, self._next)
        elif now.renew_at_s is not None and time.monotonic() >= max(now.renew_at_s, self._next_try_s):
            if self._clean:
                self._next = self._open(now.client_id)
            else:
                self._leave(LEAVE_WITHIN_S)

    def _put_off(self, login: Login) -> None:
        """Keep the connection and ask again later, as there are no fresh credentials."""
        if self._now is not None:
            self._now.renew_at_s = login.renew_at_s
        self._next_try_s = time.monotonic() + PAUSES_S[-1]

    def _bring_up(self, now: Connection, coming: Connection) -> None:
        coming.move(0, self.wakeup)
        if coming.ended is not None:
            coming.close()
            self._next, self._overlap_until_s = None, None
            self._retry_later(coming.ended)
        elif coming.ready and self._overlap_until_s is None:
            self._overlap_until_s = time.monotonic() + OVERLAP_S
        elif self._overlap_until_s is not None and time.monotonic() >= self._overlap_until_s:
            now.leave(self.wakeup, LEAVE_WITHIN_S)
            self._left.extend(now.arrived)
            self._now, self._next, self._overlap_until_s = coming, None, None
            self._greet(took_over=True)

    def listen_to(self, filters: Sequence[str]) -> None:
        """Subscribe to these filters from now on; connect anew where they differ."""
        if self._filters == tuple(filters):
            return
        self._filters = tuple(filters)
        if self._now is not None:
            self._leave(LEAVE_WITHIN_S)

    def take(self, limit: int) -> list[Arrived]:
        """Return at most that many messages that arrived, oldest first."""
        taken: list[Arrived] = []
        for waiting in (self._left, self._now.arrived if self._now is not None else ()):
            while waiting and len(taken) < limit:
                taken.append(waiting.popleft())
        return taken

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        """Queue one message, or drop it without a connection: its sender repeats it (docs/contract.md#outbox)."""
        if self._now is None or not self._now.publish(topic, payload, qos, retain):
            DROPPED.inc()

    def ack(self, arrived: Arrived) -> None:
        """Queue the PUBACK, behind all publishes so far. Drop it when its connection has ended."""
        if arrived.qos == 0:
            return
        if self._now is None or arrived.connection != self._now.number:
            STALE_ACKS.inc()
            return
        self._now.ack(arrived)

    def flush(self) -> None:
        """Write what is queued, as far as the socket takes it; the next `turn` writes the rest."""
        if self._now is not None:
            self._now.write()

    def close(self, within_s: float = LEAVE_WITHIN_S) -> None:
        """Write what is queued, send DISCONNECT and close. The broker keeps a persistent session."""
        self._leave(within_s)
        self.wakeup.close()

    def _leave(self, within_s: float) -> None:
        for connection in (self._next, self._now):
            if connection is not None:
                connection.leave(self.wakeup, within_s)
                self._left.extend(connection.arrived)
        self._now, self._next, self._overlap_until_s = None, None, None
