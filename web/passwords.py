"""
Passwords of agents: argon2 hashes, and a bound on how many are computed at once.

The rule for new ones is chat_core.domain.password_rule's.

An unknown account costs the same time as a wrong password: it is compared with a hash that nothing matches.
"""

import secrets
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chat_core.contract.errors import TooFast
from web.turns import Turns

AT_ONCE: Final = 2  # each takes 64 MiB and a core for some 50 ms
WAITING: Final = 2  # more would take the threads that answer everybody
WAIT_S: Final = 5.0
RETRY_MS: Final = 2000


def _busy() -> TooFast:
    return TooFast("Many people are signing in just now. Please try again.", retry_ms=RETRY_MS)


class Passwords:
    """
    argon2id, by default with the library's parameters (RFC 9106, low memory), at most `at_once` computed at a time.
    """

    def __init__(self, hasher: PasswordHasher | None = None, *, at_once: int = AT_ONCE, wait_s: float = WAIT_S) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = Turns(_busy, at_once=at_once, waiting=WAITING, wait_s=wait_s)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_hex(16))

    def prepare(self) -> None:
        """The hash for unknown accounts is there, so that the first attempt takes no longer than the next."""
        _ = self._nobody

    def hash(self, password: str) -> str:
        """The hash to store. Raises: TooFast when every turn is taken for too long."""
        with self._turns.turn():
            return self._hasher.hash(password)

    def matches(self, stored: str | None, password: str) -> bool:
        """
        Return whether the password matches the hash; None (no account or no password) takes as long and never matches.

        Raises: TooFast when every turn is taken for too long.
        """
        with self._turns.turn():
            try:
                right = self._hasher.verify(stored or self._nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return right and stored is not None

    def outdated(self, stored: str) -> bool:
        """Return whether the hash was made with other parameters than the present ones."""
        return self._hasher.check_needs_rehash(stored)
