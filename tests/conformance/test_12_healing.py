"""Chapter 12, healing: each broker is killed in use and comes back; all three at once, to wait once."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

from chat_core.contract import topics
from chat_core.contract.payloads import Presence, encode
from tests.conformance.conftest import KINDS
from tests.integration.bridge_system import BridgeSystem, bridge_on_rabbitmq, bridge_system, text
from tests.waiting import wait_until

MEANWHILE = 20
BACK_WITHIN_S = 60.0  # RabbitMQ alone takes 5 s to start, on an idle machine
GONE_WITHIN_S = 30.0  # a roll takes 13 s
DISPLAYS = (topics.display("c-42"), topics.display_unread("c-42"), topics.display_text("c-42"))


class Killed:
    """A system whose broker can be killed as a crash would, and is back afterwards."""

    def __init__(self, system: BridgeSystem, kill: Callable[[], None], restart: Callable[[], None]) -> None:
        self.system, self.kill, self.restart = system, kill, restart


@contextmanager
def _on(kind: str, data: Path) -> Iterator[Killed]:
    with ExitStack() as running:
        if kind == "rabbitmq":
            system, rabbit = running.enter_context(bridge_on_rabbitmq(data, rate="off"))
            yield Killed(system, rabbit.kill, rabbit.restart)
            return
        system = running.enter_context(bridge_system(data, broker=kind, rate="off"))

        def kill() -> None:
            if kind == "mosquitto":  # its keeper would let it save
                psutil.Process(system.broker.pid).children()[0].kill()
                system.broker.child.process.wait(10)
            system.broker.kill()

        yield Killed(system, kill, system.broker.restart)


def test_healing(tmp_path: Path) -> None:
    """After a kill -9 of the broker unticked messages are stored once, in order; retained ones are back."""
    with ThreadPoolExecutor(len(KINDS)) as threads:
        for kind, problem in zip(KINDS, threads.map(lambda kind: _heal(kind, tmp_path / kind), KINDS), strict=True):
            assert problem is None, f"{kind}: {problem}"


def _heal(kind: str, data: Path) -> AssertionError | None:
    try:
        with _on(kind, data) as killed, killed.system.device("c-42"):
            _kill_and_look(killed)
    except AssertionError as problem:
        return problem
    return None


def _kill_and_look(killed: Killed) -> None:
    system = killed.system
    heard: list[str | None] = []
    maria = system.person("c-42", lambda it: setattr(it, "on_entry", lambda _client, entry: heard.append(entry.text)))
    ana = system.person("a-ana")
    maria.wait_stored(maria.say("before"))
    ana.wait_stored(ana.say("answer", "c-42"))
    with system.wire("c-43", topics.log("c-43")) as ion:  # whose tab is closed while the broker is away
        ion.publish(topics.msg("c-43"), text("m1", "I shall be gone"))
        ion.publish(topics.presence("c-43"), encode(Presence(online=True, conn="x1")))
        wait_until(lambda: _online(system, "c-42") and _online(system, "c-43"), 10)
        killed.kill()
    said = [f"meanwhile {number}" for number in range(MEANWHILE)]
    answered = [f"answer {number}" for number in range(MEANWHILE // 4)]
    for words in said:
        maria.say(words)
    for words in answered:
        ana.say(words, "c-42")
    killed.restart()
    wait_until(lambda: not maria.pending and not ana.pending, BACK_WITHIN_S, system.bridge.log)
    since_s = time.monotonic()
    stored = system.words()
    assert sorted(stored) == sorted(["before", "answer", *said, *answered])
    assert [words for words in stored if words in said] == said
    assert [words for words in stored if words in answered] == answered
    ana.wait_stored(ana.say("after", "c-42"))
    wait_until(lambda: "after" in heard)
    assert [words for words in heard if words in said] == said
    # Displays are told just after the commit, so it is looked at by one late-comer after the other.
    unread = str(len(answered) + 2).encode()
    wait_until(lambda: _retained(system)[topics.display_unread("c-42")] == unread, 10)
    wait_until(lambda: not _online(system, "c-43"), GONE_WITHIN_S - (time.monotonic() - since_s), system.bridge.log)
    assert _online(system, "c-42")
    assert _here(system) == ["Ana"]


def _online(system: BridgeSystem, client: str) -> bool:
    row = system.store.inbox.summary(client)
    return row is not None and row.online


def _retained(system: BridgeSystem) -> dict[str, bytes]:
    """Return the retained messages that a new subscriber gets, once all of them came."""
    with system.wire("a-ana", topics.NOTICE_DESK, *DISPLAYS) as late:

        def kept() -> dict[str, bytes]:
            return {name: payload for name, payload, retained in late.heard if retained}

        wait_until(lambda: {topics.NOTICE_DESK, *DISPLAYS} <= set(kept()), 10, lambda: late.heard)
        return kept()


def _here(system: BridgeSystem) -> list[str]:
    with system.wire("c-42", topics.NOTICE_DESK) as late:
        wait_until(lambda: late.on(topics.NOTICE_DESK))
        return [agent["name"] for agent in late.on(topics.NOTICE_DESK)[-1]["agents"]]
