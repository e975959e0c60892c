"""
Store the keys by which programs use REST.

Of a secret there is only its SHA-256: it has 256 random bits, so a slow hash would protect nothing more.
"""

import hashlib
import json
import secrets
import threading
import time
from collections import Counter
from typing import Any, Final

from chat_core.contract.errors import BadId, NotFound, WrongState
from chat_core.contract.ids import Role, role_of
from chat_core.contract.scopes import SECRET_PREFIX
from chat_core.store.credentials import Identities
from chat_core.store.database import Database
from chat_core.store.models.web import AgentRow, ApiKeyRow, IdentityRow
from chat_core.store.results import ApiKey
from chat_core.store.rows import compact

AT_MOST: Final = 100
SECRET_BYTES: Final = 32
ID_BYTES: Final = 5
STORED_EVERY_S: Final = 30.0


class ApiKeys:
    """Add, find and revoke keys. Every method is one short transaction of its own. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._ids = Identities(database)
        self._lock = threading.Lock()
        self._uses: Counter[str] = Counter()  # that are not stored yet
        self._used: dict[str, int] = {}  # when, of those
        self._stored_s = float("-inf")

    def create(self, draft: ApiKey) -> tuple[ApiKey, str]:
        """
        Store a key; return it with its secret, which nobody can show again. A speaker that is a new bot is made.

        Args: draft: its `id`, `hint` and uses are made here. Raises: BadId; NotFound for an unknown agent; WrongState
            where there are 100 keys.
        """
        secret = f"{SECRET_PREFIX}{secrets.token_urlsafe(SECRET_BYTES)}"
        made = draft._replace(id=f"k-{secrets.token_hex(ID_BYTES)}", hint=secret[-4:], used=None, uses=0)
        values: dict[str, Any] = made._asdict()
        values |= {"scopes": compact(made.scopes), "networks": compact(made.networks), "hash": _hash(secret)}
        with self._db.writing():
            if len(self.all()) >= AT_MOST:
                raise WrongState(f"There are {AT_MOST} API keys. Revoke one that is not in use.", why="too_many_keys")
            self._check_speaker(made)
            self._db.change(ApiKeyRow.insert(**values))
        return made, secret

    def _check_speaker(self, made: ApiKey) -> None:
        match role_of(made.speaker):
            case Role.AGENT:
                if not self._db.select(AgentRow.select(AgentRow.id).where(AgentRow.id == made.speaker)):
                    raise NotFound(f"There is no agent {made.speaker}.")
            case Role.BOT:
                if not self._db.select(IdentityRow.select(IdentityRow.id).where(IdentityRow.id == made.speaker)):
                    self._ids.identify(made.speaker, made.created, name=made.name)
            case _:
                raise BadId("An API key speaks as an agent (a-…) or a bot (b-…).")

    def find(self, secret: str) -> ApiKey | None:
        """Return the key of the secret, expired or not, or None."""
        return next(iter(self._keys(ApiKeyRow.hash == _hash(secret))), None)

    def all(self) -> list[ApiKey]:
        """Return all keys, the newest first."""
        return self._keys(ApiKeyRow.hash != "")

    def _keys(self, where: Any) -> list[ApiKey]:
        columns = [getattr(ApiKeyRow, name) for name in ApiKey._fields]
        query = ApiKeyRow.select(*columns).where(where).order_by(ApiKeyRow.created.desc(), ApiKeyRow.id)
        return [
            ApiKey(name, speaker, tuple(json.loads(scopes)), tuple(json.loads(networks)), *rest)
            for name, speaker, scopes, networks, *rest in self._db.select(query)
        ]

    def revoke(self, id: str) -> None:
        """Remove the key: its secret opens nothing from now on. Raises: NotFound."""
        with self._db.writing():
            if not self._db.change(ApiKeyRow.delete().where(ApiKeyRow.id == id)):
                raise NotFound("There is no such API key.")

    def note_use(self, id: str, now_ms: int) -> None:
        """Count a use of the key in memory; store the counts every half minute. The last are lost with the process."""
        with self._lock:
            self._uses[id] += 1
            self._used[id] = now_ms
        if time.monotonic() - self._stored_s >= STORED_EVERY_S:
            self.store_uses()

    def store_uses(self) -> None:
        """Store what this process has counted since the last time."""
        with self._lock:
            self._stored_s = time.monotonic()
            uses, self._uses = self._uses, Counter()
            used, self._used = self._used, {}
        row = ApiKeyRow
        with self._db.counting():
            for id, count in uses.items():
                self._db.change(row.update({row.uses: row.uses + count, row.used: used[id]}).where(row.id == id))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
