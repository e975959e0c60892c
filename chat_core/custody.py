"""
What a client may ask of those who keep its words: all of them in one document, and their end. And what an operator
asks: everything in one file, and back. Touches the store and files.
"""

import os
import tarfile
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from chat_core import store as door
from chat_core.changes import ChangeKind
from chat_core.config import Config
from chat_core.errors import NotFound, Refused
from chat_core.files import FOLDER, FileFolder
from chat_core.store import Store

PAGE: Final = 1_000
DATABASE: Final = "database"
KEYS: Final = "keys"
KEPT: Final = (KEYS, FOLDER)  # of WATTLINE_DATA, beside the database; all else is made anew at a start


def export_client(store: Store, client: str, now_ms: int) -> dict[str, Any]:
    """
    Everything that is kept of the client, as JSON can say it.

    Raises: NotFound.
    """
    known = store.registry.find_client(client)
    if known is None:
        raise NotFound(f"There is no client {client}.")
    page = store.log(client, after=0, limit=PAGE)
    entries = page.entries
    while entries and entries[-1]["seq"] < page.last:
        more = store.log(client, after=entries[-1]["seq"], limit=PAGE).entries
        if not more:
            break
        entries += more
    files = [
        {key: value for key, value in asdict(file).items() if key != "sha256"} for file in store.files.of_client(client)
    ]
    hours = store.consumption(client, 0, now_ms, "hour", store.tz)
    return {
        "exported": now_ms,
        "client": asdict(known),
        "entries": entries,
        "markers": page.markers,
        "names": page.names,
        "notes": [asdict(note) for note in store.notes(client)],
        "files": files,
        "devices": [{"id": one.id, "topics": list(one.topics)} for one in store.registry.devices.of(client)],
        "consumption": [{"from": one.start, "to": one.end, "wh": one.wh} for one in hours],
    }


def erase_client(store: Store, files: FileFolder, client: str, now_ms: int) -> None:
    """
    The client's files, devices and particulars are gone, its credentials end, and the bridge is asked for the rest.

    Raises: NotFound.
    """
    if store.registry.find_client(client) is None:
        raise NotFound(f"There is no client {client}.")
    devices = store.registry.devices.of(client)
    store.registry.forget_client(client)
    gone = [file.id for file in store.files.of_client(client)]
    store.files.remove(gone)
    files.remove(gone)
    for device in devices:
        store.registry.changes.announce(ChangeKind.DEVICES, {"device": device.id, "client": client}, now_ms)
    store.registry.changes.announce(ChangeKind.ERASE, {"client": client}, now_ms)


def back_up(config: Config, target: Path) -> None:
    """
    Database, keys and files are in the one file, readable by its owner alone. Made while Wattline runs.

    Raises: Refused where the file is there already; StoreDown.
    """
    if target.exists():
        raise Refused(f"{target} is there already.")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, which has room for it, and not in a /tmp that is memory.
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as work:
        database = Path(work) / DATABASE
        database.mkdir(mode=0o700)
        door.copy_to(config, database)
        packed = Path(work) / "packed"
        with os.fdopen(os.open(packed, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as raw:
            with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=3) as archive:
                archive.add(database, DATABASE)
                for name in KEPT:
                    if (config.data / name).is_dir():
                        archive.add(config.data / name, name)
            raw.flush()
            os.fsync(raw.fileno())
        packed.replace(target)


def restore(config: Config, source: Path) -> None:
    """
    The empty data folder, and the database, are what the backup holds.

    Raises: Refused where something is there already, or the file is no backup; StoreDown.
    """
    there = [name for name in KEPT if (config.data / name).exists()]
    if there:
        raise Refused(f"{config.data / there[0]} is there already; restore into an empty folder.")
    config.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=config.data, prefix=".restore-") as work:
        try:
            with tarfile.open(source, mode="r:gz") as archive:
                archive.extractall(work, filter="data")
        except (tarfile.TarError, EOFError, OSError) as fault:
            raise Refused(f"{source} is no backup of Wattline's, or is damaged.") from fault
        if not (Path(work) / DATABASE).is_dir():
            raise Refused(f"{source} is no backup of Wattline's.")
        door.restore_from(config, Path(work) / DATABASE)
        for name in KEPT:
            if (Path(work) / name).is_dir():
                (Path(work) / name).replace(config.data / name)
    for folder in (config.data / name for name in KEPT):
        for path in [folder, *folder.rglob("*")]:
            if path.exists():
                path.chmod(0o700 if path.is_dir() else 0o600)
