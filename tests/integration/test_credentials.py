"""Credentials across running processes: a rotated key, a token that is renewed, somebody who must be out now."""

import http.cookiejar
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

import jwt
import pytest

from bridge.mqtt.given_login import login_of
from bridge.mqtt.link import Login
from bridge.participant import Participant
from bridge.participant.rest import Api
from chat_core.contract import ids, topics
from chat_core.contract.payloads import Summary
from chat_core.runtime import brokers, ports, tokens
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Audience, Holder
from tests.integration.bridge_system import BridgeSystem, bridge_system
from tests.integration.mqtt_peer import MqttPeer
from tests.real.certificate import self_made
from tests.real.wattline import ProductProcess, run_cli
from tests.waiting import wait_until

CUT_WITHIN_S = 5.0
ANSWERS_WITHIN_S = 30.0  # no promise: at a load of 13 on two cores a sign-in took over 5 s
PASSWORD = "four small words here"
SHORT_S = 5  # a token's life, for those who renew it


class SystemWithWeb:
    def __init__(self, system: BridgeSystem, web: ProductProcess) -> None:
        self.system = system
        self.base = f"http://127.0.0.1:{web.port('http')}"

    def cli(self, *arguments: str, stdin: str = "") -> str:
        return run_cli(self.system.data, *arguments, stdin=stdin, settings=self.system.settings)

    def token(self, id: str) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.cli("token", id))
        return found

    def enter(self, id: str, password: str) -> MqttPeer:
        return MqttPeer(ports.recall(self.system.data, "mqtt") or 0, id, password)

    def ask(self, path: str, bearer: str | None = None, body: object = None) -> dict[str, object]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        data = None if body is None else json.dumps(body).encode()
        with build_opener().open(Request(self.base + path, data, headers), timeout=ANSWERS_WITHIN_S) as answer:
            found: dict[str, object] = json.loads(answer.read())
        return found

    def short_login(self, id: str, ends_s: int = SHORT_S) -> Login:
        """As `wattline token --ttl` prints it, without a process a time. Args: ends_s: when the broker ends it."""
        generation = self.system.store.registry.generation(id) or 0
        config, keys = ports.resolved(self.system.config), Keys.open(self.system.data)
        line = tokens.issue(config, keys, Holder(id, generation), ends_s, time.time()).as_dict()
        return login_of({**line, "expires": (int(time.time()) + SHORT_S) * 1000})

    def api(self, id: str) -> Api:
        return Api(
            self.base,
            lambda: tokens.mint(Audience.API, Keys.open(self.system.data), Holder(id, 0), 60, time.time()),
        )


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], SystemWithWeb]]:
    with ExitStack() as running:
        started: dict[str, SystemWithWeb] = {}

        def start(broker: str) -> SystemWithWeb:
            if broker not in started:
                data = tmp_path_factory.mktemp(broker) / "data"
                system = running.enter_context(bridge_system(data, broker=broker, rate="off"))
                started[broker] = SystemWithWeb(
                    system, running.enter_context(ProductProcess("web", data, settings=system.settings, at_once=True))
                )
            return started[broker]

        yield start


@pytest.fixture
def embedded(towns: Callable[[str], SystemWithWeb]) -> Iterator[SystemWithWeb]:
    town = towns("embedded")
    yield town
    town.system.send_home()


@pytest.fixture(params=["embedded", "mosquitto"])
def town(request: pytest.FixtureRequest, towns: Callable[[str], SystemWithWeb]) -> Iterator[SystemWithWeb]:
    town = towns(request.param)
    yield town
    town.system.send_home()


class Browser:
    def __init__(self, town: SystemWithWeb, account: str) -> None:
        self.base, self.cookies = town.base, http.cookiejar.CookieJar()
        self._open = build_opener(HTTPCookieProcessor(self.cookies)).open
        page = self._read("/login")
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, page
        form = {"id": account, "password": PASSWORD, "csrf_token": found[1]}
        self._open(f"{self.base}/login", urlencode(form).encode(), timeout=ANSWERS_WITHIN_S).close()
        assert self.is_signed_in()

    def _read(self, path: str) -> str:
        with self._open(self.base + path, timeout=ANSWERS_WITHIN_S) as answer:
            text: str = answer.read().decode()
        return text

    def credentials(self) -> dict[str, str]:
        head = {"Content-Type": "application/json", "X-CSRFToken": self._csrf()}
        with self._open(Request(f"{self.base}/api/session", b"{}", head), timeout=ANSWERS_WITHIN_S) as answer:
            found: dict[str, str] = json.loads(answer.read())
        return found

    def sign_out(self) -> None:
        self._open(
            f"{self.base}/logout", urlencode({"csrf_token": self._csrf()}).encode(), timeout=ANSWERS_WITHIN_S
        ).close()

    def _csrf(self) -> str:
        found = re.search(r'name="csrf-token" content="([^"]+)"', self._read("/board"))
        assert found
        return found[1]

    def is_signed_in(self) -> bool:
        try:
            self._read("/api/inbox")
        except HTTPError as err:
            assert err.code == 401
            return False
        return True


def test_rotation_signs_nobody_out(town: SystemWithWeb) -> None:
    """After `wattline key rotate` connections, bearers, guests, cookies and Mosquitto passwords stay good."""
    before, guest = town.token("c-43"), town.ask("/api/session", body={})
    town.cli("agent", "add", "a-ina", "--name", "Ina", "--password-stdin", stdin=PASSWORD + "\n")
    ina = Browser(town, "a-ina")
    with town.system.wire("c-43", topics.log("c-43")) as wire:
        maria = town.system.person("c-43")
        maria.wait_stored(maria.say("before"))
        old_kid = jwt.get_unverified_header(before["api_token"])["kid"]
        town.cli("key", "rotate")
        new_kid = Keys.open(town.system.data).newest_kid
        renewed = town.ask("/api/session", before["api_token"], {})
        assert jwt.get_unverified_header(str(renewed["api_token"]))["kid"] == new_kid != old_kid
        town.ask("/api/clients/c-43/log", before["api_token"])
        town.ask("/api/clients/c-43/log", str(renewed["api_token"]))
        assert town.ask("/api/session", body={"guest": guest["guest"]})["id"] == guest["id"]
        assert ina.is_signed_in()
        for credentials in (before, renewed, town.token("c-43")):
            end = town.enter("c-43", str(credentials["password"]))
            assert end.accepted
            end.close()
        if town.system.config.broker == "mosquitto":
            assert before["password"] == renewed["password"]
        maria.wait_stored(maria.say("after"))
        wait_until(lambda: [entry.text for entry in wire.entries(topics.log("c-43"))][-1:] == ["after"])
        assert wire.client.is_connected()
        assert maria._link.greeted == 1
    assert town.system.words("c-43") == ["before", "after"]


def test_revoked_keys_are_worthless_at_once(embedded: SystemWithWeb) -> None:
    """After `wattline key rotate --revoke` what was signed before opens nothing, and new credentials everything."""
    before, guest = embedded.token("c-42"), embedded.ask("/api/session", body={})
    embedded.cli("key", "rotate", "--revoke")
    for path, bearer, body in (
        ("/api/clients/c-42/log", before["api_token"], None),
        ("/api/session", None, {"guest": guest["guest"]}),
    ):
        with pytest.raises(HTTPError) as refused:
            embedded.ask(path, bearer, body)
        assert refused.value.code == 401
    assert not embedded.enter("c-42", before["password"]).accepted
    after = embedded.token("c-42")
    embedded.ask("/api/clients/c-42/log", after["api_token"])
    end = embedded.enter("c-42", after["password"])
    assert end.accepted
    end.close()


def test_disabled_agent_and_removed_device_are_cut(town: SystemWithWeb) -> None:
    """`agent disable` and `device remove` end connections within 5 s, sessions and bearers at once."""
    town.cli("agent", "add", "a-eva", "--name", "Eva", "--password-stdin", stdin=PASSWORD + "\n")
    device = json.loads(town.cli("device", "add", "d-one", "--client", "c-42"))
    credentials, board = town.token("a-eva"), Browser(town, "a-eva")
    eva, display = town.enter("a-eva", credentials["password"]), town.enter("d-one", device["password"])
    ana = town.enter("a-ana", town.token("a-ana")["password"])
    assert eva.accepted and display.accepted and ana.accepted
    town.ask("/api/inbox", credentials["api_token"])
    took = {}
    for end, verb, id in ((eva, "agent disable", "a-eva"), (display, "device remove", "d-one")):
        town.cli(*verb.split(), id)
        since_s = time.monotonic()
        assert end.gone.wait(CUT_WITHIN_S), verb
        took[verb] = round(time.monotonic() - since_s, 2)
    print(f"cut on {town.system.config.broker} after s: {took}")  # noqa: T201 - the numbers, for who wants them
    assert not board.is_signed_in()
    with pytest.raises(HTTPError) as refused:
        town.ask("/api/inbox", credentials["api_token"])
    assert refused.value.code == 401
    assert not town.enter("a-eva", credentials["password"]).accepted
    assert not town.enter("d-one", device["password"]).accepted
    assert not ana.gone.is_set()
    ana.close()


def test_a_metrics_token_opens_no_broker(town: SystemWithWeb) -> None:
    """A service other than ours is let in by no broker: not by its bearer, nor by what the keys would make for it."""
    token, keys = town.token("s-prometheus"), Keys.open(town.system.data)
    assert set(token) == {"username", "expires", "api_token"}
    made = tokens.mint(Audience.MQTT, keys, Holder("s-prometheus", 0), 60, time.time())
    for password in (token["api_token"], made, brokers.mosquitto_password(keys, "s-prometheus", 0)):
        assert not town.enter("s-prometheus", password).accepted


def test_signed_out_browser_is_cut(town: SystemWithWeb) -> None:
    """A sign-out ends that browser's connection, password and bearer; a new password ends the others too."""
    town.cli("agent", "add", "a-isa", "--name", "Isa", "--password-stdin", stdin=PASSWORD + "\n")
    first, second = Browser(town, "a-isa"), Browser(town, "a-isa")
    mine, theirs = first.credentials(), second.credentials()
    live, other = (town.enter("a-isa", one["password"]) for one in (mine, theirs))
    assert live.accepted and other.accepted
    first.sign_out()
    assert live.gone.wait(CUT_WITHIN_S)
    wait_until(lambda: not town.enter("a-isa", mine["password"]).accepted, CUT_WITHIN_S)
    with pytest.raises(HTTPError, match="401"):
        town.ask("/api/inbox", mine["api_token"])
    if town.system.config.broker == "mosquitto":
        assert other.gone.wait(CUT_WITHIN_S)
        theirs = json.loads(json.dumps(town.ask("/api/session", theirs["api_token"], {})))
        other = town.enter("a-isa", theirs["password"])
    assert other.accepted and not other.gone.wait(1.5) and second.is_signed_in()
    town.cli("agent", "add", "a-isa", "--name", "Isa", "--password-stdin", stdin="another word or three\n")
    assert other.gone.wait(CUT_WITHIN_S) and not second.is_signed_in()
    assert not town.enter("a-isa", theirs["password"]).accepted
    with pytest.raises(HTTPError, match="401"):
        town.ask("/api/inbox", theirs["api_token"])


def test_renewal_is_not_seen(embedded: SystemWithWeb) -> None:
    """While two people talk, with new tokens every 4 s, all is heard once, in order; nobody is seen to go offline."""
    heard: dict[str, list[int]] = {"c-42": [], "a-ana": []}
    ready: list[str] = []
    seen: list[bool] = []

    def listen(id: str) -> Participant:
        # The token's own end is later: a machine that is busy for a second would end the old line before the new one.
        person = Participant(id, lambda: embedded.short_login(id, 60), api=embedded.api(id))
        person.on_entry = lambda _client, entry: heard[id].append(entry.seq)
        person.on_ready = lambda: ready.append(id)
        return person

    def look(summary: Summary) -> None:
        if summary.client == "c-42":
            seen.append(summary.online)

    maria, ana = listen("c-42"), listen("a-ana")
    watch = embedded.system.person("a-radu", lambda it: setattr(it, "on_summary", look))
    with maria, ana:
        for person in (maria, ana):
            person.wait_ready()
        maria.wait_stored(maria.say("first"))
        wait_until(lambda: seen and seen[-1])
        seen.clear()
        said: list[str] = []
        pace, until_s = threading.Event(), time.monotonic() + 3 * SHORT_S
        while time.monotonic() < until_s:
            said += (maria.say(f"maria {len(said)}"), ana.say(f"ana {len(said)}", "c-42"))
            pace.wait(0.05)  # people talk on, whatever has become of what they said
        wait_until(lambda: not maria.pending and not ana.pending)
        last = embedded.system.store.log.page("c-42").last
        wait_until(lambda: heard["c-42"][-1] == last == heard["a-ana"][-1])
        lines = {person.id: person._link.greeted for person in (maria, ana)}
        assert all(seen), "nobody went"
    print(f"{len(said)} messages, lines {lines}")  # noqa: T201 - as above
    assert all(count >= 3 for count in lines.values())
    stored = [entry["id"] for entry in embedded.system.log() if entry["kind"] == "text"][1:]
    assert [id for id in stored if id in said[::2]] == said[::2]
    assert [id for id in stored if id in said[1::2]] == said[1::2]
    assert len(stored) == len(said)
    assert heard["c-42"] == list(range(1, last + 1))
    assert heard["a-ana"] == list(range(heard["a-ana"][0], last + 1))
    assert sorted(ready) == ["a-ana", "c-42"]
    assert not maria.failed and not ana.failed
    assert watch.ready


def test_same_credentials_last_as_long_as_they_may(embedded: SystemWithWeb) -> None:
    """A participant with one fixed line of `wattline token` stays until it ends."""
    printed = embedded.short_login("c-42")
    began_s = time.time()
    with Participant("c-42", lambda: printed) as maria:
        maria.wait_ready()
        wait_until(lambda: not maria.ready, SHORT_S + 3)
        assert maria._link.greeted == 1
        assert time.time() - began_s > SHORT_S - 1.5


def test_mqtts_is_tls(tmp_path: Path) -> None:
    """A URL of `mqtts://` connects by TLS, and not to whom it has no reason to believe."""
    cert, key = self_made(tmp_path)
    with bridge_system(tmp_path / "data", broker="embedded", tls_cert=str(cert), tls_key=str(key)) as system:
        config, generation = ports.resolved(system.config), system.store.registry.generation("c-42") or 0
        printed = tokens.issue(config, Keys.open(system.data), Holder("c-42", generation), 60, time.time()).as_dict()
        assert str(printed["url"]).startswith("mqtts://")
        with Participant("c-42", lambda: login_of(printed, ca_file=str(cert))) as maria:
            maria.wait_stored(maria.say("in private"))
        with Participant("c-42", lambda: login_of(printed)) as outsider, pytest.raises(TimeoutError):
            outsider.wait_ready(2)


@pytest.mark.parametrize("scheme", ["https", "http", ""])
def test_other_schemes_are_refused(scheme: str) -> None:
    """A URL that is no MQTT, over TCP or a WebSocket, is not taken for one."""
    line = {"username": "c-1", "password": "x", "client_id": ids.new_client_id("c-1", bytes(16))}
    with pytest.raises(ValueError, match="no way"):
        login_of(line | {"url": f"{scheme}://127.0.0.1:1"})
    assert login_of(line | {"url": "mqtts://broker.example"}).port == 8883
    assert login_of(line | {"url": "mqtt://broker.example"}).port == 1883
    assert login_of(line | {"url": "wss://broker.example/mqtt"}).port == 443
