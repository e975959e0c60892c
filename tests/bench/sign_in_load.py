"""
Sign in without a pause, from a process of its own that gives way to the measurement.

`python -m tests.bench.sign_in_load HELLOS`: the JSON file names address, CONNECTs and how many at once. When standard
input ends, it prints how many a second were let in.
"""

import asyncio
import gc
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.bench.generator import LoadTarget
from tests.bench.priority import give_way
from tests.chaos.connection import PeerConnection
from tests.real.parts import REPOSITORY

FIRST: Final = 50  # of them are in when it begins
READY_WITHIN_S: Final = 20.0


@dataclass
class SignInRate:
    """Sign-ins a second; known when the load has ended."""

    per_s: float = 0.0


@asynccontextmanager
async def sign_in_load(
    target: LoadTarget, clients: Sequence[str], folder: Path, at_once: int
) -> AsyncIterator[SignInRate]:
    """They come and go, so many at once, each with a login of its own. Inside, the first have been let in."""
    hellos = [target.hello(client).hex() for client in clients]
    given = folder / "sign_ins.json"
    given.write_text(json.dumps({"address": target.address, "hellos": hellos, "at_once": at_once}))
    started = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.sign_in_load", str(given)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=REPOSITORY,
    )
    found = SignInRate()
    try:
        assert started.stdin is not None and started.stdout is not None
        async with asyncio.timeout(READY_WITHIN_S):
            assert await started.stdout.readline() == b"in\n"
        yield found
        started.stdin.close()
        async with asyncio.timeout(READY_WITHIN_S):
            found.per_s = float(await started.stdout.readline())
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def _come_and_go(given: dict[str, Any]) -> None:
    address, hellos = tuple(given["address"]), [bytes.fromhex(one) for one in given["hellos"]]
    loop, over, let_in = asyncio.get_running_loop(), asyncio.Event(), 0
    loop.add_reader(sys.stdin, over.set)

    async def one_after_another() -> None:
        nonlocal let_in
        while not over.is_set():
            line = await PeerConnection.open(address, hellos[let_in % len(hellos)], [], lambda *_: None)
            line.close()
            let_in += 1
            if let_in == FIRST:
                sys.stdout.write("in\n")
                sys.stdout.flush()

    began_s = loop.time()
    await asyncio.gather(*(one_after_another() for _ in range(given["at_once"])))
    sys.stdout.write(f"{let_in / (loop.time() - began_s)}\n")


if __name__ == "__main__":
    give_way()
    gc.disable()
    asyncio.run(_come_and_go(json.loads(Path(sys.argv[1]).read_text())))
