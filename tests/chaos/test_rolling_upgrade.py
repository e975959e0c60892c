"""An upgrade of 0.1's broker, web and bridge on PostgreSQL, one after the other, while clients talk."""

import io
import json
import socket
import subprocess
import tarfile
import threading
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest

from chat_core.contract import topics
from tests.integration.mqtt_peer import MqttPeer
from tests.real.parts import REPOSITORY, free_port
from tests.real.postgres import Postgres
from tests.real.wattline import ProductProcess, read_ports, run_cli
from tests.waiting import wait_until

RELEASE = "326c9c1"  # 0.1.0; its web also needs `pip install limits`
CLIENTS = [f"c-{number}" for number in range(5)]
REFUSED = "The database's tables are not up to date. Run `wattline migrate`."

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """The release's programs, as git has them."""
    packed = subprocess.run(["git", "archive", RELEASE], cwd=REPOSITORY, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path / "older", filter="data")
    return tmp_path / "older"


class Talkers:
    """Clients who say something every 0.2 s until the end; each has one connection, which nobody may close."""

    def __init__(self, port: int, tokens: list[dict[str, str]], begin: str = "m") -> None:
        """Args: begin: of the messages' ids."""
        self._begin = begin
        self._peers = [MqttPeer(port, token["username"], token["password"]) for token in tokens]
        for client, peer in zip(CLIENTS, self._peers, strict=True):
            peer.hear(topics.log(client), topics.refused(client))
        self._said = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def _talk(self) -> None:
        while not self._over.wait(0.2):
            self._said += 1
            for client, peer in zip(CLIENTS, self._peers, strict=True):
                words = {
                    "id": f"{self._begin}{self._said:05}",
                    "kind": "text",
                    "text": "Why?",
                    "sent": int(time.time() * 1000),
                }
                peer.link.publish(topics.msg(client), json.dumps(words), qos=1)

    def entries(self, number: int) -> dict[int, str]:
        """Return what this client's log told of these words: seq → id."""
        told = [json.loads(payload) for topic, payload in self._peers[number].heard if topic.endswith("/log")]
        own = (entry for entry in told if entry["kind"] == "text" and entry["id"].startswith(self._begin))
        return {entry["seq"]: entry["id"] for entry in own}

    def wait_for_more(self) -> None:
        """Wait until all that is said by now is stored."""
        wanted = f"{self._begin}{self._said + 1:05}"
        for number in range(len(CLIENTS)):
            wait_until(lambda number=number: wanted in self.entries(number).values(), 30)  # type: ignore[misc]

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        """Nothing was refused, lost, doubled or out of order, and no connection ended."""
        wanted = [f"{self._begin}{number:05}" for number in range(1, self._said + 1)]
        for number, peer in enumerate(self._peers):
            wait_until(lambda number=number: len(self.entries(number)) >= len(wanted), 30)  # type: ignore[misc]
            assert [id for _, id in sorted(self.entries(number).items())] == wanted
            assert not peer.gone.is_set()
            assert [topic for topic, _ in peer.heard if topic.endswith("/refused")] == []


def test_from_the_release(older: Path, tmp_path: Path, postgres: Postgres) -> None:
    """
    `migrate` runs beside 0.1's programs, then the broker is replaced, whose clients connect again; then web and bridge
    are, and nobody notices.

    A program that starts on the wrong side of `migrate` says so. The new bridge waits for the old one's end.
    """
    mqtt = {"WATTLINE_MQTT_PORT": str(free_port())}
    new = {"WATTLINE_DB": postgres.fresh_database(), "WATTLINE_RATE": "off", **mqtt}
    old = new | {"PYTHONPATH": str(older)}
    data = tmp_path / "data"
    data.mkdir()
    run_cli(data, "migrate", settings=old)
    with ExitStack() as opened:
        broker, bridge, web = (
            opened.enter_context(ProductProcess(name, data, settings=old)) for name in ("broker", "bridge", "web")
        )
        port = broker.port("mqtt")
        http = web.port("http")
        tokens = [json.loads(line) for line in run_cli(data, "token", *CLIENTS, settings=old).splitlines()]
        talkers = Talkers(port, tokens)
        opened.callback(talkers.end)
        talkers.wait_for_more()
        _check_refused(data, new)
        run_cli(data, "migrate", settings=new)
        talkers.wait_for_more()
        _check_refused(data, old)
        talkers.end()
        talkers.check()
        broker.child.stop()
        opened.enter_context(ProductProcess("broker", data, settings=new)).port("mqtt")
        talkers = _talkers_again(port, tokens)
        opened.callback(talkers.end)
        talkers.wait_for_more()
        successor = opened.enter_context(
            ProductProcess("web", data / "new", settings=new | {"WATTLINE_DATA": str(data)})
        )
        wait_until(lambda: "serving" in successor.log(), 30, why=successor.log)
        assert all(_last_of(at, tokens[0]) for at in (http, read_ports(data)["http"]))
        web.child.stop()
        waiting = opened.enter_context(
            ProductProcess("bridge", data / "new", settings=new | {"WATTLINE_DATA": str(data)})
        )
        wait_until(lambda: "bridge.asks_for_lock" in waiting.log(), 30, why=waiting.log)
        for _ in range(25):  # 5 s and more
            talkers.wait_for_more()
        assert bridge.child.is_running() and "link.ready" not in waiting.log()
        bridge.child.stop()
        talkers.wait_for_more()
        assert "link.ready" in waiting.log()
        talkers.end()
        talkers.check()


def _talkers_again(port: int, tokens: list[dict[str, str]]) -> Talkers:
    wait_until(lambda: _is_open(port), 30)
    return Talkers(port, tokens, "n")


def _is_open(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def _check_refused(data: Path, settings: dict[str, str]) -> None:
    with ProductProcess("web", data / "refused", settings=settings | {"WATTLINE_DATA": str(data)}) as refused:
        wait_until(lambda: not refused.child.is_running(), 30, why=refused.log)
        assert REFUSED in refused.log()


def _last_of(http: int, token: dict[str, str]) -> int:
    """Return how many entries this web process tells of the client."""
    url = f"http://127.0.0.1:{http}/api/clients/{token['username']}/log?limit=1"
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token['api_token']}"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return int(json.load(answer)["last"])
