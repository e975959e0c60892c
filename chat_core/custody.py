"""What a client may ask of those who keep its words: all of them, and their end. Touches the store and files."""

import time
from dataclasses import asdict
from typing import Any, Final

from chat_core.changes import ChangeKind
from chat_core.errors import NotFound
from chat_core.files import FileFolder
from chat_core.store import Store

PAGE: Final = 1_000
LOOK_EVERY_S: Final = 0.1


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


def erase_client(store: Store, files: FileFolder, client: str, now_ms: int) -> int:
    """
    Remove the client's files, devices and particulars, end its credentials, and ask the bridge for the rest.

    Returns the number of what the bridge is asked for, for `wait_until_erased`.
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
    return store.registry.changes.announce(ChangeKind.ERASE, {"client": client}, now_ms)


def wait_until_erased(store: Store, asked: int, within_s: float) -> bool:
    """Return whether the bridge has done what it was asked for, waiting so long for it."""
    deadline_s = time.monotonic() + within_s
    while store.change_cursor() < asked:
        if time.monotonic() >= deadline_s:
            return False
        time.sleep(LOOK_EVERY_S)
    return True
