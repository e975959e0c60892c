"""A cluster as a target of faults: each of its parts is killed, stopped, or cut off from all others."""

import itertools
import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final

from psycopg import OperationalError
from psycopg import connect as connect_to

from tests.chaos.systems import STOPPED_S
from tests.real.cluster import MODULES, Cluster, Member
from tests.real.parts import Closing, accepts
from tests.real.postgres import Postgres
from tests.waiting import wait_until

AWAY_S: Final = (10.0, 16.0)  # beyond a lease, a net_ticktime and a keep-alive
HOLDERS: Final = "SELECT DISTINCT owner FROM slot_lease WHERE owner <> ''"
FREE: Final = (
    "SELECT count(*) FROM slot_lease WHERE until <= extract(epoch FROM now()) * 1000"
    " AND n < (SELECT coalesce(max(value), 1) FROM state WHERE key = 'slots')"
)
# A bridge has one such session from its start on, and one more for each slot of several.
BRIDGES: Final = (
    "SELECT count(DISTINCT client_addr) FROM pg_stat_activity WHERE application_name LIKE 'wattline bridge %'"
)
BACK_WITHIN_S: Final = 90.0  # a node of RabbitMQ, on a machine with nothing to spare


class ClusterUnderFaults(Closing):
    """
    A running cluster. Blows are `PART HOW`.

    `bridge`, `broker` (what answers RabbitMQ), `web` and `rabbitmq` of a random host: `killed` (-9), `stopped`
    (SIGSTOP for seconds) or `frozen` (for longer than any part waits), a bridge that has a slot and whose
    successors wait; `host cut`: all on it, from everybody;
    `host parted`: from the other hosts, while people and the database reach it; `bridge parted`: the host of a bridge
    that works;
    `primary killed`: its standby is promoted; `primary stopped`, `standby stopped`, `standby killed`; `brokers
    restarted`: RabbitMQ's nodes, one after the other.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.cluster = Cluster(folder, settings)
        self.data, self.settings = self.cluster.any_data, self.cluster.settings
        self._turns = itertools.cycle(self.cluster.members)

    def url(self) -> str:
        return self.cluster.url

    def address(self) -> tuple[str, int]:
        """Return the next node's address, as a load balancer would."""
        member = next(self._turns)
        return member.host.address, member.rabbit.port

    def partner_address(self) -> tuple[str, int]:
        return self.address()

    def log(self) -> str:
        return self.cluster.log()

    def strike(self, blow: str, random: Random) -> None:
        part, _, how = blow.partition(" ")
        member = random.choice(self._working() if part == "bridge" else self.cluster.members)
        if how == "parted":
            others = [other.host for other in self.cluster.members if other is not member]
            for other in others:
                member.host.part(other)
            _wait(random, AWAY_S)
            for other in others:
                member.host.join(other)
        elif part == "host":
            member.host.cut()
            _wait(random, AWAY_S)
            member.host.mend()
        elif part in ("primary", "standby"):
            self._strike_database(part, how, random)
        elif part == "brokers":
            for one in self.cluster.members:  # as docs/rabbitmq.md#cluster tells operators
                for step in ("await_online_quorum_plus_one", "drain"):
                    one.rabbit.control(step, program="rabbitmq-upgrade")
                one.rabbit.restart()
        else:
            self._strike_process(member, part, how, random)
        self._all_back()

    def _working(self) -> list[Member]:
        """Wait until the bridges hold all slots, or wait for one; return the hosts of those that hold one."""

        def working() -> list[Member]:
            self._start_ended()  # one that was frozen ends itself, moments after it goes on
            pids = {member.processes["bridge"].pid: member for member in self.cluster.members}
            url = f"{self.cluster.database.url}?target_session_attrs=read-write"
            with suppress(OperationalError), connect_to(url) as database:
                owners = {int(owner.partition(":")[2]) for (owner,) in database.execute(HOLDERS)}
                (connected,) = database.execute(BRIDGES).fetchone() or (0,)
                (free,) = database.execute(FREE).fetchone() or (1,)
                if connected >= len(pids) and not free and owners <= pids.keys():
                    return [pids[pid] for pid in sorted(owners)]
            return []

        return wait_until(working, BACK_WITHIN_S, why=self.log)

    def _strike_process(self, member: Member, part: str, how: str, random: Random) -> None:
        process = member.rabbit if part == "rabbitmq" else member.processes[part]
        if how == "killed":
            process.kill()
        else:
            stop_for(process.pid, random.uniform(*(AWAY_S if how == "frozen" else STOPPED_S)))

    def _strike_database(self, part: str, how: str, random: Random) -> None:
        servers = self.cluster.database
        server: Postgres = getattr(servers, part)
        if how == "stopped":
            stop_for(server.pid, random.uniform(*STOPPED_S))
        elif part == "primary":
            servers.lose_primary()
        else:
            server.kill()
            _wait(random, STOPPED_S)
            server.restart()

    def _start_ended(self) -> None:
        """Start again what has ended, as systemd does."""
        for member in self.cluster.members:
            for name in MODULES:
                if not member.processes[name].child.is_running():
                    member.processes[name].restart()
            if not member.rabbit.child.is_running():
                member.rabbit.restart()

    def _all_back(self) -> None:
        """Start again what has ended, and wait until every node takes connections."""
        self._start_ended()
        for member in self.cluster.members:
            wait_until(_takes(member), BACK_WITHIN_S, why=member.rabbit.log)

    def close(self) -> None:
        self.cluster.close()


def _takes(member: Member) -> Callable[[], bool]:
    return lambda: accepts(member.rabbit.port, member.host.address)


def stop_for(pid: int, seconds: float) -> None:
    """SIGSTOP of a process: it looks alive, and does nothing."""
    os.kill(pid, signal.SIGSTOP)
    try:
        threading.Event().wait(seconds)
    finally:
        os.kill(pid, signal.SIGCONT)


def _wait(random: Random, for_s: tuple[float, float]) -> None:
    threading.Event().wait(random.uniform(*for_s))
