"""The files that `wattline broker render rabbitmq` writes for a cluster."""

import json
from pathlib import Path

import pytest

from broker.rabbitmq import files
from chat_core.contract.errors import Refused
from chat_core.contract.topics import BRIDGE_FILTERS
from chat_core.runtime import config
from chat_core.runtime.keys import Keys

HOSTS = "mq1.example,10.0.0.2,mq3"
SESSIONS = ("s-bridge:1", "s-bridge:2")


def render(data: Path, nodes: int, **settings: str) -> Path:
    """Return the folder of the rendered files."""
    given = {"data": str(data), "broker": "rabbitmq", "mqtt_host": HOSTS, **settings}
    chosen = config.load({f"WATTLINE_{name.upper()}": value for name, value in given.items()})
    for setup in files.setups_for(chosen, data / "out", Keys.open(data), nodes, lambda: SESSIONS):
        files.write(setup)
    return data / "out"


def test_a_folder_for_each_node(tmp_path: Path) -> None:
    """Each node finds the others, asks its own back end, and listens on its own address where it is named by one."""
    out = render(tmp_path, 3, auth_host="auth1,auth2", bind="0.0.0.0")
    texts = [(out / host / "rabbitmq.conf").read_text() for host in HOSTS.split(",")]
    for text in texts:
        assert [f"nodes.{n} = rabbit@{host}\n" in text for n, host in enumerate(HOSTS.split(","), 1)] == [True] * 3
    assert [text.split("user_path = http://")[1].split(":")[0] for text in texts] == ["auth1", "auth2", "auth1"]
    assert [text.split("mqtt.listeners.tcp.1 = ")[1].split(":")[0] for text in texts] == [
        "0.0.0.0",
        "10.0.0.2",
        "0.0.0.0",
    ]
    environments = [(out / host / "rabbitmq-env.conf").read_text() for host in HOSTS.split(",")]
    assert ["USE_LONGNAME=true" in text for text in environments] == [True, True, False]


def test_kept_sessions_are_on_three_nodes(tmp_path: Path) -> None:
    """In a cluster each session that stays is a quorum queue, and a node that hangs is given up after 8 s."""
    text = (render(tmp_path, 3) / "mq3" / "rabbitmq.conf").read_text()
    assert "\nmqtt.durable_queue_type = quorum\n" in text and "\nnet_ticktime = 8\n" in text
    assert "\nmetadata_store.khepri.default_timeout = 5000\n" in text  # milliseconds, by rabbit.schema
    assert "continuous_membership_reconciliation.target_group_size = 3\n" in text
    assert "quorum" not in (render(tmp_path, 1) / "rabbitmq.conf").read_text()


def test_no_kept_session_loses_its_oldest(tmp_path: Path) -> None:
    """The bridge's queue refuses what it cannot hold, and hands out a message as often as it must."""
    known = json.loads((render(tmp_path, 3) / "mq3" / "definitions.json").read_text())
    [kept] = [policy for policy in known["policies"] if policy["name"] == "wattline-services-kept"]
    assert kept["definition"]["overflow"] == "reject-publish" and kept["definition"]["delivery-limit"] == -1
    assert kept["priority"] > min(policy["priority"] for policy in known["policies"])


@pytest.mark.parametrize("hosts", ["mq1", "mq1,mq2,mq2"])
def test_as_many_hosts_as_nodes(tmp_path: Path, hosts: str) -> None:
    """A wrong number of hosts is refused by the setting's name."""
    with pytest.raises(Refused, match=r"WATTLINE_MQTT_HOST names mq1.*3 nodes need 3 different hosts"):
        render(tmp_path, 3, mqtt_host=hosts)


def test_the_bridges_sessions_are_there_before_it(tmp_path: Path) -> None:
    """Each slot's session is a durable quorum queue that hears all that the bridge subscribes to."""
    known = json.loads((render(tmp_path, 3) / "mq3" / "definitions.json").read_text())
    names = [f"mqtt-subscription-{client_id}qos1" for client_id in SESSIONS]
    assert [queue["name"] for queue in known["queues"]] == names
    assert {(queue["durable"], queue["arguments"]["x-queue-type"]) for queue in known["queues"]} == {(True, "quorum")}
    bound = {(binding["destination"], binding["routing_key"]) for binding in known["bindings"]}
    assert (names[1], "support.*.msg.*") in bound and len(bound) == len(names) * len(BRIDGE_FILTERS)
    assert "queues" not in json.loads((render(tmp_path, 1) / "definitions.json").read_text())
