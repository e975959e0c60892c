"""The store notices a PostgreSQL host that vanishes without closing its connections."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chat_core.contract.errors import StoreDown
from tests.contract.stores import StoreUnderTest, committed, opened, say, say_in, texts
from tests.real.network import far_postgres
from tests.real.postgres import Postgres

WITHIN_S = 15.0
SPARE_S = 5.0  # for a slow machine


def _until_down(work: Callable[[], object]) -> float:
    """Return after how many seconds the work reports that the database is down."""
    began_s = time.monotonic()
    with pytest.raises(StoreDown):
        work()
    return time.monotonic() - began_s


@pytest.mark.timeout(120)
def test_a_host_that_vanishes(postgres: Postgres, tmp_path: Path) -> None:
    """A reader, a writer in mid-transaction and the bridge's lock report it within 15 s, and go on afterwards."""
    name = postgres.fresh_database().rpartition("/")[2]
    with opened(StoreUnderTest(tmp_path, postgres.dsn(name))) as store:
        say(store, "m1", "before")
    with (
        far_postgres(postgres, tmp_path) as cable,
        opened(StoreUnderTest(tmp_path, cable.database(name))) as store,
        store.hold_bridge_lock() as lock,
        ThreadPoolExecutor(3) as pool,
    ):
        assert lock is not None
        assert pool.submit(texts, store).result() == ["before"]

        written, cut = threading.Event(), threading.Event()

        def write() -> None:
            with committed(store) as tx:
                say_in(tx, "m2")
                written.set()
                cut.wait()

        writing = pool.submit(_until_down, write)
        written.wait(WITHIN_S)
        cable.cut()
        cut.set()
        waited = [writing, pool.submit(_until_down, lambda: texts(store)), pool.submit(_until_down, lock.check)]
        took_s = [one.result() for one in waited]
        assert max(took_s) < WITHIN_S + SPARE_S, took_s
        cable.mend()
        assert say(store, "m1", "after", client="c-7").seq == 2  # the server may still lock the lost writer's rows
