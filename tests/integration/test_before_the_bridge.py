"""A broker queues QoS 1 messages for a bridge that has never connected: their senders do not repeat them."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import pytest

from chat_core.contract import topics
from tests.contract.stores import store_at
from tests.integration.bridge_system import text
from tests.real.wattline import ProductProcess, config_of, run_cli, say_once
from tests.waiting import wait_until

CLIENT: Final = "c-42"
WITHIN_S: Final = 30.0  # a process's start on a busy machine: not what is judged


class BrokerAlone:
    def __init__(self, data: Path, processes: ExitStack) -> None:
        self.data, self._running = data, processes
        self.store = processes.enter_context(store_at(config_of(data)))
        self.broker = processes.enter_context(ProductProcess("broker", data, at_once=True))
        self.broker.port("mqtt", WITHIN_S)

    def say(self, words: str) -> None:
        token: dict[str, Any] = json.loads(run_cli(self.data, "token", CLIENT))
        assert say_once(token, topics.msg(CLIENT), text(words.replace(" ", "-"), words)) == 0

    def send_bridge(self) -> ProductProcess:
        return self._running.enter_context(ProductProcess("bridge", self.data, at_once=True))

    def wait_for(self, *words: str) -> None:
        def stored() -> list[str]:
            return [entry["text"] for entry in self.store.log.page(CLIENT).entries if entry["kind"] == "text"]

        wait_until(lambda: len(stored()) >= len(words), WITHIN_S, why=self.broker.log)
        assert stored() == list(words)


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[BrokerAlone]:
    with ExitStack() as processes:
        yield BrokerAlone(tmp_path, processes)


def test_said_before_the_bridge_first_came(alone: BrokerAlone) -> None:
    """Messages published before the bridge ever connected wait for it, in order."""
    alone.say("first")
    alone.say("second")
    alone.send_bridge()
    alone.wait_for("first", "second")


def test_said_to_a_new_broker_without_its_bridge(alone: BrokerAlone) -> None:
    """Messages to a restarted broker wait for the bridge that connects later."""
    bridge = alone.send_bridge()
    alone.say("with both")
    alone.wait_for("with both")
    bridge.kill()
    alone.broker.kill()
    alone.broker.restart()
    wait_until(lambda: is_listening(alone), WITHIN_S, why=alone.broker.log)
    alone.say("to the broker alone")
    alone.send_bridge()
    alone.wait_for("with both", "to the broker alone")


def is_listening(alone: BrokerAlone) -> bool:
    return alone.broker.log().count("broker ready") == 2
