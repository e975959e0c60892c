"""The rendered files under a real Mosquitto."""

import functools
import ipaddress
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from broker.mosquitto import files
from broker.mosquitto.render import Account, MosquittoSetup, render_conf
from chat_core.contract import topics
from chat_core.contract.policy import Identity
from chat_core.runtime import brokers
from chat_core.runtime.keys import Keys
from tests.integration.mqtt_peer import MqttPeer
from tests.real.mosquitto import Mosquitto
from tests.waiting import wait_until

KEYS = Keys(signing={"k": b"k" * 32}, password=b"p" * 32, flask=b"f" * 32, demo_portal=b"d" * 32)
DEVICE_PASSWORD = brokers.new_device_password(bytes(18))
Transport = Literal["tcp", "websockets"]
TCP: Transport = "tcp"
WEBSOCKETS: Transport = "websockets"
ROOT = Path(__file__).parents[2]


def account(id: str, generation: int = 0) -> Account:
    return Account(Identity(id), brokers.mosquitto_line(KEYS, id, generation))


ACCOUNTS = [
    *map(account, ("a-ana", "a-b", "c-maria", "c-ion", "s-bridge", "l-one")),
    Account(Identity("d-1", "c-maria", ("tele/one/SENSOR",)), brokers.mosquitto_hash(DEVICE_PASSWORD, b"salt" * 3)),
]


def has_heard(end: MqttPeer, what: tuple[str, bytes]) -> bool:
    return what in end.heard


class MosquittoFilesUnderTest:
    """A Mosquitto on rendered files, and the ends a test opened."""

    def __init__(self) -> None:
        self.accounts = list(ACCOUNTS)
        self.ends: list[MqttPeer] = []
        self.broker = Mosquitto(self._write)

    def _write(self, folder: Path, port: int, ws_port: int) -> Path:
        files.write(self._placed(folder, port, ws_port), self.accounts)
        return folder / "mosquitto.conf"

    def _placed(self, folder: Path, port: int, ws_port: int) -> MosquittoSetup:
        return MosquittoSetup(folder, mqtt_port=port, ws_port=ws_port, user="root" if os.geteuid() == 0 else None)

    def enter(self, id: str, password: str | None = None, transport: Transport = "tcp") -> MqttPeer:
        port = self.broker.port if transport == "tcp" else self.broker.ws_port
        known = brokers.mosquitto_password(KEYS, id, 0) if password is None else password
        self.ends.append(MqttPeer(port, id, known, transport))
        return self.ends[-1]

    def reload(self) -> None:
        files.write(self._placed(self.broker.directory, self.broker.port, self.broker.ws_port), self.accounts)
        self.broker.reload()

    def close(self) -> None:
        for end in self.ends:
            end.close()
        self.broker.close()


@pytest.fixture
def system() -> Iterator[MosquittoFilesUnderTest]:
    opened = MosquittoFilesUnderTest()
    yield opened
    opened.close()


def test_computed_password_is_taken(system: MosquittoFilesUnderTest) -> None:
    """The password that is computed for an id is the one Mosquitto takes, by TCP and by WebSocket; any other is not."""
    assert system.enter("c-maria").accepted
    assert system.enter("c-ion", transport="websockets").accepted
    assert system.enter("d-1", DEVICE_PASSWORD).accepted
    for id, password in (
        ("c-maria", "wrong"),
        ("c-maria", ""),
        ("c-ion", brokers.mosquitto_password(KEYS, "c-ion", 1)),
    ):
        assert not system.enter(id, password).accepted
    assert not system.enter("c-nobody").accepted


def test_everybody_hears_what_is_theirs(system: MosquittoFilesUnderTest) -> None:
    """A real Mosquitto delivers by the one table, whatever was subscribed to."""
    ends = {
        id: system.enter(id).hear("#", "$SYS/#") for id in ("a-ana", "a-b", "c-maria", "c-ion", "l-one", "s-bridge")
    }
    system.enter("c-maria").say(topics.msg("c-maria"))
    system.enter("c-ion").say(topics.msg("c-maria"), b"forged")
    system.enter("a-ana").say(topics.msg("c-maria", "a-ana"))
    system.enter("a-ana").say(topics.msg("c-maria", "a-b"), b"forged")
    system.enter("a-ana").say("support/a-ana/msg", b"forged")
    system.enter("a-ana").say(topics.log("c-maria"), b"forged")
    system.enter("a-b").say(topics.desk_do("a-b"))
    system.enter("d-1", DEVICE_PASSWORD).say("support/d-1/msg", b"forged")
    system.enter("d-1", DEVICE_PASSWORD).say("tele/one/SENSOR")
    system.enter("s-bridge").say(topics.DESK_INBOX)
    system.enter("s-bridge").say(topics.NOTICE_DESK, b"last")
    said = [topics.msg("c-maria"), topics.msg("c-maria", "a-ana")]
    expected = {
        "a-ana": [*said, topics.DESK_INBOX, topics.NOTICE_DESK],
        "a-b": [*said, topics.DESK_INBOX, topics.NOTICE_DESK],
        "c-maria": [*said, topics.NOTICE_DESK],
        "c-ion": [topics.NOTICE_DESK],
        "l-one": [topics.msg("c-maria"), topics.msg("c-maria", "a-ana"), topics.NOTICE_DESK],
        "s-bridge": [*said, topics.desk_do("a-b"), "tele/one/SENSOR", topics.DESK_INBOX, topics.NOTICE_DESK],
    }
    for id, end in ends.items():
        wait_until(functools.partial(has_heard, end, (topics.NOTICE_DESK, b"last")))
        assert [topic for topic, _ in end.heard] == expected[id], id
        assert not [payload for _, payload in end.heard if payload == b"forged"]


def test_new_account_after_a_reload(system: MosquittoFilesUnderTest) -> None:
    """Whoever is added signs in after one reload, and nobody else is disturbed."""
    before = system.enter("c-maria")
    system.accounts.append(account("c-new"))
    system.reload()
    wait_until(lambda: system.enter("c-new").accepted)
    assert not before.gone.is_set()


def test_bridge_clears_a_stray_retained_message(system: MosquittoFilesUnderTest) -> None:
    """Mosquitto keeps a client's retained message; the bridge's empty one clears it."""
    system.enter("c-maria").say(topics.msg("c-maria"), b"stray", retain=True)
    late = system.enter("a-ana").hear("support/#")
    wait_until(lambda: late.heard == [(topics.msg("c-maria"), b"stray")])
    system.enter("s-bridge").say(topics.msg("c-maria"), b"", retain=True)
    later = system.enter("a-b").hear("support/#", topics.NOTICE_DESK)
    system.enter("s-bridge").say(topics.NOTICE_DESK, b"end")
    wait_until(lambda: later.heard == [(topics.NOTICE_DESK, b"end")])


def test_payload_limit(system: MosquittoFilesUnderTest) -> None:
    """64 KiB pass; more is not delivered."""
    ear = system.enter("a-ana").hear("support/#")
    system.enter("c-maria").say(topics.msg("c-maria"), b"x" * 65536)
    wait_until(lambda: len(ear.heard) == 1)
    too_long = system.enter("c-ion")
    too_long.link.publish(topics.msg("c-ion"), b"x" * 70_000, qos=1)
    assert too_long.gone.wait(5)
    assert len(ear.heard) == 1


def test_retained_survives_an_orderly_end(system: MosquittoFilesUnderTest) -> None:
    """What was retained is there again after SIGTERM and a new start."""
    system.enter("s-bridge").say(topics.NOTICE_DESK, b"open", retain=True)
    system.broker.restart()
    wait_until(lambda: system.enter("c-maria").hear(topics.NOTICE_DESK).accepted)
    wait_until(lambda: system.ends[-1].heard == [(topics.NOTICE_DESK, b"open")])


def test_root_conf_starts() -> None:
    """The root's mosquitto.conf starts a real Mosquitto, which lets nobody anonymous in."""
    conf = (ROOT / "mosquitto.conf").read_text()

    def write(folder: Path, port: int, ws_port: int) -> Path:
        files.write(MosquittoSetup(folder, mqtt_port=port, ws_port=ws_port), ACCOUNTS)
        filled = conf.replace("data/mosquitto", str(folder))
        filled = filled.replace(" 1883 ", f" {port} ").replace(" 9001 ", f" {ws_port} ")
        assert filled == render_conf(MosquittoSetup(folder, mqtt_port=port, ws_port=ws_port))
        (folder / "mosquitto.conf").write_text(filled + ("\nuser root\n" if os.geteuid() == 0 else ""))
        return folder / "mosquitto.conf"

    with Mosquitto(write) as broker:
        known = MqttPeer(broker.port, "c-maria", brokers.mosquitto_password(KEYS, "c-maria", 0))
        stranger = MqttPeer(broker.port, "c-maria", "")
        assert known.accepted
        assert not stranger.accepted
        known.close()
        stranger.close()
        assert "rror" not in broker.log()


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Wattline's tests")])
    now = datetime.now(UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1)
    )
    certificate = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


def test_files_are_the_owners_alone(system: MosquittoFilesUnderTest) -> None:
    """Nobody else on the machine reads the hashes or the rules."""
    for name in ("mosquitto.conf", "acl_file", "password_file"):
        assert (system.broker.directory / name).stat().st_mode & 0o777 == 0o600
    assert "world readable" not in system.broker.log()
    assert "owner" not in system.broker.log()
