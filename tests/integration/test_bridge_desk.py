"""notice/desk as the running bridge makes it of hours, holidays and usual answers."""

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.domain.opening_hours import next_opening
from chat_core.domain.settings import DAYS, Hours
from tests.contract.test_store_episodes import MINUTE, chat
from tests.integration.bridge_system import BarePeer, BridgeSystem, system_fixture
from tests.waiting import wait_until

TZ = "Europe/Bucharest"
ALWAYS = {"week": {day: [["00:00", "24:00"]] for day in DAYS}, "holidays": []}


system = system_fixture("embedded")


@pytest.fixture
def wire(system: BridgeSystem) -> Iterator[BarePeer]:
    with system.wire(system.new_client(), topics.NOTICE_DESK) as wire:
        yield wire
    system.send_home()


def today() -> date:
    return datetime.now(ZoneInfo(TZ)).date()


def set_hours(system: BridgeSystem, value: dict[str, Any]) -> None:
    rev, _ = system.store.registry.settings.document("hours")
    system.store.registry.settings.change_document("hours", value, rev)
    system.store.registry.changes.announce(ChangeKind.SETTINGS, {"key": "hours"}, 1)


def told(wire: BarePeer) -> dict[str, Any]:
    heard = wire.on(topics.NOTICE_DESK)
    return heard[-1] if heard else {}


def test_hours_without_anybody(system: BridgeSystem, wire: BarePeer) -> None:
    """Within the hours the desk is open though nobody is connected; on a holiday it is not."""
    set_hours(system, ALWAYS)
    wait_until(lambda: told(wire).get("open") is True, why=system.bridge.log)
    assert (told(wire)["agents"], told(wire)["next"]) == ([], None)
    days = [{"date": str(today() + timedelta(days=n)), "name": "x"} for n in (-1, 0, 1)]
    set_hours(system, {**ALWAYS, "holidays": days})
    wait_until(lambda: told(wire).get("open") is False, why=system.bridge.log)


def test_when_somebody_is_back(system: BridgeSystem, wire: BarePeer) -> None:
    """Beyond the hours the retained notice says when they begin again; an agent who is there opens the desk."""
    day = DAYS[(today() + timedelta(days=3)).weekday()]
    hours = {"week": {day: [["03:30", "04:30"]]}, "holidays": []}
    set_hours(system, hours)
    opens = next_opening(Hours.model_validate(hours), time.time_ns() // 1_000_000, TZ)
    wait_until(lambda: told(wire).get("next") == opens, why=system.bridge.log)
    assert told(wire)["open"] is False
    ana = system.person("a-ana")
    wait_until(lambda: told(wire).get("open") is True, why=system.bridge.log)
    assert (told(wire)["next"], [agent["name"] for agent in told(wire)["agents"]]) == (None, ["Ana"])
    ana.close()
    wait_until(lambda: told(wire)["agents"] == [], why=system.bridge.log)
    with system.wire("c-42", topics.NOTICE_DESK) as late:
        wait_until(lambda: late.heard)
        assert late.heard[0][2], "the notice is retained"


def test_how_soon_it_usually_answers(system: BridgeSystem, wire: BarePeer) -> None:
    """The usual time of an answer is the median of what happened in the last days, and nothing before five did."""
    wait_until(lambda: told(wire), why=system.bridge.log)
    assert told(wire)["reply_s"] is None
    now_ms = time.time_ns() // 1_000_000
    for n in range(5):
        chat(system.store, n, now_ms - (n + 1) * 60 * MINUTE, (n + 1) * MINUTE)
    maria = system.person("c-42")
    maria.wait_stored(maria.say("hello"))
    wait_until(lambda: system.store.search.behind() == 0, why=system.bridge.log)
    system.store.registry.changes.announce(ChangeKind.SETTINGS, {"key": "hours"}, 1)
    wait_until(lambda: told(wire)["reply_s"] == 180, why=system.bridge.log)
