"""Verify CONNECT packets and live connections in worker threads."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable
from functools import partial
from typing import Final

import structlog
from amqtt.mqtt import ConnectPacket

from broker.embedded import metrics
from broker.embedded.connection import Connection
from broker.embedded.fast_message import Message
from broker.embedded.packets import BAD_PROTOCOL, LINK, PacketRefused
from broker.sign_in import CredentialChecker, Granted, claimed_username
from chat_core.contract import policy
from chat_core.contract.errors import Unavailable
from chat_core.contract.ids import Role, is_id, role_of
from chat_core.contract.policy import Action, Identity
from chat_core.domain import firmware

ACCEPTED, BAD_CLIENT_ID, TOO_BUSY, BAD_PASSWORD, NOT_ALLOWED = 0, 2, 3, 4, 5  # CONNACK codes (MQTT 3.1.1 §3.2.2.3)
GRANTED_QOS: Final = 1
MAX_NAME_CHARS: Final = 512  # of a topic or filter
MAX_LEVELS: Final = 16  # likewise; ours have at most 5
MAX_CLIENT_ID_CHARS: Final = 128
# Sign-ins at once, each in a thread: signed-in clients wait for no more than these.
AT_ONCE: Final = 2

log = structlog.get_logger()


class Authenticator:
    """Verify credentials in threads: the loop never waits for a signature, a hash or a disk."""

    def __init__(self, credentials: CredentialChecker, most: int) -> None:
        """Args: most: how many sign-ins may wait."""
        self._credentials = credentials
        self._most, self._waiting = most, 0
        self._turns = asyncio.Semaphore(AT_ONCE)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold one of the few turns of a sign-in, from decoding its CONNECT to its CONNACK. Raises: PacketRefused."""
        if self._waiting >= self._most:
            raise PacketRefused("too many sign-ins at once", TOO_BUSY)
        self._waiting += 1
        try:
            # As many turns as threads: a thread with more work waiting would hold the interpreter for 5 ms.
            async with self._turns:
                yield
        finally:
            self._waiting -= 1

    async def check(self, connect: ConnectPacket) -> tuple[Granted, object]:
        """Return the identity that this CONNECT proves, and the credentials' version. Raises: PacketRefused."""
        username, client_id = connect.username or "", connect.client_id or ""
        role = role_of(username) if is_id(username) else None
        is_own = claimed_username(client_id) == username
        if len(client_id) > MAX_CLIENT_ID_CHARS or not (is_own or (role is Role.DEVICE and ":" not in client_id)):
            raise PacketRefused("client id of somebody else", BAD_CLIENT_ID)
        if connect.proto_level & LINK and role is not Role.DEVICE:
            raise PacketRefused("not a home's broker", BAD_PROTOCOL)
        granted, version = await self._verify(username, (connect.password or "").encode())
        if not is_own and not firmware.connects_as(granted.identity, client_id):
            raise PacketRefused("client id of somebody else", BAD_CLIENT_ID)
        return granted, version

    async def _verify(self, username: str, password: bytes) -> tuple[Granted, object]:
        try:
            granted, version = await asyncio.to_thread(self._checked, username, password)
        except Unavailable:
            raise PacketRefused("credentials unavailable", TOO_BUSY) from None
        if granted is None or granted.identity.id != username:
            raise PacketRefused("bad user name or password", BAD_PASSWORD)
        return granted, version

    def _checked(self, username: str, password: bytes) -> tuple[Granted | None, object]:
        version = self._credentials.version()  # before the check, so that `recheck` sees a change in between
        return self._credentials.check(username, password), version

    async def recheck(self, connections: Iterable[Connection]) -> None:
        """Update live connections' rights after a change of credentials; end those no longer allowed."""
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
    """Return whether a topic or filter is short enough to store."""
    return len(name) <= MAX_NAME_CHARS and name.count("/") < MAX_LEVELS


def allowed(
    identity: Identity, may: Callable[[Action, str], bool], topic: str, payload: bytes, qos: int, retain: bool
) -> tuple[Message, bool] | None:
    """
    Return the message of a PUBLISH or will, and whether it is retained.

    Return None for what a device's firmware publishes by itself: accepted, and routed to nobody.
    Raises: PacketRefused.
    """
    clears = retain and not payload and policy.may_clear_retained(identity, topic)
    if qos > GRANTED_QOS:
        raise PacketRefused("QoS 2")
    if identity.client is not None and topic not in identity.topics and firmware.publishes(identity, topic):
        metrics.UNROUTED.inc()
        return None
    if not is_short(topic) or not (may(Action.PUBLISH, topic) or clears):
        raise PacketRefused("publish not allowed")
    if retain and not clears and not policy.may_retain(identity, topic):
        if identity.role is not Role.DEVICE or topic not in identity.topics:
            raise PacketRefused("retain not allowed")
        retain = False  # a device's firmware sets the flag by itself
    return Message(topic, payload, qos), retain


def allowed_will(identity: Identity, connect: ConnectPacket) -> tuple[Message, bool] | None:
    """Return the will, checked like any PUBLISH. Raises: PacketRefused."""
    if not connect.will_flag:
        return None
    topic, payload, may = connect.will_topic or "", bytes(connect.will_message or b""), partial(policy.allows, identity)
    try:
        return allowed(identity, may, topic, payload, connect.will_qos, connect.will_retain_flag)
    except PacketRefused:
        raise PacketRefused("will not allowed", NOT_ALLOWED) from None
