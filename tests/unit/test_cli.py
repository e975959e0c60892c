"""The `wattline` verbs: one line when something is wrong, machine-readable answers otherwise."""

import json
import re
import shlex
import sqlite3
import time
from pathlib import Path

import jwt
import pytest
from click.testing import CliRunner, Result

from chat_core.cli.commands import commands
from chat_core.cli.credentials import parse_duration
from chat_core.cli.up import processes_of
from chat_core.contract import ids, topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import BadTopic, NotAllowed
from chat_core.contract.ids import Role, role_of
from chat_core.contract.policy import Action, Identity, filters
from chat_core.domain.firmware import NATIVE_METERS
from chat_core.runtime import config, tokens
from chat_core.runtime.device_setup import KINDS
from chat_core.runtime.keys import Keys
from chat_core.runtime.supervisor import explain_end
from chat_core.runtime.tokens import Audience
from chat_core.store import Store


class Shell:
    def __init__(self, data: Path) -> None:
        self.data = data

    def __call__(self, *arguments: str, stdin: str = "", **settings: str) -> Result:
        env = {
            "WATTLINE_DATA": str(self.data),
            **{f"WATTLINE_{name.upper()}": value for name, value in settings.items()},
        }
        return CliRunner().invoke(commands, arguments, input=stdin, env=env, catch_exceptions=False)

    def refusal(self, *arguments: str, status: int = 1, **more: str) -> str:
        done = self(*arguments, **more)
        assert done.exit_code == status, done.output
        line = done.stderr or str(done.output)
        assert line.startswith("wattline: ")
        assert line.count("\n") == 1
        assert "Traceback" not in line
        return line


@pytest.fixture
def wattline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    shell = Shell(tmp_path / "data")
    assert shell("migrate").exit_code == 0
    return shell


VERBS = (
    ("token", "c-1"),
    ("agent", "add", "a-ana", "--name", "Ana"),
    ("device", "remove", "d-1"),
    ("client", "export", "c-1", "-"),
)


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_only_two_verbs_migrate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: tuple[str, ...]) -> None:
    """A verb on a database of an older version changes nothing of it, and says what to run."""
    monkeypatch.chdir(tmp_path)
    shell = Shell(tmp_path / "data")
    assert "wattline migrate" in shell.refusal(*verb, status=3)
    assert shell("migrate").exit_code == 0
    with sqlite3.connect(tmp_path / "data" / "chats.db") as database:
        database.execute("INSERT INTO migration_chats (name, applied) VALUES ('9999_of_tomorrow', '2030-01-01')")
    for one in (verb, ("migrate",)):
        assert "9999_of_tomorrow" in shell.refusal(*one, status=3)


def test_the_processes_that_up_keeps_alive() -> None:
    """`up` starts the bot of the automatic answers, unless it is switched off; the demo where it is asked for."""

    def modules(**more: str) -> list[str]:
        given = config.load({f"WATTLINE_{name}": value for name, value in more.items()})
        return [process.module for process in processes_of(given)]

    assert modules() == ["broker", "bridge", "web", "bridge.rules"]
    assert modules(RULES="off", DEMO="on") == ["broker", "bridge", "web", "bridge.demo"]


def test_token_prints_one_line_each(wattline: Shell) -> None:
    """Ids are answered in order, a line of JSON each; unknown clients, bots and services become known."""
    done = wattline("token", "c-maria", "g-1", "s-script", "b-bot", "--ttl", "60")
    lines = [json.loads(line) for line in done.output.splitlines()]
    assert [line["username"] for line in lines] == ["c-maria", "g-1", "s-script", "b-bot"]
    assert set(lines[0]) == {"username", "password", "client_id", "url", "ws_url", "expires", "api_token"}
    assert set(lines[2]) == {"username", "expires", "api_token"}  # a service has no MQTT password
    keys = Keys.open(wattline.data)
    claims = tokens.verify(Audience.MQTT, keys, lines[0]["password"], lines[0]["expires"] / 1000 - 1)
    assert claims.exp * 1000 == lines[0]["expires"]
    assert tokens.verify(Audience.API, keys, lines[0]["api_token"], claims.exp - 1).exp == claims.exp


@pytest.mark.parametrize(("name", "told"), [("root", "not an id"), ("a-nobody", "agent add"), ("d-1", "device add")])
def test_token_for_nobody(wattline: Shell, name: str, told: str) -> None:
    """An id that cannot have a token is refused with what to do, and no token is printed."""
    assert told in wattline.refusal("token", "c-1", name)


def test_key_rotate(wattline: Shell) -> None:
    """A rotated key signs what is printed next; what was printed before verifies still, and no more with --revoke."""
    before = json.loads(wattline("token", "c-1").output)
    assert wattline("key", "rotate").exit_code == 0
    after = json.loads(wattline("token", "c-1").output)
    keys = Keys.open(wattline.data)
    assert jwt.get_unverified_header(after["api_token"])["kid"] == keys.newest_kid
    assert jwt.get_unverified_header(before["api_token"])["kid"] != keys.newest_kid
    for line in (before, after):
        assert tokens.verify(Audience.API, keys, line["api_token"], time.time()).sub == "c-1"
    assert wattline("key", "rotate", "--revoke").exit_code == 0
    with pytest.raises(NotAllowed):
        tokens.verify(Audience.API, Keys.open(wattline.data), after["api_token"], time.time())


def test_agent_comes_and_goes(wattline: Shell) -> None:
    """An added agent gets tokens, a disabled one none, one added again anew."""
    assert (
        wattline(
            "agent", "add", "a-ana", "--name", "Ana", "--admin", "--password-stdin", stdin="four small words here\n"
        ).exit_code
        == 0
    )
    before = json.loads(wattline("token", "a-ana").output)
    assert wattline("agent", "disable", "a-ana").exit_code == 0
    assert "disabled" in wattline.refusal("token", "a-ana")
    with_link = wattline("agent", "add", "a-ana", "--name", "Ana")
    assert "/setup/" in with_link.output
    after = json.loads(wattline("token", "a-ana").output)
    keys = Keys.open(wattline.data)
    generations = [tokens.verify(Audience.MQTT, keys, one["password"], 0).gen for one in (before, after)]
    assert generations[0] < generations[1]


@pytest.mark.parametrize(
    ("arguments", "stdin", "told"),
    [
        (["agent", "add", "a-ana", "--name", "Ana", "--password-stdin"], "password12\n", "12 characters"),
        (["agent", "add", "a-ana", "--name", "Ana", "--password-stdin"], "", "12 characters"),
        (["agent", "add", "a-ana", "--name", "Ana", "--password-stdin"], "password1234\n", "easy to guess"),
        (["agent", "add", "c-ana", "--name", "Ana"], "", "client"),
        (["agent", "add", "a-ana", "--name", "A\x1b[2J"], "", "printable"),
        (["agent", "disable", "a-nobody"], "", "no agent"),
        (["device", "remove", "d-1"], "", "no device"),
        (["device", "add", "d-1", "--client", "a-ana"], "", "expected client"),
        (["device", "add", "d-1", "--client", "c-1", "--topic", "support/c-2/msg"], "", "Wattline's own"),
        (["device", "add", "d-1", "--client", "c-1", "--kwh", "esp/sensor/total/state"], "", "--meter"),
        (["device", "add", "d-1", "--client", "c-1", "--topic", "a/b", "--meter", "M!"], "", "meter"),
    ],
)
def test_refusals_are_one_line(wattline: Shell, arguments: list[str], stdin: str, told: str) -> None:
    """A refusal is one line that says why, with status 1."""
    assert told in wattline.refusal(*arguments, stdin=stdin)


def test_new_password_keeps_the_rights(wattline: Shell) -> None:
    """A new password or name leaves an administrator one; only --no-admin takes that away."""
    for arguments, admin in ((["--admin"], True), ([], True), (["--no-admin"], False), ([], False)):
        assert wattline("agent", "add", "a-ana", "--name", "Ana", *arguments).exit_code == 0
        with Store.open(config.load({"WATTLINE_DATA": str(wattline.data)})) as store:
            known = store.registry.find_agent("a-ana")
        assert known is not None
        assert known.admin is admin


def test_device_password_is_printed_once(wattline: Shell) -> None:
    """A device's password is printed when it is added, kept as hashes only, and another needs a removal first."""
    shown = json.loads(wattline("device", "add", "d-1", "--client", "c-1", "--topic", "tele/one/SENSOR").output)
    assert (shown["username"], shown["client"], shown["topics"]) == ("d-1", "c-1", ["tele/one/SENSOR"])
    assert ids.username_of(shown["client_id"]) == "d-1"
    assert "remove it first" in wattline.refusal("device", "add", "d-1", "--client", "c-1")
    kept = b"".join(path.read_bytes() for path in wattline.data.rglob("*") if path.is_file())
    assert shown["password"].encode() not in kept
    assert wattline("device", "remove", "d-1").exit_code == 0
    assert wattline("device", "add", "d-1", "--client", "c-1").exit_code == 0


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (["--for", "micropython"], "micropython"),
        (["--topic", "tele/one/SENSOR"], "tasmota"),
        (["--topic", "one/status/em:0"], "shelly"),
        (["--topic", "main/energy"], "command-line"),
        ([], "command-line"),
    ],
)
def test_device_has_a_kind(wattline: Shell, given: list[str], kind: str) -> None:
    """A device is of the given kind, else of the one that its topics name, else it came from the command line."""
    wattline("device", "add", "d-1", "--client", "c-1", *given)
    with Store.open(config.load({"WATTLINE_DATA": str(wattline.data)})) as store:
        found = store.registry.devices.find("d-1")
    assert found is not None and found.kind == kind


def test_device_topics() -> None:
    """Wattline's own topics, and those that some broker's files cannot hold, are refused; real devices' are taken."""
    for topic in ("support/c-1/msg", "team/t-desk/inbox/c-42", "notice/desk", "meter/c-1/m/reading", "support"):
        with pytest.raises(BadTopic, match="own topics"):
            topics.check_device_topic(topic)
    for topic in ("", "a b", "a\nb", "a/+", "#", "$SYS/x", "a.b", "a//b", "/a", "a/"):
        with pytest.raises(BadTopic):
            topics.check_device_topic(topic)
    for topic in ("tele/tasmota_1A/SENSOR", "shellies/shellyem-B9E506/emeter/0/power", "shellypro3em-x/status/em:0"):
        topics.check_device_topic(topic)


def test_migrate_twice(wattline: Shell) -> None:
    """Migrating again does nothing and succeeds; the data folder is its owner's alone."""
    assert wattline("migrate").exit_code == 0
    assert wattline("migrate").exit_code == 0
    assert wattline.data.stat().st_mode & 0o777 == 0o700


def test_bad_setting_is_one_line(wattline: Shell) -> None:
    """A bad setting stops every verb with the line that names it."""
    done = CliRunner().invoke(commands, ["migrate"], env={"WATTLINE_TZ": "Mars"})
    assert isinstance(done.exception, SystemExit)
    assert "WATTLINE_TZ='Mars'" in str(done.exception)


def test_up_starts_no_rabbitmq(wattline: Shell) -> None:
    """`up` says that RabbitMQ must run already, and where to name it."""
    assert "WATTLINE_MQTT_HOST" in wattline.refusal("up", broker="rabbitmq")


def test_changes_are_announced_to_the_bridge(wattline: Shell) -> None:
    """The bridge learns from the changes table what agents and devices came or went; the same twice is one change."""
    wattline("agent", "add", "a-ana", "--name", "Ana")
    wattline("device", "add", "d-1", "--client", "c-1")
    wattline("device", "remove", "d-1")
    with Store.open(config.load({"WATTLINE_DATA": str(wattline.data)})) as store:
        changes = [(change.kind, change.body) for change in store.registry.changes.after(0)]
    device = {"device": "d-1", "client": "c-1"}
    assert changes == [("agents", {"agent": "a-ana"}), ("devices", device)]


def test_ends_in_words() -> None:
    """A process's end is told in words that a person can look up."""
    assert explain_end(-9) == "was killed by SIGKILL"
    assert explain_end(3) == "ended with status 3"
    assert explain_end(-250) == "was killed by signal 250"


def test_a_devices_native_topics_are_mapped(wattline: Shell) -> None:
    """--meter says as whose readings the device's own topics are read, until it is removed."""
    more = ["--topic", "tele/one/SENSOR", "--kwh", "esp/sensor/total/state", "--w", "esp/sensor/power/state"]
    shown = json.loads(wattline("device", "add", "d-1", "--client", "c-1", *more, "--meter", "m-1").output)
    forms = {"tele/one/SENSOR": "json", "esp/sensor/total/state": "kwh", "esp/sensor/power/state": "w"}
    assert shown["topics"] == list(forms)
    with Store.open(config.load({"WATTLINE_DATA": str(wattline.data)})) as store:
        assert store.registry.settings.get(NATIVE_METERS) == {"d-1": {"meter": "m-1", "forms": forms}}
        wattline("device", "remove", "d-1")
        assert store.registry.settings.get(NATIVE_METERS) == {}


@pytest.mark.parametrize(
    ("kind", "topic"), [("p1", "one/json"), ("sml", "tele/one/SENSOR"), ("tasmota", "tele/one/SENSOR")]
)
def test_a_kinds_own_topics_are_read(wattline: Shell, kind: str, topic: str) -> None:
    """--for lets a meter publish its kind's topics under its own name and reads them; --topic comes before them."""
    printed = wattline("device", "add", "d-one", "--client", "c-1", "--for", kind).output
    assert topic.removesuffix("/SENSOR").replace("tele/", "; Topic ") in printed
    own = ["--topic", "tele/plug/SENSOR"]
    assert "; Topic" not in wattline("device", "add", "d-two", "--client", "c-1", "--for", kind, *own).output
    with Store.open(config.load({"WATTLINE_DATA": str(wattline.data)})) as store:
        assert store.registry.settings.get(NATIVE_METERS) == {"d-one": {"meter": "m-one", "forms": {topic: "json"}}}
        assert [one.topics for one in store.registry.devices.all()] == [(topic,), ("tele/plug/SENSOR",)]


def test_a_firmwares_name_is_one_devices(wattline: Shell) -> None:
    """A firmware's own name belongs to one device, until that is removed."""
    assert wattline("device", "add", "d-1", "--client", "c-1", "--topic", "tele/plug/SENSOR").exit_code == 0
    refused = wattline("device", "add", "d-2", "--client", "c-2", "--topic", "tele/plug/STATE")
    assert refused.exit_code == 1
    assert "tele/plug/… belongs to d-1: give this device a name of its own." in refused.output + refused.stderr
    assert wattline("device", "add", "d-2", "--client", "c-2", "--topic", "tele/plug2/SENSOR").exit_code == 0
    wattline("device", "remove", "d-1")
    assert wattline("device", "add", "d-3", "--client", "c-3", "--topic", "tele/plug/STATE").exit_code == 0


@pytest.mark.parametrize(("text", "means"), [("90s", 90), ("15m", 900), ("1h", 3_600)])
def test_durations(text: str, means: int) -> None:
    """A duration is written with its unit; nothing, a bare number and more than an hour are refused."""
    assert parse_duration(text) == means
    for bad in ("", "15", "0m", "2h", "61m", "-1m", "1d", "1.5m"):
        with pytest.raises(ValueError, match=r"write it as|at most"):
            parse_duration(bad)


def test_listen_prints_what_cannot_write(wattline: Shell) -> None:
    """`wattline listen` prints a mosquitto_sub line of a listener for minutes; `wattline token` makes none."""
    words = shlex.split(wattline("listen", "--client", "c-42").output)
    id, password = (words[words.index(flag) + 1] for flag in ("-u", "-P"))
    assert (words[0], words[-1], role_of(id)) == ("mosquitto_sub", "support/c-42/#", Role.LISTENER)
    claims = tokens.verify(Audience.MQTT, Keys.open(wattline.data), password, time.time())
    assert claims.sub == id and 890 < claims.exp - time.time() <= 900
    assert not filters(Identity(id, "c-42"), Action.PUBLISH)
    assert wattline("token", id).exit_code == 1
    assert wattline("listen", "--for", "2h").exit_code == 2 and wattline("listen", "--client", "a-ana").exit_code == 1


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_what_to_flash_says_where_to_find_us(wattline: Shell, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """--for prints the device's own lines, ready to type in, with the public host, and TLS where its address has it."""
    printed = wattline("device", "add", "d-0", "--client", "c-42", "--for", kind).output
    assert all(told in printed for told in ("d-0", "127.0.0.1", "c-42")) and not printed.startswith("{")
    monkeypatch.setenv("WATTLINE_URL", "https://chat.example")
    printed = wattline("device", "add", "d-1", "--client", "c-42", "--for", kind).output
    assert "chat.example" in printed and "127.0.0.1" not in printed and "TLS" not in printed.replace("TLS 0", "")
    monkeypatch.setenv("WATTLINE_MQTT_URL", "mqtts://mqtt.example")
    printed = wattline("device", "add", "d-2", "--client", "c-42", "--for", kind).output
    assert "mqtt.example" in printed and "8883" in printed
    assert re.search("TLS|--capath /etc/ssl/certs|bridge_capath /etc/ssl/certs", printed)
    told = json.loads(wattline("device", "add", "d-3", "--client", "c-42").output)
    assert told["url"] == "mqtts://mqtt.example"


def test_client_set(wattline: Shell) -> None:
    """`wattline client set` gives a household its area and language; what is not given stays."""
    assert wattline("client", "set", "c-42", "--area", "mill-street", "--lang", "ro").exit_code == 0
    assert wattline("client", "set", "c-42", "--name", "Maria").exit_code == 0
    with Store.open(config.load({"WATTLINE_DATA": str(wattline.data)})) as store:
        found = store.registry.find_client("c-42")
        assert found is not None and (found.area, found.lang, found.name) == ("mill-street", "ro", "Maria")
        assert {change.kind for change in store.registry.changes.after(0)} == {ChangeKind.CLIENT}
    for wrong in (["c-42"], ["a-ana", "--lang", "en"], ["c-42", "--area", "Mill Street"], ["c-42", "--name", " "]):
        assert wattline("client", "set", *wrong).exit_code == 1, wrong
