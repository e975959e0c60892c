"""
Drive Synapse: each client writes into a chat of its own, in which one agent listens with /sync.

Arguments: port, a file that keeps who was registered, clients, messages a second, seconds, characters of a text. Prints
seconds as JSON, without the first WARM messages: `stored` is from the PUT to its answer, `delivered` from the PUT to
the agent's /sync.
"""

import asyncio
import json
import secrets
import sys
import time
from pathlib import Path
from typing import Any

import aiohttp

API = "/_matrix/client/v3"
WARM = 20  # messages before the first that counts
WITHIN_S = 60.0


class Person:
    def __init__(self, http: aiohttp.ClientSession, token: str) -> None:
        self.http = http
        self._head = {"Authorization": f"Bearer {token}"}

    async def ask(self, method: str, path: str, body: Any = None, **params: str) -> Any:
        """The answer's JSON. Raises: aiohttp.ClientResponseError for a refusal."""
        async with self.http.request(method, API + path, json=body, params=params, headers=self._head) as answer:
            answer.raise_for_status()
            return await answer.json()


async def register(http: aiohttp.ClientSession) -> str:
    body = {"auth": {"type": "m.login.dummy"}, "username": f"p{secrets.token_hex(6)}", "password": secrets.token_hex()}
    async with http.post(f"{API}/register", json=body) as answer:
        answer.raise_for_status()
        return str((await answer.json())["access_token"])


async def prepare(http: aiohttp.ClientSession, clients: int) -> dict[str, Any]:
    agent, rooms = await register(http), []
    for _ in range(clients):
        token = await register(http)
        made = await Person(http, token).ask("POST", "/createRoom", {"preset": "public_chat"})
        await Person(http, agent).ask("POST", f"/join/{made['room_id']}", {})
        rooms.append((token, made["room_id"]))
    return {"agent": agent, "rooms": rooms}


async def listen(agent: Person, since: str, began: dict[str, float], delivered: list[float]) -> None:
    wanted = json.dumps({"room": {"timeline": {"limit": 1_000, "types": ["m.room.message"]}}})
    while True:
        news = await agent.ask("GET", "/sync", since=since, timeout="30000", filter=wanted)
        now_s, since = time.perf_counter(), news["next_batch"]
        for room in news.get("rooms", {}).get("join", {}).values():
            # Only mine: a first /sync is answered as two minutes ago, so the last turn's words come again.
            mine = [began[id] for event in room["timeline"]["events"] if (id := event["content"]["id"]) in began]
            delivered += [now_s - began_s for began_s in mine]


async def talk(
    http: aiohttp.ClientSession, people: dict[str, Any], per_s: float, seconds: float, size: int
) -> dict[str, list[float]]:
    began: dict[str, float] = {}
    stored: list[float] = []
    delivered: list[float] = []
    agent = Person(http, people["agent"])
    first = await agent.ask("GET", "/sync", timeout="0")
    hearing = asyncio.create_task(listen(agent, first["next_batch"], began, delivered))
    speakers = [(Person(http, token), room) for token, room in people["rooms"]]

    async def say(speaker: Person, room: str, id: str) -> None:
        body = {"msgtype": "m.text", "body": "x" * size, "id": id}
        began[id] = time.perf_counter()
        await speaker.ask("PUT", f"/rooms/{room}/send/m.room.message/{id}", body)
        stored.append(time.perf_counter() - began[id])

    async def paced(count: int) -> None:
        for heard in (began, stored, delivered):
            heard.clear()
        own, first_s, saying = secrets.token_hex(4), time.perf_counter(), []
        for number in range(count):
            await asyncio.sleep(max(0.0, first_s + number / per_s - time.perf_counter()))
            speaker, room = speakers[number % len(speakers)]
            saying.append(asyncio.create_task(say(speaker, room, f"{own}-{number}")))
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*saying)
            while len(delivered) < count:
                assert not hearing.done(), hearing
                await asyncio.sleep(0.01)

    await paced(WARM)
    await paced(int(per_s * seconds))
    hearing.cancel()
    return {"stored": stored, "delivered": delivered}


async def main(port: int, kept: Path, clients: int, per_s: float, seconds: float, size: int) -> None:
    line = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", connector=line) as http:
        if not kept.exists():
            kept.write_text(json.dumps(await prepare(http, clients)))
        times = await talk(http, json.loads(kept.read_text()), per_s, seconds, size)
    sys.stdout.write(json.dumps(times) + "\n")


if __name__ == "__main__":
    given = sys.argv
    asyncio.run(main(int(given[1]), Path(given[2]), int(given[3]), float(given[4]), float(given[5]), int(given[6])))
