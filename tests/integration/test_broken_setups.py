"""Broken set-ups: `up` and `check` say in one sentence what is wrong, as docs/operating.md lists it, and never more."""

import os
import re
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chat_core.cli import check, up
from chat_core.runtime import clock, preflight, readiness
from chat_core.runtime.config import load
from chat_core.runtime.supervisor import Supervisor
from chat_core.store import Store
from tests.chaos.disk import filled, small_disk
from tests.contract.stores import committed
from tests.contract.test_store_faults import SECRET, guarded  # noqa: F401 - a fixture
from tests.real import forked
from tests.real.certificate import self_made
from tests.real.parts import REPOSITORY
from tests.real.postgres import USER, Postgres
from tests.real.wattline import environment

DOCUMENT: Final = REPOSITORY / "docs" / "operating.md"
FAILED, UNAVAILABLE = 1, 3


class BrokenSetup:
    """An installation that is broken by the test's case; `leave` undoes what outlives its folder."""

    def __init__(self, folder: Path, leave: ExitStack) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.settings: dict[str, str] = {}
        self.leave = leave

    def run(self, verb: str) -> forked.ExitedProcess:
        env = environment(self.data, self.settings) | {"WATTLINE_DATA": str(self.data)}
        return forked.run((verb,), env=env, cwd=self.folder, stdin="", within_s=60)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[BrokenSetup]:
    with ExitStack() as leave:
        yield BrokenSetup(tmp_path, leave)


def sentences() -> list[re.Pattern[str]]:
    """Return the sentences of the document's table, with … for what differs between installations."""
    table = DOCUMENT.read_text().split("## When it does not start", 1)[1].split("\n## ", 1)[0]
    said = [row.split("|")[1].strip() for row in table.splitlines() if row.startswith("| ")][1:]
    return [re.compile(".+".join(re.escape(part) for part in row.split("…"))) for row in said]


def assert_said(done: forked.ExitedProcess, verb: str, status: int, word: str) -> None:
    assert done.status == status, done
    assert "Traceback" not in done.out + done.err
    lines = done.err.splitlines() if verb == "up" else [row for row in done.out.splitlines() if "FAILED" in row]
    assert len(lines or done.err.splitlines()) == 1, done
    line = (lines or done.err.splitlines())[0]
    assert word in line
    assert [row for row in sentences() if row.search(line)], f"the document does not list: {line}"


def take_port(setting: str) -> Callable[[BrokenSetup], None]:
    def take(place: BrokenSetup) -> None:
        taken = place.leave.enter_context(socket.create_server(("127.0.0.1", 0)))
        place.settings[setting] = str(taken.getsockname()[1])

    return take


def set_to(**settings: str) -> Callable[[BrokenSetup], None]:
    return lambda place: place.settings.update(settings)


def under_a_file(place: BrokenSetup) -> None:
    (place.folder / "file").touch()
    place.data = place.folder / "file" / "data"


def full_disk(place: BrokenSetup) -> None:
    disk = place.folder / "disk"
    assert place.leave.enter_context(small_disk(disk)), "mounts a disk of its own: run the tests as root"
    place.leave.enter_context(filled(disk))
    place.data = disk / "data"


def damaged_keys(place: BrokenSetup) -> None:
    (place.data / "keys").mkdir(parents=True)
    (place.data / "keys" / "keys.json").write_text("{")


def private_portal_key(place: BrokenSetup) -> None:
    key = rsa.generate_private_key(65537, 2048)
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (place.folder / "portal.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    place.settings |= {"WATTLINE_PORTAL_ALG": "RS256", "WATTLINE_PORTAL_KEY": f"@{place.folder}/portal.pem"}


def tls(
    lives: timedelta = timedelta(hours=1),
    begins: timedelta = timedelta(hours=-1),
    *,
    other_key: bool = False,
    name: str = "127.0.0.1",
) -> Callable[[BrokenSetup], None]:
    def serve(place: BrokenSetup) -> None:
        certificate, key = self_made(place.folder, lives=lives, begins=begins, address=name)
        if other_key:
            (place.folder / "other").mkdir()
            _, key = self_made(place.folder / "other")
        place.settings |= {"WATTLINE_TLS_CERT": str(certificate), "WATTLINE_TLS_KEY": str(key)}

    return serve


def no_certificate(place: BrokenSetup) -> None:
    tls()(place)
    Path(place.settings["WATTLINE_TLS_CERT"]).write_text("hello")


def no_key(place: BrokenSetup) -> None:
    tls()(place)
    Path(place.settings["WATTLINE_TLS_KEY"]).write_text("hello")


def newer_schema(place: BrokenSetup) -> None:
    assert place.run("migrate").status == 0
    with closing(sqlite3.connect(place.data / "chats.db")) as database, database:
        database.execute("INSERT INTO migration_chats (name, applied) VALUES ('9999_of_tomorrow', '2030-01-01 00:00')")


def in_use(place: BrokenSetup) -> None:
    place.leave.enter_context(up.only_one(load(environment(place.data, place.settings))))


BROKEN: Final = {
    "http port taken": (take_port("WATTLINE_HTTP_PORT"), "up", FAILED, "WATTLINE_HTTP_PORT"),
    "mqtt port taken": (take_port("WATTLINE_MQTT_PORT"), "up", FAILED, "WATTLINE_MQTT_PORT"),
    "not our address": (set_to(WATTLINE_BIND="192.0.2.1"), "up", FAILED, "WATTLINE_BIND"),
    "database's scheme": (set_to(WATTLINE_DB="mysql://x"), "both", FAILED, "WATTLINE_DB"),
    "database down": (set_to(WATTLINE_DB="postgresql://x@127.0.0.1:9/x"), "both", UNAVAILABLE, "WATTLINE_DB"),
    "database's host": (set_to(WATTLINE_DB="postgresql://x@nowhere.invalid/x"), "both", UNAVAILABLE, "WATTLINE_DB"),
    "folder cannot be written": (under_a_file, "both", FAILED, "WATTLINE_DATA"),
    "full disk": (full_disk, "both", FAILED, "the disk is full"),
    "portal key missing": (set_to(WATTLINE_PORTAL_KEY="@/none.pem"), "both", FAILED, "WATTLINE_PORTAL_KEY"),
    "portal key private": (private_portal_key, "both", FAILED, "a private key"),
    "keys damaged": (damaged_keys, "both", FAILED, "keys.json"),
    "certificate expired": (tls(timedelta(hours=-1)), "both", FAILED, "expired on"),
    "certificate of tomorrow": (tls(timedelta(days=2), timedelta(days=1)), "both", FAILED, "Is the clock right?"),
    "no private key": (no_key, "both", FAILED, "not a private key"),
    "certificate of another key": (tls(other_key=True), "both", FAILED, "not the key of"),
    "no certificate": (no_certificate, "both", FAILED, "not a certificate"),
    "certificate for elsewhere": (tls(name="192.0.2.1"), "both", FAILED, "does not name 127.0.0.1"),
    "older schema": (set_to(), "check", FAILED, "wattline migrate"),
    "newer schema": (newer_schema, "both", UNAVAILABLE, "newer Wattline"),
    "folder in use": (in_use, "up", FAILED, "Another `wattline up`"),
    "password not escaped": (set_to(WATTLINE_DB="postgresql://x:hu%sh@127.0.0.1/x"), "up", FAILED, "% as %25"),
    "unknown option": (set_to(WATTLINE_DB="postgresql://x@127.0.0.1/x?y=z"), "both", UNAVAILABLE, "behind the ?"),
    "wrong option": (set_to(WATTLINE_DB="postgresql://x@127.0.0.1/x?sslmode=z"), "both", UNAVAILABLE, "behind the ?"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_setup_is_said(place: BrokenSetup, what: str) -> None:
    """A broken set-up is told in one sentence that the document lists, with the promised status."""
    break_it, verb, status, word = BROKEN[what]
    break_it(place)
    for asked in ("up", "check") if verb == "both" else (verb,):
        assert_said(place.run(asked), asked, FAILED if asked == "check" else status, word)


@pytest.mark.parametrize(
    ("who", "name", "word"),
    [
        (f"locked:{SECRET}", "postgres", "refuses the password"),
        (f"nobody:{SECRET}", "postgres", "refuses the user"),
        (f"{USER}:{SECRET}", "nowhere", "does not exist on its server"),
    ],
    # `make test-python` leaves out what has postgres in its name.
    ids=["postgres password", "postgres user", "postgres database"],
)
@pytest.mark.usefixtures("guarded")
def test_database_that_refuses_is_said(
    place: BrokenSetup,
    postgres: Postgres,
    who: str,
    name: str,
    word: str,
) -> None:
    """A server that refuses password, user or database is told by `up` and `check`, without the password."""
    place.settings["WATTLINE_DB"] = f"postgresql://{who}@127.0.0.1:{postgres.port}/{name}"
    for verb, status in (("up", UNAVAILABLE), ("check", FAILED)):
        done = place.run(verb)
        assert_said(done, verb, status, word)
        assert SECRET not in done.out + done.err


def test_clock_off_by_an_hour_is_said(place: BrokenSetup) -> None:
    """A bridge whose clock is an hour ahead of the database's is named by `check`, in the words of /readyz."""
    assert place.run("migrate").status == 0
    config = load(environment(place.data, place.settings))
    with Store.open(config) as store, committed(store) as tx:
        tx.beat(clock.now_ms() + 3_600_000, ())
    with Store.open(config) as store:
        fault = readiness.find_fault(config, store.bridge.beat())  # /readyz answers with its text
    assert fault is not None and "clock of the bridge is 3" in fault.text
    assert [one for one in check.examine(config) if not one.good and one.text == fault.text]


def test_port_taken_names_who_has_it(place: BrokenSetup) -> None:
    """A taken port is told with the process that has it."""
    take_port("WATTLINE_HTTP_PORT")(place)
    assert re.search(r"taken by \S+ \(process \d+\)", place.run("up").err)


def test_who_has_a_port_is_found_while_it_closes_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that listens is named though another file of it is closed while its files are looked at."""
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda folder: iter([folder / "closed", *listed(folder)]))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert f"(process {os.getpid()})" in preflight.who_listens(taken.getsockname()[1])


def test_silent_broker_is_not_taken_for_the_bridge(place: BrokenSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker's port that another program has is called that; nothing is said of a bridge."""
    assert place.run("migrate").status == 0
    take_port("WATTLINE_MQTT_PORT")(place)
    monkeypatch.setattr(check, "CONNECT_WITHIN_S", 0.5)
    config = load(environment(place.data, place.settings))
    broker = [one for one in check.examine(config) if one.what == "broker"]
    assert "does not answer as a broker does" in broker[0].text
    assert "WATTLINE_MQTT_PORT" in broker[0].text
    assert [row for row in sentences() if row.search(broker[0].text)]


def test_wrong_public_address_is_said(place: BrokenSetup) -> None:
    """A public address that does not lead to web is called that, with the cause."""
    assert place.run("migrate").status == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    place.settings["WATTLINE_URL"] = f"http://127.0.0.1:{port}"
    config = load(environment(place.data, place.settings))
    said = next(one.text for one in check.examine(config) if one.what == "public address")
    assert "WATTLINE_URL" in said and "refused" in said
    assert [row for row in sentences() if row.search(said)]


def test_counts_lie_where_a_full_disk_does_not_reach(place: BrokenSetup, monkeypatch: pytest.MonkeyPatch) -> None:
    """Metrics are kept in memory for their owner alone, apart from the data's disk."""
    seen: list[Path] = []

    def run(supervisor: Supervisor) -> int:
        seen.append(Path(supervisor._environ["PROMETHEUS_MULTIPROC_DIR"]))
        assert seen[0].parent == up.MEMORY_FOLDERS[0]
        assert seen[0].stat().st_mode & 0o077 == 0
        return 0

    monkeypatch.setattr(Supervisor, "run", run)
    assert up.start_all(load(environment(place.data, {}))) == 0
    assert not seen[0].exists()
