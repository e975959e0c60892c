"""Files are replaced whole, durably and privately; one process alone holds a lock; pauses between attempts grow."""

import os
from pathlib import Path

import pytest

from chat_core.runtime import atomic
from chat_core.runtime.backoff import Backoff
from chat_core.runtime.file_lock import FileLock, locked


def test_all_files_are_replaced_or_none(tmp_path: Path) -> None:
    """If one of several files cannot be written, all stay the old ones, and nothing is left beside them."""
    first = tmp_path / "first"
    atomic.write_file(first, "old")
    with pytest.raises(FileNotFoundError):
        atomic.write_files({first: "new", tmp_path / "missing" / "second": "new"})
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"first": "old"}
    atomic.write_files({first: "new", tmp_path / "second": b"\xff"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"first": b"new", "second": b"\xff"}


def test_mode_is_the_one_asked_for(tmp_path: Path) -> None:
    """A file is private unless asked otherwise, and readable to others when asked, whatever the umask is."""
    before = os.umask(0o077)
    try:
        atomic.write_file(tmp_path / "private", "")
        atomic.write_file(tmp_path / "public", "", mode=0o644)
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("private", "public")] == [0o600, 0o644]


def test_file_and_folder_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replaced file survives a loss of power: its content is synced before the rename, its folder after it."""
    synced = []
    sync = os.fsync

    def note(handle: int) -> None:
        synced.append((Path(f"/proc/self/fd/{handle}").is_dir(), (tmp_path / "file").exists()))
        sync(handle)

    monkeypatch.setattr(os, "fsync", note)
    atomic.write_file(tmp_path / "file", "content")
    assert synced == [(False, False), (True, True)]


def test_one_holds_the_lock(tmp_path: Path) -> None:
    """While one holds the lock nobody else takes it; once it is closed another does."""
    with FileLock(tmp_path / "lock") as other:
        with locked(tmp_path / "lock"):
            assert not other.try_take()
        assert other.try_take()


def test_pauses_grow_until_something_works() -> None:
    """Each failure in a row has the next pause, the last one repeats, and a success begins anew."""
    pauses = Backoff(1.0, 2.0, 10.0, jitter=0)
    assert [pauses.fail() for _ in range(4)] == [1, 2, 10, 10]
    pauses.succeed()
    assert pauses.fail() == 1


def test_pauses_are_not_the_same_for_all() -> None:
    """Many who fail at once do not try again at once: a pause differs by up to the jitter."""
    found = [Backoff(10.0, jitter=0.2).fail() for _ in range(100)]
    assert all(8 <= pause_s <= 12 for pause_s in found)
    assert len(set(found)) > 1
