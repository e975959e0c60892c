"""`WATTLINE_BROKER=mosquitto python -m broker`: a real Mosquitto that follows the database."""

import io
import os
import stat
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from broker.limits import SESSIONS_PER_PERSON
from broker.mosquitto import child, files
from broker.mosquitto.render import Account, MosquittoSetup, render_conf
from chat_core.contract import topics
from chat_core.contract.policy import Identity
from chat_core.runtime import brokers, config
from chat_core.runtime.config import Config
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.runtime.keys import Keys
from tests.chaos.disk import filled, forbidden, small_disk
from tests.conformance import frames
from tests.conformance.frames import RawClient, TcpPipe
from tests.contract.stores import store_at
from tests.integration.mqtt_peer import MqttPeer
from tests.real.mosquitto import Mosquitto
from tests.real.parts import REPOSITORY
from tests.real.wattline import ProductProcess, environment, run_cli
from tests.waiting import wait_until

SETTINGS = {"WATTLINE_BROKER": "mosquitto"}


class MosquittoUnderTest:
    def __init__(self, data: Path, **more: str) -> None:
        settings = SETTINGS | more
        self.config: Config = config.load(environment(data, settings))
        self.store = store_at(self.config)
        self.keys = Keys.open(data)
        self.ends: list[MqttPeer] = []
        self.process = ProductProcess("broker", data, settings=settings, at_once=True)

    def enter(self, id: str, password: str | None = None) -> MqttPeer:
        generation = self.store.registry.generation(id) or 0
        known = password or brokers.mosquitto_password(self.keys, id, generation)
        self.ends.append(MqttPeer(self.process.port("mqtt"), id, known))
        return self.ends[-1]

    def mosquitto(self) -> psutil.Process:
        found = wait_until(lambda: psutil.Process(self.process.pid).children(), 10, self.process.log)
        return found[0]

    def close(self) -> None:
        for end in self.ends:
            end.close()
        self.process.close()
        self.store.close()


@pytest.fixture
def system(tmp_path: Path) -> Iterator[MosquittoUnderTest]:
    opened = MosquittoUnderTest(tmp_path)
    yield opened
    opened.close()


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_dead_mosquitto_ends_its_keeper(system: MosquittoUnderTest) -> None:
    """A killed Mosquitto ends its parent, which starts again on the same ports."""
    ports = (system.process.port("mqtt"), system.process.port("ws"))
    system.mosquitto().kill()
    assert system.process.child.process.wait(timeout=5) == 1
    system.process.restart()
    wait_until(lambda: system.enter("s-bridge").accepted, 10, system.process.log)
    assert (system.process.port("mqtt"), system.process.port("ws")) == ports


def test_killed_keeper_takes_mosquitto_along(system: MosquittoUnderTest) -> None:
    """SIGKILL of the parent ends Mosquitto, which saves: retained messages and ports are there again."""
    ports = (system.process.port("mqtt"), system.process.port("ws"))
    system.enter("s-bridge").say(topics.NOTICE_DESK, b"open", retain=True)
    process = system.mosquitto()
    system.process.kill()
    assert not psutil.wait_procs([process], timeout=5)[1]
    system.process.restart()
    system.store.registry.ensure_client("c-1")
    wait_until(lambda: system.enter("c-1").accepted, 10, system.process.log)
    late = system.ends[-1].hear(topics.NOTICE_DESK)
    wait_until(lambda: late.heard == [(topics.NOTICE_DESK, b"open")])
    assert (system.process.port("mqtt"), system.process.port("ws")) == ports


def test_mosquitto_is_forked_from_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parent starts its threads after the fork: a lock that one of them held would stay locked in the child."""
    running: list[threading.Thread] = []

    def fork(*_: object, **__: object) -> None:
        running.extend(threading.enumerate())
        raise OSError

    settings = config.load(environment(tmp_path, SETTINGS))
    (tmp_path / "mosquitto").mkdir()
    parent = child._MosquittoChild("mosquitto", settings, Heartbeat(lambda _: None))
    before = set(threading.enumerate())
    monkeypatch.setattr(subprocess, "Popen", fork)
    with pytest.raises(OSError):
        parent._start([])
    assert running and set(running) <= before


def test_warnings_pass(capsys: pytest.CaptureFixture[str]) -> None:
    """Mosquitto's warnings reach stderr; its notes on our own configuration do not."""
    notes = (
        b"1795921563: Note: It is recommended to replace `message_size_limit` with `max_packet_size`.\n"
        b"2026-11-29T03:06:03: Warning: Mosquitto should not be run as root/administrator.\n"
        b"2026-11-29T03:06:03: Warning: ACL pattern 'notice/#' does not contain '%c' or '%u'.\n"
    )
    warning = "2026-11-29T03:06:03: Warning: File /m/acl_file has world readable permissions.\n"
    child.pass_on(io.BytesIO(notes + warning.encode()), lambda _: None)
    assert capsys.readouterr().err == warning


def test_ready_when_it_answers(system: MosquittoUnderTest) -> None:
    """A Mosquitto that listens and does not answer yet is not taken for ready: it would not survive a SIGHUP."""
    port, process = system.process.port("mqtt"), system.mosquitto()
    assert child.answers("127.0.0.1", port)
    process.suspend()
    try:
        assert not child.answers("127.0.0.1", port)
    finally:
        process.resume()
    assert child.answers("127.0.0.1", port)


def test_a_long_reload_is_waited_for(system: MosquittoUnderTest, tmp_path: Path) -> None:
    """A Mosquitto that reads many accounts is asked again until it answers, and is not taken for silent."""
    process = system.mosquitto()
    settings = config.load(environment(tmp_path, SETTINGS))
    parent = child._MosquittoChild("mosquitto", settings, Heartbeat(lambda _: process.resume()))
    setup = MosquittoSetup(tmp_path, mqtt_port=system.process.port("mqtt"))
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as alive:
        process.suspend()  # until the first beat, which comes when a first question had no answer
        try:
            parent._await_answer(alive, setup)
        finally:
            process.resume()
        assert parent._answered_s > 0
        assert alive.stdin is not None
        alive.stdin.close()


def test_orderly_end(system: MosquittoUnderTest) -> None:
    """SIGTERM ends both with status 0."""
    process = system.mosquitto()
    system.process.port("ws")
    assert system.process.child.stop(within_s=5) == 0
    assert not process.is_running()


def test_taken_port_is_named(system: MosquittoUnderTest, tmp_path: Path) -> None:
    """A port that somebody else holds is named, in one line, with the setting that chose it."""
    taken = str(system.process.port("mqtt"))
    other = tmp_path / "other"
    run_cli(_made(other), "migrate")
    with ProductProcess("broker", other, settings={**SETTINGS, "WATTLINE_MQTT_PORT": taken}) as second:
        assert second.child.process.wait(timeout=30) == 1  # it waits 3 s for the port; 10 were not enough at load 8
        assert second.log() == f"broker: Port {taken} on 127.0.0.1 is taken (WATTLINE_MQTT_PORT).\n"


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_rendered_folder_starts(tmp_path: Path) -> None:
    """Mosquitto runs on what `wattline broker render mosquitto` writes, and lets a token's owner in."""

    def write(folder: Path, port: int, ws_port: int) -> Path:
        chosen = {**SETTINGS, "WATTLINE_MQTT_PORT": str(port), "WATTLINE_WS_PORT": str(ws_port)}
        run_cli(tmp_path, "migrate", settings=chosen)
        run_cli(tmp_path, "token", "c-maria", settings=chosen)
        run_cli(tmp_path, "broker", "render", "mosquitto", "--out", str(folder / "out"), settings=chosen)
        return folder / "out" / "mosquitto.conf"

    with Mosquitto(write) as broker:
        keys = Keys.open(tmp_path)
        maria = MqttPeer(broker.port, "c-maria", brokers.mosquitto_password(keys, "c-maria", 0))
        assert maria.accepted
        maria.close()
        files = [path for path in (broker.directory / "out").iterdir() if path.is_file()]
        assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in files if path.name != "lock")


def test_full_disk_leaves_mosquitto_alone(tmp_path: Path) -> None:
    """On a full disk Mosquitto keeps running on its old files; with free space they are written."""
    disk = tmp_path / "disk"
    with small_disk(disk) as is_small:
        system = MosquittoUnderTest(disk / "data", WATTLINE_DB=f"sqlite:///{tmp_path}/chats.db")
        try:
            system.process.port("ws")
            wait_until(lambda: system.enter("s-bridge").accepted, 10, system.process.log)
            before = system.mosquitto().pid
            process = psutil.Process(system.process.pid)
            with filled(disk) if is_small else forbidden(lambda: [process]):
                system.store.registry.ensure_client("c-late")
                wait_until(lambda: "files not written" in system.process.log(), 10, system.process.log)
                assert system.enter("s-bridge").accepted
            wait_until(lambda: system.enter("c-late").accepted, 30, system.process.log)
            assert system.mosquitto().pid == before
            files = {file.name for file in (disk / "data" / "mosquitto").iterdir()}
            assert files == {"mosquitto.conf", "acl_file", "password_file", "persistence", "lock"}
        finally:
            system.close()


def test_root_conf_starts(tmp_path: Path) -> None:
    """The root's mosquitto.conf starts a real Mosquitto, which lets nobody anonymous in."""
    keys = Keys.open(tmp_path)
    account = Account(Identity("c-maria"), brokers.mosquitto_line(keys, "c-maria", 0))

    def write(folder: Path, port: int, ws_port: int) -> Path:
        setup = MosquittoSetup(folder, mqtt_port=port, ws_port=ws_port)
        files.write(setup, [account])
        text = (REPOSITORY / "mosquitto.conf").read_text().replace("data/mosquitto", str(folder))
        text = text.replace(" 1883 ", f" {port} ").replace(" 9001 ", f" {ws_port} ")
        assert text == render_conf(setup)
        (folder / "mosquitto.conf").write_text(text + ("\nuser root\n" if os.geteuid() == 0 else ""))
        return folder / "mosquitto.conf"

    with Mosquitto(write) as broker:
        for password, accepted in ((brokers.mosquitto_password(keys, "c-maria", 0), True), ("", False)):
            peer = MqttPeer(broker.port, "c-maria", password)
            assert peer.accepted is accepted
            peer.close()
        assert "rror" not in broker.log()


def test_left_behind_sessions_are_bounded(system: MosquittoUnderTest) -> None:
    """The oldest session of a client who leaves more than eight behind is ended, connected or not; others stay."""
    system.store.registry.ensure_client("c-1")
    password = brokers.mosquitto_password(system.keys, "c-1", system.store.registry.generation("c-1") or 0)
    wait_until(lambda: system.enter("c-1").accepted, 10, system.process.log)

    def sign_in(client_id: str) -> tuple[RawClient, int]:
        raw = RawClient(TcpPipe("127.0.0.1", system.process.port("mqtt")))
        answer = raw.send(frames.connect(client_id, "c-1", password, clean=False)).expect(frames.CONNACK).body
        assert answer[1] == 0
        return raw, answer[0]

    oldest, _ = sign_in("c-1:oldest")
    for number in range(SESSIONS_PER_PERSON):
        sign_in(f"c-1:{number}")[0].__exit__()
    assert oldest.closed()
    assert [sign_in("c-1:oldest")[1], sign_in("c-1:7")[1]] == [0, 1]
    assert "c-1:" not in system.process.log()
