"""
Describe each broker that Wattline runs on by a profile of what differs.

A broker's process and files are in `broker/<name>/driver.py`. Nothing outside `broker/` compares names of brokers.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from chat_core.contract import ids
from chat_core.runtime.keys import Keys

# Iterations slow down guessing of people's passwords; these have at least 144 random bits. Mosquitto computes hashes in
# its only thread, at each sign-in and for all connections at a reload (1,000 take 45 ms at its default of 101).
MOSQUITTO_ITERATIONS: Final = 1
MOSQUITTO_SALT_BYTES: Final = 12
RABBITMQ_SALT_BYTES: Final = 4
DEVICE_PASSWORD_BYTES: Final = 18  # 24 characters; small displays take 32 at most

StablePassword = Callable[[Keys, str, int, int], str]


@dataclass(frozen=True, slots=True)
class BrokerProfile:
    """
    Describe a broker to the rest of the product.

    Args: title: its name as people write it; stable_password: returns an id's password (keys, id, generation, number
        of sign-outs), None if it accepts signed tokens, which expire; hash_device: returns its hash of a device's
        password (password, 16 random bytes), if not SHA-256; is_started: `up` can start it; has_helper: `python -m
        broker` runs beside one that runs elsewhere; is_rendered: `wattline broker render` writes files for it;
        applies_late: it reads new credentials within a second, not at once; retains_by_node: a node of its cluster
        has only the retained messages that it took itself; takes_slots: several bridges can share it; bridging: lines
        for the mosquitto.conf of a home that connects to it.
    """

    name: str
    title: str
    stable_password: StablePassword | None = None
    hash_device: Callable[[str, bytes], str] | None = None
    is_started: bool = True
    has_helper: bool = False
    is_rendered: bool = False
    applies_late: bool = False
    retains_by_node: bool = False
    takes_slots: bool = False
    bridging: str = "mqttv311\ntry_private true"

    @property
    def renews(self) -> bool:
        """Return whether passwords expire and are renewed."""
        return self.stable_password is None


def mosquitto_password(keys: Keys, id: str, generation: int, sign_outs: int = 0) -> str:
    """Return the id's password of 43 characters, stable until one of the numbers rises. Raises: BadId."""
    digest = hmac.digest(keys.password, f"{ids.check_id(id)}:{_numbered(generation, sign_outs)}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _numbered(generation: int, sign_outs: int) -> str:
    return f"{generation}:{sign_outs}" if sign_outs else str(generation)


def mosquitto_line(keys: Keys, id: str, generation: int, sign_outs: int = 0) -> str:
    """
    Return the id's hash for Mosquitto's password_file.

    The salt is derived from the key, so that an unchanged id has the same line: Mosquitto disconnects changed ones.
    """
    numbered = _numbered(generation, sign_outs)
    salt = hmac.digest(keys.password, f"salt:{id}:{numbered}".encode(), "sha256")[:MOSQUITTO_SALT_BYTES]
    return mosquitto_hash(mosquitto_password(keys, id, generation, sign_outs), salt)


def mosquitto_hash(password: str, salt: bytes) -> str:
    """Return the hash for Mosquitto 2: PBKDF2 with SHA-512, salt and hash in base64 (mosquitto_passwd(1))."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, MOSQUITTO_ITERATIONS)
    return f"$7${MOSQUITTO_ITERATIONS}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def rabbitmq_hash(password: str, salt: bytes) -> str:
    """Return the hash for RabbitMQ (rabbitmq.com "Credentials and Passwords"). Args: salt: 4 bytes."""
    if len(salt) != RABBITMQ_SALT_BYTES:
        raise ValueError("RabbitMQ's salt has 4 bytes")
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


_ALL: Final = (
    BrokerProfile("embedded", "the embedded broker"),
    BrokerProfile(
        "mosquitto",
        "Mosquitto",
        stable_password=mosquitto_password,
        hash_device=lambda password, entropy: mosquitto_hash(password, entropy[:MOSQUITTO_SALT_BYTES]),
        is_rendered=True,
        applies_late=True,
        takes_slots=True,
    ),
    BrokerProfile(
        "rabbitmq",
        "RabbitMQ",
        hash_device=lambda password, entropy: rabbitmq_hash(password, entropy[-RABBITMQ_SALT_BYTES:]),
        is_started=False,
        has_helper=True,
        is_rendered=True,
        retains_by_node=True,
        takes_slots=True,
        # RabbitMQ rejects the protocol bit of `try_private`; in MQTT 5 an option replaces it.
        bridging="mqttv50\ntry_private false",
    ),
)
BROKERS: Final[Mapping[str, BrokerProfile]] = MappingProxyType({profile.name: profile for profile in _ALL})
DEFAULT: Final = "embedded"
RENDERED: Final = tuple(name for name, profile in BROKERS.items() if profile.is_rendered)


def new_device_password(entropy: bytes) -> str:
    """Return a password of 24 characters for a small display. Args: entropy: 18 random bytes."""
    if len(entropy) != DEVICE_PASSWORD_BYTES:
        raise ValueError(f"a device's password takes {DEVICE_PASSWORD_BYTES} bytes of entropy")
    return base64.urlsafe_b64encode(entropy).decode()


def device_hashes(password: str, entropy: bytes) -> dict[str, str]:
    """Return all hashes of a device's password, which is not stored. Args: entropy: 16 random bytes."""
    own = {name: profile.hash_device(password, entropy) for name, profile in BROKERS.items() if profile.hash_device}
    return {"sha256": hashlib.sha256(password.encode()).hexdigest(), **own}
