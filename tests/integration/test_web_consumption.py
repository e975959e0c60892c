"""A client's consumption over REST: sums, price, unusual hours, the standard household."""

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chat_core.domain.time_steps import HOUR_MS, begin_of
from tests.contract.stores import committed
from tests.integration.web_under_test import WebUnderTest


def test_consumption(system: WebUnderTest) -> None:
    """Stored readings are summed by interval, with the newest reading beside them."""
    hour_ms = 3_600_000
    start = system.clock.ms // hour_ms * hour_ms
    with committed(system.store) as tx:
        for n, wh in enumerate((1000, 1300, 1900)):
            tx.add_reading("c-42", "m-1", start + n * hour_ms, wh, 250)
    address = f"/api/clients/c-42/consumption?from={start}&to={start + 2 * hour_ms}&step=hour"
    found = json.loads(system.get(address, "c-42").text)
    assert [(point["at"], point["wh"]) for point in found["points"]] == [(start, 300), (start + hour_ms, 600)]
    assert found["last"] == {"meter": "m-1", "at": start + 2 * hour_ms, "wh": 1900, "w": 250}
    assert found["tz"] == system.config.tz
    shown = [(point["estimated"], point["usual_wh"], point["unusual"]) for point in found["points"]]
    assert shown == [(0, None, False)] * 2  # too little is known of the days before
    columns = json.loads(
        system.get(address.replace("?", "/columns?"), "c-42").text,
    )
    assert (columns["at"], columns["wh"]) == ([start, start + hour_ms], [300, 600])
    assert columns["estimated"] == []
    other = f"{address}&meter=m-2"
    assert json.loads(system.get(other, "c-42").text)["points"] == []
    assert system.get(address.replace("?", "/columns?"), "c-43").status_code == 403


def test_what_energy_costs(system: WebUnderTest) -> None:
    """Consumption names the price of a kWh: the company's or the client's own; without a currency there is none."""
    registry = system.store.registry
    address = f"/api/clients/c-42/consumption?from={system.clock.ms - 3_600_000}&to={system.clock.ms}&step=hour"

    def price() -> object:
        return json.loads(system.get(address, "c-42").text)["price"]

    registry.ensure_client("c-42", now_ms=system.clock.ms)
    registry.attributes.change("c-42", {"price_per_kwh": 1.5})
    assert price() is None
    registry.settings.change_document("tariff", {"currency": "RON", "price": 1.3}, 0)
    assert price() == {"amount": 1.5, "currency": "RON"}
    registry.attributes.change("c-42", {"price_per_kwh": None})
    assert price() == {"amount": 1.3, "currency": "RON"}
    registry.settings.change_document("tariff", {"currency": "RON"}, 1)
    assert price() is None


def test_unusual_hours(system: WebUnderTest) -> None:
    """An hour is marked unusual by the alarm's settings; gaps are left out, estimates are marked."""
    hour_ms, days = 3_600_000, 10
    now = system.clock.ms // hour_ms * hour_ms
    register, readings = 0, []
    for n in range(days * 24):
        register += 3_000 if n % 24 == 0 else 200
        readings.append((now - (days * 24 - n) * hour_ms, register))
    readings += [(now, register + 3_200), (now + hour_ms, register + 6_200), (now + 4 * hour_ms, register + 9_200)]
    with committed(system.store) as tx:
        for at, wh in readings:
            tx.add_reading("c-42", "m-1", at, wh, None)
    address = f"/api/clients/c-42/consumption?from={now - hour_ms}&to={now + 9 * hour_ms}&step=hour"

    def points() -> list[tuple[object, ...]]:
        found = json.loads(system.get(address, "c-42").text)["points"]
        return [(point["wh"], point["usual_wh"], point["unusual"], point["estimated"]) for point in found]

    shown = points()
    assert shown[0][1:] == (3_000, False, 0)
    assert shown[1] == (3_000, 200, True, 0)
    assert [point[3] for point in shown] == [0, 0, 1, 1, 1]
    system.store.registry.settings.change_document("alarms", {"at_least_wh": 5_000, "newer": 1}, 0)
    assert not any(point[2] for point in points())


def test_days_with_unusual_hours(system: WebUnderTest) -> None:
    """A day says how many of its hours are unusual, also where its sum is not; hours, and days of a year, do not."""
    hour_ms, day_ms = 3_600_000, 86_400_000
    today = begin_of(system.clock.ms, "day", ZoneInfo(system.config.tz))
    register, readings = 0, []
    for n in range(12 * 24 + 1):
        readings.append((today - 12 * day_ms + n * hour_ms, register))
        register += 3_000 if n in (11 * 24 + 3, 11 * 24 + 4) else 500  # two hours of yesterday
    with committed(system.store) as tx:
        for at, wh in readings:
            tx.add_reading("c-42", "m-1", at, wh, None)

    def points(days: int, step: str) -> list[tuple[object, ...]]:
        address = f"/api/clients/c-42/consumption?from={today - days * day_ms}&to={today}&step={step}"
        found = json.loads(system.get(address, "c-42").text)["points"]
        return [(point["wh"], point["unusual"], point["unusual_hours"]) for point in found]

    assert points(2, "day") == [(12_000, False, 0), (17_000, False, 2)]
    assert points(1, "hour")[3] == (3_000, True, None)
    assert points(63, "day")[-1] == (17_000, False, None)
    system.store.registry.settings.change_document("alarms", {"at_least_wh": 5_000, "newer": 1}, 0)
    assert points(1, "day") == [(17_000, False, 0)]


def test_hours_without_readings(system: WebUnderTest) -> None:
    """A day or month that is over says how many hours have no readings; not where its sum has what was used then."""
    zone = ZoneInfo(system.config.tz)

    def at(day: int, hour: int = 0, month: int = 11) -> int:
        return int(datetime(2026, month, day, hour, tzinfo=zone).timestamp() * 1000)

    # From the 20th at 16:00 on, without the hours from 6:00 to 9:00 of the 21st, and then without the 22nd to the 24th.
    times = [
        *range(at(20, 16), at(21, 7), HOUR_MS),
        *range(at(21, 9), at(22, 1), HOUR_MS),
        *range(at(25), at(28), HOUR_MS),
    ]
    system.clock.ms = at(1, 12, month=12)
    with committed(system.store) as tx:
        for n, time in enumerate(times):
            tx.add_reading("c-42", "m-1", time, n * 200, None)

    def told(step: str, since: int = at(19)) -> list[int | None]:
        address = f"/api/clients/c-42/consumption?from={since}&to={at(30)}&step={step}"
        return [point["hours_without_readings"] for point in json.loads(system.get(address, "c-42").text)["points"]]

    assert told("day") == [16, 0, 0, 0, 0, 0, 0, 1]
    assert told("month") == [19 * 24 + 16 + 1 + 3 * 24]
    assert set(told("hour")) == {None}
    assert set(told("day", at(19, month=9))) == {None}
    system.clock.ms = at(27, 23)
    assert told("day")[-1] == 0, "a day that is not over"


def test_the_last_days_of_several_clients(system: WebUnderTest) -> None:
    """The last 14 days of several clients come at once: gaps are null, unusual and estimated days marked."""
    hour_ms, day_ms = 3_600_000, 86_400_000
    today = begin_of(system.clock.ms, "day", ZoneInfo(system.config.tz))
    system.add_agent("a-ana")
    readings = [(today - 20 * day_ms + n * hour_ms, n * 200) for n in range(17 * 24 + 1)]
    at, register = readings[-1]
    readings += [(at + n * hour_ms, register + n * 1_000) for n in range(1, 25)]
    with committed(system.store) as tx:
        for at, wh in [*readings, (today, register + 24_000 + 9_600)]:
            tx.add_reading("c-42", "m-1", at, wh, None)
        tx.add_reading("c-43", "m-1", today - 30 * day_ms, 1, None)
    found = json.loads(system.get("/api/usage?client=c-42&client=c-43&client=c-44", "a-ana").text)
    assert found["begins"] == [today - n * day_ms for n in range(13, -1, -1)]
    assert found["clients"] == {
        "c-42": {"wh": [*[4_800] * 10, 24_000, 4_800, 4_800, None], "unusual": [10], "estimated": [11, 12]}
    }
    assert system.get("/api/usage?client=c-42", "c-42").status_code == 403
    many = "&".join(f"client=c-{n}" for n in range(61))
    assert system.get(f"/api/usage?{many}", "a-ana").status_code == 422


def test_standard_household(system: WebUnderTest) -> None:
    """A standard household is scaled to the known days' energy; with less than a week there is none."""
    day_ms = 86_400_000
    now = system.clock.ms
    address = f"/api/clients/c-42/consumption/standard?from={now - 9 * day_ms}&to={now}&step="

    def told(step: str) -> dict[str, Any]:
        return dict(json.loads(system.get(address + step, "c-42").text))

    def read(days: range) -> None:
        with committed(system.store) as tx:
            for n in days:
                tx.add_reading("c-42", "m-1", now - n * day_ms, 1_000_000 - n * 9_600, None)

    read(range(4))
    assert (told("day")["year_wh"], told("day")["points"]) == (None, [])
    read(range(4, 12))
    days, hours = told("day"), told("hour")
    whole = [point["wh"] for point in days["points"] if point["to"] <= now]
    assert len(whole) >= 8 and sum(whole) / len(whole) == pytest.approx(9_600, rel=0.1)
    assert sum(point["wh"] for point in hours["points"]) == pytest.approx(
        sum(p["wh"] for p in days["points"]), rel=0.15
    )
    assert len({point["wh"] for point in hours["points"]}) > 20, "a household's day has a shape"
    assert 2_000_000 < days["year_wh"] < 5_000_000
    far = address.replace(f"from={now - 9 * day_ms}", "from=0") + "month"
    assert system.get(far, "c-42").status_code == 422
    assert system.get(address + "day", "c-43").status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        "",
        "from=0&to=0&step=day",
        "from=5&to=1&step=day",
        "from=0&to=9&step=year",
        "from=0&to=1e3&step=day",
        "from=0&to=999999999999&step=minute",
        "from=0&to=9&step=day&meter=M!",
    ],
)
def test_consumption_query_refused(system: WebUnderTest, query: str) -> None:
    """A period that is none, or has more intervals than anybody draws, is refused."""
    answer = system.get(f"/api/clients/c-42/consumption?{query}", "c-42")
    assert answer.status_code == 422 and answer.mimetype == "application/problem+json"
