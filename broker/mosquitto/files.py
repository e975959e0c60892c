"""Write Mosquitto's files from the database: atomically, mode 0600, under one lock. Touches files and the store."""

import os
import pwd
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

from broker.mosquitto import render
from broker.mosquitto.render import Account, MosquittoSetup
from chat_core.contract import ids, policy
from chat_core.contract.policy import Identity
from chat_core.runtime import atomic, brokers
from chat_core.runtime.config import Config
from chat_core.runtime.file_lock import locked
from chat_core.runtime.keys import Keys
from chat_core.store import Store

UNUSED_GUESTS: Final = 500  # a new guest signs in without waiting for a reload
LINES_REMEMBERED: Final = 200_000  # each costs a fraction of a millisecond at every reload


class Accounts:
    """Read the database's credentials as Mosquitto's accounts; cache the computed lines."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._registry, self._keys = store.registry, keys
        self._line: Callable[[str, int, int], str] = lru_cache(LINES_REMEMBERED)(
            lambda id, generation, sign_outs: brokers.mosquitto_line(keys, id, generation, sign_outs)
        )

    def prepare(self, now_ms: int) -> None:
        """Create the accounts of the bridge and `wattline check`, and fill the pool of unused guests."""
        for service in (ids.BRIDGE, ids.CHECK):
            self._registry.ensure_identity(service, now_ms)
        self._registry.fill_guest_pool(UNUSED_GUESTS, now_ms)

    def end_due(self, now_ms: int) -> None:
        self._registry.listeners.end_due(now_ms)

    def check_password(self) -> str:
        """Return the password of `s-check`."""
        return brokers.mosquitto_password(self._keys, ids.CHECK, self._registry.generation(ids.CHECK) or 0)

    def version(self) -> int:
        return self._registry.version()

    def read(self, now_ms: int) -> list[Account]:
        """Return all who may sign in now, but devices without a hash of Mosquitto's kind."""
        accounts, rights = [], self._registry.reading_rights()
        for one in self._registry.all_credentials(now_ms):
            if not policy.may_connect(one.id):
                continue
            if ids.role_of(one.id) is ids.Role.DEVICE:
                line = one.password_hashes.get("mosquitto")
            else:
                line = self._line(one.id, one.generation, one.sign_outs)
            if line:
                accounts.append(Account(Identity(one.id, one.client, tuple(one.topics), rights.teams_of(one.id)), line))
        return accounts


def setup_for(config: Config, directory: Path, mqtt_port: int, ws_port: int) -> MosquittoSetup:
    user = pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() == 0 else None
    return MosquittoSetup(directory, config.bind, mqtt_port, ws_port, config.tls_cert, config.tls_key, user)


def write(setup: MosquittoSetup, accounts: list[Account]) -> None:
    """
    Write a complete Mosquitto configuration into the directory, each file atomically.

    Raises: OSError, as on a full disk: then all files are the old ones.
    """
    directory = Path(setup.directory)
    (directory / render.PERSISTENCE).mkdir(mode=0o700, parents=True, exist_ok=True)
    texts = {
        render.PASSWORDS: render.render_passwords(accounts),
        render.ACL: render.render_acl(account.identity for account in accounts),
        render.CONF: render.render_conf(setup),
    }
    with locked(directory / "lock"):
        # All or none: Mosquitto may read them at any time.
        atomic.write_files({directory / name: text for name, text in texts.items()})
