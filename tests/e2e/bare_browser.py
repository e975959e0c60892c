"""
Run a Chromium that reports only its main thread's clock.

Playwright's own reports cost a page's main thread 20 ms and more at 4 ×, which no visitor has.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.sync.client import connect
from websockets.sync.connection import Connection

from tests.real.chromium import ARGS, find_chromium
from tests.real.parts import Child
from tests.waiting import wait_until

WITHIN_S = 30


@dataclass
class BareBrowser:
    address: str  # where Playwright may connect for a while
    _line: Connection
    _asked: int = 0

    def busy_ms(self, address: str, *waits: str) -> float:
        """Return how long a new page's main thread is busy until the JavaScript promises resolve."""
        page = self._ask("Target.createTarget", url="about:blank")["targetId"]
        session = self._ask("Target.attachToTarget", targetId=page, flatten=True)["sessionId"]
        self._ask("Performance.enable", session, timeDomain="threadTicks")
        self._ask("Page.navigate", session, url=address)
        for expression in waits:
            self._ask("Runtime.evaluate", session, expression=expression, awaitPromise=True)
        metrics = self._ask("Performance.getMetrics", session)["metrics"]
        self._ask("Target.closeTarget", targetId=page)
        return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration") * 1000

    def _ask(self, method: str, session: str = "", **parameters: object) -> dict[str, Any]:
        self._asked += 1
        question = {"id": self._asked, "method": method, "params": parameters}
        self._line.send(json.dumps(question | ({"sessionId": session} if session else {})))
        answer: dict[str, Any] = {}
        while answer.get("id") != self._asked:  # what is told unasked is nobody's here
            answer = json.loads(self._line.recv(WITHIN_S))
        assert "error" not in answer, (method, answer)
        return dict(answer["result"])


@contextmanager
def running_bare(folder: Path) -> Iterator[BareBrowser]:
    """A browser with nothing in it but what is done in the block; its profile lies in the folder."""
    told = folder / "profile" / "DevToolsActivePort"
    command = [find_chromium(), *ARGS, f"--user-data-dir={told.parent}", "--remote-debugging-port=0", "about:blank"]
    with Child(command, log=folder / "chromium.out") as child:
        port, path = wait_until(
            lambda: told.read_text().split() if told.exists() else [], within_s=WITHIN_S, why=child.log
        )
        with connect(f"ws://127.0.0.1:{port}{path}", max_size=None) as line:
            yield BareBrowser(f"http://127.0.0.1:{port}", line)
