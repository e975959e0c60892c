"""The bridge through kills of itself, the broker, the database and connections."""

import signal
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from chat_core.contract import topics
from chat_core.contract.payloads import Command, Do, Presence, encode
from tests.integration.bridge_system import BridgeSystem, bridge_system, system_fixture, text
from tests.real.parts import Child
from tests.real.postgres import Postgres
from tests.real.wattline import environment
from tests.waiting import wait_until

EMBEDDED = pytest.mark.parametrize("system", ["embedded"], indirect=True)
MOSQUITTO = pytest.mark.parametrize("system", ["mosquitto"], indirect=True)


system = system_fixture("embedded", "mosquitto", scope="function")


def _beat_age(system: BridgeSystem) -> int:
    beat = system.store.bridge.beat()
    return 0 if beat is None or beat.age_ms is None else beat.age_ms


@contextmanager
def database_busy(system: BridgeSystem) -> Iterator[None]:
    """Somebody else holds SQLite's write lock: the bridge can read and not commit."""
    with closing(sqlite3.connect(system.data / "chats.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def test_no_acknowledgement_before_the_commit(system: BridgeSystem) -> None:
    """A bridge killed before its COMMIT has acknowledged nothing: the words come again to the next one, once."""
    with system.wire("c-42", topics.log("c-42")) as wire:
        with database_busy(system):
            wire.publish(topics.msg("c-42"), text("m1"))
            # Its own probe is not stored either, so it is trying to.
            wait_until(lambda: _beat_age(system) > 3_500, 8)
            system.bridge.kill()
        assert system.log() == []
        system.bridge.restart()
        wait_until(
            lambda: [entry.id for entry in wire.entries(topics.log("c-42"))][-1:] == ["m1"], 20, why=system.bridge.log
        )
    assert system.words() == ["a text"]


def test_killed_again_and_again(system: BridgeSystem) -> None:
    """After kills at any moment every acknowledged message is stored once, in order, without gaps."""
    words = [f"message {n}" for n in range(300)]
    with system.wire("c-42", topics.log("c-42")) as wire:
        for n, said in enumerate(words):
            wire.publish(topics.msg("c-42"), text(f"m{n}", said))
            if n % 75 == 40:
                system.bridge.kill()
                system.bridge.restart()
        wait_until(lambda: len(system.words()) == len(words), 15, why=system.bridge.log)
        assert system.words() == words
        assert [entry["seq"] for entry in system.log()] == list(range(1, 302))
        heard = lambda: {entry.seq for entry in wire.entries(topics.log("c-42"))}  # noqa: E731
        wait_until(lambda: heard() == set(range(1, 302)))


def test_order_is_strict_through_a_kill(system: BridgeSystem) -> None:
    """A participant's messages keep their order through a kill of the bridge, each ticked once stored."""
    maria = system.person("c-42")
    words = [f"message {n}" for n in range(60)]
    ids = [maria.say(said) for said in words[:30]]
    system.bridge.kill()
    ids += [maria.say(said) for said in words[30:]]
    system.bridge.restart()
    maria.wait_stored(ids[-1], within_s=20)
    assert system.words() == words
    assert maria.pending == ()


def test_broker_killed(system: BridgeSystem) -> None:
    """The bridge and the people find a restarted broker by themselves, and what was unticked is stored, once."""
    maria = system.person("c-42")
    maria.wait_stored(maria.say("before"))
    system.broker.kill()
    meanwhile = maria.say("meanwhile")
    system.broker.restart()
    maria.wait_stored(meanwhile, within_s=15)
    assert system.words() == ["before", "meanwhile"]


@pytest.mark.alone  # 3 s are measured
@EMBEDDED
def test_back_within_three_seconds(system: BridgeSystem) -> None:
    """A bridge started anew answers within 3 s."""
    maria = system.person("c-42")
    system.bridge.kill()
    id = maria.say("are you there?")
    began_s = time.monotonic()
    system.bridge.restart()
    maria.wait_stored(id, within_s=8)
    assert time.monotonic() - began_s < 3


@MOSQUITTO
def test_sigterm_ends_it_in_order(system: BridgeSystem) -> None:
    """SIGTERM ends the bridge at once and in order; what was said before is stored, what is said after waits."""
    with system.wire("c-42", topics.log("c-42")) as wire:
        for n in range(20):
            wire.publish(topics.msg("c-42"), text(f"m{n}"))
        assert system.bridge.child.stop(signal.SIGTERM, within_s=3) == 0
        assert "bridge.ended" in system.bridge.log()
        wire.publish(topics.msg("c-42"), text("later", "after the end"))
        system.bridge.restart()
        wait_until(lambda: system.words()[-1:] == ["after the end"])
    assert len(system.words()) == 21


@EMBEDDED
def test_starting_bridge_repeats_the_newest(system: BridgeSystem) -> None:
    """A starting bridge publishes the newest entries and their summaries again, for what had no redelivery."""
    maria = system.person("c-42")
    maria.wait_stored(maria.say("hello"))
    with system.wire("a-ana", topics.log("c-42"), topics.team_inbox("t-desk", "c-42")) as late:
        system.bridge.kill()
        system.bridge.restart()
        # A bridge killed before its PUBACK gets "hello" again and answers that repeat too.
        wait_until(lambda: {entry.seq for entry in late.entries(topics.log("c-42"))} == {1, 2})
        wait_until(lambda: late.on(topics.team_inbox("t-desk", "c-42")))


@MOSQUITTO
def test_second_bridge_waits(system: BridgeSystem) -> None:
    """A second bridge does nothing while the first lives, and goes on when it is killed."""
    second = Child(
        [sys.executable, "-m", "bridge"],
        log=system.data / "second.out",
        env=environment(system.data, system.settings),
        cwd=system.data,
    )
    with second:
        wait_until(lambda: "bridge.asks_for_lock" in second.log(), 10)
        maria = system.person("c-42")
        for n in range(3):
            system.wait_alive()
            maria.wait_stored(maria.say(f"first {n}"))
        assert second.is_running()
        assert "link.ready" not in second.log()
        system.bridge.kill()
        maria.wait_stored(maria.say("second"), within_s=12)
        wait_until(lambda: "link.ready" in second.log())
    assert system.words()[-1] == "second"


@EMBEDDED
def test_roll_finds_out_who_is_gone(system: BridgeSystem) -> None:
    """After a start of the bridge who answers the roll stays online; who is silent for 10 s and a grace is offline."""
    maria = system.person("c-42")
    maria.wait_stored(maria.say("I stay"))
    with system.wire("c-43", topics.log("c-43"), topics.NOTICE_DESK) as ion:
        ion.publish(topics.msg("c-43"), text("m1", "I go without a word"))
        ion.publish(topics.presence("c-43"), encode(Presence(online=True, conn="x1")))
        wait_until(lambda: is_online(system, "c-42") and is_online(system, "c-43"))
        rolls = {notice["roll"] for notice in ion.on(topics.NOTICE_DESK)}
        system.bridge.kill()
        system.bridge.restart()
        wait_until(lambda: {notice["roll"] for notice in ion.on(topics.NOTICE_DESK)} - rolls)
    wait_until(lambda: not is_online(system, "c-43"), 16, why=system.bridge.log)
    assert is_online(system, "c-42")


def is_online(system: BridgeSystem, client: str) -> bool:
    row = system.store.inbox.summary(client)
    return row is not None and row.online


@EMBEDDED
def test_store_down_heals(system: BridgeSystem) -> None:
    """While the database takes nothing, nothing is ticked or lost; when it does again, the bridge is well by itself."""
    maria = system.person("c-42")
    maria.wait_stored(maria.say("before"))
    pid = system.bridge.pid
    with database_busy(system):
        id = maria.say("meanwhile")
        wait_until(lambda: "store.down" in system.bridge.log(), 12)
        assert maria.pending == (id,)
    maria.wait_stored(id)
    system.wait_alive()
    assert system.words() == ["before", "meanwhile"]
    assert system.bridge.pid == pid
    assert system.bridge.child.is_running()


def test_postgres_killed(tmp_path: Path) -> None:
    """A killed PostgreSQL costs nothing that was ticked; when it is back, what was unticked is stored, once."""
    with (
        Postgres() as server,
        bridge_system(tmp_path / "data", broker="embedded", rate="off", db=server.fresh_database()) as system,
    ):
        maria = system.person("c-42")
        maria.wait_stored(maria.say("before"))
        server.kill()
        id = maria.say("meanwhile")
        server.restart()
        maria.wait_stored(id, within_s=20)
        assert system.words() == ["before", "meanwhile"]


@MOSQUITTO
def test_snooze_ends_by_itself(system: BridgeSystem) -> None:
    """A snoozed conversation is open again when its time has come."""
    maria, ana = system.person("c-42"), system.person("a-ana")
    maria.wait_stored(maria.say("later, please"))
    until = time.time_ns() // 1_000_000 + 1_500
    snooze = Command(id=ana.new_id(), do=Do.SNOOZE, client="c-42", until=until)
    assert ana.wait_done(ana.order(snooze)).status == "snoozed"
    wait_until(lambda: (system.store.inbox.summary("c-42") or pytest.fail("no row")).status == "open")
    assert time.time_ns() // 1_000_000 >= until


def test_stray_retained_is_cleared(tmp_path: Path) -> None:
    """A stray retained message is no message, and is cleared at the bridge's next connect."""
    with bridge_system(tmp_path / "data", broker="mosquitto", rate="off") as system:
        with system.wire("c-42", topics.log("c-42")) as wire:
            wire.publish(topics.msg("c-42"), text("m1", "once"), retain=True)
            wait_until(lambda: system.words() == ["once"])
            system.bridge.kill()
            system.bridge.restart()
            wait_until(lambda: "stray.cleared" in system.bridge.log())
        wait_until(lambda: retained_names(system, topics.msg("c-42"), topics.NOTICE_DESK) == {topics.NOTICE_DESK})
        assert system.words() == ["once"]
        assert len(system.store.bridge.parked()) == 0  # the clearing itself comes back empty, and is no bad input


def retained_names(system: BridgeSystem, *names: str) -> set[str]:
    """Under which of these, `notice/desk` last among them, the broker has something retained."""
    with system.wire("a-ana", *names) as late:
        wait_until(lambda: any(name == topics.NOTICE_DESK for name, _, _ in late.heard))
        return {name for name, _, retained in late.heard if retained}


strict_system = system_fixture("mosquitto", scope="function", rate="4/s,5")


def test_too_fast_is_refused_for_a_while(strict_system: BridgeSystem) -> None:
    """Beyond the burst a sender is told when to try again; repeats cost nothing; a participant gets all through."""
    system = strict_system
    with system.wire("c-43", topics.log("c-43"), topics.refused("c-43")) as wire:
        for n in range(5):
            wire.publish(topics.msg("c-43"), text(f"m{n}"))
        for _ in range(20):
            wire.publish(topics.msg("c-43"), text("m0"))
        wait_until(lambda: len(system.words("c-43")) == 5)
        for n in range(5, 40):  # more than the rate lets through in the time that a loaded machine takes for them
            wire.publish(topics.msg("c-43"), text(f"m{n}"))
        refusals = wait_until(lambda: wire.on(topics.refused("c-43")))
        assert {refusal["why"] for refusal in refusals} == {"too_fast"}
        assert 0 < refusals[0]["retry_ms"] <= 250
        assert "m0" not in {refusal["id"] for refusal in refusals}
    maria = system.person("c-42", window=10)
    ids = [maria.say(f"message {n}") for n in range(12)]
    for id in ids:
        maria.wait_stored(id, within_s=15)
    assert sorted(system.words()) == sorted(f"message {n}" for n in range(12))
    assert maria.failed == {}
