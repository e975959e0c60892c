"""Several bridges that share the clients of one PostgreSQL, any of which is killed, stopped, added or ended."""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from random import Random
from typing import Final

import psycopg

from tests.chaos.systems import READY_WITHIN_S, SmallSystem
from tests.real.parts import Child
from tests.real.wattline import environment
from tests.waiting import wait_until

STOPPED_S: Final = (3.5, 6.0)  # longer than a lease


class SeveralBridges(SmallSystem):
    """
    Broker and so many bridges, each shard with an owner.

    Faults: `bridge killed` (-9, and another one starts), `bridge stopped` (SIGSTOP for longer than its lease),
    `bridge joins`, `bridge leaves`.
    """

    def __init__(self, data: Path, settings: Mapping[str, str], bridges: int, module: str = "bridge") -> None:
        self.bridges: list[Child] = []
        self._ended: list[str] = []
        self._module = module
        self._started = 0
        super().__init__(data, settings, bridge=None)
        with ExitStack() as on_error:
            on_error.callback(self.close)
            for _ in range(bridges):
                self._add()
            wait_until(self._is_shared, READY_WITHIN_S, why=self.log)
            on_error.pop_all()

    def owners(self) -> dict[int, int]:
        """Return by shard the pid of the bridge that has it."""
        with psycopg.connect(self.settings["WATTLINE_DB"]) as database:
            found = database.execute("SELECT n, owner FROM shard WHERE until > extract(epoch FROM now()) * 1000")
            return {n: int(owner.partition(":")[2]) for n, owner in found}

    def _is_shared(self) -> bool:
        """Return whether every shard has its owner, and no bridge has two while another one has none."""
        owners = self.owners()
        of = int(self.settings["WATTLINE_SHARDS"])
        return len(owners) == of and len(set(owners.values())) == min(of, len(self.bridges))

    def _add(self) -> None:
        self._started += 1
        log = self.data / f"bridge{self._started}.out"
        command = [sys.executable, "-m", self._module]
        self.bridges.append(Child(command, log=log, env=environment(self.data, self.settings), cwd=self.data))

    def strike(self, blow: str, random: Random) -> None:
        wait_until(self._is_shared, READY_WITHIN_S, why=self.log)
        working = set(self.owners().values())
        chosen = random.choice([bridge for bridge in self.bridges if bridge.pid in working])
        match blow:
            case "bridge joins":
                self._add()
            case "bridge stopped":
                os.kill(chosen.pid, signal.SIGSTOP)
                threading.Event().wait(random.uniform(*STOPPED_S))
                os.kill(chosen.pid, signal.SIGCONT)
            case "bridge killed" | "bridge leaves":
                self.bridges.remove(chosen)
                chosen.kill() if blow == "bridge killed" else chosen.stop()
                self._ended.append(chosen.log())
                if blow == "bridge killed":
                    self._add()
            case _:
                super().strike(blow, random)

    def log(self) -> str:
        return "\n".join([*self._ended, *(bridge.log() for bridge in self.bridges), super().log()])

    def close(self) -> None:
        for bridge in self.bridges:
            bridge.stop()
        super().close()


@contextmanager
def several_bridges(
    data: Path, settings: Mapping[str, str], bridges: int, module: str = "bridge"
) -> Iterator[SeveralBridges]:
    with closing(SeveralBridges(data, settings, bridges, module)) as system:
        yield system
