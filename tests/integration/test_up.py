"""`wattline up` with its real processes, on the embedded broker and on a real Mosquitto."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from chat_core.contract import topics
from chat_core.contract.payloads import Said, SaidKind, encode
from chat_core.runtime.heartbeat import SILENT_S
from tests.integration.mqtt_peer import MqttPeer
from tests.real.mosquitto import Mosquitto
from tests.real.wattline import ROOMS, STARTS_WITHIN_S, Wattline, run_cli, say_once
from tests.waiting import wait_until

BROKERS = ("embedded", "mosquitto")
BACK_WITHIN_S = 15.0  # from the stop of a process to the next tick
AGENT_PASSWORD = "a long enough word"


def is_ready(system: Wattline) -> bool:
    with urllib.request.urlopen(f"{system.url}/readyz", timeout=2) as answer:
        return bool(answer.status == 200)


def await_lines(system: Wattline) -> list[str]:
    wait_until(lambda: "Listen:" in system.log(), STARTS_WITHIN_S, system.log)
    return [line for line in system.log().splitlines() if re.match(r"(Portal|Board|Listen): ", line)]


@pytest.fixture(scope="module", params=BROKERS)
def system(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wattline]:
    with Wattline(tmp_path_factory.mktemp(request.param), settings={"WATTLINE_BROKER": request.param}) as running:
        await_lines(running)
        yield running


def test_three_lines(system: Wattline) -> None:
    """A start prints where the portal is, where the board is and how to listen, once everything is ready."""
    portal, board, listen = await_lines(system)
    assert portal.split() == ["Portal:", f"{system.url}/"]
    assert f"{system.url}/board " in board
    assert listen.split() == ["Listen:", "wattline", "listen"]
    wait_until(lambda: is_ready(system), why=system.log)


def test_start_says_nothing_else(system: Wattline) -> None:
    """Before the three lines none says more than information: no refused connection, no note of Mosquitto's."""
    before = system.log().split("Portal:")[0].splitlines()
    slow = "wattline: not ready after 30 s; still trying"  # of a loaded machine
    assert [line for line in before if '"level": "info"' not in line and line != slow] == []


def test_setup_link_opens(system: Wattline) -> None:
    """The one-time link of the board line leads to the form that sets the first administrator's password."""
    link = re.search(r"http\S+/setup/\S+", await_lines(system)[1])
    assert link
    with urllib.request.urlopen(link[0], timeout=5) as page:
        assert page.status == 200
        assert b"password" in page.read()


def test_listen_line_works_as_typed(system: Wattline) -> None:
    """The line that `wattline listen` prints hears, in a shell, what a client says and what is stored."""
    line = system.cli("listen")
    ear = subprocess.Popen([*shlex.split(line), "-C", "2"], stdout=subprocess.PIPE, text=True)
    try:
        speaker, said = system.token("c-shell"), Said(id="1", kind=SaidKind.TEXT, text="hello", sent=0)

        def heard_both() -> bool:
            say_once(speaker, topics.msg("c-shell"), encode(said))
            return ear.poll() is not None

        wait_until(heard_both, 10, system.log)
        heard = ear.communicate(timeout=5)[0]
    finally:
        ear.kill()
    assert topics.msg("c-shell") in heard


def listen(system: Wattline, *arguments: str) -> tuple[str, str]:
    words = shlex.split(system.cli("listen", *arguments))
    return words[words.index("-u") + 1], words[words.index("-P") + 1]


def test_a_listener_says_nothing_and_ends(system: Wattline) -> None:
    """A listener hears its client alone, publishes nothing, and is cut when its time is over."""
    # Asked for first: within the listener's 5 s a loaded machine may not start a command.
    one, other = (json.loads(line) for line in system.cli("token", "c-heard", "c-unheard").splitlines())
    id, password = listen(system, "--for", "5s", "--client", "c-heard")
    ear = MqttPeer(system.mqtt_port, id, password).hear("support/c-heard/#")
    for topic in (topics.msg("c-heard"), topics.log("c-heard"), topics.typing("c-heard")):
        MqttPeer(system.mqtt_port, id, password).link.publish(topic, b"forged", qos=1)
    said = encode(Said(id="l-1", kind=SaidKind.TEXT, text="hello", sent=0))
    assert say_once(other, topics.msg("c-unheard"), said) == 0 and say_once(one, topics.msg("c-heard"), said) == 0
    wait_until(lambda: topics.log("c-heard") in {topic for topic, _ in ear.heard}, 4, system.log)
    assert {topic.split("/")[1] for topic, _ in ear.heard} == {"c-heard"}
    assert ear.gone.wait(9)
    assert not [payload for _, payload in ear.heard if payload == b"forged"]
    assert not MqttPeer(system.mqtt_port, id, password).accepted


def test_revoked_keys_end_listeners(system: Wattline) -> None:
    """After `wattline key rotate --revoke` no listener of before hears on, whatever the broker."""
    id, password = listen(system)
    ear = MqttPeer(system.mqtt_port, id, password)
    assert ear.accepted
    system.cli("key", "rotate", "--revoke")
    assert ear.gone.wait(8)
    assert not MqttPeer(system.mqtt_port, id, password).accepted


def test_token_signs_in(system: Wattline) -> None:
    """A new id's `wattline token` signs in at once and may say what its role may."""
    first, second = (json.loads(line) for line in system.cli("token", "c-new1", "s-script").splitlines())
    said = encode(Said(id="1", kind=SaidKind.TEXT, text="hello", sent=0))
    assert say_once(first, topics.msg("c-new1"), said) == 0
    assert second["username"] == "s-script"
    request = urllib.request.Request(f"{system.url}/api/clients/c-new1/log")
    request.add_header("Authorization", f"Bearer {first['api_token']}")

    def stored() -> bool:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return any(entry.get("text") == "hello" for entry in json.load(answer)["entries"])

    wait_until(stored, 10, system.log)


class StoppedProduct:
    """A product of which some processes are stopped by SIGSTOP, and when they were gone and its ticks came back."""

    def __init__(self, system: Wattline, stopped: tuple[str, ...], start_s: float) -> None:
        self.system, self.stopped = system, stopped
        self.within_s = max(BACK_WITHIN_S, SILENT_S + 2 * start_s)  # a loaded machine is slow to start anything
        self._token = system.token("c-patient")
        family = {process.name(): process for process in psutil.Process(system.pid).children(recursive=True)}
        self._pids = [system.pid_of(name) if name in ROOMS else family[name].pid for name in stopped]
        self.gone_s = self.back_s = 0.0

    def stop(self) -> None:
        self._began_s = time.monotonic()
        for pid in self._pids:
            os.kill(pid, signal.SIGSTOP)

    def is_back(self) -> bool:
        """Return whether a message got its tick after all of them were gone."""
        if not self.gone_s:
            if all(_is_gone(pid) for pid in self._pids):
                self.gone_s = time.monotonic() - self._began_s
        elif not self.back_s and self._ticks():
            self.back_s = time.monotonic() - self._began_s
        return self.back_s > 0

    def _ticks(self) -> bool:
        said = encode(Said(id="1", kind=SaidKind.TEXT, text="hello", sent=0))
        say_once(self._token, topics.msg("c-patient"), said)
        request = urllib.request.Request(f"{self.system.url}/api/clients/c-patient/log")
        request.add_header("Authorization", f"Bearer {self._token['api_token']}")
        try:
            with urllib.request.urlopen(request, timeout=2) as answer:
                return any(entry.get("text") == "hello" for entry in json.load(answer)["entries"])
        except OSError:
            return False


@pytest.mark.alone  # 15 s are measured: beside other tests web alone took 5 s to start again
def test_stopped_process_is_ended_and_replaced(tmp_path: Path) -> None:
    """
    A process stopped by SIGSTOP is ended after 10 s, says where it stood, and messages get ✓ again within 15 s.

    Mosquitto, which has no heart of ours, is stopped in a product of its own at the same time: both wait for 10 s.
    """
    with ExitStack() as running:
        products = []
        for broker, stopped in (("embedded", ("broker", "bridge", "web")), ("mosquitto", ("mosquitto",))):
            begins_s = time.monotonic()
            system = running.enter_context(Wattline(tmp_path / broker, settings={"WATTLINE_BROKER": broker}))
            await_lines(system)
            products.append(StoppedProduct(system, stopped, time.monotonic() - begins_s))
        for product in products:
            product.stop()
        wait_until(
            lambda: {product.is_back() for product in products} == {True},
            60,
            lambda: "\n".join(product.system.log() for product in products),
        )
        for product in products:
            log = product.system.log()
            sys.stdout.write(
                f"\n{product.stopped}: ended after {product.gone_s:.1f} s, ticks again after {product.back_s:.1f} s\n"
            )
            assert SILENT_S - 2 < product.gone_s < product.back_s < product.within_s, log
            for name in product.stopped:
                assert re.search(rf"{name} was silent.*ending it", log)
        # Whose three are our own programs.
        assert products[0].system.log().count("Fatal Python error: Aborted") == len(products[0].stopped)


def _is_gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.alone  # 3 s are measured
@pytest.mark.parametrize("process", ["web", "bridge", "broker"])
def test_killed_process_is_back_within_three_seconds(system: Wattline, process: str) -> None:
    """Any killed process is back within 3 s on the same ports; the others go on."""
    ports, before = system.ports(), system.children()
    old = system.kill(process)
    system.wait_restarted(process, old, within_s=3)
    wait_until(lambda: is_ready(system), 10, system.log)
    after = system.children()
    assert system.ports() == ports
    assert {name for name in after if after[name] == before[name]} == set(before) - {process}


def test_second_up_refuses(system: Wattline) -> None:
    """A second `up` on the same data refuses with one line, and the first one goes on."""
    second = Wattline(system.data, settings=system.settings)
    log_before = len(system.log())
    assert second.child.process.wait(timeout=20) == 1
    assert "Another `wattline up` is using" in system.log()[log_before - 200 :]
    wait_until(lambda: is_ready(system), why=system.log)


def test_check_finds_all_well(system: Wattline) -> None:
    """`wattline check` says so when configuration, database, web, broker and a message end to end are well."""
    found = system.cli("check")
    assert "FAILED" not in found
    assert "echo" in found
    assert "0 deliveries wait, 0 failed" in found


@pytest.mark.parametrize("broker", BROKERS)
def test_nothing_is_left_when_the_supervisor_is_killed(tmp_path: Path, broker: str) -> None:
    """SIGKILL of the supervisor ends every process, Mosquitto too; the next start works."""
    system = Wattline(tmp_path, settings={"WATTLINE_BROKER": broker})
    try:
        await_lines(system)
        family = psutil.Process(system.pid).children(recursive=True)
        assert len(family) >= (4 if broker == "mosquitto" else 3)
        system.child.kill()
        assert not psutil.wait_procs(family, timeout=5)[1]
        system.restart()
        wait_until(lambda: system.log().count("Listen:") == 2, STARTS_WITHIN_S, system.log)
    finally:
        system.stop()


def test_running_broker_is_used(tmp_path: Path) -> None:
    """With WATTLINE_MQTT_HOST `up` starts no broker and works on the running one."""
    settings = {"WATTLINE_BROKER": "mosquitto"}

    def write(folder: Path, port: int, ws_port: int) -> Path:
        settings.update({"WATTLINE_MQTT_PORT": str(port), "WATTLINE_WS_PORT": str(ws_port)})
        run_cli(tmp_path, "migrate", settings=settings)
        run_cli(tmp_path, "broker", "render", "mosquitto", "--out", str(folder), settings=settings)
        return folder / "mosquitto.conf"

    with Mosquitto(write), Wattline(tmp_path, settings={**settings, "WATTLINE_MQTT_HOST": "127.0.0.1"}) as system:
        await_lines(system)
        assert set(system.children()) == {"bridge", "web"}


def test_link_is_printed_until_a_password_is_set(tmp_path: Path) -> None:
    """Each start prints the set-up link until an administrator has a password; Ctrl-C gives status 0."""
    with Wattline(tmp_path) as system:
        assert "/setup/" in await_lines(system)[1]
        system.cli(
            "agent", "add", "a-admin", "--name", "Admin", "--admin", "--password-stdin", stdin=f"{AGENT_PASSWORD}\n"
        )
        assert system.stop() == 0
        system.child.log_path.unlink()
        system.restart()
        assert "/setup/" not in await_lines(system)[1]
