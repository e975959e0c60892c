"""
Verify the product's credentials: signed tokens for people and services, hashed passwords for devices.

Reads identities from the store. Every method runs in a worker thread.
"""

import hashlib
import hmac
import time
from pathlib import Path

from broker.sign_in import Granted
from chat_core.contract.errors import BadId, BadTopic, NotAllowed
from chat_core.contract.ids import BRIDGE, Role, is_id, role_of
from chat_core.contract.policy import Identity, may_connect
from chat_core.domain.teams import ReadingRights, TeamIndex
from chat_core.runtime.keys import KeyRing
from chat_core.runtime.tokens import Audience, MqttClaims, verify
from chat_core.store import Store


class StoreCredentials:
    def __init__(self, store: Store, data: Path) -> None:
        """Args: data: where the signing keys are; a rotation counts at once."""
        self._registry = store.registry
        self._keys = KeyRing(data)
        self._known: tuple[object, ReadingRights] = (None, ReadingRights(TeamIndex()))

    def version(self) -> object:
        return self._refreshed()[0]

    def _refreshed(self) -> tuple[object, ReadingRights]:
        """Return the credentials' version, and reading rights that are at least as new."""
        version = self._registry.version()
        if version != self._known[0]:
            self._known = (version, self._registry.reading_rights())
        return self._known

    def check(self, username: str, password: bytes) -> Granted | None:
        """Return the sign-in that this password proves, or None. Raises: StoreDown."""
        if not is_id(username) or not may_connect(username):
            return None
        if role_of(username) is Role.DEVICE:
            return self._check_device(username, password)
        claims = self._claims(password)
        if claims is None or claims.sub != username:
            return None
        identity = self.current(username, claims.gen, claims.sid)
        return Granted(identity, claims.exp, claims.gen, claims.sid) if identity is not None else None

    def _check_device(self, username: str, password: bytes) -> Granted | None:
        generation = self._registry.generation(username)
        device = self._registry.devices.find(username)
        if generation is None or device is None:
            return None
        known = device.password_hashes.get("sha256", "")
        if not hmac.compare_digest(hashlib.sha256(password).hexdigest(), known):
            return None
        identity = self.current(username, generation)
        return Granted(identity, None, generation) if identity is not None else None

    def _claims(self, password: bytes) -> MqttClaims | None:
        try:
            return verify(Audience.MQTT, self._keys.now(), password.decode("ascii", "replace"), time.time())
        except NotAllowed:
            return None

    def _reading_rights(self) -> ReadingRights:
        return (self._known if self._known[0] is not None else self._refreshed())[1]

    def current(self, username: str, generation: int, web_sign_in: str = "") -> Identity | None:
        """
        Return a live connection's identity; None when it was disabled, removed, renewed or signed out.

        Raises: StoreDown.
        """
        if self._registry.generation(username, web_sign_in) != generation:
            return None
        try:
            if role_of(username) is Role.LISTENER:
                listener = self._registry.listeners.find(username)
                return Identity(username, listener.client) if listener is not None else None
            if role_of(username) is Role.DEVICE:
                device = self._registry.devices.find(username)
                return Identity(username, device.client, tuple(device.topics)) if device is not None else None
            if username == BRIDGE:
                own = {topic for device in self._registry.devices.all() for topic in device.topics}
                return Identity(username, topics=tuple(sorted(own)))
            return Identity(username, teams=self._reading_rights().teams_of(username))
        except (BadId, BadTopic):
            return None
