"""
Limit waitress's open connections: in all, for each address, and by the time that a request may take to arrive.

At its own limit waitress stops accepting, so that idle connections could block everybody. Here a new connection is
always accepted, and an idle one is closed for it. A reverse proxy, as in production, does all this better.
"""

import heapq
import resource
import socket
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final, Generic, TypeVar

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import BaseWSGIServer
from waitress.task import ThreadedTaskDispatcher

from chat_core.domain.fair_order import FairOrder
from chat_core.runtime.addresses import Networks, site_of

AT_MOST: Final = 512
OF_ADDRESS: Final = 100  # a browser opens six; many can share an address
RESERVED_FILES: Final = 128  # file descriptors for database, files and decoders
LEAST: Final = 32
ACCEPTED_AT_ONCE: Final = 32
BACKLOG: Final = 4_096  # connections that the kernel queues; beyond them a peer retries after 1 s
PROBES: Final = ("/healthz", "/readyz")
GRACE_S: Final = 1.0  # for the first bytes of an address's only connection
SPARE: Final = 64  # above our limit, before waitress stops accepting
REQUEST_S: Final = 20.0  # for a request to arrive, plus its bytes at BYTES_PER_S
BYTES_PER_S: Final = 2_000  # a slow mobile network
COMING_BYTES: Final = 200_000_000  # of all incomplete requests: 20 of the largest uploads
CHECK_EVERY_S: Final = 2

Task = TypeVar("Task")


class Channel(HTTPChannel):
    """Know since when a connection owes a request. Only `service` runs outside waitress's main thread."""

    connections: "HttpConnections"
    site: "Site"
    waiting_since_s: float
    begun_s: float | None  # when the incoming request began

    def received(self, data: bytes) -> bool:
        """Handle received bytes, and note when a request begins."""
        before = self.request
        taken: bool = super().received(data)
        if self.request is not before:
            self.begun_s = None if self.request is None else time.monotonic()
        return taken

    def service(self) -> None:
        """Answer one request, and wait for the next from now on."""
        if self.connections.is_draining:
            request: Any = self.requests[0]
            request.headers["CONNECTION"] = "close"  # waitress says so in its answer, and closes
        super().service()
        self.waiting_since_s = time.monotonic()

    def del_channel(self, map: Mapping[int, Any] | None = None) -> None:
        """Close the connection, and stop counting it."""
        super().del_channel(map)
        self.connections.forget(self)

    def is_late(self, now_s: float) -> bool:
        """Return whether the incoming request takes longer than its bytes allow."""
        if self.begun_s is None or self.requests:
            return False
        return now_s - self.begun_s > REQUEST_S + self.coming_bytes() / BYTES_PER_S

    def coming_bytes(self) -> int:
        """Return the size of the incomplete request."""
        coming = self.request
        return 0 if coming is None else int(coming.header_bytes_received + coming.body_bytes_received)


class Site:
    """Count the open connections of an address."""

    def __init__(self, name: str, is_trusted: bool) -> None:
        """Args: is_trusted: a proxy, whose connections belong to many people."""
        self.name = name
        self.is_trusted = is_trusted
        self.channels: dict[Channel, None] = {}

    def share(self) -> int:
        """Return how many connections count for it when one has to close."""
        return 1 if self.is_trusted else len(self.channels)


class HttpConnections:
    """Limit the connections of one process. Runs in waitress's main thread only."""

    def __init__(self, trusted: Networks, *, at_most: int | None = None, of_address: int = OF_ADDRESS) -> None:
        """Args: trusted: proxies, which many people share; at_most: None for the process's own limit."""
        self.at_most = allowed() if at_most is None else at_most
        self._of_address = of_address
        self._trusted = trusted
        self._open: dict[Channel, None] = {}
        self._sites: dict[str, Site] = {}
        self._servers: list[Any] = []
        self.is_draining = False
        self._probes = ThreadedTaskDispatcher()
        self._in_fair_turns(self._probes)

    def guard(self, servers: Mapping[int, Any]) -> None:
        """Limit the connections of these servers. Args: servers: waitress's map of sockets."""
        self._servers = [server for server in servers.values() if isinstance(server, BaseWSGIServer)]
        for server in self._servers:
            self._guard(server)
        self._probes.set_thread_count(2)  # /readyz may wait for the database, /healthz must not

    def drain(self) -> None:
        """Accept no more connections, and close each open one after its next answer."""
        self.is_draining = True
        for server in self._servers:
            before = -1
            while len(self._open) > before:  # the kernel has accepted these already
                before = len(self._open)
                server.handle_accept()
            wasyncore.dispatcher.close(server)

    def close_idle(self) -> None:
        """
        Close each connection by which nothing has come and nothing has to go.

        Closed with the process, they would take requests until its end. A proxy does not send a lost POST again.
        """
        for channel in tuple(self._open):
            if not (channel.requests or channel.total_outbufs_len or channel.request or _has_come(channel.socket)):
                channel.handle_close()

    @property
    def is_drained(self) -> bool:
        """Return whether no connection is left, and none will come."""
        return self.is_draining and not self._open

    def _guard(self, server: Any) -> None:
        """Hook into the server. Waitress has no setting for it, but looks these attributes up at each use."""
        server.channel_class = self.open
        self._in_fair_turns(server.task_dispatcher)
        server.add_task = lambda task: (self._probes if _is_probe(task) else server.task_dispatcher).add_task(task)
        server.handle_accept = self._accept_several(server.handle_accept)
        server.maintenance = self._also_close_late(server.maintenance)

    def _accept_several(self, accept: Callable[[], None]) -> Callable[[], None]:
        """Accept several connections in one turn of the main loop, which walks over every connection."""

        def accept_several() -> None:
            for _ in range(ACCEPTED_AT_ONCE):
                before = len(self._open)
                accept()
                if len(self._open) == before:
                    return

        return accept_several

    def open(self, server: Any, sock: socket.socket, addr: Any, adj: Any, map: Any = None) -> None:
        """Open a new connection, and close another past a limit."""
        channel = Channel(server, sock, addr, adj, map=map)
        channel.connections, channel.waiting_since_s, channel.begun_s = self, time.monotonic(), None
        name = site_of(str(addr[0])) if addr else ""
        site = self._sites.get(name) or self._sites.setdefault(name, Site(name, name in self._trusted))
        channel.site = site
        self._open[channel] = site.channels[channel] = None
        if len(site.channels) > self._of_address and not site.is_trusted:
            _close_longest_waiting(site.channels)
        elif len(self._open) > self.at_most:
            self._close_of_who_has_most()

    def _close_of_who_has_most(self) -> None:
        """
        Close the oldest idle connection of the address that has most connections.

        The only connection of an address is spared while it is new, since its request may be on its way.
        """

        waiting = _waiting(self._open)
        if not waiting:
            return
        first = min(waiting, key=lambda channel: (-channel.site.share(), channel.waiting_since_s))
        is_new = time.monotonic() - first.waiting_since_s < GRACE_S
        is_only = first.site.share() == 1 and not first.site.is_trusted
        if not (is_new and is_only and len(self._open) < self.at_most + SPARE // 2):
            first.will_close = True

    def _in_fair_turns(self, dispatcher: Any) -> None:
        dispatcher.queue = FairQueue(self._site)

    def _site(self, task: Any) -> str:
        """Return the address that a task counts for, from the network or a trusted proxy."""
        if not isinstance(task, Channel):
            return ""
        if not task.site.is_trusted or not task.requests:
            return task.site.name
        return str(task.requests[0].headers.get("X_FORWARDED_FOR", task.site.name)).rpartition(",")[2].strip()

    def forget(self, channel: Channel) -> None:
        """Stop counting a closed connection."""
        if channel in self._open:
            del self._open[channel], channel.site.channels[channel]
            if not channel.site.channels:
                del self._sites[channel.site.name]

    def _also_close_late(self, close_idle: Callable[[float], None]) -> Callable[[float], None]:
        def close(now: float) -> None:
            close_idle(now)
            now_s = time.monotonic()
            for channel in self._open:
                if channel.is_late(now_s):
                    channel.will_close = True
            self._close_what_is_too_much()

        return close

    def _close_what_is_too_much(self) -> None:
        """Close the oldest incomplete requests while all together exceed COMING_BYTES of memory and disk."""
        coming = {one: one.coming_bytes() for one in self._open if not one.will_close}
        too_much = sum(coming.values()) - COMING_BYTES
        for channel in sorted(coming, key=lambda one: one.begun_s or 0.0):
            if too_much <= 0:
                return
            if coming[channel]:
                channel.will_close = True
                too_much -= coming[channel]


def _has_come(peer: socket.socket | None) -> bool:
    """Return whether the kernel has bytes of the peer that nobody has read."""
    try:
        return peer is not None and peer.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    except OSError:
        return False


def _is_probe(task: Any) -> bool:
    """Return whether a supervisor asks. Probes have a thread of their own."""
    return bool(task.requests) and task.requests[0].path in PROBES


def _waiting(channels: Mapping[Channel, Any]) -> list[Channel]:
    return [channel for channel in channels if not channel.requests and not channel.will_close]


def _close_longest_waiting(channels: Mapping[Channel, Any]) -> None:
    """
    Close the connection that has waited longest for a request, if any waits.

    It closes in the main loop's next turn: within this one, another connection could get its file descriptor.
    """
    waiting = _waiting(channels)
    if waiting:
        min(waiting, key=lambda channel: channel.waiting_since_s).will_close = True


def allowed() -> int:
    """Return how many connections the limit of file descriptors allows."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return AT_MOST if files == resource.RLIM_INFINITY else max(LEAST, min(AT_MOST, files - RESERVED_FILES))


class FairQueue(Generic[Task]):
    """Order waiting requests in fair turns by address, in place of the dispatcher's deque. Not thread-safe."""

    def __init__(self, address_of: Callable[[Task], str]) -> None:
        """Args: address_of: returns whom a task counts for."""
        self._address_of = address_of
        self._order = FairOrder()
        self._waiting: list[tuple[float, int, Task]] = []
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._waiting)

    def append(self, task: Task) -> None:
        """Add a task."""
        due = self._order.ask(self._address_of(task))
        heapq.heappush(self._waiting, (due, next(self._numbers), task))

    def popleft(self) -> Task:
        """Remove and return the next task. Raises: IndexError without one."""
        due, _, task = heapq.heappop(self._waiting)
        self._order.serve(due)
        return task
