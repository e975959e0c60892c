"""Each node of a cluster gets what is retained in the order in which the bridge published it."""

import pytest

from bridge.mqtt import node_copies
from bridge.mqtt.link import Login
from bridge.mqtt.node_copies import ClusterLink
from chat_core.contract.errors import BrokerDown


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
