"""
Give retained messages to every node of a cluster whose nodes keep them apart. Touches the network.

RabbitMQ keeps a retained message on the node that took it (docs/brokers.md#retained-messages-of-a-rabbitmq-cluster). So
each is published once more through one connection to each other node. Retained messages are states, so a reader who
hears one twice draws the same.
"""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from bridge.mqtt.connection import HELLO_TIMEOUT_S
from bridge.mqtt.link import LEAVE_WITHIN_S, Link, Login, hello_within_s
from chat_core.contract.errors import BrokerDown
from chat_core.contract.ids import BRIDGE, new_client_id
from chat_core.runtime.guarded import guarded

TURN_S: Final = 0.5  # between two batches of copies, of which each topic has the newest state
# The bridge asks its node something every 2 s (scheduler.PROBE_EVERY_S). One that hangs is left for the next.
NODE_SILENCE_S: Final = 4.5
ALONE_S: Final = 5.0  # without a session at any node, after which another bridge may work


class ClusterLink(Link):
    """
    The bridge's connection to a cluster, and one more to each host, each in a thread of its own.

    A node that hangs delays nobody else.
    """

    def __init__(self, login: Callable[[], Login], filters: Sequence[str], hosts: Sequence[str]) -> None:
        """Args: as of Link, whose session is kept; hosts: of all nodes."""
        super().__init__(self._noted, filters, clean_session=False)
        self._silence_s = NODE_SILENCE_S
        self._ready_s = time.monotonic()
        self._own_login = login
        self._newest: Login | None = None
        self._nodes = {host: _Node(partial(self._login_at, host)) for host in hosts}

    def turn(self, timeout_s: float) -> None:
        """Move bytes as Link does. Raises: BrokerDown after ALONE_S without a session, see `_asks_at_first`."""
        super().turn(timeout_s)
        if self.ready or self._asks_at_first():
            self._ready_s = time.monotonic()
        elif time.monotonic() - self._ready_s > ALONE_S:
            raise BrokerDown("This bridge reaches no node of the broker. Another bridge may.")

    def _asks_at_first(self) -> bool:
        """
        Return whether a link that was never up waits for a node that took its connection.

        It does so until a node had HELLO_TIMEOUT_S to answer. A bridge that left before, and began anew with the first
        short times, would never be in where the cluster is busy.
        """
        if self.greeted or self._now is None:
            return False
        return hello_within_s(len(self._nodes), self._backoff.failures - 1) < HELLO_TIMEOUT_S

    def _noted(self) -> Login:
        self._newest = self._own_login()
        return self._newest

    def _login_at(self, host: str) -> Login:
        """Return the newest login, for another connection: only the bridge's thread asks the database."""
        if self._newest is None:
            raise BrokerDown("The bridge has not connected yet.")
        own = new_client_id(BRIDGE, secrets.token_bytes(16))
        return replace(self._newest, host=host, other_hosts=(), client_id=own)

    @property
    def nodes_greeted(self) -> int:
        return sum(node.greeted for node in self._nodes.values())

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        super().publish(topic, payload, qos, retain=retain)
        if retain:
            for host, node in self._nodes.items():
                if host == self.host:
                    node.forget(topic)
                else:
                    node.keep(topic, payload, qos)

    def close(self, within_s: float = LEAVE_WITHIN_S) -> None:
        for node in self._nodes.values():
            node.stop.set()
        super().close(within_s)
        for node in self._nodes.values():
            node.join()


class _Node(threading.Thread):
    def __init__(self, login: Callable[[], Login]) -> None:
        super().__init__(name="node copies", daemon=True)
        self.stop = threading.Event()
        self._link = Link(login, (), clean_session=True)
        self._changing = threading.Lock()
        self._due: dict[str, tuple[bytes, int]] = {}  # the newest of each topic: as many as are retained
        self.start()

    @property
    def greeted(self) -> int:
        return self._link.greeted

    def keep(self, topic: str, payload: bytes, qos: int) -> None:
        with self._changing:
            self._due[topic] = payload, qos

    def forget(self, topic: str) -> None:
        """Drop the copy that waits, which is older than what the main connection tells this node."""
        with self._changing:
            self._due.pop(topic, None)

    def run(self) -> None:
        guard = guarded("node copies")
        while not self.stop.is_set():
            with guard:
                self._link.turn(TURN_S)
                self._go_on()
            if guard.fault is not None:
                self.stop.wait(TURN_S)
        self._link.close(0)

    def _go_on(self) -> None:
        if self._link.crowded:
            return
        with self._changing:
            due, self._due = self._due, {}
        if not self._link.ready:
            return  # all that is retained comes again once it is
        for topic, (payload, qos) in due.items():
            self._link.publish(topic, payload, qos, retain=True)
        self._link.flush()
