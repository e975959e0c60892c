"""The other two brokers: real Mosquitto and RabbitMQ processes on what `broker` renders, behind the same questions."""

import os
import secrets
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from broker.mosquitto import files as mosquitto_files
from broker.mosquitto import render as mosquitto_render
from broker.rabbitmq import files as rabbitmq_files
from broker.rabbitmq import render as rabbitmq_render
from broker.rabbitmq.answers import AnswerServer
from broker.rabbitmq.authority import Authority
from broker.rabbitmq.server import Management, Watch
from broker.sign_in import Granted
from chat_core.contract.errors import NotAllowed
from chat_core.contract.ids import Role, new_client_id, role_of
from chat_core.contract.policy import Identity
from chat_core.runtime import brokers, tokens
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Audience, Holder
from tests.conformance.brokers import BrokerProcess, SignIn, TableCredentials
from tests.conformance.frames import CONNACK
from tests.real.mosquitto import Mosquitto
from tests.real.rabbitmq import Ports, RabbitMQ
from tests.waiting import wait_until

TOKEN_TTL_S = 3_600


class MosquittoBroker(BrokerProcess):
    """Mosquitto on rendered files; who is added is written and reloaded at once, not once a second."""

    kind = "mosquitto"
    bad_password = bad_client_id = 5  # "not authorised" for either

    def __init__(self, data: Path) -> None:
        self._keys = Keys.open(data)
        self._identities: dict[str, Identity] = {}
        self._lines: dict[str, str] = {}
        self._passwords: dict[str, str] = {}
        self._place: mosquitto_render.MosquittoSetup | None = None
        self._changing = threading.Lock()

    def __enter__(self) -> Self:
        self._server = Mosquitto(self._write)
        self.mqtt_port, self.ws_port = self._server.port, self._server.ws_port
        # It listens before it minds signals: a SIGHUP that comes too early ends it.
        assert not self._lets_in(SignIn("c-nobody", "x", "c-nobody:x"))
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    def _write(self, directory: Path, port: int, ws_port: int) -> Path:
        user = "root" if os.geteuid() == 0 else None
        self._place = mosquitto_render.MosquittoSetup(directory, "127.0.0.1", port, ws_port, user=user)
        self._render()
        return directory / mosquitto_render.CONF

    def _render(self) -> None:
        assert self._place is not None
        accounts = [mosquitto_render.Account(one, self._lines[one.id]) for one in self._identities.values()]
        mosquitto_files.write(self._place, accounts)

    def _let_in(self, identity: Identity) -> SignIn:
        with self._changing:
            return self._known(identity)

    def all_known(self, ids: Sequence[str]) -> list[SignIn]:
        with self._changing:
            for id in ids[:-1]:  # written with the last one
                self._passwords[id] = self._password(id)
                self._identities[id] = Identity(id)
            return [self._known(Identity(id)) for id in reversed(ids)]

    @property
    def pid(self) -> int:
        return self._server.pid

    def _known(self, identity: Identity) -> SignIn:
        id = identity.id
        if id not in self._passwords:
            self._passwords[id] = self._password(id)
        sign_in = SignIn(id, self._passwords[id], new_client_id(id, secrets.token_bytes(16)))
        if self._identities.get(id) != identity:
            self._identities[id] = identity
            self._render()
            self._server.reload()
            wait_until(lambda: self._lets_in(sign_in.again()), 5, self._server.log)
        return sign_in

    def _password(self, id: str) -> str:
        if role_of(id) is Role.DEVICE:
            password = brokers.new_device_password(secrets.token_bytes(brokers.DEVICE_PASSWORD_BYTES))
            self._lines[id] = brokers.device_hashes(password, secrets.token_bytes(16))["mosquitto"]
            return password
        self._lines[id] = brokers.mosquitto_line(self._keys, id, 0)
        return brokers.mosquitto_password(self._keys, id, 0)

    def _lets_in(self, sign_in: SignIn) -> bool:
        with self.raw() as client:
            return client.send(sign_in.connect()).expect(CONNACK).body[1] == 0

    def disable(self, id: str) -> None:
        del self._identities[id], self._passwords[id]
        self._render()
        self._server.reload()


class _Signed(TableCredentials):
    """The table, with signed tokens for people and services, as the product gives them."""

    def __init__(self, keys: Keys) -> None:
        super().__init__()
        self.keys = keys

    def check(self, username: str, password: bytes) -> Granted | None:
        if username not in self.identities:
            return None
        if role_of(username) is Role.DEVICE:
            return super().check(username, password)
        try:
            claims = tokens.verify(Audience.MQTT, self.keys, password.decode(errors="replace"), time.time())
        except NotAllowed:
            return None
        if (claims.sub, claims.gen) != (username, self.generations[username]):
            return None
        return Granted(self.identities[username], claims.exp, claims.gen)

    def generation(self, id: str) -> int | None:
        return self.generations[id] if id in self.identities else None


class RabbitBroker(BrokerProcess):
    """RabbitMQ on rendered files, and what answers it, with a table of credentials."""

    kind = "rabbitmq"

    def __init__(self, data: Path) -> None:
        self._table = _Signed(Keys.open(data))
        self._secret = rabbitmq_files.secret(self._table.keys)
        authority = Authority(self._table, self._table.generation, self._secret)
        self._authority = authority
        self._answers = AnswerServer(authority, lambda: self._table.keys, self._secret, "127.0.0.1", 0)

    def __enter__(self) -> Self:
        self._answers.__enter__()
        self._server = RabbitMQ(self._write)
        self.mqtt_port, self.ws_port = self._server.port, self._server.ws_port
        management = Management(["127.0.0.2", "127.0.0.1"], self._server.ports.api, self._secret)
        self._watch = Watch(self._authority, self._table.version, management)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        self._answers.__exit__()

    def _write(self, directory: Path, ports: Ports) -> Path:
        out = directory / "rendered"
        url = f"http://127.0.0.1:{self._answers.port}/{self._secret}"
        place = rabbitmq_render.RabbitSetup(out, url, "127.0.0.1", ports.mqtt, ports.ws, ports.api)
        rabbitmq_files.write(place)
        return out / rabbitmq_render.ENVIRONMENT

    def _let_in(self, identity: Identity) -> SignIn:
        id, password = identity.id, self._table.put(identity)
        if role_of(id) is not Role.DEVICE:
            generation = self._table.generations[id]
            password = tokens.mint(Audience.MQTT, self._table.keys, Holder(id, generation), TOKEN_TTL_S, time.time())
        self._watch.look(time.monotonic())  # the product looks twice a second
        return SignIn(id, password, new_client_id(id, secrets.token_bytes(16)))

    def disable(self, id: str) -> None:
        self._table.disable(id)
        self._watch.look(time.monotonic())

    @property
    def pid(self) -> int:
        return self._server.pid
