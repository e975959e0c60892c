"""The product as docker-compose.yml puts it together: one origin, kept words, secrets, numbers, TLS."""

import asyncio
import json
import re
import ssl
import stat
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from chat_core.contract import ids, topics
from chat_core.contract.payloads import Entry, Said, SaidKind, decode, encode
from tests.integration.mqtt_peer import end_loop
from tests.real import composed
from tests.real.composed import Composed, TlsProxy
from tests.real.parts import REPOSITORY, find_program
from tests.real.postgres import Postgres
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def system(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    with Composed(tmp_path_factory.mktemp("composed"), postgres.fresh_database()) as running:
        yield running


@pytest.fixture
def origin(system: Composed) -> str:
    return system.url


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ca") / "tls"
    subprocess.run([str(REPOSITORY / "deploy" / "own-ca.sh"), str(folder), "localhost", "127.0.0.1"], check=True)
    return folder


@pytest.fixture(scope="module")
def tls(system: Composed, authority: Path) -> Iterator[TlsProxy]:
    with TlsProxy(system, authority / "tls.crt", authority / "tls.key") as running:
        yield running


def new_guest(origin: str) -> dict[str, Any]:
    request = urllib.request.Request(f"{origin}/api/session", b"{}", {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def test_browsers_are_sent_to_the_page_s_own_origin(origin: str) -> None:
    """The WebSocket's address is /mqtt of the proxy, whatever host and port the page came from."""
    assert new_guest(origin)["ws_url"] == f"ws://{urlsplit(origin).netloc}/mqtt"


def test_a_guest_s_words_are_kept_and_ticked_through_the_proxy(origin: str) -> None:
    """A guest speaks over the proxy's WebSocket and hears the numbered entry and the bot's answer."""
    guest = new_guest(origin)
    me = guest["username"]
    heard: list[Entry] = []
    ready = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, client_id=guest["client_id"], transport="websockets")
    client.username_pw_set(me, guest["password"])
    client.ws_set_options(path="/mqtt", headers={"Origin": origin})

    def on_message(_client: Client, _userdata: object, message: MQTTMessage) -> None:
        if message.topic == topics.log(me):
            heard.append(decode(Entry, bytes(message.payload)))

    def on_connect(*_: object) -> None:
        client.subscribe(f"support/{me}/#", 1)

    client.on_connect = on_connect
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = on_message
    parts = urlsplit(origin)
    client.connect(str(parts.hostname), parts.port or 80)
    client.loop_start()
    try:
        assert ready.wait(10), "no SUBACK through the proxy"
        said = Said(id=ids.new_message_id(1, bytes(10)), kind=SaidKind.TEXT, text="Is there a person?", sent=1)
        client.publish(topics.msg(me), encode(said), 1)
        entry = wait_until(lambda: next((one for one in heard if one.id == said.id), None))
        wait_until(lambda: [one for one in heard if one.sender == "b-rules"], 15)
    finally:
        end_loop(client)
    assert (entry.sender, entry.text) == (me, said.text)


def test_a_foreign_page_is_kept_out_though_mosquitto_would_not(origin: str) -> None:
    """Mosquitto takes every Origin; the proxy before it does not."""
    with pytest.raises(InvalidStatus, match="403"):
        connect(
            f"ws://{urlsplit(origin).netloc}/mqtt", origin=Origin("https://evil.example"), proxy=None, open_timeout=5
        ).close()


def test_the_database_s_password_is_made_once_and_for_few(tmp_path: Path) -> None:
    """The secrets service makes one password once; its owner and the server alone can read it."""
    seen = []
    for _ in range(2):
        composed.make_secrets(tmp_path)
        password = (tmp_path / "secrets" / "database-password").read_text()
        assert (tmp_path / "secrets" / "pgpass").read_text() == f"database:5432:wattline:wattline:{password}\n"
        seen.append(password)
    assert seen[0] == seen[1]
    assert len(seen[0]) >= 32
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "secrets").iterdir()}
    assert modes == {"database-password": 0o640, "pgpass": 0o600}


def test_one_page_has_the_numbers_of_all_processes(system: Composed) -> None:
    """web's /metrics has the bridge's numbers too, though each process counts in its own folder."""
    token = json.loads(system.cli("token", "s-prometheus"))["api_token"]
    request = urllib.request.Request(
        f"http://localhost:{system.http_port}/metrics", headers={"Authorization": f"Bearer {token}"}
    )
    with urllib.request.urlopen(request, timeout=5) as answer:
        text = answer.read().decode()
    assert re.search(r"^wattline_link_connects_total [1-9]", text, re.MULTILINE), text
    assert "wattline_web_requests_total{" in text
    assert composed.status(f"{system.url}/metrics") == 404


def test_pages_over_tls(tls: TlsProxy, authority: Path) -> None:
    """With the TLS profile pages come by https, say so for a year, and send browsers to wss of the same origin."""
    trusting = ssl.create_default_context(cafile=str(authority / "ca.crt"))
    origin = f"https://localhost:{tls.https_port}"
    request = urllib.request.Request(f"{origin}/api/session", b"{}", {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5, context=trusting) as answer:
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        guest = json.load(answer)
    assert guest["ws_url"] == f"wss://localhost:{tls.https_port}/mqtt"

    # By asyncio: the client of two threads reads and writes one TLS socket at a time, and one answer in 300 is lost.
    async def open_line(page: str) -> None:
        mqtt = [Subprotocol("mqtt")]
        async with connect_async(guest["ws_url"], origin=Origin(page), subprotocols=mqtt, ssl=trusting, proxy=None):
            pass

    asyncio.run(open_line(origin))
    with pytest.raises(InvalidStatus, match="403"):
        asyncio.run(open_line("https://evil.example"))
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(f"{origin}/healthz", timeout=5, context=ssl.create_default_context())


def test_devices_over_tls(system: Composed, tls: TlsProxy, authority: Path) -> None:
    """With the TLS profile `mosquitto_pub --cafile` signs in and speaks on 8883, and plain MQTT gets nothing there."""
    token = json.loads(system.cli("token", "c-tls"))
    command = [
        *(find_program("mosquitto_pub", "mosquitto-clients"), "-h", "localhost", "-p", str(tls.mqtts_port)),
        *("-i", token["client_id"], "-u", token["username"], "-P", token["password"], "-q", "1"),
        *("-t", topics.presence("c-tls"), "-m", "{}"),
    ]
    # Until Mosquitto has read the new account it says no, and a client tries again.
    wait_until(lambda: _succeeds([*command, "--cafile", str(authority / "ca.crt")]), within_s=5)
    assert not _succeeds(command)


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, timeout=10).returncode == 0
