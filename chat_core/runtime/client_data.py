"""The end of all that is kept of a client. Touches the store and files."""

import time
from typing import Final

from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import NotFound
from chat_core.runtime.file_folder import FileFolder
from chat_core.store import Store

LOOK_EVERY_S: Final = 0.1


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
    while store.bridge.change_cursor() < asked:
        if time.monotonic() >= deadline_s:
            return False
        time.sleep(LOOK_EVERY_S)
    return True
