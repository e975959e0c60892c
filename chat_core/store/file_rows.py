"""
Store rows of uploaded files: whose they are, and which upload they came by.

Their bytes are in chat_core.runtime.file_folder.
"""

from collections.abc import Sequence
from typing import Any, Final

from peewee import fn

from chat_core.contract.errors import WrongState
from chat_core.store.database import Database
from chat_core.store.models.web import FileRow, FileUsageRow
from chat_core.store.results import StoredFile

HOUR_MS: Final = 3_600_000
USAGE_HOURS: Final = 25  # a day, and the hour that it began in

_COLUMNS: Final = [getattr(FileRow, field) for field in StoredFile.__slots__]


class Files:
    """Add, find and remove files. Every method is one short transaction of its own. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, file: StoredFile, charged: Sequence[str] = (), size_bytes: int = 0) -> StoredFile:
        """
        Store the upload; a repeat of (client, sender, upload) returns the file that it became first.

        Args: charged: keys of the usage that count it; size_bytes: as how much.
        Raises: WrongState with `id_used` when other bytes were uploaded under that id.
        """
        values = {getattr(FileRow, field): getattr(file, field) for field in file.__slots__}
        with self._db.writing():
            row = FileRow.insert({**values, FileRow.checked: file.at})
            if self._db.change(row.on_conflict_ignore()):
                self._charge(charged, size_bytes, file.at // HOUR_MS)
                return file
            known = self.find_upload(file.client, file.sender, file.upload)
        if known is None or known.sha256 != file.sha256:
            raise WrongState("Another file was sent under this id already; take a new id.", why="id_used")
        return known

    def find(self, id: str) -> StoredFile | None:
        """Return the file, or None."""
        return self._one(FileRow.id == id)

    def find_upload(self, client: str, sender: str, upload: str) -> StoredFile | None:
        """Return what this upload became, or None."""
        return self._one((FileRow.client == client) & (FileRow.sender == sender) & (FileRow.upload == upload))

    def _one(self, where: Any) -> StoredFile | None:
        found = self._db.select(FileRow.select(*_COLUMNS).where(where))
        return StoredFile(*found[0]) if found else None

    def of_client(self, client: str) -> list[StoredFile]:
        """Return all files of the client's conversation, oldest first."""
        query = FileRow.select(*_COLUMNS).where(FileRow.client == client).order_by(FileRow.at, FileRow.id)
        return [StoredFile(*row) for row in self._db.select(query)]

    def _charge(self, keys: Sequence[str], size_bytes: int, hour: int) -> None:
        conflict = {"conflict_target": [FileUsageRow.key, FileUsageRow.hour]}
        for key in keys:
            row = FileUsageRow.insert(key=key, hour=hour, bytes=size_bytes)
            self._db.change(row.on_conflict(**conflict, update={FileUsageRow.bytes: FileUsageRow.bytes + size_bytes}))
        if keys:
            self._db.change(FileUsageRow.delete().where(FileUsageRow.hour <= hour - USAGE_HOURS))

    def used(self, keys: Sequence[str], since_ms: int) -> dict[str, int]:
        """Return how many bytes each of the keys was charged since the hour that this moment lies in."""
        if not keys:
            return {}
        since = (FileUsageRow.key.in_(keys)) & (FileUsageRow.hour >= since_ms // HOUR_MS)
        sums = FileUsageRow.select(FileUsageRow.key, fn.SUM(FileUsageRow.bytes))
        query = sums.where(since).group_by(FileUsageRow.key)
        return {key: int(total) for key, total in self._db.select(query)}

    def total_bytes(self) -> int:
        """Return how many bytes all files have."""
        return int(self._db.select(FileRow.select(fn.SUM(FileRow.size)))[0][0] or 0)

    def unchecked(self, before_ms: int, limit: int) -> list[str]:
        """Return files that nobody has looked for in an entry since then, the longest ago first."""
        query = FileRow.select(FileRow.id).where(FileRow.checked < before_ms).order_by(FileRow.checked).limit(limit)
        return [row[0] for row in self._db.select(query)]

    def note_checked(self, ids: list[str], at_ms: int) -> None:
        """Store that these were found in entries now."""
        if ids:
            with self._db.writing():
                self._db.change(FileRow.update(checked=at_ms).where(FileRow.id.in_(ids)))

    def remove(self, ids: list[str]) -> None:
        """Remove these rows."""
        if ids:
            with self._db.writing():
                self._db.change(FileRow.delete().where(FileRow.id.in_(ids)))
