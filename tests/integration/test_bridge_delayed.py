"""Commands that take effect later: kept by the database, cancelled by their agent or by the client's words."""

import time
from typing import Any

import pytest

from bridge.participant import Participant
from chat_core.contract import topics
from chat_core.contract.payloads import Command, Do, Summary
from tests.contract.stores import row_of
from tests.integration.bridge_system import BridgeSystem, system_fixture
from tests.waiting import wait_until

system = system_fixture("embedded", scope="function")


@pytest.fixture
def ana(system: BridgeSystem) -> Participant:
    """Return an agent whom c-42 has asked."""
    maria = system.person("c-42")
    maria.wait_stored(maria.say("why so much?"))
    return system.person("a-ana")


def row(system: BridgeSystem) -> Summary:
    return row_of(system.store, "c-42")


def events(system: BridgeSystem) -> list[str]:
    return [entry["kind"] for entry in system.log() if entry["kind"] != "text"]


def order(agent: Participant, do: Do, **more: Any) -> str:
    return agent.order(Command(id=agent.new_id(), do=do, client="c-42", **more))


def test_takes_effect_once_through_kills(system: BridgeSystem, ana: Participant) -> None:
    """A delayed resolve outlives its agent's connection and kill -9 of broker and bridge, and comes once, on time."""
    with system.wire("c-42", topics.log("c-42")) as wire:
        ana.wait_stored(ana.say("solved", client="c-42"))
        told = ana.wait_done(order(ana, Do.RESOLVE, delay_ms=4_000))
        assert (told.status, [each.do for each in told.delayed or ()]) == ("assigned", [Do.RESOLVE])
        at_ms = (told.delayed or [])[0].at
        ana.close()
        system.bridge.kill()
        system.broker.kill()
        system.broker.restart()
        system.bridge.restart()
        wait_until(lambda: row(system).status == "resolved", 20, why=system.bridge.log)
        resolved = [entry for entry in system.log() if entry["kind"] == "resolved"]
        assert [entry["from"] for entry in resolved] == ["a-ana"] and resolved[0]["at"] >= at_ms
        assert row(system).delayed is None
        system.bridge.kill()
        system.bridge.restart()
        system.wait_alive()
        assert events(system) == ["opened", "assigned", "resolved"]
        assert [entry.kind for entry in wire.entries(topics.log("c-42")) if entry.at < at_ms][-1:] == ["text"]


def test_cancelled_by_its_agent(system: BridgeSystem, ana: Participant) -> None:
    """A cancelled command takes no effect, not even when it arrives after its cancel; later it is too late."""
    slow = order(ana, Do.RESOLVE, delay_ms=60_000)
    ana.wait_done(slow)
    assert ana.wait_done(order(ana, Do.CANCEL, cancels=slow)).delayed is None
    never = ana.new_id()
    ana.wait_done(order(ana, Do.CANCEL, cancels=never))
    ana.wait_done(ana.order(Command(id=never, do=Do.RESOLVE, client="c-42")))
    assert events(system) == ["opened"] and row(system).status == "open"
    soon = order(ana, Do.RESOLVE, delay_ms=1)
    wait_until(lambda: row(system).status == "resolved", why=system.bridge.log)
    assert ana.wait_refused(order(ana, Do.CANCEL, cancels=soon)).why == "too_late"


def test_cancelled_by_the_client(system: BridgeSystem, ana: Participant) -> None:
    """The client's words cancel a delayed snooze; a delayed assignment takes effect all the same."""
    until = time.time_ns() // 1_000_000 + 3_600_000
    ana.wait_done(order(ana, Do.SNOOZE, until=until, delay_ms=60_000))
    assert {each.do for each in ana.wait_done(order(ana, Do.ASSIGN, to="a-radu", delay_ms=1_500)).delayed or ()} == {
        Do.SNOOZE,
        Do.ASSIGN,
    }
    maria = system.person("c-42")
    maria.wait_stored(maria.say("and one more thing"))
    assert [each.do for each in row(system).delayed or ()] in ([Do.ASSIGN], [])
    wait_until(lambda: row(system).assignee == "a-radu", why=system.bridge.log)
    assert (row(system).status, row(system).delayed) == ("assigned", None)


def test_impossible_at_its_time(system: BridgeSystem, ana: Participant) -> None:
    """A delayed assignment to an agent who is disabled meanwhile is dropped; the bridge goes on."""
    ana.wait_done(order(ana, Do.ASSIGN, to="a-radu", delay_ms=1_500))
    system.store.registry.disable_agent("a-radu")
    wait_until(lambda: row(system).delayed is None, why=system.bridge.log)
    assert (row(system).assignee, events(system)) == (None, ["opened"])
