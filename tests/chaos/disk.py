"""Fill a disk to the last byte: a small tmpfs, which only root may mount, else RLIMIT_FSIZE of no bytes."""

import os
import resource
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil

SIZE_MB: Final = 48
CHUNK: Final = b"\0" * 65_536


@contextmanager
def small_disk(at: Path) -> Iterator[bool]:
    """A folder with so many megabytes; False: it has as many as the disk that it is on."""
    at.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE_MB}m", "tmpfs", at], capture_output=True)
    try:
        yield mounted.returncode == 0
    finally:
        if mounted.returncode == 0:
            subprocess.run(["umount", "--lazy", at], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Meanwhile the disk has no byte free."""
    filler = disk / "filler"
    try:
        with filler.open("wb", buffering=0) as file:
            for chunk in (CHUNK, CHUNK[:4_096], CHUNK[:1]):
                _pour(file.fileno(), chunk)
        yield
    finally:
        filler.unlink()


def _pour(fileno: int, chunk: bytes) -> None:
    with suppress(OSError):
        while os.write(fileno, chunk):
            pass


@contextmanager
def forbidden(family: Callable[[], Iterable[psutil.Process]]) -> Iterator[None]:
    """Meanwhile these processes, and those they start, can write no byte to any file."""
    _limit(family(), 0)
    try:
        yield
    finally:
        _limit(family(), resource.RLIM_INFINITY)


def _limit(family: Iterable[psutil.Process], size_bytes: int) -> None:
    for process in family:
        with suppress(psutil.NoSuchProcess):
            _, most = process.rlimit(psutil.RLIMIT_FSIZE)
            process.rlimit(psutil.RLIMIT_FSIZE, (size_bytes, most))
