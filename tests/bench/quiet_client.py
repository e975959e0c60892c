"""The other client beside hostile guests: its ticks, and how long web takes to say that it is alive."""

import asyncio
import time
import urllib.request
from typing import Final

from tests.bench.generator import LoadSender
from tests.real.wattline import Wattline

PER_S: Final = 10.0


class QuietWatch:
    """The quiet client's ticks, and how long web takes to say that it is alive, one after the other."""

    def __init__(self, product: Wattline, talker: LoadSender) -> None:
        self._url = f"http://127.0.0.1:{product.ports()['http']}/healthz"
        self._talker = talker
        self.healthz_s: list[float] = []

    async def ticks(self, seconds: float) -> list[float]:
        """Say so many words a second; return how long each took to its tick, in seconds."""
        self._talker.times_s.clear()
        until_s = time.monotonic() + seconds
        asking: asyncio.Future[float] | None = None
        loop = asyncio.get_running_loop()
        while time.monotonic() < until_s:
            self._talker.say()
            if asking is None or asking.done():
                if asking is not None:
                    self.healthz_s.append(asking.result())
                asking = loop.run_in_executor(None, self._ask)
            await asyncio.sleep(1 / PER_S)
        if asking is not None:
            self.healthz_s.append(await asking)
        async with asyncio.timeout(30):
            while self._talker.under_way:
                await asyncio.sleep(0.05)
        return list(self._talker.times_s)

    def _ask(self) -> float:
        began_s = time.perf_counter()
        with urllib.request.urlopen(self._url, timeout=30) as answer:
            assert answer.status == 200
        return time.perf_counter() - began_s
