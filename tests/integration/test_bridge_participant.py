"""The participant: a sender that loses nothing, a reader that misses nothing, with the whole system behind it."""

import json
import time
from collections.abc import Iterator

import pytest

from bridge.mqtt import link
from bridge.participant import Participant, login_of
from bridge.participant.rest import Api
from chat_core.contract import topics
from chat_core.contract.errors import NotAllowed
from chat_core.contract.payloads import Entry, Marker
from chat_core.runtime import ports, tokens
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Audience, Holder
from tests.integration.bridge_system import BridgeSystem, system_fixture, text
from tests.real.wattline import ProductProcess, run_cli
from tests.waiting import wait_until

DAY_S = 24 * 3_600


system = system_fixture("embedded", scope="function")


@pytest.fixture
def api(system: BridgeSystem) -> Iterator[str]:
    with ProductProcess("web", system.data, settings=system.settings, at_once=True) as web:
        yield f"http://127.0.0.1:{web.port('http')}"


def api_of(system: BridgeSystem, base: str, id: str) -> Api:
    return Api(
        base,
        lambda: tokens.mint(
            Audience.API,
            Keys.open(system.data),
            Holder(id, system.store.registry.generation(id) or 0),
            60,
            time.time(),
        ),
    )


def test_history_then_live_in_one_order(system: BridgeSystem, api: str) -> None:
    """A late reader gets stored and live entries in the order of seq, each once."""
    with system.wire("c-42", topics.log("c-42")) as wire:
        for n in range(600):
            wire.publish(topics.msg("c-42"), text(f"m{n}"), qos=0)
        wire.publish(topics.msg("c-42"), text("m600"))
        wait_until(lambda: system.store.log.page("c-42").last == 602, 10)
        heard: list[int] = []
        system.person(
            "c-42",
            lambda late: setattr(late, "on_entry", lambda _client, entry: heard.append(entry.seq)),
            api=api_of(system, api, "c-42"),
        )
        for n in range(5):
            wire.publish(topics.msg("c-42"), text(f"later{n}"))
        wait_until(lambda: len(heard) >= 607, why=lambda: len(heard))
    assert heard == list(range(1, 608))


@pytest.mark.alone  # 1 s is measured
def test_away_for_five_hundred(system: BridgeSystem, api: str) -> None:
    """A reader that was away for 500 messages has them all, in order, within a second of connecting again."""
    maria = system.person("c-42", api=api_of(system, api, "c-42"))
    maria.wait_stored(maria.say("before"))
    maria.close()
    with system.wire("a-ana", topics.log("c-42")) as ana:
        for n in range(499):
            ana.publish(topics.msg("c-42", "a-ana"), text(f"m{n}"), qos=0)
        ana.publish(topics.msg("c-42", "a-ana"), text("m499"))
        wait_until(lambda: system.store.log.page("c-42").last == 503, 10)
    heard: list[int] = []
    began_s = time.monotonic()
    system.person(
        "c-42",
        lambda back: setattr(back, "on_entry", lambda _client, entry: heard.append(entry.seq)),
        api=api_of(system, api, "c-42"),
    )
    wait_until(lambda: len(heard) == 503)
    took_s = time.monotonic() - began_s
    assert heard == list(range(1, 504))
    assert took_s < 1, took_s


def test_clock_set_back_by_days_delays_nothing(system: BridgeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unticked message is said again after 3 s, though the machine's clock is three days back by then."""
    with system.wire("a-ana", topics.ALL_SUPPORT) as ana:
        maria = system.person("c-42")
        system.bridge.kill()  # no tick, and no roll that would have it said at once
        maria.say("still there?")
        wait_until(lambda: len(ana.on(topics.msg("c-42"))) == 1)
        real_s, real_ns = time.time, time.time_ns
        monkeypatch.setattr(time, "time", lambda: real_s() - 3 * DAY_S)
        monkeypatch.setattr(time, "time_ns", lambda: real_ns() - 3 * DAY_S * 10**9)
        wait_until(lambda: len(ana.on(topics.msg("c-42"))) == 2, 10)


def test_agent_fills_a_gap(system: BridgeSystem, api: str) -> None:
    """An agent's participant that lost its line asks for what was said meanwhile."""
    ana = system.person("a-ana", api=api_of(system, api, "a-ana"))
    maria = system.person("c-42")
    maria.wait_stored(maria.say("one"))
    wait_until(lambda: [entry.seq for entry in ana.entries("c-42")] == [1, 2])
    system.broker.kill()
    said = maria.say("two")
    system.broker.restart()
    maria.wait_stored(said, 15)
    wait_until(lambda: [entry.seq for entry in ana.entries("c-42")] == [1, 2, 3], 10)


def test_without_rest_a_gap_is_jumped(system: BridgeSystem) -> None:
    """Without an Api a participant goes on from what it hears, and still gets each entry once and in order."""
    with system.wire("c-42", topics.log("c-42")) as wire:
        wire.publish(topics.msg("c-42"), text("m1"))
        # On the wire, not only in the database: who comes in between hears them too.
        wait_until(lambda: len(wire.on(topics.log("c-42"))) == 2, why=lambda: wire.heard)
    heard: list[int] = []
    maria = system.person("c-42", lambda it: setattr(it, "on_entry", lambda _client, entry: heard.append(entry.seq)))
    maria.wait_stored(maria.say("now"))
    assert heard == [3]


def test_line_of_wattline_token_is_enough(system: BridgeSystem) -> None:
    """A script takes part with what `wattline token` prints."""
    settings = ports.resolved(system.config)
    keys, generation = Keys.open(system.data), system.store.registry.generation("c-43") or 0
    printed = tokens.issue(settings, keys, Holder("c-43", generation), 60, time.time()).as_dict()
    with Participant("c-43", lambda: login_of(printed)) as ion:
        ion.wait_ready()
        assert ion.wait_stored(ion.say("from a script")).text == "from a script"


def test_callback_that_fails_costs_its_own_call(system: BridgeSystem) -> None:
    """An exception in a callback ends neither the line nor the order."""
    heard: list[int] = []

    def stumble(_client: str, entry: Entry) -> None:
        heard.append(entry.seq)
        raise ValueError("a script's own mistake")

    maria = system.person("c-42", lambda it: setattr(it, "on_entry", stumble))
    maria.wait_stored(maria.say("one"))
    maria.wait_stored(maria.say("two"))
    assert heard == [1, 2, 3]


def test_markers_are_heard_by_the_other_side(system: BridgeSystem) -> None:
    """A participant says by itself what is delivered, and what is read; the other side hears both."""
    markers: list[tuple[str, Marker]] = []
    maria = system.person(
        "c-42", lambda it: setattr(it, "on_marker", lambda _c, who, marker: markers.append((who, marker)))
    )
    ana = system.person("a-ana")
    entry = maria.wait_stored(maria.say("seen?"))
    wait_until(lambda: ("a-ana", Marker(delivered=entry.seq, read=0)) in markers)
    ana.mark(entry.seq, "c-42")
    wait_until(lambda: ("a-ana", Marker(delivered=entry.seq, read=entry.seq)) in markers)


def test_refusal_marks_not_sent_and_the_next_one_goes(system: BridgeSystem) -> None:
    """A finally refused message is marked with its reason; the next one is stored."""
    ana = system.person("a-ana")
    lost = ana.say("hello?", "c-nobody")
    kept = ana.say("hello", "c-42")
    assert ana.wait_stored(kept).text == "hello"
    wait_until(lambda: lost in ana.failed)
    assert ana.failed[lost].why == "not_found"
    assert ana.pending == ()


def test_credentials_that_were_given_once_end(system: BridgeSystem) -> None:
    """A fixed line of credentials serves to its end; then whoever waits is told that it has ended, and how to go on."""
    line = json.loads(run_cli(system.data, "token", "b-fixed", "--ttl", "4", settings=system.settings))
    with Participant("b-fixed", lambda: login_of(line)) as bot:
        bot.wait_ready()
        with pytest.raises(NotAllowed, match=r"The credentials of b-fixed have ended\. Get new ones"):
            bot.wait_closed(within_s=30)
        with pytest.raises(NotAllowed, match="have ended"):
            bot.wait_stored(bot.say("too late", "c-42"))


def test_credentials_that_are_revoked(system: BridgeSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fixed line that the broker goes on refusing before its end is over too; one that is renewed goes on."""
    monkeypatch.setattr(link, "UNWELCOME_FOR_S", 0.5)
    line = json.loads(run_cli(system.data, "token", "b-fixed", settings=system.settings))
    system.store.registry.raise_generation("b-fixed")
    with (
        Participant("b-fixed", lambda: login_of(line)) as bot,
        pytest.raises(NotAllowed, match=r"The credentials of b-fixed are refused\."),
    ):
        bot.wait_closed(within_s=30)
    lines = [line, json.loads(run_cli(system.data, "token", "b-fixed", settings=system.settings))]
    with Participant("b-fixed", lambda: login_of(lines.pop(0) if len(lines) > 1 else lines[0])) as bot:
        bot.wait_ready()


def test_closed_is_closed(system: BridgeSystem) -> None:
    """Waiting for a participant's end returns when it is closed."""
    bot = Participant("b-fixed", lambda: login_of(json.loads(run_cli(system.data, "token", "b-fixed"))))
    with bot, pytest.raises(TimeoutError):
        bot.wait_closed(within_s=0.1)
    bot.wait_closed(within_s=5)
