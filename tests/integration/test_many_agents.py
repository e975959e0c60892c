"""
Bring many agents online, on simulated lines: the bridge, the desk's notice and a roll go on.

The long form takes two minutes: AGENTS_ONLINE=10000 .venv/bin/python -m pytest tests/integration/test_many_agents.py -s
"""

import json
import os
import sys
import time
from pathlib import Path

from bridge.pipeline.presence import ANSWER_S, GRACE_S
from chat_core.contract import topics
from chat_core.contract.payloads import AgentPresence, AgentState, encode
from chat_core.runtime import config as settings_of
from chat_core.store import Store
from tests.contract.stores import store_at
from tests.integration.bridge_system import text
from tests.integration.test_bridge_rounds import RoundsBench

AGENTS = int(os.environ.get("AGENTS_ONLINE", "300"))
IN_TEAM = 25
BATCH = 1_000
NAMED = 12
CLIENT = "c-42"


def prepare(store: Store) -> list[str]:
    """Register the agents, in teams of 25; return their ids."""
    agents = [f"a-{number}" for number in range(AGENTS)]
    for agent in agents:
        store.registry.add_agent(agent, agent)
    teams = [
        {"id": f"t-{start}", "name": f"{start}", "members": agents[start : start + IN_TEAM], "areas": [f"area-{start}"]}
        for start in range(0, AGENTS, IN_TEAM)
    ]
    rev, _ = store.registry.settings.document("teams")
    store.registry.settings.change_document("teams", {"teams": teams}, rev)
    store.registry.teams.refresh()
    store.registry.ensure_client(CLIENT, name="Maria", area="area-0")
    return agents


def say_all(bench: RoundsBench, agents: list[str]) -> float:
    """Let every agent's line tell its presence; return how many seconds of the bridge that took."""
    here = encode(AgentPresence(state=AgentState.ONLINE, conn="k1"))
    began_s = time.perf_counter()
    for start in range(0, len(agents), BATCH):
        batch = [bench.desk.arrived(here, topics.desk_presence(agent)) for agent in agents[start : start + BATCH]]
        bench.rounds.note(bench.desk.writer.write(batch))
        bench.rounds.go(bench.now_s)
    return time.perf_counter() - began_s


def told(bench: RoundsBench, after_s: float = 0.0) -> tuple[dict[str, bytes], float]:
    """Return what was published since the last call, by topic, and how many ms one more turn took."""
    bench.now_s += after_s
    began_s = time.perf_counter()
    bench.rounds.go(bench.now_s)
    took_ms = (time.perf_counter() - began_s) * 1_000
    found = dict(bench.desk.line.payloads)
    bench.desk.line.payloads.clear()
    return found, took_ms


def test_agents_come_and_answer_a_roll(tmp_path: Path) -> None:
    """All are counted, 12 named, each team hears of its own; who answers no roll is offline; words get their tick."""
    with store_at(settings_of.load({"WATTLINE_DATA": str(tmp_path)})) as store:
        agents = prepare(store)
        bench = RoundsBench(store)
        bench.go()
        came_s = say_all(bench, agents)
        found, turn_ms = told(bench, 1.0)
        desk = json.loads(found[topics.NOTICE_DESK])
        assert (desk["online"], len(desk["agents"])) == (AGENTS, NAMED)
        mates = [json.loads(payload) for topic, payload in found.items() if topic.endswith("/presence")]
        assert sum(len(team["agents"]) for team in mates) == AGENTS

        bench.link.greeted += 1  # a new connection calls a roll
        _, call_ms = told(bench)
        answered_s = say_all(bench, agents[1:])
        began_s = time.perf_counter()
        bench.write(text("m1"), topics.msg(CLIENT))
        tick_ms = (time.perf_counter() - began_s) * 1_000
        assert [entry["kind"] for entry in store.log.page(CLIENT).entries] == ["opened", "text"]
        found, end_ms = told(bench, ANSWER_S + GRACE_S + 1)
        assert bench.desk.people.state(agents[0]) is AgentState.OFFLINE
        assert json.loads(found[topics.NOTICE_DESK])["online"] == AGENTS - 1
        sys.stdout.write(
            f"\n{AGENTS:,} agents came in {came_s:.2f} s of the bridge and answered a roll in {answered_s:.2f} s; "
            f"a turn after they came took {turn_ms:.0f} ms, the call {call_ms:.0f} ms, its end {end_ms:.0f} ms, "
            f"words meanwhile {tick_ms:.1f} ms; notice/desk {len(found[topics.NOTICE_DESK])} bytes\n"
        )
