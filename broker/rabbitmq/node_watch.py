"""
Close the connections of nodes that their cluster gave up. Touches sockets and the database.

The others delete the queues of such a node's clients (rabbitmq-server#12949), and RabbitMQ 4.0 does not tell them. When
the node goes on, they would hear nothing, so each has to connect again. Clients of nodes that are cut off from most
others are not answered either, so they are sent away until they are at another node.
"""

import http.client
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from broker.rabbitmq.render import NODE_SILENCE_S, node_name
from broker.rabbitmq.server import Management
from chat_core.contract.errors import BrokerDown, StoreDown
from chat_core.runtime.guarded import guarded

ASK_EVERY_S: Final = 1.0
ANSWER_WITHIN_S: Final = 2.0
# The others wait at least 0.9 of NODE_SILENCE_S; the first question without an answer came up to a second later.
GIVEN_UP_AFTER_S: Final = NODE_SILENCE_S * 0.9 - ASK_EVERY_S

log = structlog.get_logger("broker.rabbitmq")


class NodeWatch(threading.Thread):
    """Ask one node each second whether it goes on. A node that hangs delays no other watch."""

    def __init__(self, host: str, port: int, secret: str, may_close: Callable[[str], bool]) -> None:
        """Args: may_close: returns whether this process, and no other, is to close the connections of the host."""
        super().__init__(name="node watch", daemon=True)
        self.stop = threading.Event()
        self.all: Sequence[NodeWatch] = (self,)  # of the cluster
        self._host, self._port = host, port
        self._management = Management([host], port, secret)
        self._may_close = may_close
        self._silent_s: float | None = None  # since when it does not answer
        self._has_answered = False  # ever; otherwise a firewall may keep us from its API, and says nothing about it
        self._was_told = False  # that it has never answered
        self._was_given_up = False
        self._is_across = False  # with most nodes, beyond a cut of our network

    @property
    def is_silent(self) -> bool:
        """Return whether the node, which once answered, has not for so long that its cluster gives it up."""
        return self._has_answered and self._is_overdue()

    def _is_overdue(self) -> bool:
        since_s = self._silent_s  # another thread sets it
        return since_s is not None and time.monotonic() - since_s > GIVEN_UP_AFTER_S

    def run(self) -> None:
        guard = guarded("node watch", BrokerDown, StoreDown)
        while not self.stop.wait(ASK_EVERY_S):
            try:
                with guard:
                    self.look()
            except (BrokerDown, StoreDown) as fault:
                log.warning("cannot close connections of a node", host=self._host, why=fault.text)

    def look(self) -> None:
        """Ask the node once. Raises: BrokerDown, StoreDown; the next look tries again."""
        asked_s = time.monotonic()
        try:
            answers = self._answers()
        except ConnectionError:  # it does not run, so nobody is connected
            self._silent_s, self._was_given_up = None, False
            return
        if not answers:
            self._silent_s = self._silent_s or asked_s
            self._is_across |= self._most_are_silent()
            self._tell_if_unreached()
            return
        self._was_given_up |= self.is_silent and not self._is_across
        self._silent_s, self._is_across, self._has_answered = None, False, True
        if self._most_are_silent():
            self._close()
            self._was_given_up = True  # for who signs in meanwhile
        elif self._was_given_up:
            if self._may_close(self._host):
                self._close()
            self._was_given_up = False

    def _tell_if_unreached(self) -> None:
        """Log once that the node has never answered."""
        if self._has_answered or self._was_told or not self._is_overdue():
            return
        self._was_told = True
        log.warning("the management API of a node is not reached, so it is not watched", host=self._host)

    def _most_are_silent(self) -> bool:
        return sum(watch.is_silent for watch in self.all) * 2 > len(self.all)

    def _close(self) -> None:
        closed = self._management.close_node(node_name(self._host))
        if closed:
            log.warning("connections of a node that was given up are closed", host=self._host, closed=closed)

    def _answers(self) -> bool:
        """Return whether the node answers. Raises: ConnectionError when it does not run."""
        link = http.client.HTTPConnection(self._host, self._port, timeout=ANSWER_WITHIN_S)
        try:
            link.request("GET", "/api/whoami")
            link.getresponse()
        except ConnectionError:
            raise
        except (OSError, http.client.HTTPException):
            return False
        finally:
            link.close()
        return True
