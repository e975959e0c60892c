"""
Hand words and commands from web and mail to the bridge, which stays the only writer of conversations.

A row waits until the bridge has stored what it says, or refused it; then it has the result, and its words are gone. The
entry's id follows from the row's source and key, so a row that is taken twice stores nothing twice. Done rows stay for
a day, at most `MOST_ROWS` of them: so long a repeat of the key gets the same answer.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from chat_core.contract import topics
from chat_core.contract.errors import BadPayload, TooFast
from chat_core.contract.fields import bad_payload_of
from chat_core.contract.ids import Role, role_of
from chat_core.contract.payloads import Command, Payload, PayloadT, Said, encode
from chat_core.contract.shards import Slot, bits_of, shard_key
from chat_core.runtime import clock
from chat_core.store import fast_sql
from chat_core.store.database import Database
from chat_core.store.models.web import SubmittedRow
from chat_core.store.results import Submission
from chat_core.store.rows import compact

WAITING_OF_CLIENT: Final = 100
WAITING_OF_SOURCE: Final = 1_000
WAITING_IN_ALL: Final = 5_000
RETRY_MS: Final = 5_000
KEPT_MS: Final = 86_400_000
MOST_ROWS: Final = 200_000  # 300 bytes each once they are done
CLEAN_EVERY_S: Final = 60.0
CLEANED_AT_ONCE: Final = 5_000
LOOK_EVERY_S: Final = 0.025
ID_CHARACTERS: Final = 32


class SubmissionKey(NamedTuple):
    """Name a submission: who hands it over, and the key that a repeat has too."""

    source: str
    key: str

    @property
    def message_id(self) -> str:
        """Return the id of the message or command."""
        return hashlib.sha256(f"{self.source}\0{self.key}".encode()).hexdigest()[:ID_CHARACTERS]


class Outcome(NamedTuple):
    """Hold what became of a row: stored as `seq`, refused (code, sentence, HTTP status), or put off until `due`."""

    seq: int | None = None
    why: str | None = None
    text: str | None = None
    status: int | None = None
    due: int | None = None


class Submitted:
    """Store submissions. Every method is one short transaction of its own. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._cleaned_s = time.monotonic()

    def say(self, key: SubmissionKey, client: str, sender: str, content: Mapping[str, Any], now_ms: int) -> Submission:
        """
        Submit a message; return its row, which is on disk. A repeat with the same content returns the first row.

        Args: sender: the client, or an agent or bot; content: a Said without `id` and `sent`.
        Raises: BadPayload, with `key_reused` for another content under this key; TooFast where too many rows wait.
        """
        topic = topics.msg(client, None if role_of(sender) is Role.CLIENT else sender)
        said = _typed(Said, {**content, "id": key.message_id, "sent": now_ms})
        return self._submit(key, _Draft(client, topic, said, content, now_ms))

    def do(self, key: SubmissionKey, agent: str, content: Mapping[str, Any], now_ms: int) -> Submission:
        """
        Submit an agent's or a bot's command to a conversation, as `say` does. Args: content: a Command without `id`.
        """
        command = _typed(Command, {**content, "id": key.message_id})
        if command.client is None:
            raise BadPayload("client: This command needs the field client.")
        return self._submit(key, _Draft(command.client, topics.desk_do(agent), command, content, now_ms))

    def _submit(self, key: SubmissionKey, draft: "_Draft") -> Submission:
        digest = draft.digest
        found = self.find(key)
        if found is None:
            insert = SubmittedRow.insert(
                source=key.source,
                key=key.key,
                client=draft.client,
                shard_key=shard_key(draft.client),
                topic=draft.topic,
                body=encode(draft.payload).decode(),
                digest=digest,
                at=draft.now_ms,
            )
            with self._db.writing():
                self._check_bounds(key.source, draft.client)
                self._db.change(insert.on_conflict_ignore())
            self._clean(draft.now_ms)
            found = self.find(key)
        if found is None:
            raise TooFast("The client is being erased. Send the same again.", retry_ms=RETRY_MS)
        if found.digest != digest:
            raise BadPayload("This key was used for another request. Choose a new key.", why="key_reused")
        return found

    def _check_bounds(self, source: str, client: str) -> None:
        row = SubmittedRow
        waiting = row.select(row.client, row.source).where(row.done.is_null())
        rows = self._db.select(waiting)
        if (
            len(rows) >= WAITING_IN_ALL
            or sum(whose == client for whose, _ in rows) >= WAITING_OF_CLIENT
            or sum(by == source for _, by in rows) >= WAITING_OF_SOURCE
        ):
            raise TooFast("Too much waits to be stored. Wait a moment and send the same again.", retry_ms=RETRY_MS)

    def find(self, key: SubmissionKey) -> Submission | None:
        """Return the row, or None."""
        row = SubmittedRow
        columns = (row.digest, row.client, row.done, row.seq, row.why, row.text, row.status)
        found = self._db.find(row.select(*columns).where(row.source == key.source, row.key == key.key))
        return None if found is None else Submission(*found)

    def wait(self, key: SubmissionKey, within_s: float) -> Submission | None:
        """Return the row as soon as it is done, or as it is when the time is over."""

        def look() -> Submission | None:
            found = self.find(key)
            return found if found is None or found.done is not None else None

        return clock.poll(look, within_s, LOOK_EVERY_S) or self.find(key)

    def _clean(self, now_ms: int) -> None:
        """Remove rows that were done a day ago, and beyond `MOST_ROWS` those that were done first; once a minute."""
        if time.monotonic() - self._cleaned_s < CLEAN_EVERY_S:
            return
        self._cleaned_s = time.monotonic()
        self.remove_done(now_ms - KEPT_MS)

    def remove_done(self, before_ms: int, most_rows: int = MOST_ROWS) -> None:
        """Remove rows that were done before then, and beyond so many those that were done first."""
        row = SubmittedRow
        newest = row.select(row.done).where(row.done.is_null(False)).order_by(row.done.desc())
        for (done,) in self._db.select(newest.offset(most_rows).limit(1)):
            before_ms = max(before_ms, done + 1)
        old = row.select(row.num).where(row.done < before_ms).order_by(row.done).limit(CLEANED_AT_ONCE)
        with self._db.counting():
            self._db.change(row.delete().where(row.num.in_(self._db.dialect.unlocked(old))))

    def forget(self, client: str) -> None:
        """Remove the client's rows, within the caller's transaction."""
        self._db.change(SubmittedRow.delete().where(SubmittedRow.client == client))

    # For the bridge

    def due(self, slot: Slot, now_ms: int, limit: int) -> list["DueRow"]:
        """
        Return the next rows of the slot's clients, in order. A client's rows wait for its earlier ones.
        """
        values = (now_ms, bits_of(slot.shards), now_ms, limit)
        return [DueRow._make(found) for found in self._db.fetch(fast_sql.DUE_SUBMITTED, values)]

    def settle(self, rows: Sequence["DueRow"], outcomes: Mapping[int, Outcome], now_ms: int) -> None:
        """
        Store what became of the rows. A power cut may undo it: then the bridge takes them again.

        Args: outcomes: by number; of a client with a row that is put off, all waiting rows are.
        """
        row, waits = SubmittedRow, SubmittedRow.done.is_null()
        late: dict[str, int] = {}
        with self._db.counting():
            for taken in rows:
                outcome = outcomes[taken.num]
                if outcome.due is not None:
                    late[taken.client] = outcome.due
                    continue
                result = {row.done: now_ms, row.seq: outcome.seq, row.why: outcome.why, row.text: outcome.text}
                result |= {row.status: outcome.status, row.body: ""}
                is_it = (row.num == taken.num) & (row.body == taken.body)  # an erased row's number may be another's now
                self._db.change(row.update(result).where(is_it))
            for client, due_ms in late.items():
                self._db.change(row.update(due=due_ms).where(waits, row.client == client))


class DueRow(NamedTuple):
    """Hold a row that the bridge takes."""

    num: int
    client: str
    topic: str
    body: str
    at: int


class _Draft(NamedTuple):
    client: str
    topic: str
    payload: Payload
    content: Mapping[str, Any]
    now_ms: int

    @property
    def digest(self) -> str:
        """Return a hash of what is asked for; a repeat has the same, also at another time."""
        return hashlib.sha256(f"{self.topic}\n{json.dumps(self.content, sort_keys=True)}".encode()).hexdigest()


def _typed(kind: type[PayloadT], content: Mapping[str, Any]) -> PayloadT:
    try:
        return kind.model_validate_json(compact(dict(content)))
    except ValidationError as fault:
        raise bad_payload_of(fault) from None
