"""
Bound the bytes of files that a person, an address, all guests and everybody may store. Touches store and disk.

The database counts by the hour, so a restart forgets nothing. Of an address it stores only a keyed hash, for a day.
"""

import hmac
import time
from dataclasses import dataclass
from typing import Final

from chat_core.contract.errors import DiskLow, TooFast
from chat_core.contract.ids import Role, is_guest
from chat_core.contract.policy import Identity
from chat_core.runtime.config import Config
from chat_core.runtime.free_space import MB, RETRY_MS
from chat_core.store import Store

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
LEAST_BYTES: Final = 4_096  # what a file takes on a disk, however small it is
TOTAL_EVERY_S: Final = 60.0  # how old the sum over all files may be
GUESTS: Final = "guests"


@dataclass(frozen=True)
class Charge:
    """Name whom an upload is counted for: keys of the usage table, each with its daily bound in bytes."""

    bounds: dict[str, int]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys, as the store takes them."""
        return tuple(self.bounds)


class FileQuotas:
    """Thread-safe; uploads that are measured at the same moment may pass a bound together, by 10 MB each."""

    def __init__(self, config: Config, store: Store, secret: bytes) -> None:
        self._config = config
        self._store = store
        self._secret = secret
        self._total = 0
        self._summed_s = -TOTAL_EVERY_S

    def charge(self, sender: Identity, address: str) -> Charge:
        """Return who an upload of this sender, from this address, is counted for."""
        config, hashed = self._config, hmac.digest(self._secret, address.encode(), "sha256").hex()[:32]
        own_mb = config.files_client_mb if sender.role is Role.CLIENT else config.files_agent_mb
        bounds = {f"sender {sender.id}": own_mb}
        if sender.role is Role.CLIENT:  # agents and bots share an office's address, and have bounds of their own
            bounds[f"address {hashed}"] = config.files_address_mb
        if is_guest(sender.id):
            bounds[GUESTS] = config.files_guests_mb
        return Charge({key: mb * MB for key, mb in bounds.items() if mb})

    def check(self, charge: Charge, size_bytes: int, now_ms: int) -> None:
        """
        So many bytes more are within every bound.

        Raises: TooFast with `quota` for what a day may hold; DiskLow for what may be stored in all.
        """
        more = max(size_bytes, LEAST_BYTES)
        used = self._store.files.used(charge.keys, now_ms - DAY_MS)
        if any(used.get(key, 0) + more > most for key, most in charge.bounds.items()):
            raise TooFast(
                "So many files cannot be sent in one day. Send the rest tomorrow.", why="quota", retry_ms=HOUR_MS
            )
        most = self._config.files_total_mb * MB
        if most and self._total_bytes() + more > most:
            raise DiskLow("There is no room for more files on the server. Please try again later.", retry_ms=RETRY_MS)

    def _total_bytes(self) -> int:
        now_s = time.monotonic()
        if now_s - self._summed_s >= TOTAL_EVERY_S:
            self._summed_s, self._total = now_s, self._store.files.total_bytes()
        return self._total

    def note(self, size_bytes: int) -> None:
        """So many bytes were stored: the sum over all files is right until it is made anew."""
        self._total += size_bytes
