"""ports.json, which tells where processes listen."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chat_core.runtime import config, ports
from chat_core.runtime.config import Config


def settings(data: Path, **more: str) -> Config:
    return config.load({"WATTLINE_DATA": str(data), **{f"WATTLINE_{k.upper()}": v for k, v in more.items()}})


def test_remembered_port_is_found(tmp_path: Path) -> None:
    """A port remembered is recalled; another's stays; nothing is known before."""
    assert ports.recall(tmp_path, "mqtt") is None
    ports.remember(tmp_path, "mqtt", 1)
    ports.remember(tmp_path, "ws", 2)
    assert (ports.recall(tmp_path, "mqtt"), ports.recall(tmp_path, "ws")) == (1, 2)
    assert json.loads((tmp_path / "run" / "ports.json").read_text()) == {"mqtt": 1, "ws": 2}


def test_many_remember_at_once(tmp_path: Path) -> None:
    """Processes that remember at the same moment lose nothing of one another."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: ports.remember(tmp_path, f"p{n}", n), range(40)))
    assert [ports.recall(tmp_path, f"p{n}") for n in range(40)] == list(range(40))


def test_forgotten_at_the_start(tmp_path: Path) -> None:
    """After `forget` no old port misleads anybody; forgetting nothing is fine."""
    ports.forget(tmp_path)
    ports.remember(tmp_path, "http", 3)
    ports.forget(tmp_path)
    assert ports.recall(tmp_path, "http") is None


def test_damaged_file_counts_as_empty(tmp_path: Path) -> None:
    """A damaged ports.json is no reason to fail: the next one who remembers replaces it."""
    ports.remember(tmp_path, "http", 3)
    (tmp_path / "run" / "ports.json").write_text("[1")
    assert ports.recall(tmp_path, "http") is None
    ports.remember(tmp_path, "ws", 4)
    assert ports.recall(tmp_path, "ws") == 4


def test_waiting_ends_when_the_port_is_told(tmp_path: Path) -> None:
    """Waiting for a port ends when it is remembered, else with a TimeoutError."""
    teller = threading.Timer(0.1, ports.remember, (tmp_path, "mqtt", 7))
    teller.start()
    assert ports.wait_for(tmp_path, "mqtt", within_s=5) == 7
    teller.join()
    with pytest.raises(TimeoutError, match="ws"):
        ports.wait_for(tmp_path, "ws", within_s=0.05)


def test_resolved_fills_in_the_zeros_only(tmp_path: Path) -> None:
    """A port 0 becomes the real one; a configured port stays; an unknown one stays 0."""
    ports.remember(tmp_path, "mqtt", 7)
    ports.remember(tmp_path, "http", 8)
    known = ports.resolved(settings(tmp_path, mqtt_port="0", ws_port="0", http_port="80"))
    assert (known.mqtt_port, known.ws_port, known.http_port) == (7, 0, 80)


def test_mqtt_address(tmp_path: Path) -> None:
    """The broker is found on the configured hosts, else where our own listens."""
    ports.remember(tmp_path, "mqtt", 7)
    own = settings(tmp_path, mqtt_port="0", bind="0.0.0.0")
    running = settings(tmp_path, mqtt_host="mq1.example, mq2.example")
    assert (own.broker_hosts, ports.mqtt_port(own, 0)) == (("127.0.0.1",), 7)
    assert (running.broker_hosts, ports.mqtt_port(running, 0)) == (("mq1.example", "mq2.example"), 1883)
