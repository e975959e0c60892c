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

from chat_core.contract.shards import SHARDS
from tests.chaos.systems import READY_WITHIN_S, SmallSystem
from tests.real.parts import Child
from tests.real.wattline import environment
from tests.waiting import wait_until

STOPPED_S: Final = (3.5, 6.0)  # longer than a lease
SLOTS: Final = (1, 2, 3, 4)
MOVE_S: Final = 1.0  # about as long as a taker waits


class SeveralBridges(SmallSystem):
    """
    Broker and so many bridges, each slot with an owner.

    Faults: `bridge killed` (-9, and another one starts), `bridge stopped` (SIGSTOP for longer than its lease),
    `bridge joins`, `bridge leaves`; `slots changed`: a bridge with another WATTLINE_SLOTS comes in place of one, and
    shards move; `taker killed`, `giver killed`: the same, and a bridge dies while they move.
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
        """Return by slot the pid of the bridge that has it."""
        with psycopg.connect(self.settings["WATTLINE_DB"]) as database:
            found = database.execute("SELECT n, owner FROM slot_lease WHERE until > extract(epoch FROM now()) * 1000")
            return {n: int(owner.partition(":")[2]) for n, owner in found}

    def shares(self) -> list[int]:
        """Return how many shards each slot has."""
        with psycopg.connect(self.settings["WATTLINE_DB"]) as database:
            found: dict[int, int] = dict(database.execute("SELECT slot, count(*) FROM shard GROUP BY slot").fetchall())
        return sorted((found | {0: SHARDS - sum(found.values()) + found.get(0, 0)}).values())

    def _is_shared(self) -> bool:
        """Return whether every slot has its owner, and no bridge has two while another one has none."""
        owners = self.owners()
        of = int(self.settings["WATTLINE_SLOTS"])
        is_even = self.shares() == sorted(SHARDS // of + (n < SHARDS % of) for n in range(of))
        return is_even and len(owners) == of and len(set(owners.values())) == min(of, len(self.bridges))

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
            case "slots changed" | "giver killed" | "taker killed":
                self._change_slots(blow, random)
            case _:
                super().strike(blow, random)

    def _change_slots(self, blow: str, random: Random) -> None:
        before = int(self.settings["WATTLINE_SLOTS"])
        number = random.choice([n for n in SLOTS if n != before])
        self.settings["WATTLINE_SLOTS"] = str(number)
        first = self.bridges.pop(0)
        self._add()
        first.stop()
        self._ended.append(first.log())
        if blow != "slots changed":
            self._kill_in_a_move(blow, before, number, random)
        wait_until(self._is_shared, READY_WITHIN_S, why=self.log)

    def _kill_in_a_move(self, blow: str, before: int, number: int, random: Random) -> None:
        # A slot that has too many shards is in the first ones when there are to be more, in the last ones otherwise.
        gives = 0 if number > before else before - 1
        slot = gives if blow == "giver killed" else number - 1 if number > before else 0
        wait_until(lambda: self._waits() or self._is_shared(), READY_WITHIN_S, why=self.log)
        threading.Event().wait(random.uniform(0, MOVE_S))
        for bridge in self.bridges:
            if bridge.pid == self.owners().get(slot):
                self.bridges.remove(bridge)
                bridge.kill()
                self._ended.append(bridge.log())
                self._add()
                break

    def _waits(self) -> bool:
        """Return whether a slot waits for shards."""
        with psycopg.connect(self.settings["WATTLINE_DB"]) as database:
            return database.execute("SELECT count(*) FROM slot_lease WHERE waits <> 0").fetchone() != (0,)

    def _tables(self) -> str:
        with psycopg.connect(self.settings["WATTLINE_DB"]) as database:
            names = (
                "SELECT * FROM slot_lease ORDER BY n",
                "SELECT slot, count(*) FROM shard GROUP BY slot",
                "SELECT * FROM state",
            )
            return "\n".join(f"{name}: {database.execute(name).fetchall()}" for name in names)

    def log(self) -> str:
        return "\n".join([self._tables(), *self._ended, *(bridge.log() for bridge in self.bridges), super().log()])

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
