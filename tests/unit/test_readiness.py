"""/readyz and `wattline check` on the bridge's heartbeat."""

import socket
from pathlib import Path

import pytest

from chat_core.runtime import readiness
from chat_core.runtime.config import Config
from chat_core.runtime.readiness import find_fault
from chat_core.store.results import Beat


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data=tmp_path, mqtt_port=0)


def code(config: Config, beat: Beat | None) -> str:
    fault = find_fault(config, beat)
    return "" if fault is None else fault.code


def listening(config: Config, port: socket.socket) -> Config:
    return config.model_copy(update={"mqtt_port": port.getsockname()[1]})


def test_all_is_well(config: Config) -> None:
    """A fresh heartbeat without a word is all that is asked, however far clocks are apart within reason."""
    assert find_fault(config, Beat(2_000, 29_000, -29_000)) is None


@pytest.mark.parametrize(
    ("beat", "expected", "named"),
    [
        (Beat(1_000, 0, 0, ("greet_entries", "turn")), "bridge_faults", "greet_entries, turn"),
        (Beat(1_000, 3_600_000, 0), "clock_skew", "The clock of the bridge is 3600 s ahead of the database's"),
        (Beat(1_000, 0, -3_600_000), "clock_skew", "The clock of web's machine is 3600 s behind the database's"),
    ],
)
def test_what_the_bridge_tells(config: Config, beat: Beat, expected: str, named: str) -> None:
    """Duties that fail, and a clock that is off, are named though the bridge works."""
    fault = find_fault(config, beat)
    assert fault is not None and fault.code == expected
    assert named in fault.text


@pytest.mark.parametrize(("age_ms", "expected"), [(None, "no_echo"), (11_000, "echo_late")])
def test_silence_has_a_cause(
    config: Config, monkeypatch: pytest.MonkeyPatch, age_ms: int | None, expected: str
) -> None:
    """A silent bridge is explained by a full disk, else by the broker, else by the bridge."""
    beat = None if age_ms is None else Beat(age_ms, 0, 0)
    assert code(config, beat) == "broker_down"
    with socket.create_server(("127.0.0.1", 0)) as port:
        assert code(listening(config, port), beat) == expected
        cluster = config.model_copy(update={"mqtt_host": ("127.0.0.2", "127.0.0.1")})
        assert code(listening(cluster, port), beat) == expected
        monkeypatch.setattr(readiness, "SPACE_BYTES", 1 << 60)
        assert code(listening(config, port), beat) == "disk_full"
