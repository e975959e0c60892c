"""A process that is watched says that it works, by sd_notify(3)'s protocol."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_core.runtime import heartbeat
from chat_core.runtime.heartbeat import Ear, Heartbeat, datagrams_to
from tests.waiting import wait_until


@pytest.fixture
def watcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as opened:
        opened.bind(str(tmp_path / "notify"))
        opened.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield opened


def test_first_beat_says_ready(watcher: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first beat says that the process has begun, the others that it works; children do not inherit the socket."""
    monkeypatch.setattr(heartbeat, "BEAT_EVERY_S", 0)
    heart = Heartbeat.from_environment()
    heart.beat()
    heart.beat()
    assert watcher.recv(100).split(b"\n") == [b"READY=1", b"WATCHDOG=1"]
    assert watcher.recv(100) == b"WATCHDOG=1"
    assert "NOTIFY_SOCKET" not in os.environ


def test_beats_are_cheap(watcher: socket.socket) -> None:
    """A loop may beat at every turn: one datagram a second is sent."""
    heart = Heartbeat.from_environment()
    for _ in range(1_000):
        heart.beat()
    watcher.recv(100)
    watcher.setblocking(False)
    with pytest.raises(BlockingIOError):
        watcher.recv(100)


def test_long_work_is_vouched_for(watcher: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beats go on while something long is done, and end with it."""
    monkeypatch.setattr(heartbeat, "BEAT_EVERY_S", 0.01)
    heart = Heartbeat.from_environment()
    with heart.during_long_work():
        assert [watcher.recv(100)[-10:] for _ in range(3)] == [b"WATCHDOG=1"] * 3
    watcher.setblocking(False)
    with pytest.raises(BlockingIOError):
        while True:
            watcher.recv(100)


def test_no_watcher_no_beat() -> None:
    """A process whose watcher is gone goes on without a word."""
    Heartbeat(datagrams_to("@wattline-nobody-listens-here")).beat()


def watched_by_itself(work: str) -> subprocess.CompletedProcess[str]:
    """Run a process without a watcher, for which half a second without a beat is silence."""
    program = (
        "import time\nfrom chat_core.runtime import heartbeat\nheartbeat.SILENT_S, heartbeat.BEAT_EVERY_S = 0.5, 0.05\n"
    )
    program += f"heart = heartbeat.Heartbeat.from_environment()\nheart.beat()\n{work}\n"
    env = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
    return subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize(
    "hang", ["time.sleep(60)", "import ctypes; ctypes.PyDLL(None).sleep(60)"], ids=["a thread", "the interpreter"]
)
def test_a_silent_process_ends_itself(hang: str) -> None:
    """A process that nobody watches ends when it no longer beats, whatever it hangs in, and prints where that is."""
    done = watched_by_itself(hang)
    assert done.returncode == 1
    assert 'File "<string>", line 6 in <module>' in done.stderr


def test_a_process_that_beats_is_left_alone() -> None:
    """Beats, and long work that is vouched for, keep a process that nobody watches alive."""
    beats = "for _ in range(20):\n    time.sleep(0.05)\n    heart.beat()\n"
    done = watched_by_itself(f"{beats}with heart.during_long_work():\n    time.sleep(1)")
    assert (done.returncode, done.stderr) == (0, "")


def test_ear_knows_who_beats() -> None:
    """The supervisor hears which process sent a beat."""
    ear = Ear()
    try:
        Heartbeat(datagrams_to(ear.address)).beat()
        assert wait_until(ear.hear) == {os.getpid()}
        assert ear.hear() == set()
    finally:
        ear.close()
