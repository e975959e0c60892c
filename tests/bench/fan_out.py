"""
Let boards of many teams listen while clients and agents talk, and count what one of them receives.

The long form takes minutes:

    FAN_OUT=10,100,1000,1400,10000 .venv/bin/python -m pytest tests/integration/test_fan_out.py -s --timeout=1800
"""

import asyncio
import json
import os
import sys
import time
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.payloads import AgentPresence, AgentState, Said, SaidKind, TeamPresence, decode, encode
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
IS_LONG: Final = "FAN_OUT" in os.environ
IN_TEAM: Final = 200 if IS_LONG else 20
IN_OTHERS: Final = 20
LISTENING: Final = 20  # boards of the first team that hear its rows: 200 would take more than the generator's core
CLIENTS: Final = 300  # of whom 10 are the measured team's
OURS: Final = 10
WORDS_PER_S: Final = 300 if IS_LONG else 60
SECONDS: Final = 10 if IS_LONG else 3
TEXT: Final = "Is the power off in your street too? It is dark here since a quarter past eight."
SETTINGS: Final = {"WATTLINE_RATE": "off", "WATTLINE_BROKER": "mosquitto"}


class Board:
    """Count the rows of conversations with words that one agent's board receives."""

    def __init__(self, agent: str, team: str, *, is_listening: bool) -> None:
        self.agent = agent
        inbox = topics.team_inbox(team, "c-x").removesuffix("c-x") + "+"
        self.filters = [inbox, topics.team_presence(team), topics.NOTICE_DESK] if is_listening else []
        self.bytes = self.deliveries = 0
        self.heard_s = self.lasted_s = 0.0  # when the last row came; how long after the first words
        self.notice: dict[str, Any] = {}
        self.mates: set[str] = set()
        self.last: dict[str, str] = {}  # a conversation's last words, by client
        self.connection: PeerConnection

    def hear(self, topic: bytes, payload: bytes) -> None:
        if topic == topics.NOTICE_DESK.encode():
            self.notice = json.loads(payload)
        elif topic.endswith(b"/presence"):
            self.mates |= {one.id for one in decode(TeamPresence, payload).agents}
        elif topic.startswith(b"team/") and (last := json.loads(payload).get("last")) and "text" in last:
            self.bytes += len(topic) + len(payload) + 7  # header, length, packet id
            self.deliveries += 1
            self.heard_s = time.monotonic()
            self.last[topic.rpartition(b"/")[2].decode()] = last["text"]


def is_ours(number: int, ours: int) -> bool:
    """Return whether the client of this number is among the `ours` of the first team."""
    return number % (CLIENTS // ours) == 0


class Scene(NamedTuple):
    """Hold the boards, the target of all, and each client's partner: the first board of its team."""

    boards: list[Board]
    target: LoadTarget
    partners: dict[str, Board]


def prepare(system: SmallSystem, agents: int, ours: int) -> Scene:
    """Make the teams: the first has IN_TEAM agents and `ours` clients, the others share the rest."""
    config = config_of(system.data, system.settings)
    keys = Keys.open(config.data)
    teams = [f"t-{number}" for number in range(1 + -(-agents // IN_OTHERS))]
    boards: list[Board] = []
    firsts, documents, generations, partners = {}, [], {}, {}
    with Store.open(config) as store:
        for place, team in enumerate(teams):
            size = IN_TEAM if place == 0 else min(IN_OTHERS, agents - (place - 1) * IN_OTHERS)
            members = [f"a-{place}-{number}" for number in range(size)]
            firsts[place] = len(boards)
            boards += [Board(member, team, is_listening=number < LISTENING) for number, member in enumerate(members)]
            documents.append({"id": team, "name": team, "members": members, "areas": [f"area-{place}"]})
        for board in boards:
            store.registry.add_agent(board.agent, board.agent)
        for number in range(CLIENTS):
            place = 0 if is_ours(number, ours) else 1 + number % (len(teams) - 1)
            client = f"c-{number}"
            store.registry.ensure_client(client, name=f"Maria Popescu {number}", area=f"area-{place}", lang="ro")
            partners[client] = boards[firsts[place]]
        rev, _ = store.registry.settings.document("teams")
        store.registry.settings.change_document("teams", {"teams": documents}, rev)
        store.registry.changes.announce(ChangeKind.SETTINGS, {"key": "teams"}, 1)
        for id in (*partners, *(board.agent for board in boards)):
            generations[id] = store.registry.generation(id) or 0
    run_cli(system.data, "token", boards[-1].agent, settings=system.settings)  # Mosquitto has read the accounts

    def login(id: str) -> str:
        return tokens.mqtt_password(config, keys, Holder(id, generations[id]), 7_200, time.time())

    target = LoadTarget(("127.0.0.1", system.processes["broker"].port("mqtt")), login, topics.log)
    return Scene(boards, target, partners)


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
    within_s = 30 + len(boards) / 20  # the desk's notice and the presences follow the sign-ins
    await asyncio.to_thread(wait_until, lambda: boards[0].notice.get("online") == len(boards), within_s)
    await asyncio.to_thread(wait_until, lambda: len(boards[0].mates) == IN_TEAM, within_s)


async def open_clients(scene: Scene, talking: list[str]) -> dict[str, PeerConnection]:
    """Connect these clients."""
    people: dict[str, PeerConnection] = {}
    for start in range(0, len(talking), 50):
        some = talking[start : start + 50]
        opened = (PeerConnection.open(scene.target.address, scene.target.hello(one), [], _ignore) for one in some)
        people.update(zip(some, await asyncio.gather(*opened), strict=True))
    return people


async def talk(scene: Scene, people: dict[str, PeerConnection]) -> dict[str, list[str]]:
    """
    Say WORDS_PER_S words a second, the client's and its partner's in turn. Return what was said in each conversation.

    Whose turn it is comes by chance, as it does where people talk.
    """
    random, talking = Random(1), [*people]
    words: dict[str, list[str]] = {client: [] for client in talking}
    began_s = time.monotonic()
    for number in range(WORDS_PER_S * SECONDS):
        client = random.choice(talking)
        by_client = len(words[client]) % 2 == 0
        words[client].append(f"{number} {TEXT}")
        said = Said(id=f"m{time.time_ns()}-{number}", kind=SaidKind.TEXT, text=words[client][-1], sent=1)
        partner = scene.partners[client]
        connection = people[client] if by_client else partner.connection
        connection.publish(topics.msg(client, None if by_client else partner.agent).encode(), encode(said))
        await asyncio.sleep(max(0.0, began_s + number / WORDS_PER_S - time.monotonic()))
    for connection in people.values():
        connection.close()
    return words


def _ignore(*_: object) -> None:
    """Hear nothing."""


async def measure(scene: Scene, talking: list[str], ours: int) -> Board:
    """Return the first team's first board once it has received the last words of its team's conversations."""
    boards = scene.boards
    await open_all(boards, scene.target)
    people = await open_clients(scene, talking)
    began_s = time.monotonic()
    said = await talk(scene, people)
    # The newest words and those before come on two connections, and may change places.
    newest = {client: words[-2:] for client, words in said.items() if words and is_ours(int(client[2:]), ours)}
    await asyncio.to_thread(wait_until, lambda: all(boards[0].last.get(one) in newest[one] for one in newest), 60)
    boards[0].lasted_s = boards[0].heard_s - began_s
    for board in boards:
        board.connection.close()
    return boards[0]


def run(folder: Path, agents: int, ours: int, *, only_ours: bool = False) -> Board:
    """Measure with so many agents outside the team. Args: only_ours: all words are of the team's conversations."""
    with small_system(folder, SETTINGS) as system:
        wait_until(lambda: "link.ready" in system.processes["bridge"].log(), 30, why=system.log)
        scene = prepare(system, agents, ours)
        talking = [client for client in scene.partners if not only_ours or is_ours(int(client[2:]), ours)]
        board = asyncio.run(measure(scene, talking, ours))
        assert "fault" not in system.processes["bridge"].log()
        sys.stdout.write(
            f"\n{agents + IN_TEAM:,} agents, {WORDS_PER_S} words/s in {len(talking)} chats, {ours} in the team: "
            f"{board.deliveries / SECONDS:.1f} deliveries/s, {board.bytes / SECONDS / 1_000:.1f} KB/s for one board\n"
        )
        return board
