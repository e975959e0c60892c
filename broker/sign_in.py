"""Define what a broker needs: credentials and addresses. Touches nothing."""

from dataclasses import dataclass
from typing import Protocol

from chat_core.contract.errors import BadId
from chat_core.contract.ids import username_of
from chat_core.contract.policy import Identity


@dataclass(frozen=True, slots=True)
class Granted:
    """
    Hold a sign-in: identity, end in seconds since the epoch (None: until removed), and generation.

    `web_sign_in`: the agent's browser that it was made for; "" for none.
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


def claimed_username(client_id: str) -> str | None:
    """Return the user name before an MQTT client id's colon, if there is one."""
    try:
        return username_of(client_id)
    except BadId:
        return None


class CredentialChecker(Protocol):
    """
    Verify sign-ins. Methods run in worker threads, several at a time, and may block.

    Raises: Unavailable when it cannot know: a sign-in is told to come back, a live connection stays.
    """

    def version(self) -> object:
        """Return a value that differs (`!=`) after any change of credentials."""

    def check(self, username: str, password: bytes) -> Granted | None:
        """Return the sign-in that this password proves. None: unknown, wrong, expired and disabled look alike."""

    def current(self, username: str, generation: int, web_sign_in: str = "") -> Identity | None:
        """Return a live connection's identity; None when it must end. Called after a change of `version`."""
