"""
Export all data of a client as one zip archive, and erase it. Touches the store and files.

The archive holds JSON documents and the uploaded files. It is made in pieces, so its size costs no memory.
"""

import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib.metadata import version
from typing import IO, Any, Final

import regex

from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import NotFound
from chat_core.contract.payloads import Status
from chat_core.domain.shown_entries import shown_fields
from chat_core.domain.shown_names import shown_names
from chat_core.runtime import clock
from chat_core.runtime.file_folder import FileFolder
from chat_core.store import Store
from chat_core.store.results import Client, StoredFile

LOOK_EVERY_S: Final = 0.1
SCHEMA: Final = 1
PAGE: Final = 1_000
PIECE_BYTES: Final = 256 * 1024
NAME_CHARACTERS: Final = 80
ABOUT: Final = "about.json"
# The content of each document; docs/operating.md describes their fields.
DOCUMENTS: Final = {
    "profile.json": "who the client is, as the portal said: name, language, area, meters, attributes",
    "mail.json": "the address to which unread answers go, and since when it is verified",
    "conversation.json": "how the conversation stands: status, assignee, priority, tags, markers, names of who spoke",
    "entries.json": "all that was said, and what happened to the conversation, as docs/contract.md's Entry",
    "notes.json": "what agents noted about the client; not in the client's own export",
    "files.json": "the uploaded files; the bytes lie under files/",
    "devices.json": "displays and meters of the client",
    "alarms.json": "what the client's meters raised alarm about: the last event of each kind",
    "readings.json": "each reading that is kept: register in Wh and power in W at one instant",
    "hours.json": "consumption in Wh of each hour of which something is known",
}
OF_THE_DESK: Final = ("assignee", "delayed", "mentions")  # fields of a row that are not in the client's own export
_UNFIT: Final = regex.compile(r"[^\p{L}\p{N}._ -]+")


class _Sink:
    """Collect a zip archive's bytes, and return them in pieces."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.waiting_bytes = 0

    def write(self, data: bytes) -> int:
        """Append bytes. There is no seek, so zipfile never rewrites any."""
        self._pieces.append(bytes(data))
        self.waiting_bytes += len(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing; zipfile requires this method."""

    def take(self) -> bytes:
        """Return the bytes written since the last call."""
        taken, self._pieces, self.waiting_bytes = b"".join(self._pieces), [], 0
        return taken


def export_client(store: Store, files: FileFolder, client: str, now_ms: int, *, own: bool = False) -> Iterator[bytes]:
    """Return a zip archive of the client's data in pieces. Args: own: without agents' notes. Raises: NotFound."""
    known = store.registry.find_client(client)
    if known is None:
        raise NotFound(f"There is no client {client}.")
    return _pieces(store, files, known, now_ms, own)


def _pieces(store: Store, files: FileFolder, known: Client, now_ms: int, own: bool) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[call-overload]  # a writer
        for name, texts in _documents(store, known, now_ms, own):
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as member:
                for text in texts:
                    member.write(text.encode())
                    if sink.waiting_bytes >= PIECE_BYTES:
                        yield sink.take()
        for file in store.files.of_client(known.id):
            yield from _file(archive, sink, files, file)
    yield sink.take()


def _file(archive: zipfile.ZipFile, sink: _Sink, files: FileFolder, file: StoredFile) -> Iterator[bytes]:
    """Yield the file's bytes; nothing if it was erased meanwhile."""
    try:
        raw: IO[bytes] = files.path(file.id).open("rb")
    except FileNotFoundError:
        return
    with raw, archive.open(zipfile.ZipInfo(_path_of(file)), "w", force_zip64=True) as member:
        while data := raw.read(PIECE_BYTES):
            member.write(data)
            yield sink.take()


def _path_of(file: StoredFile) -> str:
    """Return the file's path in the archive; senders choose its name, so it must not act as a path."""
    return f"files/{file.id}-{_UNFIT.sub('_', file.name).strip('. ')[-NAME_CHARACTERS:]}"


def _documents(store: Store, known: Client, now_ms: int, own: bool) -> Iterator[tuple[str, Iterable[str]]]:
    client = known.id
    names = {name: what for name, what in DOCUMENTS.items() if not (own and name == "notes.json")}
    about = {
        "format": "wattline-export",
        "schema": SCHEMA,
        "wattline": version("wattline"),
        "client": client,
        "exported": now_ms,
        "documents": names,
    }
    yield ABOUT, _one(about)
    yield "profile.json", _one({**asdict(known), "attributes": store.registry.attributes.of(client)})
    yield "mail.json", _one(_mail(store, client))
    yield "conversation.json", _one(_conversation(store, client, own))
    yield "entries.json", _array(shown_fields(one) if own else one for one in _entries(store, client))
    if not own:
        yield "notes.json", _array(asdict(note) for note in store.log.notes(client))
    yield "files.json", _array(_file_line(file) for file in store.files.of_client(client))
    devices = store.registry.devices.of(client)
    yield "devices.json", _array({"id": device.id, "topics": list(device.topics)} for device in devices)
    yield "alarms.json", _array(asdict(alarm) for alarm in store.consumption.raised_alarms(client))
    yield "readings.json", _array(asdict(reading) for reading in store.consumption.readings(client))
    hours = store.consumption.intervals(client, 0, now_ms, "hour", store.tz)
    yield "hours.json", _array({"from": one.start, "to": one.end, "wh": one.wh} for one in hours)


def _conversation(store: Store, client: str, own: bool) -> dict[str, Any]:
    page, summary = store.log.page(client, after=0, limit=1), store.inbox.summary(client)
    left_out = {"last", "did", "rev", *(OF_THE_DESK if own else ())}
    row = {} if summary is None else summary.model_dump(mode="json", exclude=left_out)
    entries = _entries(store, client)  # of all pages
    if not own:
        return {**row, "markers": page.markers, "names": store.registry.names({entry["from"] for entry in entries})}
    if row.get("status") == Status.ASSIGNED:
        row["status"] = Status.OPEN
    names = store.registry.names({shown_fields(entry)["from"] for entry in entries})
    return {**row, "markers": page.markers, "names": shown_names(names)}


def _mail(store: Store, client: str) -> dict[str, Any]:
    row = store.registry.mail_addresses.find(client)
    return {} if row is None else {"address": row.address, "since": row.asked, "verified": row.verified}


def _entries(store: Store, client: str) -> Iterator[dict[str, Any]]:
    seq, epoch = 0, None
    while True:
        page = store.log.page(client, after=seq, limit=PAGE)
        if not page.entries or epoch not in (None, page.epoch):
            return  # erased meanwhile
        yield from page.entries
        seq, epoch = page.entries[-1]["seq"], page.epoch


def _file_line(file: StoredFile) -> dict[str, Any]:
    kept = {key: value for key, value in asdict(file).items() if key not in ("sha256", "upload")}
    return {**kept, "path": _path_of(file)}


def _one(document: dict[str, Any]) -> Iterable[str]:
    return (json.dumps(document, ensure_ascii=False, indent=1), "\n")


def _array(items: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield a JSON array, one item per line."""
    between = "[\n"
    for item in items:
        yield between + json.dumps(item, ensure_ascii=False)
        between = ",\n"
    yield "[]\n" if between == "[\n" else "\n]\n"


def erase_client(store: Store, files: FileFolder, client: str, now_ms: int) -> int:
    """
    Remove the client's files, devices, name and credentials, and ask the bridge to erase the rest.

    Returns the number of that change, for `wait_until_erased`. Raises: NotFound.
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
    """Wait until the bridge has handled the change, and return whether it did in time."""
    return clock.poll(lambda: store.bridge.change_cursor() >= asked, within_s, LOOK_EVERY_S)
