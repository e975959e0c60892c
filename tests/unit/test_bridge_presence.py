"""The bridge's compact memory of presences says what the plain rule of chat_core.domain.conversation says."""

import secrets
import time
import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from bridge.pipeline.presence import People
from chat_core.contract.payloads import AgentState
from chat_core.domain.conversation import MAX_CONNECTIONS, Connections

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
