"""
Rows of uploaded files: whose they are, and which upload they came by. Their bytes are chat_core.files'.

What web writes; each call is one short transaction of its own.
"""

from typing import Any, Final

from peewee import fn

from chat_core.errors import WrongState
from chat_core.models.web import FileRow
from chat_core.sql.database import Database
from chat_core.sql.identities import Identities
from chat_core.sql.shapes import StoredFile

_COLUMNS: Final = (
    FileRow.id,
    FileRow.client,
    FileRow.sender,
    FileRow.upload,
    FileRow.sha256,
    FileRow.name,
    FileRow.type,
    FileRow.size,
    FileRow.width,
    FileRow.height,
    FileRow.at,
)


class Files:
    """Thread-safe, as the registry is."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._ids = Identities(database)

    def add(self, file: StoredFile) -> StoredFile:
        """
        The upload is known; a repeat of (client, sender, upload) returns the file that it became first.

        Raises: WrongState with `id_used` when other bytes were uploaded under that id.
        """
        values = {getattr(FileRow, field): getattr(file, field) for field in file.__slots__}
        with self._db.writing():
            row = FileRow.insert({**values, FileRow.checked: file.at})
            if self._ids.count(row.on_conflict_ignore().as_rowcount()):
                return file
            known = self.find_upload(file.client, file.sender, file.upload)
        if known is None or known.sha256 != file.sha256:
            raise WrongState("Another file was sent under this id already; take a new id.", why="id_used")
        return known

    def find(self, id: str) -> StoredFile | None:
        """The file, or None."""
        return self._one(FileRow.id == id)

    def find_upload(self, client: str, sender: str, upload: str) -> StoredFile | None:
        """What this upload became, or None."""
        return self._one((FileRow.client == client) & (FileRow.sender == sender) & (FileRow.upload == upload))

    def _one(self, where: Any) -> StoredFile | None:
        found = self._ids.rows(FileRow.select(*_COLUMNS).where(where))
        return StoredFile(*found[0]) if found else None

    def of_client(self, client: str) -> list[StoredFile]:
        """All files of the client's conversation, oldest first."""
        query = FileRow.select(*_COLUMNS).where(FileRow.client == client).order_by(FileRow.at, FileRow.id)
        return [StoredFile(*row) for row in self._ids.rows(query)]

    def bytes_since(self, sender: str, since_ms: int) -> int:
        """How many bytes the sender has stored since then."""
        query = FileRow.select(fn.SUM(FileRow.size)).where((FileRow.sender == sender) & (FileRow.at >= since_ms))
        return int(self._ids.rows(query)[0][0] or 0)

    def unchecked(self, before_ms: int, limit: int) -> list[str]:
        """Files that nobody has looked for in an entry since then, the longest ago first."""
        query = FileRow.select(FileRow.id).where(FileRow.checked < before_ms).order_by(FileRow.checked).limit(limit)
        return [row[0] for row in self._ids.rows(query)]

    def note_checked(self, ids: list[str], at_ms: int) -> None:
        """These were found in entries now."""
        if ids:
            with self._db.writing():
                self._ids.run(FileRow.update({FileRow.checked: at_ms}).where(FileRow.id.in_(ids)))

    def remove(self, ids: list[str]) -> None:
        """These are known no more."""
        if ids:
            with self._db.writing():
                self._ids.run(FileRow.delete().where(FileRow.id.in_(ids)))
