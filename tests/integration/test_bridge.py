"""The bridge's promises to senders, on both brokers and both databases."""

import time
from typing import Any

import pytest

from chat_core.contract import topics
from chat_core.contract.payloads import Command, Do, EventKind, OutageNotice, Priority, Summary, encode
from chat_core.store.bridge_state import PAYLOAD_BYTES
from tests.contract.stores import committed
from tests.integration.bridge_system import BarePeer, BridgeSystem, system_fixture, text
from tests.waiting import wait_until

system = system_fixture("embedded-sqlite", "mosquitto-sqlite", "mosquitto-postgres")


def test_what_is_said_comes_back_stored(system: BridgeSystem, client: str) -> None:
    """A message comes back on the log, numbered, under its sender's name, and is on disk by then."""
    maria = system.person(client)
    entry = maria.wait_stored(maria.say("Why 40 kWh yesterday?"))
    assert (entry.seq, entry.sender, entry.text) == (2, client, "Why 40 kWh yesterday?")
    assert [line["kind"] for line in system.log(client)] == ["opened", "text"]


def test_boards_hear_each_change(system: BridgeSystem, client: str) -> None:
    """A board hears the row of a conversation with each change, `rev` rising, unread counted."""
    rows = []
    system.person(
        "a-ana", lambda ana: setattr(ana, "on_summary", lambda row: rows.append(row) if row.client == client else None)
    )
    maria = system.person(client)
    maria.wait_stored(maria.say("one"))
    maria.wait_stored(maria.say("two"))
    wait_until(lambda: rows and rows[-1].unread == 2)
    assert [row.rev for row in rows] == sorted({row.rev for row in rows})
    assert rows[-1].last is not None and rows[-1].last.text == "two"


def test_repeats_are_answered_once_a_second(system: BridgeSystem, client: str) -> None:
    """Of many repeats within a second at most one is answered."""
    with system.wire(client, topics.log(client), topics.refused(client)) as wire:
        began_s = time.monotonic()
        for _ in range(30):
            wire.publish(topics.msg(client), text("m1"))
        wire.publish(topics.msg(client), text("m2"))
        wait_until(lambda: any(entry.id == "m2" for entry in wire.entries(topics.log(client))))
        answers = sum(entry.id == "m1" for entry in wire.entries(topics.log(client)))
        assert answers <= 2 + int(time.monotonic() - began_s)  # 0.1 s alone, over 1 s on a loaded machine


# One of each way to be unreadable; tests/vectors/payloads.json has the rest.
BAD = {
    "nothing at all": (b"", "bad_json"),
    "20 KiB": (text("m1").replace(b"a text", b"x" * 20_480), "too_long"),
    "an event": (text("m1").replace(b'"kind":"text"', b'"kind":"resolved"'), "unknown_kind"),
    "bad UTF-8": (text("m1").replace(b"a text", b"\xff\xfe"), "bad_json"),
    "deep inside": (b'{"id":"m1","x":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "bad_json"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_and_parked(system: BridgeSystem, client: str, name: str) -> None:
    """A message outside the contract is refused with a reason and parked; nothing else changes."""
    payload, why = BAD[name]
    parked = len(system.store.bridge.parked())
    with system.wire(client, topics.refused(client), topics.log(client)) as wire:
        wire.publish(topics.msg(client), payload)
        refusal = wait_until(lambda: wire.on(topics.refused(client)))[0]
        assert refusal["why"] == why
        assert refusal["text"]
        wire.publish(topics.msg(client), text("m2", "still here"))
        wait_until(lambda: system.words(client) == ["still here"])
    assert len(system.store.bridge.parked()) == parked + 1
    assert system.store.bridge.parked()[0].payload == payload[:PAYLOAD_BYTES]


def test_commands_are_done_once_and_ticked(system: BridgeSystem, client: str) -> None:
    """A command is done once; the Summary that names it is its tick, also for a repeat."""
    maria, ana = system.person(client), system.person("a-ana")
    maria.wait_stored(maria.say("x"))
    resolve = Command(id=ana.new_id(), do=Do.RESOLVE, client=client)
    row = ana.wait_done(ana.order(resolve))
    assert row.status == "resolved"
    with system.wire("a-ana", topics.team_inbox("t-desk", client), topics.desk_refused("a-ana")) as wire:
        wait_until(lambda: _ordered_again(wire, resolve), why=lambda: wire.heard)
    assert [line["kind"] for line in system.log(client)] == ["opened", "text", "resolved"]
    assert system.log(client)[-1]["id"] == resolve.id


def _ordered_again(wire: BarePeer, command: Command) -> bool:
    wire.publish(topics.desk_do("a-ana"), encode(command))
    return any(
        f"a-ana/{command.id}" in row.get("did", [])
        for row in wire.on(topics.team_inbox("t-desk", command.client or ""))
    )


def test_every_command_does_what_it_says(system: BridgeSystem, client: str) -> None:
    """Assign, tag, priority, note, snooze and reopen change the row; none but events make an entry."""
    maria, ana = system.person(client), system.person("a-ana")
    maria.wait_stored(maria.say("x"))

    def order(do: Do, **body: Any) -> Summary:
        return ana.wait_done(ana.order(Command(id=ana.new_id(), do=do, client=client, **body)))

    order(Do.ASSIGN, to="a-radu")
    order(Do.TAG, add=["spike"])
    order(Do.PRIORITY, level=Priority.HIGH)
    order(Do.NOTE, text="heater timer")
    row = order(Do.SNOOZE, until=99_999_999_999_999)
    assert (row.status, row.assignee, row.tags, row.priority, row.notes) == ("snoozed", "a-radu", ["spike"], "high", 1)
    assert order(Do.REOPEN).status == "assigned"
    assert [line["kind"] for line in system.log(client)] == ["opened", "text", "assigned", "reopened"]
    assert [note.text for note in system.store.log.notes(client)] == ["heater timer"]


def test_own_words_can_be_edited_and_deleted(system: BridgeSystem, client: str) -> None:
    """An edit is an event that brings the new words; the old entry says them too; a deleted one keeps its seq."""
    maria, ana = system.person(client), system.person("a-ana")
    said = ana.wait_stored(ana.say("teh heater", client))
    ana.wait_stored(
        ana.order(Command(id="edit1" + client[-8:], do=Do.EDIT, client=client, of=said.seq, text="the heater"))
    )
    wait_until(lambda: maria.entries() and maria.entries()[-1].kind is EventKind.EDITED)
    assert (maria.entries()[-1].of, maria.entries()[-1].text) == (said.seq, "the heater")
    assert system.words(client) == ["the heater"]
    ana.wait_done(ana.order(Command(id=ana.new_id(), do=Do.DELETE, client=client, of=said.seq)))
    assert system.log(client)[said.seq - 1]["deleted"] is True
    assert system.words(client) == []


def test_what_cannot_be_done_is_refused_to_who_asked(system: BridgeSystem, client: str) -> None:
    """A command for nobody's conversation, another's words, or by somebody who may not, is refused with its reason."""
    maria, radu = system.person(client), system.person("a-radu")
    no_talk = radu.order(Command(id=radu.new_id(), do=Do.RESOLVE, client=client))
    assert radu.wait_refused(no_talk).why == "not_found"
    said = maria.wait_stored(maria.say("mine"))
    foreign = radu.order(Command(id=radu.new_id(), do=Do.EDIT, client=client, of=said.seq, text="yours"))
    assert radu.wait_refused(foreign).why == "not_allowed"
    nobody = radu.order(Command(id=radu.new_id(), do=Do.ASSIGN, client=client, to="a-nobody"))
    assert radu.wait_refused(nobody).why == "not_found"
    notice = radu.order(Command(id=radu.new_id(), do=Do.NOTICE, areas=["north"]))
    assert radu.wait_refused(notice).why == "not_allowed"
    outsider = radu.say("hello?", "c-nobody")
    assert radu.wait_refused(outsider).why == "not_found"


def test_outage_notice_is_retained_and_cleared(system: BridgeSystem) -> None:
    """A notice is retained under its areas with the expected end in each language; ended, nothing is retained."""
    until = 1_795_521_600_000  # in Bucharest 2026-11-24 14:00
    area, words = "north", {"en": "No power until noon.", "ro": "Fără curent până la prânz."}
    with system.wire("a-ana", topics.outage(area)) as wire:
        begin = Command(id="out1", do=Do.NOTICE, areas=[area, "old-mill"], text=words, until=until)
        wire.publish(topics.desk_do("a-ana"), encode(begin))
        wait_until(lambda: any(told["id"] == "out1" for told in wire.on(topics.outage(area))))
        (told,) = wire.on(topics.outage(area))
        assert (
            told["text"]["ro"]
            == "Fără curent până la prânz. Estimăm că revine curentul până la 14:00, marți, 24 noiembrie."
        )
        assert told["text"]["de"].startswith("No power until noon. Voraussichtlich gibt es bis 14:00 Uhr")
        assert told["until"] == until and told["since"] <= time.time_ns() // 1_000_000
        with system.wire("a-radu", topics.outage(area)) as late:
            wait_until(lambda: any(retained for _, payload, retained in late.heard if payload))
        wire.publish(topics.desk_do("a-ana"), encode(Command(id="out2", do=Do.NOTICE, areas=[area, "old-mill"])))
        wait_until(lambda: any(told["id"] == "out2" and told["text"] is None for told in wire.on(topics.outage(area))))
        wait_until(lambda: (topics.outage(area), b"", False) in wire.heard)
    assert system.store.notices.standing() == []


def test_a_running_bridge_ends_a_notice_at_its_time(system: BridgeSystem) -> None:
    """A notice whose time has come is over without an order. Its cases: tests/integration/test_notice_expiry.py."""
    area = "dawn"
    with system.wire("a-ana", topics.outage(area)) as wire:
        with committed(system.store) as tx:
            tx.put_notice(area, OutageNotice(id="dawn1", text={"en": "No power."}, ends=1), 1)
        wait_until(lambda: (topics.outage(area), b"", False) in wire.heard, why=system.bridge.log)
    assert system.store.notices.standing() == []


def test_a_notice_said_again_brings_back_nothing_old(system: BridgeSystem, client: str) -> None:
    """A notice is its participant's tick; said again it is told again, and refused once another has come since."""
    ana = system.person("a-ana")
    words = {"en": "No power until noon.", "ro": "Fără curent până la prânz."}
    begin = Command(id=ana.new_id(), do=Do.NOTICE, areas=["west"], text=words)
    end = Command(id=ana.new_id(), do=Do.NOTICE, areas=["west"])
    assert ana.wait_told(ana.order(begin)).text == words
    assert ana.wait_told(ana.order(end)).text is None
    assert ana.pending == ()
    with system.wire("a-ana", topics.desk_refused("a-ana"), topics.outage("west")) as wire:

        def answers_again(command: Command, topic: str) -> list[Any]:
            wire.publish(topics.desk_do("a-ana"), encode(command))  # a repeat is answered once a second at most
            return wire.on(topic)

        refused, told = topics.desk_refused("a-ana"), topics.outage("west")
        wait_until(lambda: [no["why"] for no in answers_again(begin, refused)] == ["replaced"])
        wait_until(lambda: [notice["id"] for notice in answers_again(end, told)] == [end.id])
    assert system.store.notices.standing() == []


def test_meter_reading_is_live_after_it_is_stored(system: BridgeSystem, client: str) -> None:
    """A reading of now is stored, once, and becomes the client's live value; an old one is stored and stays silent."""
    now_ms = time.time_ns() // 1_000_000
    with system.wire(client, topics.reading(client)) as screen, system.device(client) as meter:
        topic = topics.meter_reading(client, "m-1")
        meter.publish(topic, {"at": now_ms - 86_400_000, "wh": 1_000, "w": 100})
        meter.publish(topic, {"at": now_ms, "wh": 2_000, "w": 480})
        meter.publish(topic, {"at": now_ms, "wh": 2_000, "w": 480})
        wait_until(lambda: screen.on(topics.reading(client)) == [{"meter": "m-1", "at": now_ms, "w": 480}])
    last = system.store.consumption.last_reading(client)
    assert last is not None and (last.at, last.wh, last.w) == (now_ms, 2_000, 480)


def test_typing_is_not_stored(system: BridgeSystem, client: str) -> None:
    """Typing and its end reach the board, and nothing of them is stored."""
    seen: list[tuple[str, bool]] = []
    system.person("a-ana", lambda ana: setattr(ana, "on_typing", lambda whose, who, on: seen.append((whose, on))))
    maria = system.person(client)
    maria.typing()
    wait_until(lambda: (client, True) in seen)
    maria.typing(on=False)
    wait_until(lambda: (client, False) in seen)
    assert system.log(client) == []


def test_presence_is_told_in_the_row(system: BridgeSystem, client: str) -> None:
    """A client's row says online while any of its connections is, and offline after the last one."""
    maria = system.person(client)
    maria.wait_stored(maria.say("x"))
    wait_until(lambda: _online(system, client))
    second = system.person(client)
    second.wait_stored(second.say("y"))  # by then its presence, said before, is stored too
    maria.close()
    second.wait_stored(second.say("z"))
    assert _online(system, client)
    second.close()
    wait_until(lambda: not _online(system, client))


def _online(system: BridgeSystem, client: str) -> bool:
    row = system.store.inbox.summary(client)
    return row is not None and row.online
