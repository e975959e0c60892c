"""Connections that bring nothing, or little: others are served all the while."""

import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from waitress.server import create_server

from chat_core.runtime.addresses import Networks
from tests.real.parts import accepts
from tests.waiting import wait_until
from web import connections, draining
from web.connections import HttpConnections, allowed

SERVED_S = 5.0  # at once; what waits for a slow connection waits 20 s (REQUEST_S)
HEAD = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n"
ASK = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


GATE = threading.Event()  # of answers that take as long as a test wants


def answer(environ: dict, start_response: Callable[..., object]) -> list[bytes]:
    """An app that answers everything alike, `/slow` once the gate is open."""
    if environ["PATH_INFO"] == "/slow":
        GATE.wait(10)
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


@dataclass
class Served:
    guard: HttpConnections
    port: int
    drain: Callable[[], None]
    close_idle: Callable[[], None]
    server: Any  # waitress's
    main_loop: threading.Thread

    def connect(self, address: str = "127.0.0.1") -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10, source_address=(address, 0))

    def is_busy(self) -> bool:
        return any(channel.requests for channel in tuple(self.guard._open))

    def ask_s(self) -> float:
        began = time.monotonic()
        with self.connect() as asked:
            asked.sendall(ASK)
            assert asked.recv(100).startswith(b"HTTP/1.1 200")
        return time.monotonic() - began


@contextmanager
def served(*, at_most: int = 50, of_address: int = 1_000, trusted: tuple[str, ...] = ()) -> Iterator[Served]:
    sockets: dict[int, Any] = {}
    guard = HttpConnections(Networks(trusted), at_most=at_most, of_address=of_address)
    server: Any = create_server(
        answer,
        map=sockets,
        host="127.0.0.1",
        port=0,
        threads=2,
        cleanup_interval=0,
        channel_timeout=600,
        asyncore_use_poll=True,
        asyncore_loop_timeout=0,
    )
    guard.guard(sockets)
    ended = threading.Event()

    def run() -> None:
        with suppress(SystemExit):  # as waitress's own `run` does
            while not ended.is_set():
                server.asyncore.loop(timeout=0.05, map=sockets, use_poll=True, count=1)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        pull = server.trigger.pull_trigger
        drain, close_idle = (partial(pull, do) for do in (guard.drain, guard.close_idle))
        yield Served(guard, int(server.effective_port), drain, close_idle, server, thread)
    finally:
        ended.set()
        thread.join()
        server.task_dispatcher.shutdown()
        server.asyncore.close_all(sockets)


def is_closed(end: socket.socket) -> bool:
    end.setblocking(False)
    try:
        return end.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def answer_on(end: socket.socket) -> bytes:
    """Read the next answer, to the end of its body."""
    answer = b""
    while not answer.endswith(b"\r\n\r\nok"):
        piece = end.recv(500)
        assert piece, answer
        answer += piece
    return answer


def test_a_draining_process_answers_what_has_begun() -> None:
    """A process that drains accepts nobody, and answers all that comes by an open connection; it closes idle ones."""
    with served() as server, server.connect() as slow, server.connect() as idle, server.connect() as unused:
        idle.sendall(ASK)
        assert answer_on(idle).startswith(b"HTTP/1.1 200")
        GATE.clear()
        slow.sendall(ASK.replace(b"GET / ", b"GET /slow "))
        wait_until(server.is_busy)
        try:
            server.drain()
            wait_until(lambda: server.guard.is_draining and not accepts(server.port))
            idle.sendall(ASK)
            assert b"Connection: close" in answer_on(idle)
            assert server.is_busy()
            server.close_idle()
            wait_until(lambda: is_closed(unused))
        finally:
            GATE.set()
        assert answer_on(slow).startswith(b"HTTP/1.1 200")
        wait_until(lambda: not server.is_busy())


def test_a_process_that_is_told_to_end_closes_idle_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy's idle connections are closed while the last requests are still answered; after these it ends."""
    monkeypatch.setattr(draining, "IDLE_S", 0.0)
    monkeypatch.setattr(draining, "BUSY_S", 60.0)
    monkeypatch.setattr(draining, "signal", SimpleNamespace(**{**vars(signal), "signal": lambda *_: None}))
    with served() as server, server.connect() as slow, server.connect() as idle:
        idle.sendall(ASK)
        assert answer_on(idle).startswith(b"HTTP/1.1 200")
        GATE.clear()
        slow.sendall(ASK.replace(b"GET / ", b"GET /slow "))
        wait_until(server.is_busy)
        try:
            draining.Drain(server.server, server.guard).begin()
            wait_until(lambda: is_closed(idle))
            assert server.is_busy() and server.main_loop.is_alive()
        finally:
            GATE.set()
        assert answer_on(slow).startswith(b"HTTP/1.1 200")
        wait_until(lambda: not server.main_loop.is_alive())


def test_an_end_within_a_task_of_the_main_loop_is_heard() -> None:
    """Ctrl-C ends a web process also while its main loop does what another thread asked for."""
    with served() as server:
        drain = draining.Drain(server.server, server.guard)
        server.server.trigger.pull_trigger(drain.end)
        wait_until(lambda: not server.main_loop.is_alive())


@pytest.mark.parametrize("begin", [b"", HEAD, HEAD + b"\r\nx"])
def test_the_oldest_connection_is_closed_first(begin: bytes) -> None:
    """With as many connections as there may be the oldest without a whole request is closed for each new one."""
    with ExitStack() as ends, served(at_most=20) as server:
        opened = [ends.enter_context(server.connect()) for _ in range(20)]
        for end in opened:
            end.sendall(begin)
        wait_until(lambda: len(server.guard._open) == 20)
        assert server.ask_s() < SERVED_S
        wait_until(lambda: is_closed(opened[0]))
        assert not is_closed(opened[-1])
        assert len(server.guard._open) <= 21


def test_a_probe_is_answered_while_one_address_takes_all_connections() -> None:
    """A busy address that opens ever more connections keeps no other one from its answer."""
    GATE.clear()
    with ExitStack() as ends, served(at_most=20) as server:
        ends.callback(GATE.set)
        for _ in range(20):
            ends.enter_context(server.connect("127.0.0.2")).sendall(ASK.replace(b"/", b"/slow", 1))
        wait_until(lambda: sum(bool(channel.requests) for channel in list(server.guard._open)) == 20)
        probe = ends.enter_context(server.connect())
        wait_until(lambda: len(server.guard._open) == 21)
        more = [ends.enter_context(server.connect("127.0.0.2")) for _ in range(5)]
        wait_until(lambda: all(is_closed(end) for end in more[:-1]))
        probe.sendall(ASK.replace(b"/", b"/healthz", 1))
        assert probe.recv(100).startswith(b"HTTP/1.1 200")


def test_one_address_has_a_bound_of_its_own() -> None:
    """An address with too many connections loses its own oldest ones; a proxy, which speaks for many, does not."""
    for trusted, closed in (((), True), (("127.0.0.1",), False)):
        with ExitStack() as ends, served(at_most=50, of_address=10, trusted=trusted) as server:
            opened = [ends.enter_context(server.connect()) for _ in range(12)]
            if closed:
                wait_until(partial(is_closed, opened[0]))
                wait_until(partial(is_closed, opened[1]))
            else:
                assert server.ask_s() < SERVED_S
            assert not is_closed(opened[2])


@pytest.mark.parametrize("begin", [HEAD[:20], HEAD + b"\r\n"])
def test_a_request_has_a_deadline(begin: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers or a body that come byte by byte end their connection; one that says nothing yet may wait longer."""
    monkeypatch.setattr(connections, "REQUEST_S", 0.3)
    monkeypatch.setattr(connections, "BYTES_PER_S", 100_000)
    with served() as server, server.connect() as slow, server.connect() as silent:
        slow.sendall(begin)

        def is_ended() -> bool:
            slow.setblocking(True)
            try:
                slow.sendall(b"x")
            except (BrokenPipeError, ConnectionResetError):
                return True
            return is_closed(slow)

        wait_until(is_ended)
        assert not is_closed(silent)


def test_a_body_may_take_as_long_as_its_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow upload that comes at the least rate is not ended."""
    monkeypatch.setattr(connections, "REQUEST_S", 0.0)
    monkeypatch.setattr(connections, "BYTES_PER_S", 100)
    with served() as server, server.connect() as slow:
        slow.sendall(HEAD + b"\r\n" + b"x" * 90_000)
        assert server.ask_s() < SERVED_S
        slow.sendall(b"x" * 10_000)
        assert slow.recv(100).startswith(b"HTTP/1.1 200")


def test_bodies_that_are_not_whole_have_a_bound_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest unfinished requests end when all together hold too much; the others go on."""
    monkeypatch.setattr(connections, "COMING_BYTES", 150_000)
    with served() as server, ExitStack() as ends:
        opened: list[socket.socket] = []
        for _ in range(2):
            opened.append(ends.enter_context(server.connect()))
            opened[-1].sendall(HEAD + b"\r\n" + b"x" * 90_000)
            wait_until(partial(lambda n: sum(one.coming_bytes() > 90_000 for one in server.guard._open) >= n, 1))
        wait_until(partial(is_closed, opened[0]))
        opened[1].setblocking(True)
        opened[1].sendall(b"x" * 10_000)
        assert opened[1].recv(100).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(("files", "fitting"), [(1_024, 512), (300, 172), (64, 32), (-1, 512)])
def test_the_bound_fits_the_file_descriptors(files: int, fitting: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are never more connections than the process may have files, with some left for the rest of its work."""
    monkeypatch.setattr(resource, "getrlimit", lambda which: (files, files))
    assert allowed() == fitting
