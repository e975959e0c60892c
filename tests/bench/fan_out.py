"""
Let boards of many teams listen while a bot talks, and count what one of them receives.

The long form takes minutes:

    FAN_OUT=10,100,1000,1400 .venv/bin/python -m pytest tests/integration/test_fan_out.py -s --timeout=1200
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Final

from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.payloads import AgentPresence, AgentState, Said, SaidKind, encode
from chat_core.runtime import tokens
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Holder
from chat_core.store import Store
from tests.bench.generator import LoadTarget
from tests.chaos.connection import PeerConnection
from tests.chaos.systems import SmallSystem, small_system
from tests.real.wattline import config_of, run_cli
from tests.waiting import wait_until

SIZES: Final = [int(size) for size in os.environ.get("FAN_OUT", "20,60").split(",")]
IN_TEAM: Final = 20
CLIENTS: Final = 300  # of whom 10 are the measured team's
OURS: Final = 10
WORDS_PER_S: Final = 300 if "FAN_OUT" in os.environ else 60
SECONDS: Final = 10 if "FAN_OUT" in os.environ else 3
BOT: Final = "b-load"
TEXT: Final = "Is the power off in your street too? It is dark here since a quarter past eight."
SETTINGS: Final = {"WATTLINE_RATE": "off", "WATTLINE_BROKER": "mosquitto"}


class Board:
    """Count the rows of conversations with words that one agent's board receives."""

    def __init__(self, agent: str, team: str, mates: list[str]) -> None:
        self.agent = agent
        inbox = topics.team_inbox(team, "c-x").removesuffix("c-x") + "+"
        self.filters = [inbox, topics.desk_refused(agent), topics.NOTICE_DESK, *map(topics.desk_presence, mates)]
        self.bytes = self.deliveries = 0
        self.notice: dict[str, Any] = {}
        self.last: dict[str, str] = {}  # id of a conversation's last words, by client
        self.connection: PeerConnection

    def hear(self, topic: bytes, payload: bytes) -> None:
        if topic == topics.NOTICE_DESK.encode():
            self.notice = json.loads(payload)
        elif topic.startswith(b"team/") and (last := (row := json.loads(payload)).get("last")):
            self.bytes += len(topic) + len(payload) + 7  # header, length, packet id
            self.deliveries += 1
            self.last[row["client"]] = last["id"]


def is_ours(number: int, ours: int) -> bool:
    """Return whether the client of this number is among the `ours` of the first team."""
    return number % (CLIENTS // ours) == 0


def prepare(system: SmallSystem, agents: int, ours: int) -> tuple[list[Board], LoadTarget]:
    """Make the teams: the first has IN_TEAM agents and `ours` clients, the others share the rest."""
    config = config_of(system.data, system.settings)
    keys = Keys.open(config.data)
    teams = [f"t-{number}" for number in range(1 + -(-agents // IN_TEAM))]
    boards, documents, generations = [], [], {}
    with Store.open(config) as store:
        for place, team in enumerate(teams):
            size = IN_TEAM if place == 0 else min(IN_TEAM, agents - (place - 1) * IN_TEAM)
            members = [f"a-{place}-{number}" for number in range(size)]
            boards += [Board(member, team, members) for member in members]
            documents.append({"id": team, "name": team, "members": members, "areas": [f"area-{place}"]})
        for board in boards:
            store.registry.add_agent(board.agent, board.agent)
        for number in range(CLIENTS):
            place = 0 if is_ours(number, ours) else 1 + number % (len(teams) - 1)
            store.registry.ensure_client(f"c-{number}", area=f"area-{place}")
        store.registry.ensure_identity(BOT, 1)
        rev, _ = store.registry.settings.document("teams")
        store.registry.settings.change_document("teams", {"teams": documents}, rev)
        store.registry.changes.announce(ChangeKind.SETTINGS, {"key": "teams"}, 1)
        for id in [BOT, *(board.agent for board in boards)]:
            generations[id] = store.registry.generation(id) or 0
    run_cli(system.data, "token", boards[-1].agent, settings=system.settings)  # Mosquitto has read the accounts

    def login(id: str) -> str:
        return tokens.mqtt_password(config, keys, Holder(id, generations[id]), 7_200, time.time())

    return boards, LoadTarget(("127.0.0.1", system.processes["broker"].port("mqtt")), login, topics.log)


async def open_all(boards: list[Board], target: LoadTarget) -> None:
    """Connect every board, and tell its presence."""

    async def one(board: Board) -> None:
        board.connection = await PeerConnection.open(
            target.address, target.hello(board.agent), board.filters, board.hear
        )
        here = AgentPresence(state=AgentState.ONLINE, conn="k1")
        board.connection.publish(topics.desk_presence(board.agent).encode(), encode(here))

    for start in range(0, len(boards), 50):
        await asyncio.gather(*(one(board) for board in boards[start : start + 50]))
    await asyncio.to_thread(wait_until, lambda: boards[0].notice.get("online") == len(boards), 30)


async def talk(target: LoadTarget) -> dict[str, str]:
    """Say WORDS_PER_S words a second, in all conversations in turn. Return the id of each client's last words."""
    last = {}
    bot = await PeerConnection.open(target.address, target.hello(BOT), [], lambda *_: None)
    began_s = time.monotonic()
    for number in range(WORDS_PER_S * SECONDS):
        said = Said(id=f"m{time.time_ns()}-{number}", kind=SaidKind.TEXT, text=TEXT, sent=1)
        client = f"c-{number % CLIENTS}"
        last[client] = said.id
        bot.publish(topics.msg(client, BOT).encode(), encode(said))
        await asyncio.sleep(max(0.0, began_s + number / WORDS_PER_S - time.monotonic()))
    bot.close()
    return last


async def measure(boards: list[Board], target: LoadTarget, ours: int) -> Board:
    """Return the first team's first board once it has received the last words of its team's conversations."""
    await open_all(boards, target)
    last = await talk(target)
    in_team = {client: id for client, id in last.items() if is_ours(int(client[2:]), ours)}
    await asyncio.to_thread(wait_until, lambda: in_team.items() <= boards[0].last.items(), 30)
    for board in boards:
        board.connection.close()
    return boards[0]


def run(folder: Path, agents: int, ours: int) -> Board:
    with small_system(folder, SETTINGS) as system:
        wait_until(lambda: "link.ready" in system.processes["bridge"].log(), 15, why=system.log)
        boards, target = prepare(system, agents, ours)
        board = asyncio.run(measure(boards, target, ours))
        assert "fault" not in system.processes["bridge"].log()
        sys.stdout.write(
            f"\n{agents + IN_TEAM:,} agents, {WORDS_PER_S} words/s, {ours} of {CLIENTS} conversations in the team: "
            f"{board.deliveries / SECONDS:.1f} deliveries/s, {board.bytes / SECONDS / 1_000:.1f} KB/s for one board\n"
        )
        return board
