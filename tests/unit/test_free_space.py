"""A nearly full disk."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from chat_core.contract.errors import DiskLow
from chat_core.runtime import config
from chat_core.runtime.free_space import MB, FreeSpace

Disk = Callable[[int, int], None]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Set the size and the free space of every disk, in megabytes."""

    def is_now(size_mb: int, free_mb: int) -> None:
        blocks = SimpleNamespace(f_frsize=MB, f_blocks=size_mb, f_bavail=free_mb)
        monkeypatch.setattr(os, "statvfs", lambda folder: blocks)

    return is_now


def space(tmp_path: Path, now_s: Callable[[], float] = lambda: 0.0, **settings: str) -> FreeSpace:
    """Return what measures the disk of an installation with these settings."""
    return FreeSpace(config.load({"WATTLINE_DATA": str(tmp_path), **settings}), now_s)


@pytest.mark.parametrize(
    ("size_mb", "free_mb", "setting", "low"),
    [
        (100_000, 256, "256", False),
        (100_000, 255, "256", True),
        (100_000, 999, "1000", True),
        (100_000, 0, "0", False),
        (200, 10, "256", False),
        (200, 9, "256", True),
    ],
)
def test_bound(size_mb: int, free_mb: int, setting: str, low: bool, disk: Disk, tmp_path: Path) -> None:
    """Space is low below the setting, or on a small disk below a twentieth of it; 0 sets no bound."""
    disk(size_mb, free_mb)
    assert space(tmp_path, WATTLINE_FREE_MB=setting).is_low() is low


def test_check_names_the_fault(disk: Disk, tmp_path: Path) -> None:
    """A refusal for lack of space says so, and when to try again."""
    disk(100_000, 1)
    with pytest.raises(DiskLow) as refused:
        space(tmp_path).check()
    assert (refused.value.why, refused.value.status, refused.value.retry_ms) == ("disk_low", 507, 60_000)


def test_measured_once_a_second(disk: Disk, tmp_path: Path) -> None:
    """The disk is asked at most once a second, and a second later its answer counts."""
    at_s = [0.0]
    measured = space(tmp_path, lambda: at_s[0])
    disk(100_000, 1)
    assert measured.is_low()
    disk(100_000, 50_000)
    at_s[0] = 0.9
    assert measured.is_low()
    at_s[0] = 1.0
    assert not measured.is_low()


def test_database_elsewhere_is_measured_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SQLite file on a full disk counts, wherever the data folder lies."""
    full = SimpleNamespace(f_frsize=MB, f_blocks=100_000, f_bavail=1)
    roomy = SimpleNamespace(f_frsize=MB, f_blocks=100_000, f_bavail=90_000)
    monkeypatch.setattr(os, "statvfs", lambda folder: full if folder == tmp_path / "db" else roomy)
    assert space(tmp_path, WATTLINE_DB=f"sqlite:///{tmp_path}/db/chats.db").is_low()
    assert not space(tmp_path, WATTLINE_DB="postgresql://db.example/wattline").is_low()


def test_what_cannot_be_measured_refuses_nobody(tmp_path: Path) -> None:
    """Before the data folder is made nothing is low."""
    assert not space(tmp_path / "none").is_low()
