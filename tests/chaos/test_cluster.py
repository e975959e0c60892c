"""
Strike any part of a cluster while people talk: nothing ticked is lost, doubled, reordered or changed.

The short round is part of every test run, the long one is `make chaos CLUSTER=1`: CHAOS_BLOWS counts its blows,
CHAOS_KINDS chooses some (`bridge killed,rabbitmq killed`), CHAOS_SEED repeats a run, CHAOS_SLOTS lets the bridges
share the work.
"""

import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from bridge.mqtt.link import Login
from chat_core.contract import topics
from chat_core.contract.ids import new_client_id
from tests.chaos.cluster_faults import ClusterUnderFaults, stop_for
from tests.chaos.crowd import CrowdLoad
from tests.chaos.fault_rounds import Told, play, shuffled
from tests.chaos.test_chaos import seed
from tests.integration.bridge_system import BarePeer
from tests.real.cluster import NODES, Member
from tests.waiting import wait_until

KINDS = (
    "bridge killed",
    "bridge frozen",
    "rabbitmq killed",
    "rabbitmq frozen",
    "host cut",
    "host parted",
    "bridge parted",
    "primary killed",
    "bridge stopped",
    "rabbitmq stopped",
    "broker killed",
    "broker stopped",
    "web killed",
    "web stopped",
    "primary stopped",
    "standby stopped",
    "standby killed",
)
CHOSEN = os.environ.get("CHAOS_KINDS", ",".join(KINDS)).split(",")
BLOWS = int(os.environ.get("CHAOS_BLOWS", "105"))
SHORT = ("bridge killed", "rabbitmq killed", "host cut", "bridge parted")
READ_BY_DISPLAY = {topics.display("c-42"), topics.NOTICE_DESK}
LOAD = CrowdLoad(clients=4, client_per_s=4, agent_per_s=8, bulk_per_s=8, script_per_s=5, partner_per_s=3)

MANY = CrowdLoad(clients=200, client_per_s=0.1, agent_per_s=8, bulk_per_s=8, script_per_s=5, partner_per_s=3)


SHARED = {"WATTLINE_RATE": "off", "WATTLINE_SLOTS": os.environ.get("CHAOS_SLOTS", "1")}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClusterUnderFaults]:
    with ClusterUnderFaults(tmp_path_factory.mktemp("cluster"), {"WATTLINE_RATE": "off"}) as started:
        yield started


@pytest.fixture
def own_system(tmp_path: Path) -> Iterator[ClusterUnderFaults]:
    """A cluster in which nobody has said anything."""
    with ClusterUnderFaults(tmp_path / "cluster", SHARED) as started:
        yield started


def rounds_in(system: ClusterUnderFaults, counts: dict[str, int], load: CrowdLoad = LOAD) -> Told:
    number = seed()
    told = play(system, shuffled(counts, number), number, url=system.url, load=load)
    assert told.broken == [], f"seed {number}\n{told}\n{system.log()}"
    assert told.blows == counts
    assert all(verdict.looked for verdict in told.verdicts), told
    return told


@pytest.mark.timeout(300)
def test_the_bridges_session_is_there_before_it(system: ClusterUnderFaults) -> None:
    """The first bridge that connects to a new cluster finds its session, which the rendered files made."""
    lines = (line for member in system.cluster.members for line in member.processes["bridge"].log().splitlines())
    events = [json.loads(line) for line in lines if '"link.ready"' in line]
    first = sorted(events, key=lambda event: str(event["timestamp"]))[: 1 + NODES]  # its own, and one to each node
    assert any(event["session_present"] for event in first), first


@pytest.mark.timeout(300)
def test_struck_while_people_talk(system: ClusterUnderFaults) -> None:
    """
    A bridge killed, a RabbitMQ node killed, a host cut off and the bridge's host parted break no invariant.

    Nobody waits as long as RabbitMQ by default does for a change of its metadata, 30 s.
    """
    told = rounds_in(system, dict.fromkeys(SHORT, 1))
    assert max(map(max, told.slowest_s.values())) < 30, told


@pytest.mark.chaos
@pytest.mark.timeout(60 * BLOWS + 300)
def test_struck_again_and_again(own_system: ClusterUnderFaults) -> None:
    """Blow after blow, over all parts, breaks no invariant."""
    counts = {kind: (BLOWS + n) // len(CHOSEN) for n, kind in enumerate(reversed(CHOSEN))}
    rounds_in(own_system, {kind: count for kind, count in counts.items() if count})


@pytest.mark.chaos
@pytest.mark.timeout(600)
def test_brokers_restarted_in_turn(own_system: ClusterUnderFaults) -> None:
    """All nodes of RabbitMQ are restarted one after the other while 200 clients talk: nobody is refused."""
    told = rounds_in(own_system, {"brokers restarted": 1}, MANY)
    assert told.refused == 0


def finds_all(member: Member, device: Mapping[str, str]) -> bool:
    """Return whether a display that connects to this node gets all of READ_BY_DISPLAY as retained messages."""
    login = Login(member.host.address, member.rabbit.port, device["username"], device["password"], "d-hall:1")
    with BarePeer(login, tuple(sorted(READ_BY_DISPLAY))) as display, suppress(AssertionError):
        wait_until(lambda: {topic for topic, _, retained in display.heard if retained} == READ_BY_DISPLAY, 2)
        return True
    return False


@pytest.mark.timeout(300)
def test_who_stays_at_a_node_that_hung_hears_again(system: ClusterUnderFaults) -> None:
    """A node hangs until the others give it up. A client that has waited for it hears what is said to another node."""
    hung, other = system.cluster.members[:2]
    token = json.loads(system.cluster.cli("token", "c-stays"))

    def at(member: Member) -> Login:
        own = new_client_id("c-stays", secrets.token_bytes(16))
        return Login(member.host.address, member.rabbit.port, token["username"], token["password"], own)

    def lets_in() -> bool:
        with BarePeer(at(hung), (topics.log("c-stays"),)):
            return True

    wait_until(lets_in, 90, system.log)  # the test before cut its host off
    with BarePeer(at(hung), (topics.log("c-stays"),)) as listener:  # its keep-alive is 30 s
        stop_for(hung.rabbit.pid, 10.0)
        with BarePeer(at(other), (topics.refused("c-stays"),)) as speaker:

            def is_heard() -> bool:
                words = {
                    "id": secrets.token_hex(8),
                    "kind": "text",
                    "text": "Hello?",
                    "sent": time.time_ns() // 1_000_000,
                }
                speaker.publish(topics.msg("c-stays"), words)
                return bool(listener.heard)

            wait_until(is_heard, 15, system.log)


@pytest.mark.timeout(300)
def test_retained_on_every_node(system: ClusterUnderFaults) -> None:
    """A display finds its line and the desk's notice on whichever node it connects to, also on one that was killed."""
    device = json.loads(system.cluster.cli("device", "add", "d-hall", "--client", "c-42"))
    for member in system.cluster.members:
        wait_until(partial(finds_all, member, device), 30, system.log)
    killed = system.cluster.members[0]
    killed.rabbit.kill()
    killed.rabbit.restart()
    wait_until(partial(finds_all, killed, device), 60, system.log)
