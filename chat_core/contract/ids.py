"""
Define the names of people, devices and messages. Pure: the clock and the entropy are arguments.

An id is the MQTT user name and starts with its role. The MQTT client id (§3.1.3.1) is `<username>:<random>`, one per
connection. It proves nothing; its random part keeps others from guessing it.
"""

import base64
import re
from enum import StrEnum
from functools import lru_cache
from typing import Final

from ulid import ULID

from chat_core.contract.errors import BadId

ID_PATTERN: Final = r"[a-z0-9][a-z0-9_-]{0,31}"
BRIDGE: Final = "s-bridge"
CHECK: Final = "s-check"  # as whom `wattline check` signs in

_ID: Final = re.compile(rf"(?=[cgabdsl]-.){ID_PATTERN}", re.ASCII)
_CLIENT_ID_ENTROPY_BYTES: Final = 16


class Role(StrEnum):
    """Name an id's role; its first letter decides."""

    CLIENT = "client"
    AGENT = "agent"
    BOT = "bot"
    DEVICE = "device"
    SERVICE = "service"
    LISTENER = "listener"


_ROLE_OF_LETTER: Final = {**{role.value[0]: role for role in Role}, "g": Role.CLIENT}


def is_id(name: str) -> bool:
    """Return whether the name is an id: `^[a-z0-9][a-z0-9_-]{0,31}$` with a role prefix and something after it."""
    return _ID.fullmatch(name) is not None


def check_id(name: str, *roles: Role) -> str:
    """Return the id unchanged. Args: roles: the allowed ones, none for any. Raises: BadId."""
    if not is_id(name):
        raise BadId(f"{name[:40]!r} is not an id: a-z, 0-9, _ and -, at most 32, starting with c- g- a- b- d- s- or l-")
    if roles and role_of(name) not in roles:
        raise BadId(f"{name!r} is the id of a {role_of(name)}, expected {' or '.join(roles)}")
    return name


@lru_cache(maxsize=256)  # of those who are active now
def role_of(name: str) -> Role:
    """Return the role of the id's prefix; guests are clients. Raises: BadId."""
    if not is_id(name):
        raise BadId(f"{name[:40]!r} is not an id")
    return _ROLE_OF_LETTER[name[0]]


def is_guest(name: str) -> bool:
    """Return whether the id is a guest's: a client without a contract."""
    return name.startswith("g") and is_id(name)


def new_message_id(now_ms: int, entropy: bytes) -> str:
    """Return a ULID, 26 characters that sort by time. Args: entropy: 10 random bytes."""
    if len(entropy) != 10:
        raise ValueError("a ULID takes 10 bytes of entropy")
    return str(ULID.from_bytes(now_ms.to_bytes(6, "big") + entropy))


def new_client_id(username: str, entropy: bytes) -> str:
    """Return the MQTT client id of one connection. Args: entropy: 16 secret random bytes. Raises: BadId."""
    if len(entropy) != _CLIENT_ID_ENTROPY_BYTES:
        raise ValueError("a client id takes 16 bytes of entropy")
    random_part = base64.urlsafe_b64encode(entropy).rstrip(b"=").decode("ascii")
    return f"{check_id(username)}:{random_part}"


def username_of(client_id: str) -> str:
    """Return the user name that an MQTT client id claims. Raises: BadId for a malformed one."""
    username, colon, random_part = client_id.partition(":")
    if not colon or not random_part:
        raise BadId("the client id must be <username>:<random>")
    return check_id(username)
