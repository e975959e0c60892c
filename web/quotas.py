"""
Limit the bytes of files that a person, an address, all guests, and all senders together may store.

The database counts by the hour, so the counts survive a restart. It stores only a keyed hash of an address, for a day.
"""

import hmac
import time
from typing import Final

from chat_core.contract.errors import DiskLow, TooFast
from chat_core.contract.ids import Role, is_guest
from chat_core.contract.policy import Identity
from chat_core.runtime.config import Config
from chat_core.runtime.free_space import MB, RETRY_MS
from chat_core.store import Store

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
LEAST_BYTES: Final = 4_096  # a small file takes this much on disk
TOTAL_EVERY_S: Final = 60.0  # how old the sum over all files may be
GUESTS: Final = "guests"
Charge = dict[str, int]  # daily limits in bytes, by the keys of the usage table that an upload counts for


class FileQuotas:
    """Check the limits. Thread-safe; simultaneous uploads may pass a limit together, by 10 MB each."""

    def __init__(self, config: Config, store: Store, secret: bytes) -> None:
        self._config = config
        self._store = store
        self._secret = secret
        self._total = 0
        self._summed_s = -TOTAL_EVERY_S

    def charge(self, sender: Identity, address: str) -> Charge:
        """Return what an upload of this sender, from this address, counts for."""
        config, hashed = self._config, hmac.digest(self._secret, address.encode(), "sha256").hex()[:32]
        own_mb = config.files_client_mb if sender.role is Role.CLIENT else config.files_agent_mb
        bounds = {f"sender {sender.id}": own_mb}
        if sender.role is Role.CLIENT:  # agents and bots share an office's address, and have bounds of their own
            bounds[f"address {hashed}"] = config.files_address_mb
        if is_guest(sender.id):
            bounds[GUESTS] = config.files_guests_mb
        return {key: mb * MB for key, mb in bounds.items() if mb}

    def check(self, charge: Charge, size_bytes: int, now_ms: int) -> None:
        """
        Check that so many more bytes are within every limit.

        Raises: TooFast with `quota` for a day's limit; DiskLow for the limit of all files.
        """
        more = max(size_bytes, LEAST_BYTES)
        used = self._store.files.used(tuple(charge), now_ms - DAY_MS)
        if any(used.get(key, 0) + more > most for key, most in charge.items()):
            text = "You have reached today's limit for files. Send the rest tomorrow."
            raise TooFast(text, why="quota", retry_ms=HOUR_MS)
        most = self._config.files_total_mb * MB
        if most and self._total_bytes() + more > most:
            raise DiskLow("The server has no space for more files. Try again later.", retry_ms=RETRY_MS)

    def _total_bytes(self) -> int:
        now_s = time.monotonic()
        if now_s - self._summed_s >= TOTAL_EVERY_S:
            self._summed_s, self._total = now_s, self._store.files.total_bytes()
        return self._total

    def note(self, size_bytes: int) -> None:
        """Add stored bytes to the total, which is read anew only once a minute."""
        self._total += size_bytes
