"""`python -m broker` watches the nodes of a cluster; a small server plays their management API."""

import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from broker.rabbitmq import node_watch
from broker.rabbitmq.node_watch import NodeWatch
from broker.rabbitmq.server import Management
from tests.waiting import wait_until


class Node(ThreadingHTTPServer):
    """Answer at an address of its own, while `goes_on` is set; it has one connection."""

    def __init__(self, number: int, port: int) -> None:
        super().__init__((f"127.0.0.{number}", port), NodeApi)
        self.host, self.goes_on, self.closed = f"127.0.0.{number}", threading.Event(), 0
        self.goes_on.set()
        self.deletes = 204


class NodeApi(BaseHTTPRequestHandler):
    server: Node

    def do_GET(self) -> None:
        self.server.goes_on.wait(10)
        queues = {"items": [{"name": "mqtt-subscription-a-ana:1qos1"}], "page_count": 1}
        connections = [{"name": "one", "node": f"rabbit@{self.server.host}"}]
        self._send(200, json.dumps(queues if "queues" in self.path else connections).encode())

    def do_DELETE(self) -> None:
        self.server.closed += 1
        self._send(self.server.deletes, b"")

    def _send(self, status: int, body: bytes) -> None:
        with suppress(BrokenPipeError):  # who asked has given up
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Node]]:
    monkeypatch.setattr(node_watch, "ANSWER_WITHIN_S", 0.1)
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
    return found


def look_while_silent(watches: list[NodeWatch], *silent: Node) -> None:
    """Let these nodes hang until they are given up, and go on."""
    for node in silent:
        node.goes_on.clear()

    def given_up() -> bool:
        for watch in watches:
            watch.look()
        return sum(watch.is_silent for watch in watches) == len(silent)

    wait_until(given_up, 10)
    for watch in watches:
        watch.look()
    for node in silent:
        node.goes_on.set()
    for watch in watches * 2:
        watch.look()


def test_a_node_that_was_given_up_loses_its_connections(nodes: list[Node], watches: list[NodeWatch]) -> None:
    """The connections of a node that hung for long are closed once when it goes on, and nobody else's."""
    look_while_silent(watches, nodes[0])
    assert [node.closed for node in nodes] == [1, 0, 0]


def test_the_smaller_part_of_a_cluster_loses_its_connections(nodes: list[Node], watches: list[NodeWatch]) -> None:
    """A process that reaches one node of three closes its connections; the others, which went on, keep theirs."""
    look_while_silent(watches, nodes[1], nodes[2])
    assert nodes[0].closed > 0 and (nodes[1].closed, nodes[2].closed) == (0, 0)


def test_a_node_that_does_not_run_is_left_alone(nodes: list[Node], watches: list[NodeWatch]) -> None:
    """A node that ended while it hung has no connections to close when it is back."""
    nodes[0].goes_on.clear()
    wait_until(lambda: watches[0].look() or watches[0].is_silent, 10)  # type: ignore[func-returns-value]
    nodes[0].goes_on.set()
    nodes[0].shutdown()
    nodes[0].server_close()
    watches[0].look()
    assert not watches[0].is_silent and nodes[0].closed == 0


def test_a_queue_of_a_live_connection_ends_with_it(nodes: list[Node]) -> None:
    """RabbitMQ refuses to delete such a queue; who drops sessions goes on, and does not close everything again."""
    nodes[0].deletes = 400
    Management([nodes[0].host], nodes[0].server_port, "secret").drop_sessions("a-ana")
    assert nodes[0].closed == 1
