"""
Hash and compare agents' passwords with argon2, few at once. chat_core.domain.password_rule has the rule for new ones.

An unknown account takes as long as a wrong password: it is compared with a hash that nothing matches.
"""

import secrets
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chat_core.contract.errors import TooFast
from web.turns import Turns

AT_ONCE: Final = 2  # each takes 64 MiB and a core for some 50 ms
WAITING: Final = 2  # more would take the threads of other requests
WAIT_S: Final = 5.0
RETRY_MS: Final = 2000


def _busy() -> TooFast:
    return TooFast("Many people are signing in just now. Please try again.", retry_ms=RETRY_MS)


class Passwords:
    """Compute argon2id with the library's parameters (RFC 9106, low memory) by default, `at_once` at a time."""

    def __init__(self, hasher: PasswordHasher | None = None, *, at_once: int = AT_ONCE, wait_s: float = WAIT_S) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = Turns(_busy, at_once=at_once, waiting=WAITING, wait_s=wait_s)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_hex(16))

    def prepare(self) -> None:
        """Compute the hash for unknown accounts now, so that the first attempt takes no longer than others."""
        _ = self._nobody

    def hash(self, password: str) -> str:
        """Return the hash to store. Raises: TooFast while too many are computed."""
        with self._turns.turn():
            return self._hasher.hash(password)

    def matches(self, stored: str | None, password: str) -> bool:
        """
        Return whether the password matches the hash. None (no account, no password) takes as long, and never matches.

        Raises: TooFast while too many are computed.
        """
        with self._turns.turn():
            try:
                right = self._hasher.verify(stored or self._nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return right and stored is not None

    def outdated(self, stored: str) -> bool:
        """Return whether the hash was made with other parameters."""
        return self._hasher.check_needs_rehash(stored)
