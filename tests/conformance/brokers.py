"""Brokers to be asked the same questions: each is started for real, on ports of the kernel's choice."""

import asyncio
import itertools
import secrets
import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

from broker.embedded.guard import BrokerLimits
from broker.embedded.listeners import ListenerSettings, serve
from broker.sign_in import Addresses, Granted
from chat_core.contract.ids import new_client_id
from chat_core.contract.policy import Identity
from tests.conformance import frames
from tests.conformance.frames import GivenWill, RawClient, TcpPipe, WsPipe

OUR_PAGE = "https://portal.example"
_numbers = itertools.count(1)


def fresh(prefix: str) -> str:
    """An id that no other test of this run uses."""
    return f"{prefix}-{next(_numbers)}{secrets.token_hex(3)}"


@dataclass(frozen=True)
class SignIn:
    username: str
    password: str
    client_id: str

    @property
    def log(self) -> str:
        return f"support/{self.username}/log"

    @property
    def msg(self) -> str:
        return f"support/{self.username}/msg"

    @property
    def presence(self) -> str:
        return f"support/{self.username}/presence"

    def again(self) -> "SignIn":
        return replace(self, client_id=new_client_id(self.username, secrets.token_bytes(16)))

    def connect(self, *, clean: bool = True, keep_alive_s: int = 60, will: GivenWill | None = None) -> bytes:
        return frames.connect(
            self.client_id, self.username, self.password, clean=clean, keep_alive_s=keep_alive_s, will=will
        )


class TestedBroker(ABC):
    """The questions that a test asks of any kind of broker; a context manager that runs it."""

    kind: str
    bad_password: int = 4  # what a sign-in with a wrong or no password is answered
    bad_client_id: int = 4  # and one under a client id that is not the user's
    host: str = "127.0.0.1"
    mqtt_port: int
    ws_port: int

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(self, *_: object) -> None: ...

    def known(
        self,
        id: str,
        *,
        client: str | None = None,
        topics: tuple[str, ...] = (),
        teams: tuple[str, ...] | None = None,
    ) -> SignIn:
        """Make the id known to the broker; with these rights, if it was known before."""
        return self._let_in(Identity(id, client, topics, teams))

    @abstractmethod
    def _let_in(self, identity: Identity) -> SignIn:
        """Give the identity its rights, and return how it signs in."""

    def client(self) -> SignIn:
        """Make known a client whom no other test of this run uses."""
        return self.known(fresh("c"))

    def all_known(self, ids: Sequence[str]) -> list[SignIn]:
        return [self.known(id) for id in ids]

    @abstractmethod
    def disable(self, id: str) -> None:
        """The id may neither sign in nor stay."""

    def raw(self) -> RawClient:
        return RawClient(TcpPipe(self.host, self.mqtt_port))

    def raw_ws(self, origin: str | None = None) -> RawClient:
        return RawClient(WsPipe(self.host, self.ws_port, origin))

    def joined(
        self, who: SignIn | str, *filters: str, qos: int = 1, clean: bool = True, keep_alive_s: int = 60
    ) -> RawClient:
        """Somebody signed in and hearing these filters, every one granted."""
        sign_in = self.known(who) if isinstance(who, str) else who
        client = self.raw()
        client.sign_in(sign_in.connect(clean=clean, keep_alive_s=keep_alive_s))
        if filters:
            assert client.hear(*filters, qos=qos) == bytes((min(qos, 1),)) * len(filters)
        return client

    def left(self, who: SignIn, topic_filter: str) -> None:
        """Leave a persistent session that hears the filter, whose owner has gone."""
        with self.joined(who, topic_filter, clean=False) as client:
            assert client.send(frames.DISCONNECT).closed()

    def resumed(self, who: SignIn) -> RawClient:
        """Sign in to a session that the broker still has."""
        client = self.raw()
        assert client.sign_in(who.connect(clean=False)), "the session is gone"
        return client


class BrokerProcess(TestedBroker):
    @property
    @abstractmethod
    def pid(self) -> int:
        """That process."""


class TableCredentials:
    """Credentials as a table: deterministic, and changed by the test while the broker runs."""

    def __init__(self) -> None:
        self.passwords: dict[str, str] = {}
        self.identities: dict[str, Identity] = {}
        self.generations: dict[str, int] = {}
        self.expires: dict[str, float] = {}
        self.changes = 0
        self.slow = threading.Event()  # set: checks go on; cleared: they wait
        self.slow.set()

    def version(self) -> object:
        return self.changes

    def check(self, username: str, password: bytes) -> Granted | None:
        assert self.slow.wait(30)
        if username not in self.identities or self.passwords[username].encode() != password:
            return None
        return Granted(self.identities[username], self.expires.get(username), self.generations[username])

    def current(self, username: str, generation: int, web_sign_in: str = "") -> Identity | None:
        return self.identities.get(username) if self.generations.get(username) == generation else None

    def put(self, identity: Identity) -> str:
        """The identity may sign in; returns its password."""
        self.passwords.setdefault(identity.id, secrets.token_hex(8))
        self.generations.setdefault(identity.id, 1)
        self.identities[identity.id] = identity
        self.changes += 1
        return self.passwords[identity.id]

    def disable(self, id: str) -> None:
        """The identity may neither sign in nor stay."""
        self.generations[id] += 1
        del self.identities[id]
        self.changes += 1


class EmbeddedBroker(TestedBroker):
    kind = "embedded"
    bad_client_id = 2

    def __init__(self, limits: BrokerLimits | None = None) -> None:
        self.table = TableCredentials()
        self._settings = ListenerSettings(
            mqtt_ports=(0,),
            ws_ports=(0,),
            limits=limits or BrokerLimits(rate=None),
            allows_origin=lambda origin, host: origin in (OUR_PAGE, f"http://{host}"),  # paho says its broker's own
        )
        self._listening = threading.Event()
        self._addresses: Addresses | None = None
        self._failed: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="embedded broker")

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listening.wait(10), "the broker does not listen"
        if self._addresses is None:
            raise AssertionError("the broker did not start") from self._failed
        self.host, self.mqtt_port, self.ws_port = (
            self._addresses.host,
            self._addresses.mqtt_port,
            self._addresses.ws_port,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None and self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)
        assert not self._thread.is_alive(), "the broker does not stop"

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as problem:
            self._failed = problem
        finally:
            self._listening.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await serve(self._settings, self.table, self._stop, self._ready)

    def _ready(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._listening.set()

    def _let_in(self, identity: Identity) -> SignIn:
        password = self.table.put(identity)
        return SignIn(identity.id, password, new_client_id(identity.id, secrets.token_bytes(16)))

    def disable(self, id: str) -> None:
        self.table.disable(id)
