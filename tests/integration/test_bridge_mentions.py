"""Mentions in notes, and conversations that are marked unread."""

from typing import Any

from bridge.participant import Participant
from chat_core.contract.payloads import Command, Do, Summary
from chat_core.store.results import InboxFilter
from tests.integration.bridge_system import BridgeSystem, system_fixture
from tests.waiting import wait_until

system = system_fixture("embedded")


def done(agent: Participant, do: Do, **more: Any) -> Summary:
    return agent.wait_done(agent.order(Command(id=agent.new_id(), do=do, client="c-42", **more)))


def unread(system: BridgeSystem) -> int:
    row = system.store.inbox.summary("c-42")
    assert row is not None
    return row.unread


def test_a_mention_stays_until_its_agent_looks(system: BridgeSystem) -> None:
    """A note's mention of another agent is in the row, in any list, until that agent looks."""
    maria, ana, radu = system.person("c-42"), system.person("a-ana"), system.person("a-radu")
    maria.wait_stored(maria.say("why?"))
    told = done(ana, Do.NOTE, text="@radu and @ana, look at the heater")
    assert [(mention.agent, mention.by) for mention in told.mentions or ()] == [("a-radu", "a-ana")]
    done(ana, Do.RESOLVE)
    mine = lambda id: [row.client for row in system.store.inbox.page(InboxFilter(mentions=id)).summaries]  # noqa: E731
    assert (mine("a-radu"), mine("a-ana")) == (["c-42"], [])
    assert done(ana, Do.READ).mentions == told.mentions
    assert done(radu, Do.READ).mentions is None and mine("a-radu") == []
    system.send_home()


def test_unread_again(system: BridgeSystem) -> None:
    """A conversation is unread from a message of the client on, until an agent looks again."""
    maria, ana, radu = system.person("c-42"), system.person("a-ana"), system.person("a-radu")
    first = maria.wait_stored(maria.say("one"))
    last = maria.wait_stored(maria.say("two"))
    ana.mark(last.seq, "c-42")
    wait_until(lambda: unread(system) == 0, why=system.bridge.log)
    assert done(ana, Do.UNREAD, of=first.seq).unread == 2
    assert done(ana, Do.READ).unread == 0
    assert done(ana, Do.UNREAD, of=last.seq).unread == 1
    radu.mark(last.seq, "c-42")
    wait_until(lambda: unread(system) == 0, why=system.bridge.log)
    refused = ana.order(Command(id=ana.new_id(), do=Do.UNREAD, client="c-42", of=last.seq + 1))
    assert ana.wait_refused(refused).why == "wrong_state"
    system.send_home()
