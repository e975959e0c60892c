"""A broker and the bridge as processes of their own on a real database, and people on the line."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Self

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from bridge.mqtt.link import Login
from bridge.mqtt.login import login_as
from bridge.participant import Participant
from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.payloads import Entry, Said, SaidKind, decode, encode
from chat_core.runtime import brokers
from tests.contract.stores import store_at
from tests.integration.mqtt_peer import end_loop
from tests.real.rabbitmq import RabbitMQ, rendered, settings_of
from tests.real.wattline import ProductProcess, config_of
from tests.waiting import WITHIN_S, wait_until


@dataclass
class BarePeer:
    """One connection without an outbox: what it publishes it publishes once; everything heard is kept."""

    login: Login
    filters: tuple[str, ...]
    heard: list[tuple[str, bytes, bool]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.granted = threading.Event()
        self.heard.clear()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, self.login.client_id, protocol=paho.MQTTv311)
        self.client.max_inflight_messages_set(0)
        self.client.username_pw_set(self.login.username, self.login.password)
        self.client.on_connect = self._subscribe
        self.client.on_subscribe = lambda *_: self.granted.set()
        self.client.on_message = lambda _c, _u, m: self.heard.append((m.topic, bytes(m.payload), m.retain))
        self.client.connect(self.login.host, self.login.port, 30)
        self.client.loop_start()
        if not self.granted.wait(WITHIN_S):  # paho connects again meanwhile
            self.__exit__()
            raise AssertionError(f"{self.login.username} was not let in")
        return self

    def _subscribe(self, _c: paho.Client, _u: object, _f: object, reason: ReasonCode, _p: object) -> None:
        if not reason.is_failure:
            self.client.subscribe([(name, 1) for name in self.filters])

    def __exit__(self, *_: object) -> None:
        end_loop(self.client)

    def publish(
        self, topic: str, payload: bytes | Mapping[str, Any] = b"", *, qos: int = 1, retain: bool = False
    ) -> None:
        """Once, and with QoS 1 the broker has it when this returns."""
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        info = self.client.publish(topic, raw, qos, retain)
        if qos:
            info.wait_for_publish(WITHIN_S)
            assert info.is_published(), f"the broker did not take {topic}"

    def on(self, topic: str) -> list[dict[str, Any]]:
        return [json.loads(payload) for name, payload, _ in list(self.heard) if name == topic and payload]

    def entries(self, topic: str) -> list[Entry]:
        return [decode(Entry, payload) for name, payload, _ in list(self.heard) if name == topic]


def text(id: str, words: str = "a text") -> bytes:
    return encode(Said(id=id, kind=SaidKind.TEXT, text=words, sent=1))


def _is_let_in(wire: BarePeer) -> bool:
    with wire:
        return True


class BridgeSystem:
    """Broker, bridge and database; `people` are closed with it."""

    def __init__(self, data: Path, settings: Mapping[str, str]) -> None:
        self.data, self.settings = data, dict(settings)
        data.mkdir(parents=True, exist_ok=True)
        self.config = config_of(data, self.settings)
        self.store = store_at(self.config)
        for client, name in (("c-42", "Maria"), ("c-43", "Ion")):
            self.store.registry.ensure_client(client, name=name)
        self.store.registry.add_agent("a-ana", "Ana", admin=True)
        self.store.registry.add_agent("a-radu", "Radu")
        self.broker = ProductProcess("broker", data, settings=self.settings, at_once=True)
        self.broker.port("auth" if self.config.broker == "rabbitmq" else "mqtt")
        self.bridge = ProductProcess("bridge", data, settings=self.settings, at_once=True)
        self._people: list[Participant] = []

    def send_home(self) -> None:
        for person in self._people:
            person.close()
        self._people.clear()

    def close(self) -> None:
        self.send_home()
        self.bridge.close()
        self.broker.close()
        self.store.close()

    def login(self, id: str) -> Login:
        return login_as(self.config, self.store, id)

    def person(self, id: str, prepare: Callable[[Participant], None] = lambda _: None, **more: Any) -> Participant:
        """Somebody on the line, ready. Args: prepare: sets callbacks before the start."""
        person = Participant(id, lambda: self.login(id), **more)
        prepare(person)
        person.start()
        self._people.append(person)
        person.wait_ready()
        return person

    @contextmanager
    def device(self, client: str) -> Iterator[BarePeer]:
        """A display of the client's, added as the CLI does, on the line; `remove_device` ends it."""
        id, password = f"d-{client[2:]}", "a-password-of-a-device"
        self.store.registry.devices.add(id, client, [], brokers.device_hashes(password, bytes(16)))
        self.store.registry.changes.announce(ChangeKind.DEVICES, {"device": id, "client": client}, 1)
        lines = (topics.display(client), topics.display_unread(client), topics.display_text(client))
        wire = BarePeer(
            replace(self.login("a-ana"), username=id, password=password, client_id=f"{id}:{'x' * 22}"), lines
        )
        wait_until(lambda: _is_let_in(wire), why="a new account, which Mosquitto reads at most once a second")
        with wire:
            yield wire

    def remove_device(self, client: str) -> None:
        id = f"d-{client[2:]}"
        self.store.registry.devices.remove(id)
        self.store.registry.changes.announce(ChangeKind.DEVICES, {"device": id, "client": client}, 2)

    def new_client(self) -> str:
        """A client whom nobody has met, and whom the broker knows."""
        fresh = self.store.registry.new_guest(time.time_ns() // 1_000_000)
        wait_until(lambda: _is_let_in(self.wire(fresh, topics.log(fresh))))
        return fresh

    def wire(self, id: str, *filters: str) -> BarePeer:
        return BarePeer(self.login(id), filters or ("support/#",))

    def wait_alive(self, within_s: float = 10) -> None:
        """The bridge's own probe has gone through broker and database just now."""
        since_s = time.monotonic()

        def beat() -> bool:
            beat, now_s = self.store.bridge.beat(), time.monotonic()
            return beat is not None and beat.age_ms is not None and now_s - beat.age_ms / 1000 >= since_s

        wait_until(beat, within_s, why=self.bridge.log)

    def log(self, client: str = "c-42") -> list[dict[str, Any]]:
        return self.store.log.page(client, limit=1000).entries

    def words(self, client: str = "c-42") -> list[str]:
        return [entry["text"] for entry in self.log(client) if entry["kind"] == "text" and "text" in entry]


@contextmanager
def bridge_system(data: Path, **settings: str) -> Iterator[BridgeSystem]:
    """A system whose bridge is alive. Args: settings: WATTLINE_… names without the prefix, in lower case."""
    system = BridgeSystem(data, {f"WATTLINE_{name.upper()}": value for name, value in settings.items()})
    try:
        system.wait_alive()
        yield system
    finally:
        system.close()


@contextmanager
def bridge_on_rabbitmq(data: Path, **settings: str) -> Iterator[tuple[BridgeSystem, RabbitMQ]]:
    """Run such a system beside a RabbitMQ."""
    data.mkdir(parents=True, exist_ok=True)
    with RabbitMQ(lambda folder, chosen: rendered(data, folder, settings_of(chosen))) as broker:
        beside = settings_of(broker.ports)
        named = {name.removeprefix("WATTLINE_").lower(): value for name, value in beside.items()}
        with bridge_system(data, **named, **settings) as system:
            yield system, broker


def system_fixture(*kinds: str, scope: Literal["module", "function"] = "module", **settings: str) -> Any:
    """Return a fixture of such a system for each kind, a broker ("mosquitto") or both ("mosquitto-postgres")."""

    @pytest.fixture(scope=scope, params=kinds)
    def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BridgeSystem]:
        broker, _, database = request.param.partition("-")
        given, data = {"rate": "off", **settings}, tmp_path_factory.mktemp("system")
        if database == "postgres":
            given["db"] = request.getfixturevalue("postgres").fresh_database()
        if broker == "rabbitmq":
            with bridge_on_rabbitmq(data, **given) as (started, _):
                yield started
        else:
            with bridge_system(data, broker=broker, **given) as started:
                yield started

    return system
