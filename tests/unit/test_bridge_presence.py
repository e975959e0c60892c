"""The bridge's compact memory of presences says what the plain rule of chat_core.domain.conversation says."""

import secrets
import time
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from bridge.background.team_presence import TeamPresences
from bridge.pipeline.presence import People
from chat_core.contract.payloads import AgentState, TeamPresence, decode
from chat_core.domain.conversation import MAX_CONNECTIONS, Connections
from chat_core.domain.settings import Team
from chat_core.domain.teams import TeamIndex

PERSONS, CONNS = ("c-1", "c-2", "a-ana"), ("x1", "x2")
HEARD = st.tuples(st.sampled_from(PERSONS), st.sampled_from(CONNS), st.sampled_from(AgentState))
STEPS = st.lists(st.one_of(HEARD, st.sampled_from(["call", "end", "begin", "undo"])), max_size=40)


@given(STEPS)
def test_compact_is_as_plain(steps: list[tuple[str, str, AgentState] | str]) -> None:
    """After any history of connections, rolls and rollbacks everybody's state is what a connection each would tell."""
    people = People()
    plain: dict[str, Connections[str]] = {}
    kept = dict(plain)
    for step in steps:
        match step:
            case (person, conn, state):
                before = plain.get(person, Connections())
                plain[person] = before.heard(conn, state)
                assert people.heard(person, conn, state) is (plain[person].state is not before.state)
            case "call":
                plain = {person: connections.rolled() for person, connections in plain.items()}
                people.call_roll()
                people.begin()
                kept = dict(plain)
            case "end":
                ended = {person: connections.roll_ended() for person, connections in plain.items()}
                assert set(people.end_roll()) == {p for p in plain if plain[p].state is not ended[p].state}
                plain = ended
                people.begin()
                kept = dict(plain)
            case "begin":
                people.begin()
                kept = dict(plain)
            case _:
                people.undo()
                plain = dict(kept)
        for person in PERSONS:
            assert people.state(person) is plain.get(person, Connections()).state
        here = [(person, plain[person].state) for person in plain if plain[person].states and person == "a-ana"]
        assert list(people.agents()) == here


def test_an_idle_client_is_a_name_and_a_number() -> None:
    """Each of two thousand who are only there costs 0.2 KB at most with its own name, also while a roll is called."""
    people = People()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for n in range(2_000):
            people.heard(f"c-{n}", secrets.token_urlsafe(16), AgentState.ONLINE)
        people.begin()
        people.call_roll()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (after - before) / 2_000 < 200


TEAMS = {"c-42": "t-north", "c-43": "t-north", "c-50": "t-south"}  # by conversation
NORTH, SOUTH = Team(id="t-north", name="N", members=["a-ana", "a-ion"]), Team(id="t-south", name="S", members=["a-mia"])


class PresencesTold:
    """Collect what the teams are told, as (topic, [id, state, screens …], whether it is all)."""

    def __init__(self, *teams: Team) -> None:
        self.people, self.index = People(), TeamIndex(teams, 1)
        self._presences = TeamPresences(
            self.people, lambda clients: {client: TEAMS[client] for client in clients}, lambda agent: agent == "a-chief"
        )

    def heard(self, agent: str, conn: str = "k1", state: AgentState = AgentState.ONLINE, at: str | None = None) -> None:
        self.people.heard_agent(agent, conn, state, at)

    def now(self, *, in_roll: bool = False, ended: bool = False) -> list[tuple[str, list[list[str]], bool]]:
        if ended:
            self.people.end_roll()
            self._presences.tell_all()
        told = []
        for reply in self._presences.go(self.index, in_roll=in_roll):
            presence = decode(TeamPresence, reply.payload)
            agents = [[one.id, one.state.value, *one.viewing] for one in presence.agents]
            told.append((reply.topic, agents, presence.all is True))
        return sorted(told)


def test_a_team_hears_of_its_members() -> None:
    """A team hears who of its members comes, looks, goes; who comes or repeats what is known hears all of them."""
    desk, north, south = PresencesTold(NORTH, SOUTH), "team/t-north/presence", "team/t-south/presence"
    desk.heard("a-ana", at="c-42")
    desk.people.heard("b-rules", "k1", AgentState.ONLINE)
    assert desk.now() == [(north, [["a-ana", "online", "c-42"]], True)]
    desk.heard("a-ion")
    desk.heard("a-mia", state=AgentState.AWAY)
    here = [["a-ana", "online", "c-42"], ["a-ion", "online"]]
    assert desk.now() == [(north, here, True), (south, [["a-mia", "away"]], True)]
    desk.heard("a-ion", at="c-43")
    assert desk.now() == [(north, [["a-ion", "online", "c-43"]], False)]
    desk.heard("a-ana", at="c-42")
    assert desk.now() == [(north, [here[0], ["a-ion", "online", "c-43"]], True)]
    desk.heard("a-ion", state=AgentState.OFFLINE)
    assert desk.now() == [(north, [["a-ion", "offline"]], False)]
    assert desk.now() == []


def test_a_roll_s_list_is_all_at_its_end() -> None:
    """While a roll lasts nobody is taken away, and no answer asks for a list; then each team hears who is left."""
    desk, north = PresencesTold(NORTH), "team/t-north/presence"
    desk.heard("a-ana", at="c-42")
    desk.heard("a-ion")
    desk.now()
    desk.people.call_roll()
    desk.heard("a-ion")
    here = [["a-ana", "online", "c-42"], ["a-ion", "online"]]
    assert desk.now(in_roll=True) == []
    desk.heard("a-ion", "k2")
    assert desk.now(in_roll=True) == [(north, here, False)]
    assert desk.now(ended=True) == [(north, here[1:], True)]
    desk.index = TeamIndex([SOUTH], 2)
    assert desk.now() == [("team/t-desk/presence", here[1:], True)]


def test_a_large_team_hears_of_200() -> None:
    """Of ten thousand in a team 200 are told of by name, in one message; one who goes makes place for another."""
    desk = PresencesTold()
    for n in range(10_000):
        desk.heard(f"a-{n:05}")
    ((_, told, is_all),) = desk.now()
    assert (len(told), told[0], is_all) == (200, ["a-00000", "online"], True)
    desk.heard("a-00000", state=AgentState.OFFLINE)
    desk.heard("a-09999", at="c-1")
    ((_, told, is_all),) = desk.now()
    assert (told, is_all) == ([["a-00000", "offline"], ["a-09999", "online", "c-1"]], False)
    for n in range(100, 200):
        desk.heard(f"a-{n:05}", state=AgentState.OFFLINE)
    desk.heard("a-00000")
    ((_, told, is_all),) = desk.now()
    named = [*range(100), *range(200, 299), 9_999]
    assert (sorted(agent for agent, *_ in told), is_all) == ([f"a-{n:05}" for n in named], True)
    for n in named:
        desk.heard(f"a-{n:05}", state=AgentState.OFFLINE)
    ((_, told, is_all),) = desk.now()
    assert (len(told), is_all) == (200, True)


def test_a_screen_is_told_to_the_conversation_s_team_alone() -> None:
    """
    A team hears who looks at its conversations, an administrator of another team too, and of no other conversation.
    Who may not read a conversation is not told of as a looker.
    """
    desk, north, south = PresencesTold(NORTH, SOUTH), "team/t-north/presence", "team/t-south/presence"
    desk.index = TeamIndex([NORTH.model_copy(update={"members": ["a-ana", "a-chief"]}), SOUTH], 1)
    desk.heard("a-mia", at="c-50")
    desk.heard("a-chief", at="c-50")
    desk.heard("a-ana", at="c-50")
    mia = ["a-mia", "online", "c-50"]
    assert desk.now() == [
        (north, [["a-ana", "online"], ["a-chief", "online"]], True),
        (south, [["a-chief", "online", "c-50"], mia], True),
    ]
    desk.heard("a-chief", at="c-42")
    assert desk.now() == [
        (north, [["a-chief", "online", "c-42"]], False),
        (south, [["a-chief", "offline"]], False),
    ]
    desk.heard("a-chief", at="c-50")
    both = [(north, [["a-chief", "online"]], False), (south, [mia, ["a-chief", "online", "c-50"]], True)]
    assert desk.now() == both
    desk.heard("a-chief", state=AgentState.OFFLINE)
    assert desk.now() == [(north, [["a-chief", "offline"]], False), (south, [["a-chief", "offline"]], False)]


def test_ten_thousand_connections_of_one_person_cost_no_more_than_one() -> None:
    """A person with 10,000 connections is known by 32 of them; a presence takes 50 µs of a processor."""
    people = People()
    conns = [f"k{n}" for n in range(10_000)]
    tracemalloc.start()
    try:
        for conn in conns:
            people.begin()
            people.heard("g-1", conn, AgentState.AWAY)
        size, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size < 64_000

    def once() -> float:
        began_s = time.thread_time()
        for n in range(1_000):
            people.begin()
            people.heard("g-1", f"n{n}", AgentState.AWAY)
        return (time.thread_time() - began_s) / 1_000

    assert min(once() for _ in range(5)) < 50e-6
    gone = [people.heard("g-1", f"n{n}", AgentState.OFFLINE) for n in range(1_000 - MAX_CONNECTIONS, 1_000)]
    assert gone == [False] * (MAX_CONNECTIONS - 1) + [True]
