"""
Who comes in, in turn, and who may stay: credentials, asked in worker threads. Touches nothing but what it is given.

Closes these faults of amqtt 0.12.1: passwords are verified in the event loop (104 ms each, everybody waits), and a
live connection outlasts the credentials that it came in with.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import Final

import structlog
from amqtt.mqtt import ConnectPacket

from broker.adapter import Credentials, Granted
from broker.embedded.connection import Connection
from broker.embedded.packets import Message, Refused
from chat_core import policy
from chat_core.errors import BadId, Unavailable
from chat_core.ids import Role, role_of, username_of
from chat_core.policy import Action, Identity

ACCEPTED, BAD_PROTOCOL, BAD_CLIENT_ID, TOO_BUSY, BAD_PASSWORD, NOT_ALLOWED = range(6)  # CONNACK codes (§3.2.2.3)
# The bit of the protocol level by which Mosquitto's `connection` says that it is another broker, not an end, unless
# `try_private` is false; refused, it comes again without. Only a home's broker needs it, which signs in as a device.
LINK: Final = 0x80
GRANTED_QOS: Final = 1
MAX_NAME_CHARS: Final = 512  # of a topic or filter
MAX_LEVELS: Final = 16  # likewise, ours have at most 5: what is subscribed to is kept, level by level
MAX_CLIENT_ID_CHARS: Final = 128
# Sign-ins under way, each with a thread. Whoever is in waits for no more of them than these, however many strangers are
# at the door: looking into a CONNECT and answering it is most of what a stranger costs the loop.
AT_ONCE: Final = 2

log = structlog.get_logger()


class Door:
    """The loop never waits for a signature, a hash or a disk."""

    def __init__(self, credentials: Credentials, most: int) -> None:
        """Args: most: how many sign-ins may wait for their turn."""
        self._credentials = credentials
        self._most, self._waiting = most, 0
        self._turns = asyncio.Semaphore(AT_ONCE)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Within it a sign-in is worked on, from the first look at its CONNECT to its CONNACK. Raises: Refused."""
        if self._waiting >= self._most:
            raise Refused("too many sign-ins at once", TOO_BUSY)
        self._waiting += 1
        try:
            # A thread with more work waiting would not let go of the interpreter for 5 ms: as many turns as threads.
            async with self._turns:
                yield
        finally:
            self._waiting -= 1

    async def check(self, connect: ConnectPacket) -> tuple[Granted, object]:
        """What this CONNECT proves, and by which version of the credentials. Raises: Refused."""
        if (connect.proto_name, connect.proto_level & ~LINK) != ("MQTT", 4):
            raise Refused("not MQTT 3.1.1", BAD_PROTOCOL)
        username, client_id = connect.username or "", connect.client_id or ""
        with contextlib.suppress(BadId):
            if username_of(client_id) == username and len(client_id) <= MAX_CLIENT_ID_CHARS:
                if connect.proto_level & LINK and role_of(username) is not Role.DEVICE:
                    raise Refused("not a home's broker", BAD_PROTOCOL)
                return await self._verify(username, (connect.password or "").encode())
        raise Refused("client id of somebody else", BAD_CLIENT_ID)

    async def _verify(self, username: str, password: bytes) -> tuple[Granted, object]:
        try:
            granted, version = await asyncio.to_thread(self._checked, username, password)
        except Unavailable:
            raise Refused("credentials unavailable", TOO_BUSY) from None
        if granted is None or granted.identity.id != username:
            raise Refused("bad user name or password", BAD_PASSWORD)
        return granted, version

    def _checked(self, username: str, password: bytes) -> tuple[Granted | None, object]:
        version = self._credentials.version()  # before the check: a change in between is then seen by `recheck`
        return self._credentials.check(username, password), version

    async def recheck(self, connections: Iterable[Connection]) -> None:
        """After a change of credentials: everybody has the rights of now, and whom they no longer cover is cut off."""
        try:
            version = await asyncio.to_thread(self._credentials.version)
            held = [(one, one.granted) for one in connections if one.granted is not None and one.version != version]
            now = await asyncio.to_thread(self._identities, {granted for _, granted in held}) if held else {}
        except Unavailable as problem:
            log.warning("credentials not rechecked", problem=str(problem))
            return
        for connection, granted in held:
            identity, connection.version = now[granted], version
            if identity is None:
                connection.end("no longer allowed")
            elif connection.session is not None and identity != connection.session.identity:
                connection.session.become(identity)

    def _identities(self, proofs: Iterable[Granted]) -> dict[Granted, Identity | None]:
        current = self._credentials.current
        return {proof: current(proof.identity.id, proof.generation, proof.web_sign_in) for proof in proofs}


def is_short(name: str) -> bool:
    """Whether a topic or filter is of a length that is kept."""
    return len(name) <= MAX_NAME_CHARS and name.count("/") < MAX_LEVELS


def allowed(
    identity: Identity, may: Callable[[Action, str], bool], topic: str, payload: bytes, qos: int, retain: bool
) -> tuple[Message, bool]:
    """The message of a PUBLISH or will, and whether it is retained. Raises: Refused, for what is not allowed."""
    clears = retain and not payload and policy.may_clear_retained(identity, topic)
    if qos > GRANTED_QOS:
        raise Refused("QoS 2")
    if not is_short(topic) or not (may(Action.PUBLISH, topic) or clears):
        raise Refused("publish not allowed")
    if retain and not clears and not policy.may_retain(identity, topic):
        if identity.role is not Role.DEVICE or topic not in identity.topics:
            raise Refused("retain not allowed")
        retain = False  # a device bought in a shop sets the flag by itself
    return Message(topic, payload, qos), retain


def allowed_will(identity: Identity, connect: ConnectPacket) -> tuple[Message, bool] | None:
    """The will, checked like any PUBLISH. Raises: Refused."""
    if not connect.will_flag:
        return None
    topic, payload, may = connect.will_topic or "", bytes(connect.will_message or b""), partial(policy.allows, identity)
    try:
        return allowed(identity, may, topic, payload, connect.will_qos, connect.will_retain_flag)
    except Refused:
        raise Refused("will not allowed", NOT_ALLOWED) from None
