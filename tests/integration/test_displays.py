"""Small displays on two brokers and both databases: what they show, and that they disturb nobody."""

import secrets
import socket
import statistics
import struct
import time
from contextlib import suppress
from dataclasses import replace

import pytest

from chat_core.contract import topics
from chat_core.contract.ids import new_client_id
from chat_core.contract.payloads import Command, Do, Marker, OutageNotice, encode
from tests.conformance import frames
from tests.contract.stores import committed
from tests.integration.bridge_system import BarePeer, BridgeSystem, system_fixture
from tests.real.wattline import STARTS_WITHIN_S
from tests.waiting import wait_until

LINES = (topics.display, topics.display_unread, topics.display_text)


system = system_fixture("embedded-sqlite", "mosquitto-postgres")


def again(display: BarePeer, client: str) -> BarePeer:
    fresh = new_client_id(display.login.username, secrets.token_bytes(16))
    return BarePeer(replace(display.login, client_id=fresh), tuple(line(client) for line in LINES))


def shown(display: BarePeer, topic: str) -> bytes | None:
    return next((payload for name, payload, _ in reversed(display.heard) if name == topic), None)


@pytest.mark.alone
def test_first_text_and_new_words_in_time(system: BridgeSystem, client: str) -> None:
    """A display shows what is there within 500 ms of its CONNECT, and new words within 200 ms of their being said."""
    ana = system.person("a-ana")
    first_s, new_s = [], []
    with system.device(client) as display:
        ana.wait_stored(ana.say("words 0", client))
        wait_until(lambda: shown(display, topics.display_text(client)) == b"Ana: words 0")
        for n in range(1, 8):
            began_s = time.perf_counter()
            with again(display, client) as woken:
                _wait_shown(woken, client, f"Ana: words {n - 1}")
                first_s.append(time.perf_counter() - began_s)
                began_s = time.perf_counter()
                ana.say(f"words {n}", client)
                _wait_shown(woken, client, f"Ana: words {n}")
                new_s.append(time.perf_counter() - began_s)
    assert statistics.median(first_s) <= 0.5
    assert statistics.median(new_s) <= 0.2


def _wait_shown(display: BarePeer, client: str, text: str) -> None:
    wait_until(lambda: shown(display, topics.display_text(client)) == text.encode())


def test_seen_is_seen_on_every_side(system: BridgeSystem, client: str) -> None:
    """`seen` on a display is a stored marker for agents and other screens; a removed device's lines are cleared."""
    ana = system.person("a-ana")
    with system.device(client) as display, system.wire(client, topics.read(client)) as screen:
        marks: list[tuple[str, str, Marker]] = []
        ana.on_marker = lambda *heard: marks.append(heard)
        entry = ana.wait_stored(ana.say("Your heater ran.", client))
        wait_until(lambda: shown(display, topics.display_unread(client)) == b"1")
        display.publish(topics.display_ack(client), b"seen")
        seen = {"delivered": entry.seq, "read": entry.seq}
        wait_until(lambda: screen.on(topics.read(client)) == [seen])
        wait_until(lambda: (client, client, Marker(**seen)) in marks)
        wait_until(lambda: shown(display, topics.display_unread(client)) == b"0")
        display.publish(topics.display_ack(client), b"seen")
        ana.wait_stored(ana.say("And again.", client))
        wait_until(lambda: shown(display, topics.display_unread(client)) == b"1")
        assert screen.on(topics.read(client)) == [seen]
        with system.wire(client, topics.display(client)) as widget:
            wait_until(lambda: widget.heard and widget.heard[0][2])  # it is retained
            system.remove_device(client)
            wait_until(lambda: (topics.display(client), b"", False) in widget.heard)
    assert system.store.log.page(client).markers[client] == seen


def test_call_is_asked_once_and_confirmed(system: BridgeSystem, client: str) -> None:
    """`call` asks in the client's words, once however often it is pressed, and the display says that it was heard."""
    system.store.registry.ensure_client(client, lang="ro")
    ana = system.person("a-ana")
    with system.device(client) as display:
        for _ in range(3):
            display.publish(topics.display_ack(client), b"call")
        confirmed = "Wattline: Vă sunăm înapoi.".encode()
        wait_until(lambda: shown(display, topics.display_text(client)) == confirmed)
        wait_until(
            lambda: {entry.text for entry in ana.entries(client) if entry.text} == {"Vă rog să mă sunați înapoi."}
        )
        ana.wait_stored(ana.say("Sun acum.", client))
        wait_until(lambda: shown(display, topics.display_text(client)) == b"Ana: Sun acum.")
    assert len(system.words(client)) in (2, 3)  # one of them more where a minute began between two presses


def test_lines_are_right_after_any_restart(system: BridgeSystem, client: str) -> None:
    """After the bridge, or the broker, was killed, a display that is switched on shows what is true by then."""
    ana = system.person("a-ana")
    with system.device(client) as display:
        for n in range(60):
            ana.say(f"words {n}", client)
        wait_until(lambda: shown(display, topics.display_unread(client)) == b"60")
        system.bridge.kill()
        wait_until(lambda: not ana.pending)
        unseen = ana.say("said while the bridge was away", client)
        system.bridge.restart()
        ana.wait_stored(unseen, STARTS_WITHIN_S)
        wait_until(lambda: shown(display, topics.display_unread(client)) == b"61")
    system.broker.restart()
    system.wait_alive(20)
    wait_until(lambda: _connects(again(display, client)), 20)
    with again(display, client) as woken:
        wait_until(lambda: shown(woken, topics.display_unread(client)) == b"61", 20)
        wait_until(lambda: shown(woken, topics.display_text(client)) == b"Ana: said while the bridge was away")


def _connects(display: BarePeer) -> bool:
    try:
        with display:
            return True
    except (OSError, AssertionError):
        return False


def test_an_outage_is_shown_until_it_is_over(system: BridgeSystem, client: str) -> None:
    """
    Displays of the area say an outage at once, in their language, and that it is over; others say nothing of it.

    So do they where its notice ends by itself.
    """
    area, other = f"north-{client}", system.new_client()
    system.store.registry.ensure_client(client, lang="ro", area=area)
    words = {"en": "Power is off until three.", "ro": "Curentul este oprit până la trei."}
    with (
        system.device(client) as display,
        system.device(other) as elsewhere,
        system.wire("a-ana", topics.outage(area)) as ana,
    ):
        wait_until(lambda: shown(elsewhere, topics.display_unread(other)) == b"0")
        ana.publish(
            topics.desk_do("a-ana"),
            encode(Command(id=f"on-{client[2:]}", do=Do.NOTICE, areas=[area], text=words, until=4_099_680_000_000)),
        )
        told = f"Wattline: {words['ro']} Estimăm că revine curentul până la ".encode()
        wait_until(lambda: (shown(display, topics.display_text(client)) or b"").startswith(told))
        with again(display, client) as woken:
            wait_until(lambda: (shown(woken, topics.display_text(client)) or b"").startswith(told))
        ana.publish(topics.desk_do("a-ana"), encode(Command(id=f"off-{client[2:]}", do=Do.NOTICE, areas=[area])))
        over = "Wattline: Întreruperea din zona dvs. s-a încheiat.".encode()
        wait_until(lambda: shown(display, topics.display_text(client)) == over)
        ana.publish(
            topics.desk_do("a-ana"),
            encode(Command(id=f"again-{client[2:]}", do=Do.NOTICE, areas=[area], text={"ro": "Iar."})),
        )
        wait_until(lambda: shown(display, topics.display_text(client)) == b"Wattline: Iar.")
        with committed(system.store) as tx:
            tx.put_notice(area, OutageNotice(id="ends", text={"ro": "Iar."}, ends=1), 1)
        wait_until(lambda: shown(display, topics.display_text(client)) == over)
        assert not any(topic == topics.display_text(other) and payload for topic, payload, _ in elsewhere.heard)


def test_a_bad_display_disturbs_nobody(system: BridgeSystem, client: str) -> None:
    """One that loses power mid-packet, reconnects for ever, has a wrong clock and talks nonsense disturbs nobody."""
    maria, ana = system.person(client), system.person("a-ana")
    other = system.new_client()
    pid = system.bridge.pid
    with system.device(other) as bad, system.device(client) as good:
        maria.wait_stored(maria.say("before"))
        for n in range(12):
            _lose_power(bad, other)
            with again(bad, other) as nonsense:
                for payload in (b"", b"\xff\xfe", b"see", b"SEEN", b'{"seen": true}', b"x" * 60_000):
                    with suppress(AssertionError, ValueError):  # where the broker has had enough of it
                        nonsense.publish(topics.display_ack(other), payload)
                for at in (1, 2**53 - 1):
                    nonsense.publish(topics.meter_reading(other, "m-1"), {"at": at, "wh": 5}, qos=0)
                nonsense.publish(topics.display_ack(client), b"seen", qos=0)
            maria.say(f"meanwhile {n}")
        wait_until(lambda: not maria.pending)
        answer = ana.wait_stored(ana.say("All is well.", client))
        wait_until(lambda: shown(good, topics.display_text(client)) == b"Ana: All is well.")
        assert shown(good, topics.display_unread(client)) == b"1"
        with again(bad, other) as healed:
            wait_until(lambda: shown(healed, topics.display_unread(other)) == b"0")
    assert system.words(client) == ["before", *(f"meanwhile {n}" for n in range(12)), "All is well."]
    assert system.store.log.page(client).markers.get(client, {"read": 0})["read"] < answer.seq
    assert system.store.consumption.last_reading(other) is None
    assert system.bridge.pid == pid and "fault" not in system.bridge.log().replace("faults=0", "")


def _lose_power(display: BarePeer, client: str) -> None:
    """Connect, begin a PUBLISH, and be gone without a word in the middle of it."""
    login = replace(display.login, client_id=new_client_id(display.login.username, secrets.token_bytes(16)))
    with socket.create_connection((login.host, login.port), 5) as line:
        line.sendall(frames.connect(login.client_id, login.username, login.password, keep_alive_s=10))
        assert line.recv(4)[3] == 0
        line.sendall(frames.publish(topics.display_ack(client), b"seen", qos=1, packet_id=1)[:-3])
        line.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )  # RST, as a dead one sends nothing
