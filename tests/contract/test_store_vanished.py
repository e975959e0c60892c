"""What the store does when PostgreSQL's host vanishes: no word of it comes any more, and no connection is closed."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chat_core.contract.errors import StoreDown
from tests.contract.stores import StoreUnderTest, opened, say, say_in, texts
from tests.real.network import Cable, far_host
from tests.real.parts import Child
from tests.real.postgres import USER, Postgres

PORT = 5432
WITHIN_S = 15.0
SPARE_S = 5.0  # a slow machine's; before the cure each of them took a quarter of an hour
# The far host's port leads to the server's socket, which is a file: the network's namespaces do not divide those.
GATE = """
import socket, sys, threading

def carry(one, other):
    while data := one.recv(65536):
        other.sendall(data)

listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
while True:
    near, _ = listener.accept()
    far = socket.socket(socket.AF_UNIX)
    far.connect(sys.argv[3])
    for pair in ((near, far), (far, near)):
        threading.Thread(target=carry, args=pair, daemon=True).start()
"""


@pytest.fixture
def cable(postgres: Postgres, tmp_path: Path) -> Iterator[Cable]:
    """The way to a host on which the server can be reached."""
    socket = f"{postgres.home}/.s.PGSQL.{postgres.port}"
    with far_host() as cable:
        command = cable.inside(sys.executable, "-c", GATE, cable.far, str(PORT), socket)
        gate = Child(command, log=tmp_path / "gate.log")
        try:
            yield cable
        finally:
            gate.stop()


def _until_down(work: Callable[[], object]) -> float:
    """After how long it says that the database is down."""
    began_s = time.monotonic()
    with pytest.raises(StoreDown):
        work()
    return time.monotonic() - began_s


@pytest.mark.timeout(120)
def test_a_host_that_vanishes(cable: Cable, postgres: Postgres, tmp_path: Path) -> None:
    """A reader, a writer in mid-transaction and the bridge's lock learn of it within 15 s, and go on afterwards."""
    name = postgres.fresh_database().rpartition("/")[2]
    place = StoreUnderTest(tmp_path, f"postgresql://{USER}@{cable.far}:{PORT}/{name}")
    with opened(StoreUnderTest(tmp_path, postgres.dsn(name))) as store:
        say(store, "m1", "before")
    with opened(place) as store, store.hold_bridge_lock() as lock, ThreadPoolExecutor(3) as pool:
        assert lock is not None
        assert pool.submit(texts, store).result() == ["before"]

        written, cut = threading.Event(), threading.Event()

        def write() -> None:
            with store.begin() as tx:
                say_in(tx, "m2")
                written.set()
                cut.wait()
                tx.commit()

        writing = pool.submit(_until_down, write)
        written.wait(WITHIN_S)
        cable.cut()
        cut.set()
        waited = [writing, pool.submit(_until_down, lambda: texts(store)), pool.submit(_until_down, lock.check)]
        took_s = [one.result() for one in waited]
        assert max(took_s) < WITHIN_S + SPARE_S, took_s
        cable.mend()
        assert say(store, "m1", "after", client="c-7").seq == 2  # what the lost writer locked the gate still holds
