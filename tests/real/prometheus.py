"""Start a real Prometheus on its own port."""

import json
import shutil
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from tests.real.parts import ATTEMPTS, Child, Server, find_program, free_port, short_dir


class Prometheus(Server):
    """A running Prometheus. Args: config: the path of its prometheus.yml."""

    def __init__(self, config: Path) -> None:
        self.program = find_program("prometheus", "prometheus")
        self.directory = short_dir("prom")
        self.port, self.child = self._start(config)

    def _start(self, config: Path) -> tuple[int, Child]:
        for _ in range(ATTEMPTS):
            port = free_port()
            command = [
                self.program, f"--config.file={config}", f"--storage.tsdb.path={self.directory / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ]  # fmt: skip
            child = Child(command, log=self.directory / "prometheus.out")
            if child.wait_for_port(port, 20):
                return port, child
        raise AssertionError(f"Prometheus does not start:\n{child.log()}")

    def query(self, expr: str) -> list[Any]:
        """Return the present result of a query. Raises: AssertionError for one that Prometheus refuses."""
        url = f"http://127.0.0.1:{self.port}/api/v1/query?{urllib.parse.urlencode({'query': expr})}"
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                body = json.load(answer)
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{expr}: {refused.read().decode()}") from None
        found: list[Any] = body["data"]["result"]
        return found

    def close(self) -> None:
        super().close()
        shutil.rmtree(self.directory, ignore_errors=True)
