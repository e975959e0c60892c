"""A process that is watched says that it works, by sd_notify(3)'s protocol."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_core import heartbeat
from chat_core.heartbeat import Ear, Heartbeat
from tests.waiting import wait_until


@pytest.fixture
def watcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """What systemd has: a socket in the file system, named in the environment."""
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
    """A process that nobody watches, or whose watcher is gone, goes on without a word."""
    Heartbeat(None).beat()
    Heartbeat("@wattline-nobody-listens-here").beat()


def test_ear_knows_who_beats() -> None:
    """The supervisor hears which process sent a beat."""
    ear = Ear()
    try:
        Heartbeat(ear.address).beat()
        assert wait_until(ear.hear) == {os.getpid()}
        assert ear.hear() == set()
    finally:
        ear.close()
