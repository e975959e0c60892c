"""`python -m web` as a process: it takes a port, answers, and ends when told to."""

import os
import signal
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from chat_core.store import migrate
from tests.integration.web_under_test import WebUnderTest, problem_of, web_under_test
from tests.real.wattline import ProductProcess, config_of
from tests.waiting import wait_until
from web.__main__ import THREADS
from web.giving_way import PROCESS_NICENESS, THREAD_NICENESS

START_S, END_S = 20, 10  # generous: the machine may be busy with other tests


@pytest.fixture
def web_process(tmp_path: Path) -> Iterator[ProductProcess]:
    data = tmp_path / "data"
    migrate(config_of(data))
    with ProductProcess("web", data) as process:
        yield process


def status(port: int, path: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return int(answer.status)


def test_serves_and_ends(web_process: ProductProcess) -> None:
    """It takes a port from the kernel, says which, answers, and ends cleanly on SIGTERM."""
    port = web_process.port("http")
    wait_until(lambda: status(port, "/healthz") == 200, START_S, why=web_process.log)
    assert status(port, "/login") == 200
    assert web_process.child.stop(signal.SIGTERM, within_s=END_S) == 0
    assert "Traceback" not in web_process.log()


def test_gives_way(web_process: ProductProcess) -> None:
    """Bridge and broker of the same machine go before web, and web's main loop and probes before its workers."""
    wait_until(lambda: status(web_process.port("http"), "/healthz") == 200, START_S, why=web_process.log)
    pid = web_process.child.process.pid
    ours = os.getpriority(os.PRIO_PROCESS, 0)

    def lowered() -> list[int]:
        """Return by how much each thread but the main loop gives way."""
        threads = {int(thread.name) for thread in Path(f"/proc/{pid}/task").iterdir()} - {pid}
        with suppress(ProcessLookupError):  # a thread has ended
            return [os.getpriority(os.PRIO_PROCESS, thread) - ours for thread in threads]
        return []

    wait_until(lambda: lowered().count(THREAD_NICENESS) >= THREADS, START_S)  # each lowers its own
    assert os.getpriority(os.PRIO_PROCESS, pid) == ours
    group = Path(f"/proc/{pid}/autogroup")  # not on every kernel
    assert not group.exists() or f"nice {PROCESS_NICENESS}" in group.read_text()


def test_same_port_after_a_kill(web_process: ProductProcess) -> None:
    """Killed and started again it is found where it was."""
    port = web_process.port("http")
    wait_until(lambda: status(port, "/healthz") == 200, START_S, why=web_process.log)
    web_process.kill()
    web_process.restart()
    wait_until(lambda: status(port, "/healthz") == 200, START_S, why=web_process.log)
    assert web_process.port("http") == port


def test_ctrl_c(web_process: ProductProcess) -> None:
    """Ctrl-C ends it as cleanly."""
    wait_until(lambda: status(web_process.port("http"), "/healthz") == 200, START_S, why=web_process.log)
    assert web_process.child.stop(signal.SIGINT, within_s=END_S) == 0
    assert "Traceback" not in web_process.log()


@contextmanager
def dribbling(port: int, count: int) -> Iterator[None]:
    """So many connections, opened as fast as may be, each of which sends a header byte by byte."""
    ended = threading.Event()

    def dribble(ends: list[socket.socket]) -> None:
        while not ended.wait(0.2):
            for end in ends:
                with suppress(OSError):
                    end.send(b"x")

    with ExitStack() as opened:
        ends: list[socket.socket] = []
        thread = threading.Thread(target=dribble, args=(ends,))
        thread.start()
        opened.callback(thread.join)
        opened.callback(ended.set)
        for _ in range(count):
            ends.append(opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=START_S)))
            ends[-1].sendall(b"GET /healthz HTTP/1.1\r\nX-Slow: ")
        yield


@pytest.mark.alone
@pytest.mark.parametrize("count", [110, 900])
def test_connections_that_dribble_stop_nobody(web_process: ProductProcess, count: int) -> None:
    """Any number of slow connections of one address delays no other request."""
    port = web_process.port("http")
    wait_until(lambda: status(port, "/healthz") == 200, START_S, why=web_process.log)
    took: list[float] = []
    with dribbling(port, count):
        for _ in range(10):
            began = time.monotonic()
            assert status(port, "/healthz") == 200
            took.append(time.monotonic() - began)
    assert max(took) < 1.0


def test_taken_port(web_process: ProductProcess, tmp_path: Path) -> None:
    """A port that is taken stops the start with one line that names it."""
    port = web_process.port("http")
    with ProductProcess("web", web_process.data, settings={"WATTLINE_HTTP_PORT": str(port)}) as second:
        wait_until(lambda: not second.child.is_running(), START_S)
        last = second.log().strip().splitlines()[-1]
        assert second.child.process.returncode != 0
        assert str(port) in last and last.startswith("wattline web: cannot listen")


def test_no_database(tmp_path: Path) -> None:
    """A database that was not migrated stops the start with one line."""
    with ProductProcess("web", tmp_path / "data") as process:
        wait_until(lambda: not process.child.is_running(), START_S)
        assert process.child.process.returncode != 0
        assert "Traceback" not in process.log() and "wattline web:" in process.log()


def test_two_apps_share_nothing(system: WebUnderTest, tmp_path: Path) -> None:
    """Two apps in one process have their own keys, limits and stores."""
    with web_under_test(tmp_path / "other") as other:
        bearer = system.bearer("c-42")
        other.store.registry.ensure_client("c-42")
        problem_of(other.browser().get("/api/clients/c-42/log", headers=bearer), 401, "token_refused")
        assert other.context.limits is not system.context.limits
