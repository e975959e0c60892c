"""An erasure leaves nothing but the id, in every file, on boards and displays, through kills."""

import signal
import subprocess
import time
from pathlib import Path

import psutil

from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.ids import new_message_id
from chat_core.contract.payloads import Command, Do, OutageNotice, Summary
from chat_core.runtime.client_data import erase_client
from chat_core.runtime.file_folder import FileFolder
from chat_core.store.results import InboxFilter, StoredFile
from tests.contract.stores import committed
from tests.integration.bridge_system import BridgeSystem, bridge_on_rabbitmq, system_fixture, text
from tests.waiting import wait_until

WORD, NAME, NOTE, TAG, FILE = "quixotryword", "zyxomname", "ptarmigannote", "wombattag", "xylemfile"
NORTH = "north"


system = system_fixture("embedded", "mosquitto", scope="function")


def found_in(data: Path) -> list[str]:
    """
    Return the lines in which grep finds the client's words or names.

    Grep is a process: closing a database's file gives up this process's locks of it (fcntl(2)).
    """
    marks = [argument for mark in (WORD, NAME, NOTE, TAG, FILE) for argument in ("-e", mark)]
    done = subprocess.run(["grep", "-r", "-a", "-o", *marks, str(data)], capture_output=True, text=True, check=False)
    return sorted(set(done.stdout.splitlines()))


def furnish(system: BridgeSystem, client: str) -> None:
    system.store.registry.ensure_client(client, name=NAME)
    maria, ana = system.person(client), system.person("a-ana")
    for n in range(30):
        maria.say(f"{WORD} {n}")
    maria.wait_stored(maria.say("the last"))
    for command in (
        Command(id=new_message_id(1, b"order-note"), do=Do.NOTE, client=client, text=NOTE),
        Command(id=new_message_id(1, b"order--tag"), do=Do.TAG, client=client, add=[TAG], remove=[]),
    ):
        ana.wait_done(ana.order(command))
    ana.wait_stored(ana.say(f"{WORD} of the desk", client))
    FileFolder(system.data).write("f1", FILE.encode(), FILE.encode())
    stored = StoredFile("f1", client, client, "u1", "aa", f"{FILE}.txt", "text/plain", 9, None, None, 1)
    system.store.files.add(stored)


def save_broker(system: BridgeSystem) -> None:
    """Mosquitto writes what it keeps now, and not only twice a minute."""
    for child in psutil.Process(system.broker.pid).children():
        if child.name() == "mosquitto":
            child.send_signal(signal.SIGUSR1)


def is_gone(system: BridgeSystem) -> bool:
    save_broker(system)
    found = found_in(system.data)
    assert not found, found
    return True


def kill_all(system: BridgeSystem) -> None:
    system.send_home()
    children = psutil.Process(system.broker.pid).children()
    system.bridge.kill()
    system.broker.kill()
    for child in children:
        child.kill()


def test_nothing_is_left_of_an_erased_client(system: BridgeSystem) -> None:
    """Within moments, on a quiet installation, no file holds a word or name of the client; a kill changes nothing."""
    client = system.new_client()
    rows: list[Summary] = []
    board = system.person("a-radu", lambda radu: setattr(radu, "on_summary", rows.append))
    with system.device(client) as display:
        furnish(system, client)
        wait_until(lambda: display.heard and WORD.encode() in display.heard[-1][1], why=lambda: display.heard)
        wait_until(lambda: system.store.search.behind() == 0)
        save_broker(system)
        assert found_in(system.data)
        now_ms = time.time_ns() // 1_000_000
        erase_client(system.store, FileFolder(system.data), client, now_ms)
        wait_until(lambda: [entry.kind for entry in board.entries(client)] == ["erased"], why=system.bridge.log)
    wait_until(lambda: is_gone(system), 20, why=system.bridge.log)

    def shown() -> tuple[str | None, list[str], int]:
        row = [row for row in rows if row.client == client][-1]
        return row.name, row.tags, row.notes

    wait_until(lambda: shown() == (None, [], 0), why=shown)  # a busy row is told once a second
    (row,) = system.store.inbox.page(InboxFilter(status="resolved", q=client)).summaries
    assert row.name is None and not system.store.inbox.page(InboxFilter(status="resolved", q=NAME)).summaries
    kill_all(system)
    assert not found_in(system.data)
    system.broker.restart()
    system.bridge.restart()
    system.wait_alive(20)
    with system.wire("a-ana", f"support/{client}/#") as late:
        wait_until(lambda: is_gone(system))
        assert not [payload for _, payload, _ in late.heard if WORD.encode() in payload]


def test_nothing_is_left_in_rabbitmq(tmp_path: Path) -> None:
    """No file of RabbitMQ holds an erased client's words or names, while it runs and when it was stopped."""
    with bridge_on_rabbitmq(tmp_path / "data") as (system, broker):
        client = system.new_client()
        with system.device(client) as display:
            furnish(system, client)
            wait_until(lambda: display.heard and WORD.encode() in display.heard[-1][1], why=lambda: display.heard)
        erase_client(system.store, FileFolder(system.data), client, time.time_ns() // 1_000_000)
        wait_until(lambda: [entry["kind"] for entry in system.log(client)] == ["erased"], why=system.bridge.log)
        wait_until(lambda: not found_in(broker.directory), 20, why=lambda: found_in(broker.directory))
        system.close()
        broker.child.stop(within_s=30)
        assert not found_in(broker.directory)


def test_what_waited_with_the_broker_is_erased_too(system: BridgeSystem) -> None:
    """Words that the broker took before an erasure, behind 3,000 others, are gone; what is said afterwards stays."""
    client, other = system.new_client(), system.new_client()
    system.bridge.kill()
    with system.wire(client, topics.log(client)) as wire, system.wire(other, topics.log(other)) as many:
        for n in range(3_000):
            many.client.publish(topics.msg(other), text(f"m{n}", f"words {n}"), 1)
        many.publish(topics.msg(other), text("m-last", "the last"))
        wire.publish(topics.msg(client), text("before", WORD))
        system.store.registry.changes.announce(ChangeKind.ERASE, {"client": client}, 1)
        system.bridge.restart()
        wait_until(lambda: [entry["kind"] for entry in system.log(client)] == ["erased"], 30, why=system.bridge.log)
        wait_until(lambda: "the last" in system.words(other)[-1:], 30)
        wire.publish(topics.msg(client), text("after", "said afterwards"))
        wait_until(lambda: system.words(client) == ["said afterwards"])
    assert [entry["kind"] for entry in system.log(client)][:1] == ["erased"]


def test_old_retained_lines_are_cleared_when_they_come_back(system: BridgeSystem) -> None:
    """Lines of an erased client, an outage that is over and one that nobody knows are cleared at the next greeting."""
    client = system.new_client()
    over, unknown = topics.outage(NORTH), topics.outage("south")
    with committed(system.store) as tx:
        tx.put_notice(NORTH, OutageNotice(id="n1", text={"en": "No power.", "ro": "Nu este curent."}), 1)
        tx.put_notice(NORTH, OutageNotice(id="n2", text=None), 2)
        tx.note_cleared(client, time.time_ns() // 1_000_000)

    def standing() -> set[str]:
        with system.wire("a-ana", over, unknown, topics.display(client), topics.display_text(client)) as late:
            late.publish(topics.read(client, "a-ana"), {"delivered": 0, "read": 0})  # what is retained comes before
            return {topic for topic, payload, retained in late.heard if retained and payload}

    with system.wire("s-bridge", "$nothing") as broker:  # as a broker that was killed brings them back
        for topic in (over, unknown, topics.display(client), topics.display_text(client)):
            broker.publish(topic, {"id": "n1", "text": None, "who": WORD}, retain=True)
    assert standing() == {over, unknown, topics.display(client), topics.display_text(client)}
    system.bridge.restart()
    wait_until(lambda: not standing(), why=system.bridge.log)
