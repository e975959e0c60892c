"""`python -m broker` watches the nodes of a cluster; a small server plays their management API."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from broker.rabbitmq import driver, node_watch
from broker.rabbitmq.node_watch import NodeWatch
from broker.rabbitmq.server import Management
from chat_core.contract.errors import BrokerDown
from chat_core.runtime.config import Config
from chat_core.store import Store
from tests.waiting import wait_until


class Node(ThreadingHTTPServer):
    """Answer at an address of its own, while `goes_on` is set; it has one connection."""

    def __init__(self, number: int, port: int) -> None:
        super().__init__((f"127.0.0.{number}", port), NodeApi)
        self.host, self.goes_on, self.closed = f"127.0.0.{number}", threading.Event(), 0
        self.goes_on.set()
        self.asked = threading.Event()
        self.deletes, self.reasons = 204, set[str | None]()


class NodeApi(BaseHTTPRequestHandler):
    server: Node

    def do_GET(self) -> None:
        self.server.asked.set()
        self.server.goes_on.wait(10)
        queues = {"items": [{"name": "mqtt-subscription-a-ana:1qos1"}], "page_count": 1}
        connections = [{"name": "one", "node": f"rabbit@{self.server.host}"}]
        self._send(200, json.dumps(queues if "queues" in self.path else connections).encode())

    def do_DELETE(self) -> None:
        self.server.closed += 1
        self.server.reasons.add(self.headers["X-Reason"])
        self._send(self.server.deletes, b"")

    def _send(self, status: int, body: bytes) -> None:
        with suppress(ConnectionError):  # who asked has given up
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Node]]:
    monkeypatch.setattr(node_watch, "ANSWER_WITHIN_S", 10.0)
    monkeypatch.setattr(node_watch, "GIVEN_UP_AFTER_S", 0.3)
    with ExitStack() as running:
        first = running.enter_context(Node(1, 0))
        found = [first, *(running.enter_context(Node(n, first.server_port)) for n in (2, 3))]
        for node in found:
            running.callback(node.shutdown)
            threading.Thread(target=node.serve_forever, args=(0.02,), daemon=True).start()
        yield found


@pytest.fixture
def watches(nodes: list[Node]) -> list[NodeWatch]:
    found = [NodeWatch(node.host, node.server_port, "secret", lambda _host: True) for node in nodes]
    for watch in found:
        watch.all = found
        watch.look()
    return found


def look_at(watches: Sequence[NodeWatch]) -> bool:
    """Look at each node once, and return whether all of them count as silent."""
    for watch in watches:
        watch.look()
    return all(watch.is_silent for watch in watches)


@contextmanager
def hanging(nodes: Sequence[Node]) -> Iterator[None]:
    """Let these nodes hang. Nobody waits for them for long; who goes on has all the time to answer."""
    for node in nodes:
        node.goes_on.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(node_watch, "ANSWER_WITHIN_S", 0.1)
        yield
    for node in nodes:
        node.goes_on.set()


def look_while_silent(nodes: list[Node], watches: list[NodeWatch], *silent: int) -> None:
    """Let these nodes hang until they are given up, look at the others meanwhile, and at all when they go on."""
    hung = [watches[n] for n in silent]
    with hanging([nodes[n] for n in silent]):
        wait_until(lambda: look_at(hung))
        look_at(hung)
    look_at([watch for watch in watches if watch not in hung])
    look_at(watches * 2)


def test_a_node_that_was_given_up_loses_its_connections(nodes: list[Node], watches: list[NodeWatch]) -> None:
    """The connections of a node that hung for long are closed once when it goes on, and nobody else's."""
    look_while_silent(nodes, watches, 0)
    assert [node.closed for node in nodes] == [1, 0, 0]
    assert nodes[0].reasons == {"node given up or cut off"}


def test_the_smaller_part_of_a_cluster_loses_its_connections(nodes: list[Node], watches: list[NodeWatch]) -> None:
    """A process that reaches one node of three closes its connections; the others, which went on, keep theirs."""
    look_while_silent(nodes, watches, 1, 2)
    assert nodes[0].closed > 0 and (nodes[1].closed, nodes[2].closed) == (0, 0)


def test_a_node_that_does_not_run_is_left_alone(nodes: list[Node], watches: list[NodeWatch]) -> None:
    """A node that ended while it hung has no connections to close when it is back."""
    with hanging(nodes[:1]):
        wait_until(lambda: look_at(watches[:1]))
    nodes[0].shutdown()
    nodes[0].server_close()
    watches[0].look()
    assert not watches[0].is_silent and nodes[0].closed == 0


def test_nodes_that_never_answered_cost_nobody_a_connection(nodes: list[Node]) -> None:
    """A firewall may keep this process from most nodes: it logs that once for each, and closes nothing."""
    watches = [NodeWatch(node.host, node.server_port, "secret", lambda _host: True) for node in nodes]
    for watch in watches:
        watch.all = watches
    with capture_logs() as logs:
        with hanging(nodes[1:]):
            wait_until(lambda: look_at(watches[1:]) or len(logs) == 2)
            look_at(watches[1:])
        look_at(watches)
    assert [line["host"] for line in logs] == [node.host for node in nodes[1:]]
    assert [node.closed for node in nodes] == [0, 0, 0]


def test_a_queue_of_a_live_connection_ends_with_it(nodes: list[Node]) -> None:
    """RabbitMQ refuses to delete such a queue: that is no fault. A connection that it does not close is one."""
    nodes[0].deletes = 400
    management = Management([nodes[0].host], nodes[0].server_port, "secret")
    management.drop_sessions("a-ana")
    assert nodes[0].closed == 1
    with pytest.raises(BrokerDown):
        management.close("a-ana")


def test_a_watch_that_waits_delays_no_end(nodes: list[Node], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A process told to end waits for its watches up to a deadline, also while nodes hang."""
    monkeypatch.setattr(node_watch, "ASK_EVERY_S", 0.01)
    monkeypatch.setattr(driver, "WATCHES_END_WITHIN_S", 0.1)
    config = Config(data=tmp_path, mqtt_host=tuple(n.host for n in nodes), api_port=nodes[0].server_port)
    for node in nodes:
        node.goes_on.clear()
    with Store.open(config, migrate=True) as store, driver._watched_nodes(config, store, "secret"):
        wait_until(lambda: all(node.asked.is_set() for node in nodes))
        began_s = time.monotonic()
    waited_s = time.monotonic() - began_s
    for node in nodes:
        node.goes_on.set()
    assert waited_s < 5
