"""
Back up database, keys and uploaded files into one file; restore it. Touches the store and files.

A backup is a gzip-compressed tar of `database/…`, `keys/…`, `files/…` and, last, `manifest.json` with the SHA-256 of
each. The file ends with a line: the SHA-256 of all bytes before it, which `restore` checks first.
"""

import hashlib
import json
import os
import re
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from gzip import GzipFile
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

from chat_core import store
from chat_core.contract.errors import Refused
from chat_core.runtime import atomic, clock
from chat_core.runtime.config import Config
from chat_core.runtime.file_folder import FOLDER

DATABASE: Final = "database"
KEYS: Final = "keys"
KEPT: Final = (KEYS, FOLDER)  # of WATTLINE_DATA, beside the database; a start makes all else anew
MANIFEST: Final = "manifest.json"
FORMAT: Final = 1
PIECE_BYTES: Final = 1024 * 1024
COMPRESS_LEVEL: Final = 1
TELL_EVERY_S: Final = 1.0
_SEAL: Final = "wattline-backup 1 sha256 "
SEAL_BYTES: Final = len(_SEAL) + 64 + 1
_NAME: Final = re.compile(rf"({DATABASE}|{KEYS}|{FOLDER})(/[A-Za-z0-9][A-Za-z0-9._-]*)+")

Say = Callable[[str], None]


def _quiet(_: str) -> None:
    """Report no progress."""


class _Progress:
    """Report the progress of a step, at most once a second."""

    def __init__(self, say: Say, what: str, total_bytes: int) -> None:
        self._say, self._what, self._total = say, what, max(total_bytes, 1)
        self._done = 0
        self._next_s = time.monotonic() + TELL_EVERY_S

    def add(self, n_bytes: int) -> None:
        """Count bytes that are done."""
        self._done += n_bytes
        if time.monotonic() >= self._next_s:
            self._next_s = time.monotonic() + TELL_EVERY_S
            self._say(f"{self._what}: {min(100, 100 * self._done // self._total)} %")


class _Sealed:
    """Write a file and hash it; `seal()` ends it."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw, self._hash = raw, hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Append to the file."""
        self._hash.update(data)
        return self._raw.write(data)

    def flush(self) -> None:
        """Flush the file; gzip requires this method."""
        self._raw.flush()

    def seal(self) -> None:
        """Append the line with the hash of all before it."""
        self._raw.write(f"{_SEAL}{self._hash.hexdigest()}\n".encode("ascii"))


class _Reader:
    """Read and hash the first `n_bytes` of a file."""

    def __init__(self, raw: IO[bytes], n_bytes: int, progress: _Progress) -> None:
        self._raw, self._left, self._progress = raw, n_bytes, progress
        self.hash = hashlib.sha256()

    def read(self, n: int = -1) -> bytes:
        """Read the next bytes."""
        data = self._raw.read(self._left if n < 0 else min(n, self._left))
        self._left -= len(data)
        self.hash.update(data)
        self._progress.add(len(data))
        return data


def back_up(config: Config, target: Path, say: Say = _quiet) -> None:
    """Write database, keys and files into one private file while Wattline runs. Raises: Refused, StoreDown."""
    if target.exists():
        raise Refused(f"{target} is there already.")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, which has the space: /tmp may be in memory.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as work:
        database = Path(work) / DATABASE
        database.mkdir(mode=0o700)
        store.copy_to(config, database, say)
        packed = Path(work) / "packed"
        with os.fdopen(os.open(packed, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as raw:
            sealed = _Sealed(raw)
            with GzipFile("", "wb", COMPRESS_LEVEL, sealed, mtime=0) as zipped:
                _pack(config, database, zipped, say)
            sealed.seal()
            raw.flush()
            os.fsync(raw.fileno())
        packed.replace(target)
        atomic.sync_folder(target.parent)


def _pack(config: Config, database: Path, zipped: GzipFile, say: Say) -> None:
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": version("wattline"),
        "made": clock.now_ms(),
        "database": store.find_backend(config).kind,
        "files": {},
    }
    with tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, folder in ((DATABASE, database), *((name, config.data / name) for name in KEPT)):
            found = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
            progress = _Progress(say, f"packing {name}", sum(_size(path) for path in found))
            for path in found:
                inside = f"{name}/{path.relative_to(folder).as_posix()}"
                if (packed := _pack_file(archive, path, inside, progress)) is not None:
                    manifest["files"][inside] = packed
        content = json.dumps(manifest, indent=1).encode()
        info = tarfile.TarInfo(MANIFEST)
        info.size, info.mode = len(content), 0o600
        archive.addfile(info, BytesIO(content))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _pack_file(archive: tarfile.TarFile, path: Path, name: str, progress: _Progress) -> dict[str, Any] | None:
    """Add the file, and return its part of the manifest, or None if it was erased meanwhile."""
    try:
        raw = path.open("rb")
    except FileNotFoundError:
        return None
    with raw:  # still readable if it is unlinked now
        info = tarfile.TarInfo(name)
        info.size, info.mode = os.fstat(raw.fileno()).st_size, 0o600
        reader = _Reader(raw, info.size, progress)
        archive.addfile(info, reader)
    return {"bytes": info.size, "sha256": reader.hash.hexdigest()}


def verify(source: Path, say: Say = _quiet) -> dict[str, Any]:
    """Compare every byte of the backup with its hashes, and return its manifest. Raises: Refused."""
    _check_seal(source, say)
    with _opened(source, say) as members:
        return _compare(source, members, None)


def restore(config: Config, source: Path, say: Say = _quiet, *, unverified: bool = False) -> None:
    """
    Put the backup into the data folder and the database, which must be empty.

    It is checked, unpacked and migrated in a folder of its own, and then moved into place.
    Args: unverified: accept a file of a version that wrote no hashes.
    Raises: Refused if data exists, or the file is no backup or damaged; StoreDown.
    """
    for name in KEPT:
        if (config.data / name).exists():
            raise Refused(f"{config.data / name} is there already; restore into an empty folder.")
    store.check_restorable(config)
    if not unverified:
        _check_seal(source, say)
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in config.data.glob(".restore-*"):  # of a restore that was killed
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(dir=config.data, prefix=".restore-") as folder:
        work = Path(folder)
        with _opened(source, say, sealed=not unverified) as members:
            if unverified:
                for _ in _unpacked(members, work):
                    pass
            else:
                _compare(source, members, work)
        if not (work / DATABASE).is_dir():
            raise Refused(f"{source} is no backup of Wattline's.")
        say("examining the database")
        store.restore_from(config, work / DATABASE)
        for kept in KEPT:
            if (work / kept).is_dir():
                (work / kept).replace(config.data / kept)


def _check_seal(source: Path, say: Say) -> None:
    """Check the last line's hash. Raises: Refused."""
    left = source.stat().st_size - SEAL_BYTES
    with source.open("rb") as raw:
        reader = _Reader(raw, max(left, 0), _Progress(say, "checking", left))
        while reader.read(PIECE_BYTES):
            pass
        seal = raw.read()
    if not seal.startswith(_SEAL.encode("ascii")):
        raise Refused(
            f"{source} is no backup of Wattline's, or is damaged."
            " (A version that wrote no hashes made it? `wattline restore --unverified`.)"
        )
    if seal != f"{_SEAL}{reader.hash.hexdigest()}\n".encode("ascii"):
        raise Refused(f"{source} is damaged: its SHA-256 is not the one that was written. Nothing was restored.")


@contextmanager
def _opened(source: Path, say: Say, *, sealed: bool = True) -> Iterator[tarfile.TarFile]:
    n_bytes = source.stat().st_size - (SEAL_BYTES if sealed else 0)
    try:
        with source.open("rb") as raw:
            reader = _Reader(raw, n_bytes, _Progress(say, "reading", n_bytes))
            with tarfile.open(fileobj=reader, mode="r|gz") as archive:  # type: ignore[call-overload]  # a reader
                yield archive
    except (tarfile.TarError, EOFError, OSError) as fault:
        if isinstance(fault, OSError) and fault.errno is not None:
            raise
        raise Refused(f"{source} is no backup of Wattline's, or is damaged.") from fault


def _compare(source: Path, archive: tarfile.TarFile, work: Path | None) -> dict[str, Any]:
    """Check each member against the manifest, and return it. Args: work: the folder to unpack into, if any."""
    found: dict[str, Any] = {}
    manifest: dict[str, Any] = {}
    for name, told in _unpacked(archive, work):
        if name == MANIFEST:
            manifest = told
        else:
            found[name] = told
    if manifest.get("format") != FORMAT or manifest.get("files") != found:
        raise Refused(f"{source} is damaged, or of a newer version: its parts are not those that its manifest names.")
    return manifest


def _unpacked(archive: tarfile.TarFile, work: Path | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each file's name with its size and hash; of the manifest, its content."""
    for member in archive:
        content = archive.extractfile(member) if member.isreg() else None
        if content is None:
            continue
        if member.name == MANIFEST:
            yield MANIFEST, json.loads(content.read())
            continue
        if _NAME.fullmatch(member.name) is None:
            raise Refused("The backup holds a file whose name is none of Wattline's.")
        hashed = hashlib.sha256()
        with _made(work, member.name) as file:
            while data := content.read(PIECE_BYTES):
                hashed.update(data)
                if file is not None:
                    file.write(data)
            if file is not None:
                file.flush()
                os.fsync(file.fileno())
        yield member.name, {"bytes": member.size, "sha256": hashed.hexdigest()}


@contextmanager
def _made(work: Path | None, name: str) -> Iterator[IO[bytes] | None]:
    if work is None:
        yield None
        return
    path = work / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
        yield file
