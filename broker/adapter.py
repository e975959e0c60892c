"""
Define what a broker needs from the rest of this package: credentials and addresses.

Touches nothing. The embedded broker asks a `Credentials` for every CONNECT; tests hand it a table instead.
"""

from dataclasses import dataclass
from typing import Protocol

from chat_core.contract.policy import Identity


@dataclass(frozen=True, slots=True)
class Granted:
    """
    A sign-in that holds: who it is, until when (seconds since the epoch, None = until removed), of which generation.

    `web_sign_in`: the agent's browser that it was made for; "" where there is none.
    """

    identity: Identity
    expires_at_s: float | None
    generation: int
    web_sign_in: str = ""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Hold a broker's addresses, with the ports that the kernel chose for 0."""

    host: str
    mqtt_port: int
    ws_port: int


class CredentialChecker(Protocol):
    """
    Verify sign-ins. Every method runs in a worker thread, several at a time, and may block.

    Raises: Unavailable when it cannot know: a sign-in is then told to come back, a live connection stays.
    """

    def version(self) -> object:
        """Anything that differs (`!=`) after a credential was added, changed, disabled or removed."""

    def check(self, username: str, password: bytes) -> Granted | None:
        """The sign-in this password proves, or None: unknown, wrong, expired and disabled look alike."""

    def current(self, username: str, generation: int, web_sign_in: str = "") -> Identity | None:
        """
        Return a live connection's identity; None when it must end, or its browser was signed out.

        Called after a change of `version`.
        """
