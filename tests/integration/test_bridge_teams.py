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
SOUTH = {"id": "t-south", "name": "South", "members": ["a-sorin"], "attributes": ["plan:Solar"]}


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


def members(wire: BarePeer, team: str) -> set[str]:
    return {agent["id"] for told in wire.on(topics.team_presence(team)) for agent in told["agents"]}


def lookers(wire: BarePeer, team: str) -> set[tuple[str, str]]:
    told = [agent for told in wire.on(topics.team_presence(team)) for agent in told["agents"]]
    return {(agent["id"], client) for agent in told for client in agent.get("viewing", ())}


def texts(wire: BarePeer, topic: str) -> list[str]:
    return [entry["text"] for entry in wire.on(topic) if entry["kind"] == "text"]


def test_teams(system: BridgeSystem) -> None:
    """
    A conversation begins in the team of its client's attribute or else area, which alone hears it. Others may not
    write, order or mark there, but administrators may, and get the row when it is assigned to them. A move is told in
    both inboxes, and a removed team's conversations are the default team's.
    """
    registry = system.store.registry
    client = system.new_client()
    registry.ensure_client(client, area="north")
    for agent in ("a-nora", "a-sorin", "a-chief"):
        registry.add_agent(agent, agent, admin=agent == "a-chief")
    set_teams(system, NORTH, SOUTH)
    maria = system.person(client)
    nora, sorin = (
        system.person(f"a-{name}", teams=[f"t-{team}"]) for name, team in (("nora", "north"), ("sorin", "south"))
    )
    with system.wire("a-ana", "team/#", "desk/row/a-ana") as wire:
        solar = system.new_client()
        registry.ensure_client(solar, area="north")
        registry.attributes.change(solar, {"plan": "Solar"})
        elena = system.person(solar)
        elena.wait_stored(elena.say("My panels make nothing."))
        wait_until(lambda: rows(wire, "t-south", solar))
        maria.wait_stored(maria.say("Is it dark in the north?"))
        wait_until(lambda: members(wire, "t-north") == {"a-nora"} and members(wire, "t-south") == {"a-sorin"})
        wait_until(lambda: rows(wire, "t-north", client))
        assert not rows(wire, "t-south", client)

        refused = sorin.wait_refused(sorin.say("I am of the south.", client))
        assert (refused.why, refused.retry_ms) == ("other_team", None) and "North" in refused.text
        tag = Command(id=sorin.new_id(), do=Do.TAG, client=client, add=["x"])
        assert sorin.wait_refused(sorin.order(tag)).why == "other_team"
        note = Command(id=sorin.new_id(), do=Do.NOTE, client=client, text="I was here.")
        assert sorin.wait_refused(sorin.order(note)).why == "other_team"
        nora.wait_stored(nora.say("Yes.", client))
        wait_until(lambda: texts(wire, f"team/t-north/log/{client}") == ["Is it dark in the north?", "Yes."])
        give = Command(id=nora.new_id(), do=Do.ASSIGN, client=client, to="a-sorin")
        assert nora.wait_refused(nora.order(give)).why == "other_team"

        move = Command(id=nora.new_id(), do=Do.MOVE, client=client, team="t-south")
        gone = nora.wait_moved(nora.order(move))
        (row,) = wait_until(lambda: rows(wire, "t-south", client))
        assert (row["rev"], row.get("assignee"), row["status"]) == (gone.rev, None, "open")
        wait_until(lambda: rows(wire, "t-north", client)[-1].get("gone"))
        sorin.wait_stored(sorin.say("Now it is mine.", client))
        assert nora.wait_refused(nora.say("And mine no more.", client)).why == "other_team"
        look = Command(id=sorin.new_id(), do=Do.NOTE, client=client, text="@a-nora and @a-ana, please look")
        sorin.wait_done(sorin.order(look))
        wait_until(lambda: wire.on(topics.desk_row("a-ana")))
        assert [one["agent"] for one in wire.on(topics.desk_row("a-ana"))[-1]["mentions"]] == ["a-ana"]
        unknown = Command(id=sorin.new_id(), do=Do.MOVE, client=client, team="t-moon")
        assert sorin.wait_refused(sorin.order(unknown)).why == "not_found"
        with_rank = system.person("a-chief")
        with_rank.wait_stored(with_rank.say("I may.", client))
        with_rank.view(client)
        wait_until(lambda: lookers(wire, "t-south") == {("a-chief", client)})
        assert not lookers(wire, "t-desk") | lookers(wire, "t-north")

        set_teams(system, NORTH)
        maria.wait_stored(maria.say("Hello?"))
        wait_until(lambda: rows(wire, "t-desk", client))
        set_teams(system)
        with_rank.wait_stored(with_rank.say("There is one team again.", client))
        nora = system.person("a-nora")
        nora.wait_stored(nora.say("I hear it.", client))
    system.send_home()


def test_a_team_s_agent_begins_a_conversation(system: BridgeSystem) -> None:
    """A conversation that an agent begins is in its client's team: its agents may begin it, and others may not."""
    registry = system.store.registry
    client = system.new_client()
    registry.ensure_client(client, area="north")
    for agent in ("a-nora", "a-sorin"):
        registry.add_agent(agent, agent)
    set_teams(system, NORTH, SOUTH)
    nora, sorin = system.person("a-nora", teams=["t-north"]), system.person("a-sorin", teams=["t-south"])
    assert sorin.wait_refused(sorin.say("Hello?", client)).why == "other_team"
    nora.wait_stored(nora.say("We will work on your line.", client))
    assert row_of(system.store, client).team == "t-north"
    set_teams(system)
    system.send_home()


def test_typing_and_markers_of_a_team(system: BridgeSystem) -> None:
    """A team hears who types, how far each side has read and the live power; others' markers are refused."""
    registry = system.store.registry
    client = system.new_client()
    registry.ensure_client(client, area="north")
    for agent in ("a-nora", "a-sorin"):
        registry.add_agent(agent, agent)
    set_teams(system, NORTH, SOUTH)
    maria = system.person(client)
    maria.wait_stored(maria.say("Hello?"))
    filters = [f"team/t-north/+/{client}", f"team/t-north/+/{client}/+"]
    marker = {"delivered": 1, "read": 1}
    with (
        system.wire("a-nora", *filters) as nora,
        system.wire("a-sorin", "team/t-south/#", topics.desk_refused("a-sorin")) as sorin,
        system.wire(client, topics.refused(client)) as wire,
    ):
        wire.publish(topics.typing(client), {"on": True}, qos=0)
        wire.publish(topics.read(client), marker)
        sorin.publish(topics.typing(client, "a-sorin"), {"on": True}, qos=0)
        sorin.publish(topics.read(client, "a-sorin"), marker)
        nora.publish(topics.typing(client, "a-nora"), {"on": True}, qos=0)
        nora.publish(topics.read(client, "a-nora"), marker)
        base = "team/t-north"
        wait_until(lambda: nora.on(f"{base}/read/{client}/a-nora") == [marker])
        wait_until(lambda: sorin.on(topics.desk_refused("a-sorin")))
        # RabbitMQ keeps a queue for QoS 0 and one for QoS 1: either may be ahead.
        wait_until(
            lambda: (
                [nora.on(f"{base}/{one}") for one in (f"typing/{client}", f"read/{client}", f"typing/{client}/a-nora")]
                == [[{"on": True}], [marker], [{"on": True}]]
            ),
            why=lambda: nora.heard,
        )
        assert not nora.on(f"{base}/typing/{client}/a-sorin") and not nora.on(f"{base}/read/{client}/a-sorin")
        assert sorin.on(topics.desk_refused("a-sorin"))[0]["why"] == "other_team"
    set_teams(system)
    system.send_home()
