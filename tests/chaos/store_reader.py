"""The books of a system: its database, read through the store's own snapshots, and who may come in."""

import json
from contextlib import ExitStack
from functools import cached_property
from typing import Any, Final

from chat_core.store import Store
from tests.chaos.crowd import AGENT
from tests.chaos.history import Row
from tests.chaos.systems import FaultTarget
from tests.real.wattline import config_of, run_cli

TOKEN_S: Final = str(30 * 24 * 3_600)  # longer than any step of a clock
PAGE: Final = 1_000  # the store's own limit


class StoreReader:
    def __init__(self, system: FaultTarget) -> None:
        self._system = system
        self._opened = ExitStack()

    @cached_property
    def _store(self) -> Store:
        """Open it at the first look: before, its tables may be of an older release."""
        return self._opened.enter_context(Store.open(config_of(self._system.data, self._system.settings)))

    def close(self) -> None:
        self._opened.close()

    def let_in(self, ids: list[str]) -> dict[str, dict[str, Any]]:
        run_cli(self._system.data, "agent", "add", AGENT, "--name", "Ana", settings=self._system.settings)
        told = run_cli(self._system.data, "token", *ids, "--ttl", TOKEN_S, settings=self._system.settings)
        return {line["username"]: line for line in map(json.loads, told.splitlines())}

    def read(self, clients: list[str]) -> tuple[dict[str, list[Row]], dict[str, dict[str, int]]]:
        logs: dict[str, list[Row]] = {}
        markers: dict[str, dict[str, int]] = {}
        for client in clients:
            rows: list[Row] = []
            while True:
                page = self._store.log.page(client, after=rows[-1]["seq"] if rows else 0, limit=PAGE)
                rows += page.entries
                if len(page.entries) < PAGE:
                    break
            logs[client] = rows
            markers[client] = {reader: marker["read"] for reader, marker in page.markers.items()}
        return logs, markers
