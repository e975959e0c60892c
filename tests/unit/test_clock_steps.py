"""Durations go by the monotonic clock: a step of the wall clock ends, keeps and deletes nothing."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from bridge.background.retention import BELIEVED_AFTER_S, REST_S, Retention
from bridge.mqtt.given_login import login_of
from broker.embedded.connection import Connection
from broker.sign_in import Granted
from chat_core.contract.policy import Identity

DAY_MS = 86_400_000
NOW_MS = 1_764_050_400_000
LIFE_S = 3_600.0


class Clocks:
    """The two clocks of a process, set by the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall_s, self.monotonic_s = 1_764_050_400.0, 100.0
        monkeypatch.setattr(time, "time", lambda: self.wall_s)
        monkeypatch.setattr(time, "monotonic", lambda: self.monotonic_s)

    def pass_by(self, seconds: float) -> None:
        self.wall_s += seconds
        self.monotonic_s += seconds


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(monkeypatch)


def test_a_clock_that_was_set_deletes_no_readings() -> None:
    """Retention waits an hour after a start, and after each step of the clock, before it believes what time it is."""
    horizons: list[int] = []

    def change(step: Any) -> None:
        tx = SimpleNamespace(
            make_reading_weeks=lambda _: None,
            forget_readings=lambda _above, horizon_ms, *_most: horizons.append(horizon_ms),
        )
        step(tx, SimpleNamespace(now_ms=now_ms))

    retention = Retention(SimpleNamespace(change=change))  # type: ignore[arg-type]  # as much of a Writer as it asks
    now_ms = NOW_MS
    retention.go(0.0, now_ms)
    assert horizons == []
    now_ms += round(BELIEVED_AFTER_S * 1000)
    retention.go(BELIEVED_AFTER_S, now_ms)
    assert len(horizons) == 1
    for later_s, ahead_ms in ((REST_S, 365 * DAY_MS), (2 * REST_S, 365 * DAY_MS), (3 * REST_S, 0), (4 * REST_S, 0)):
        retention.go(BELIEVED_AFTER_S + later_s, NOW_MS + round((BELIEVED_AFTER_S + later_s) * 1000) + ahead_ms)
    assert len(horizons) == 1
    now_ms = NOW_MS + round((2 * BELIEVED_AFTER_S + 3 * REST_S) * 1000)
    retention.go(2 * BELIEVED_AFTER_S + 3 * REST_S, now_ms)
    assert len(horizons) == 2 and 0 < horizons[1] - horizons[0] < DAY_MS


@pytest.mark.parametrize("step_s", [-86_400.0, 86_400.0])
def test_a_connection_stays_as_long_as_its_token_was_to_last(clocks: Clocks, step_s: float) -> None:
    """The embedded broker ends a connection when its token's life is over, whatever the clock was set to meanwhile."""
    ended: list[str] = []
    connection = Connection(SimpleNamespace(), SimpleNamespace(), lambda *_: None)  # type: ignore[arg-type]
    connection.end = lambda why, **_: ended.append(why)  # type: ignore[method-assign]
    connection.admit(Granted(Identity("c-42"), clocks.wall_s + LIFE_S, 1))
    clocks.pass_by(LIFE_S - 1)
    clocks.wall_s += step_s
    connection.check()
    assert ended == []
    clocks.pass_by(2)
    connection.check()
    assert ended == ["expired"]


def test_credentials_are_renewed_by_how_long_they_last(clocks: Clocks) -> None:
    """A login is renewed before its life is over, which is told by the server's own clock and counted by no wall's."""
    line = {"url": "mqtt://broker", "username": "c-42", "password": "x", "client_id": "k"}
    login = login_of(line | {"now": NOW_MS, "expires": NOW_MS + round(LIFE_S * 1000)})
    assert login.renew_at_s is not None and login.ends_at_s is not None
    assert clocks.monotonic_s < login.renew_at_s < login.ends_at_s == clocks.monotonic_s + LIFE_S
