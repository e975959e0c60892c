"""
The rooms as docker-compose.yml runs them: PostgreSQL, Mosquitto as the broker's child, nginx in front.

What a container would bring (hosts, folders, ports) is replaced by loopback; commands and settings are the file's own.
"""

import json
import stat
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from chat_core import ids, topics
from chat_core.payloads import Entry, Said, SaidKind, decode, encode
from tests.real import nginx
from tests.real.parts import REPOSITORY
from tests.real.postgres import Postgres
from tests.real.wattline import Room, run_cli
from tests.waiting import wait_until


def composed(service: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"][service]
    return found


def settings_of(service: str, dsn: str) -> dict[str, str]:
    """The service's settings, its hosts and ports replaced by loopback's."""
    given = {name: str(value) for name, value in composed(service)["environment"].items()}
    given = {name: "" if value.startswith("${") else value for name, value in given.items()}
    given |= {"WATTLINE_DB": dsn, "WATTLINE_BIND": "127.0.0.1", "WATTLINE_TRUSTED_PROXIES": "127.0.0.1"}
    given |= {f"WATTLINE_{name}_PORT": "0" for name in ("HTTP", "MQTT", "WS")}
    if "WATTLINE_MQTT_HOST" in given:
        given["WATTLINE_MQTT_HOST"] = "127.0.0.1"
    return {name: value for name, value in given.items() if name not in {"WATTLINE_DATA", "PGPASSFILE"}}


@pytest.fixture(scope="module")
def origin(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Everything up; the proxy's origin."""
    data, dsn = tmp_path_factory.mktemp("composed"), postgres.fresh_database()
    assert composed("migrate")["command"] == ["wattline", "migrate"]
    run_cli(data, "migrate", settings=settings_of("migrate", dsn))
    with ExitStack() as stack:
        rooms = {
            name: stack.enter_context(Room(name, data, settings=settings_of(name, dsn)))
            for name in ("broker", "bridge", "web")
        }
        proxy = stack.enter_context(nginx.committed(rooms["web"].port("http"), rooms["broker"].port("ws")))
        origin = f"http://localhost:{proxy.port}"

        def logs() -> str:
            return "\n".join(f"--- {name}\n{room.log()}" for name, room in rooms.items())

        # What the health checks of bridge, web and proxy ask.
        wait_until(lambda: status(f"{origin}/readyz") == 200, 20, why=logs)
        assert status(f"{origin}/healthz") == 200
        yield origin


def status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return int(answer.status)


def new_guest(origin: str) -> dict[str, Any]:
    request = urllib.request.Request(f"{origin}/api/session", b"{}", {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def test_browsers_are_sent_to_the_page_s_own_origin(origin: str) -> None:
    """The WebSocket's address is /mqtt of the proxy, whatever host and port the page came from."""
    assert new_guest(origin)["ws_url"] == f"ws://{urlsplit(origin).netloc}/mqtt"


def test_a_guest_s_words_are_kept_and_ticked_through_the_proxy(origin: str) -> None:
    """A guest that signs in through the proxy speaks over its WebSocket and hears the numbered entry on `log`."""
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
        client.subscribe(topics.all_of(me), 1)

    client.on_connect = on_connect
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = on_message
    parts = urlsplit(origin)
    client.connect(str(parts.hostname), parts.port or 80)
    client.loop_start()
    try:
        assert ready.wait(10), "no SUBACK through the proxy"
        said = Said(id=ids.new_message_id(1, bytes(10)), kind=SaidKind.TEXT, text="Why 40 kWh yesterday?", sent=1)
        client.publish(topics.msg(me), encode(said), 1)
        entry = wait_until(lambda: next((one for one in heard if one.id == said.id), None))
    finally:
        client.disconnect()
        client.loop_stop()
    assert (entry.sender, entry.text) == (me, said.text)


def test_a_foreign_page_is_kept_out_though_mosquitto_would_not(origin: str) -> None:
    """Mosquitto takes every Origin; the proxy before it does not."""
    with pytest.raises(InvalidStatus, match="403"):
        connect(
            f"ws://{urlsplit(origin).netloc}/mqtt", origin=Origin("https://evil.example"), proxy=None, open_timeout=5
        ).close()


def test_the_database_s_password_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    """The secrets service makes one password for server and clients, mode 0600, and the next time leaves it alone."""
    python, flag, script = composed("secrets")["command"]
    assert (python, flag) == ("python", "-c")
    script = script.replace("/secrets/", f"{tmp_path}/")
    seen = []
    for _ in range(2):
        subprocess.run([sys.executable, "-c", script], check=True)
        password = (tmp_path / "database-password").read_text()
        assert (tmp_path / "pgpass").read_text() == f"database:5432:wattline:wattline:{password}\n"
        seen.append(password)
    assert seen[0] == seen[1]
    assert len(seen[0]) >= 32
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("database-password", "pgpass")} == {0o600}
