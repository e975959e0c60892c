"""
Check agents' new passwords, for the sign-in page and the CLI. Older passwords stay valid.

Source: NIST SP 800-63B, 3.1.1.2: a length and a list of common passwords, instead of kinds of characters.
"""

from enum import StrEnum
from typing import Final

MIN_LENGTH: Final = 12
MAX_LENGTH: Final = 1_024
LOOKED_AT: Final = 20  # characters that zxcvbn estimates: half a second at worst; 72 would take 20 s
ENOUGH: Final = 3  # of zxcvbn's 0 to 4: more than 100 million guesses
OUR_NAME: Final = "wattline"


class PasswordFault(StrEnum):
    """Name a new password's fault."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"


SENTENCES: Final = {
    PasswordFault.SHORT: f"A password has at least {MIN_LENGTH} characters. Take four or five words.",
    PasswordFault.LONG: f"A password has at most {MAX_LENGTH:,} characters.",
    PasswordFault.COMMON: "This password is too easy to guess. Take four or five words that have nothing to do with"
    " one another, or one that a password manager makes.",
}


def find_fault(password: str, agent: str) -> PasswordFault | None:
    """Return the password's fault, or None. Args: agent: the id of its owner."""
    if len(password) < MIN_LENGTH:
        return PasswordFault.SHORT
    if len(password) > MAX_LENGTH:
        return PasswordFault.LONG
    if agent in password.lower() or _score(password, agent) < ENOUGH:
        return PasswordFault.COMMON
    return None


def _score(password: str, agent: str) -> int:
    from zxcvbn import zxcvbn  # its lists take 12 MB and a third of a second

    return int(zxcvbn(password[:LOOKED_AT], [agent, agent.partition("-")[2], OUR_NAME])["score"])
