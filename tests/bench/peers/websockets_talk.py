"""Drive the websockets chat at a pace, one client a path; the first WARM messages do not count."""

import asyncio
import json
import secrets
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Final

from websockets.asyncio.client import ClientConnection, connect

WARM: Final = 60  # messages
WITHIN_S: Final = 10.0


async def on_websockets(port: int, rooms: Sequence[str], per_s: float, seconds: float, size: int) -> list[float]:
    """Each message's time in seconds, from saying it to hearing it back, stored. Compressed where the chat does so."""
    began: dict[str, float] = {}
    times: list[float] = []

    async def hear(connection: ClientConnection) -> None:
        async for words in connection:
            times.append(time.perf_counter() - began[json.loads(words)["id"]])

    async def paced(count: int) -> None:
        times.clear()
        own, first_s = secrets.token_hex(4), time.perf_counter()
        for number in range(count):
            await asyncio.sleep(max(0.0, first_s + number / per_s - time.perf_counter()))
            id = f"{own}-{number}"
            began[id] = time.perf_counter()
            await lines[number % len(lines)].send(json.dumps({"id": id, "text": "x" * size}))
        async with asyncio.timeout(WITHIN_S):
            while len(times) < count:
                await asyncio.sleep(0.01)

    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(connect(f"ws://127.0.0.1:{port}/{n}")) for n in rooms]
        hearing = [asyncio.create_task(hear(line)) for line in lines]
        await paced(WARM)
        await paced(int(per_s * seconds))
        for task in hearing:
            task.cancel()
    return times
