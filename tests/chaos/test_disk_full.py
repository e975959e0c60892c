"""On a full disk nothing is ticked that is not stored, everybody is told, and free space heals it."""

import json
import secrets
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import psutil

from tests.chaos.checker import check
from tests.chaos.crowd import Crowd, CrowdLoad
from tests.chaos.disk import filled, forbidden, small_disk
from tests.chaos.fault_rounds import AFTER, BACK_WITHIN_S
from tests.chaos.history import RunHistory
from tests.chaos.store_reader import StoreReader
from tests.chaos.systems import WholeSystem, whole_system
from tests.waiting import wait_until

NOT_COUNTED_YET = [
    f"/api/{rest}"
    for rest in (
        *(f"clients/c-x/{one}" for one in ("log", "notes", "consumption", "transcript", "export", "devices")),
        *("inbox", "search", "reports", "agents", "clients", "devices", "settings", "areas", "unread", "openapi.json"),
    )
]


def readiness(url: str) -> str:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5):
            return "ready"
    except urllib.error.HTTPError as problem:
        return str(json.load(problem)["code"])


def count_much(url: str) -> None:
    """Have web count what it has not counted yet, which takes new pages of its mapped files."""
    for rule in NOT_COUNTED_YET:
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            with suppress(urllib.error.HTTPError):
                urllib.request.urlopen(urllib.request.Request(f"{url}{rule}", method=method), timeout=5).close()


@contextmanager
def system_on(disk: Path, log: Path) -> Iterator[WholeSystem]:
    """A system with its data there, and its log elsewhere: what it says of the full disk is to be read."""
    data = disk / "data"
    data.mkdir()
    (data / "up.out").symlink_to(log)
    with whole_system(data, {"WATTLINE_RATE": "off"}) as system:
        yield system


def family(system: WholeSystem) -> list[psutil.Process]:
    """Return the supervisor and its processes but the broker, which writes nothing."""
    return [
        psutil.Process(pid)
        for process, pid in {"up": system.up.pid, **system.up.children()}.items()
        if process != "broker"
    ]


def test_disk_full(tmp_path: Path) -> None:
    """On a full disk nobody is ticked, /readyz and the log say why; with free space again all is stored."""
    load = CrowdLoad(clients=2)
    disk = tmp_path / "disk"
    with small_disk(disk) as is_small, system_on(disk, tmp_path / "up.out") as system:
        says = "disk_full" if is_small else "echo_late"
        books = StoreReader(system)
        with Crowd(load, books.let_in(load.everybody), system.address, system.url, secrets.randbelow(1_000)) as crowd:
            crowd.talk()
            wait_until(lambda: crowd.ticks > AFTER, BACK_WITHIN_S, why=system.log)
            with filled(disk) if is_small else forbidden(lambda: family(system)):
                wait_until(lambda: readiness(system.url()) == says, 30, why=system.log)
                count_much(system.url())
                ticks, waiting = crowd.ticks, crowd.pending()
                wait_until(lambda: crowd.pending() > waiting + AFTER, why="nobody's words wait")
                assert crowd.ticks == ticks, "ticked on a full disk"
                system.strike("bridge", Random(0))
                wait_until(lambda: readiness(system.url()) == says, 30, why=system.log)
                assert crowd.ticks == ticks, "ticked on a full disk, by a bridge that began there"
            wait_until(lambda: crowd.ticks > ticks + AFTER, BACK_WITHIN_S, why=system.log)
            wait_until(lambda: readiness(system.url()) == "ready", 30, why=system.log)
            crowd.hush()
            wait_until(lambda: crowd.pending() == 0, BACK_WITHIN_S, why=system.log)
            records, pages = crowd.snapshot()
            logs, markers = books.read([id for id in load.everybody if id.startswith("c-")])
        books.close()
        broken = [verdict for verdict in check(RunHistory(logs, records, {}, markers, {}, pages)) if verdict.broken]
        # What is counted lies where the full disk does not reach it: nobody but the bridge that we struck was killed.
        assert "was killed by" not in system.log().replace("bridge was killed by SIGKILL", "")
        assert broken == [], "\n".join(map(str, broken))
        assert not is_small or "The disk that holds the database is full" in system.log()  # else no log had process
