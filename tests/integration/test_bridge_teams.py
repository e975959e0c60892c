"""Teams over MQTT: where rows come, who may write, and what a move does."""

from typing import Any

from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.payloads import Command, Do
from tests.contract.stores import row_of
from tests.integration.bridge_system import BarePeer, BridgeSystem, system_fixture
from tests.waiting import wait_until

system = system_fixture("embedded", "mosquitto", "rabbitmq")
NORTH = {"id": "t-north", "name": "North", "members": ["a-nora"], "areas": ["north"]}
SOUTH = {"id": "t-south", "name": "South", "members": ["a-sorin"]}


def set_teams(system: BridgeSystem, *teams: dict[str, Any]) -> None:
    """Set the teams, and wait until the bridge has them."""
    registry = system.store.registry
    rev, _ = registry.settings.document("teams")
    registry.settings.change_document("teams", {"teams": teams}, rev)
    with system.wire("a-ana", topics.NOTICE_DESK) as wire:
        registry.changes.announce(ChangeKind.SETTINGS, {"key": "teams"}, 1)
        expected = rev + 1 if teams else None
        wait_until(
            lambda: [at.get("teams") for at in wire.on(topics.NOTICE_DESK)][-1:] == [expected], why=system.bridge.log
        )


def rows(wire: BarePeer, team: str, client: str) -> list[dict[str, Any]]:
    return wire.on(topics.team_inbox(team, client))


def test_teams(system: BridgeSystem) -> None:
    """
    A conversation begins in its area's team. An agent whom a note mentions gets the row in a team of its own.
    Others may not write or order there, but administrators may. A move is told in both inboxes, and a removed team's
    conversations are the default team's.
    """
    registry = system.store.registry
    client = system.new_client()
    registry.ensure_client(client, area="north")
    for agent in ("a-nora", "a-sorin", "a-chief"):
        registry.add_agent(agent, agent, admin=agent == "a-chief")
    set_teams(system, NORTH, SOUTH)
    maria, nora, sorin = (system.person(id) for id in (client, "a-nora", "a-sorin"))
    with system.wire("a-ana", "team/t-north/inbox/+", "team/t-south/inbox/+", "team/t-desk/inbox/+") as wire:
        maria.wait_stored(maria.say("Is it dark in the north?"))
        wait_until(lambda: rows(wire, "t-north", client))
        assert rows(wire, "t-north", client)[-1]["team"] == "t-north" and not rows(wire, "t-south", client)

        refused = sorin.wait_refused(sorin.say("I am of the south.", client))
        assert (refused.why, refused.retry_ms) == ("other_team", None) and "North" in refused.text
        tag = Command(id=sorin.new_id(), do=Do.TAG, client=client, add=["x"])
        assert sorin.wait_refused(sorin.order(tag)).why == "other_team"
        nora.wait_stored(nora.say("Yes.", client))
        give = Command(id=nora.new_id(), do=Do.ASSIGN, client=client, to="a-sorin")
        assert nora.wait_refused(nora.order(give)).why == "other_team"

        move = Command(id=nora.new_id(), do=Do.MOVE, client=client, team="t-south")
        row = nora.wait_done(nora.order(move))
        assert (row.team, row.assignee, row.status) == ("t-south", None, "open")
        wait_until(lambda: [row["team"] for row in rows(wire, "t-south", client)] == ["t-south"])
        wait_until(lambda: rows(wire, "t-north", client)[-1]["team"] == "t-south")
        sorin.wait_stored(sorin.say("Now it is mine.", client))
        assert nora.wait_refused(nora.say("And mine no more.", client)).why == "other_team"
        look = Command(id=sorin.new_id(), do=Do.NOTE, client=client, text="@a-nora please look")
        sorin.wait_done(sorin.order(look))
        wait_until(lambda: rows(wire, "t-north", client)[-1].get("mentions"))
        unknown = Command(id=sorin.new_id(), do=Do.MOVE, client=client, team="t-moon")
        assert sorin.wait_refused(sorin.order(unknown)).why == "not_found"
        with_rank = system.person("a-chief")
        with_rank.wait_stored(with_rank.say("I may.", client))

        set_teams(system, NORTH)
        maria.wait_stored(maria.say("Hello?"))
        wait_until(lambda: rows(wire, "t-desk", client))
        set_teams(system)
        nora.wait_stored(nora.say("There is one team again.", client))
    system.send_home()


def test_a_team_s_agent_begins_a_conversation(system: BridgeSystem) -> None:
    """A conversation that an agent begins is in its client's team: its agents may begin it, and others may not."""
    registry = system.store.registry
    client = system.new_client()
    registry.ensure_client(client, area="north")
    for agent in ("a-nora", "a-sorin"):
        registry.add_agent(agent, agent)
    set_teams(system, NORTH, SOUTH)
    nora, sorin = system.person("a-nora"), system.person("a-sorin")
    assert sorin.wait_refused(sorin.say("Hello?", client)).why == "other_team"
    nora.wait_stored(nora.say("We will work on your line.", client))
    assert row_of(system.store, client).team == "t-north"
    set_teams(system)
    system.send_home()
