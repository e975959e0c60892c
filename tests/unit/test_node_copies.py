"""The bridge in a cluster: each node gets what is retained in order, and a bridge without a node leaves."""

import socket
from contextlib import ExitStack

import pytest

from bridge.mqtt import link as links
from bridge.mqtt import node_copies
from bridge.mqtt.link import Login, hello_within_s
from bridge.mqtt.login import hosts_of
from bridge.mqtt.node_copies import ClusterLink
from chat_core.contract.errors import BrokerDown
from chat_core.runtime import config
from chat_core.runtime.backoff import Backoff


class FailoverLink(ClusterLink):
    """A link without a network, whose host the test chooses."""

    at = "one"

    @property
    def host(self) -> str:
        return self.at


def _nobody() -> Login:
    raise BrokerDown("There is no network.")


def test_a_copy_that_waits_while_the_link_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    """A publish by the main connection replaces the older copy that still waits for that node."""
    monkeypatch.setattr(node_copies._Node, "start", lambda _: None)
    link = FailoverLink(_nobody, (), ("one", "two"))
    link.publish("notice/desk", b"older", retain=True)
    link.at = "two"
    link.publish("notice/desk", b"newer", retain=True)
    assert [node._due for node in link._nodes.values()] == [{"notice/desk": (b"newer", 1)}, {}]


def test_a_bridge_that_reaches_no_node_leaves_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a session for a while the link raises, so that its lease goes to another bridge."""
    monkeypatch.setattr(node_copies._Node, "start", lambda _: None)
    monkeypatch.setattr(node_copies, "ALONE_S", 0.05)
    link = ClusterLink(_nobody, (), ("one", "two"))
    with pytest.raises(BrokerDown, match="reaches no node"):
        for _ in range(100):
            link.turn(0.01)


def test_a_bridge_that_starts_at_a_busy_cluster_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes that take a starting bridge's connection and answer late are waited for, until one had the full time."""
    monkeypatch.setattr(node_copies._Node, "start", lambda _: None)
    for module in (links, node_copies):
        monkeypatch.setattr(module, "HELLO_TIMEOUT_S", 0.2)
    monkeypatch.setattr(links, "FIRST_HELLO_S", 0.05)
    monkeypatch.setattr(node_copies, "ALONE_S", 1.0)
    with ExitStack() as nodes:
        port = nodes.enter_context(socket.create_server(("127.0.0.2", 0))).getsockname()[1]
        nodes.enter_context(socket.create_server(("127.0.0.3", port)))
        login = Login("127.0.0.2", port, "s-bridge", "secret", "s-bridge:1", other_hosts=("127.0.0.3",))
        link = ClusterLink(lambda: login, (), ("127.0.0.2", "127.0.0.3"))
        link._backoff = Backoff(0.01)
        full = next(failures for failures in range(99) if hello_within_s(2, failures) == 0.2)
        with pytest.raises(BrokerDown, match="reaches no node"):
            while True:
                link.turn(0.01)
        assert link.connection > full


def test_the_node_of_this_host_comes_first() -> None:
    """A bridge asks the node beside it first, and then the others in their order."""
    chosen = config.load({"WATTLINE_BIND": "10.0.0.2", "WATTLINE_MQTT_HOST": "10.0.0.1,10.0.0.2,10.0.0.3"})
    assert hosts_of(chosen) == ["10.0.0.2", "10.0.0.1", "10.0.0.3"]
