"""Meter alarms: when one is raised, and its text."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bridge.background.meter_alarms import words_of
from chat_core.domain.meter_alarms import (
    Alarm,
    AlarmKind,
    days_before,
    is_same,
    judge_all,
    judge_hour,
    judge_silence,
    most_usual,
)
from chat_core.domain.time_steps import HOUR_MS

ZONE = ZoneInfo("Europe/Bucharest")
HOUR = round(datetime(2026, 11, 24, 17, tzinfo=ZONE).timestamp() * 1000)
STEADY = [500, 520, 480, 510, 490, 500, 505, 495]


def judged(wh: int, learned: list[int], *, limit_wh: int | None = None, times: float | None = 2.0) -> AlarmKind | None:
    alarm = judge_hour(HOUR, wh, learned, times=times, at_least_wh=1_000, limit_wh=limit_wh)
    return alarm.kind if alarm else None


@pytest.mark.parametrize(
    ("wh", "learned", "kind"),
    [
        (500, STEADY, None),
        (4_000, STEADY, AlarmKind.USUAL),
        (1_400, STEADY, None),  # nearly three times the usual, but less than a kWh more
        (4_000, STEADY[:6], None),  # too little is known yet
        (4_000, [100, 3_900, 200, 4_100, 150, 3_800, 120, 4_000], None),  # a sauna every other day is usual
        (0, STEADY, None),
        (2_600, [0] * 10, AlarmKind.USUAL),  # on holiday, and something runs
    ],
)
def test_the_usual_band(wh: int, learned: list[int], kind: AlarmKind | None) -> None:
    """An hour is unusual that lies well above what the same hour used on the days before, by a kWh at least."""
    assert judged(wh, learned) is kind


def test_one_rule_for_charts() -> None:
    """A chart's hour is unusual exactly where an alarm would be told, by the same hour of the 28 days before."""
    evenings = {begin: 3_000 + 20 * n for n, begin in enumerate(days_before(HOUR, ZONE))}
    nights = {begin - 12 * HOUR_MS: 200 for begin in evenings}
    for wh in (3_300, 6_400, 9_000):
        used = evenings | nights | {HOUR: wh, HOUR - 12 * HOUR_MS: wh}
        evening, night = judge_all(used, [HOUR, HOUR - 12 * HOUR_MS], ZONE, times=2.0, at_least_wh=1_000)
        assert evening.unusual is (judged(wh, list(evenings.values())) is AlarmKind.USUAL) is (wh > 6_540)
        assert night.unusual and night.usual_wh == 200 and evening.usual_wh == 3_270
    assert judge_all({HOUR: 5}, [HOUR], ZONE, times=2.0, at_least_wh=0) == [(None, False)]


def test_the_same_hour_through_the_clocks_change() -> None:
    """The days before have the same hour on the clock, also where the clocks changed in between."""
    for month, day in ((3, 30), (10, 27), (7, 1)):
        begin = round(datetime(2026, month, day, 17, tzinfo=ZONE).timestamp() * 1000)
        before = [datetime.fromtimestamp(at / 1000, ZONE) for at in days_before(begin, ZONE)]
        assert [moment.hour for moment in before] == [17] * 28
        assert len({moment.date() for moment in before}) == 28


def test_a_band_never_falls_below_the_usual() -> None:
    """A usual value is always in the band, however steady it is."""
    assert (most_usual(STEADY, 1.0) or 0) >= max(STEADY[:1])
    assert most_usual(STEADY[:6], 2.0) is None


def test_a_limit() -> None:
    """Above the set limit is an alarm whatever is usual, and no second one for the same hour; no band, no alarm."""
    assert judged(3_001, [3_000] * 9, limit_wh=3_000) is AlarmKind.LIMIT
    assert judged(3_000, [3_000] * 9, limit_wh=3_000) is None
    assert judged(9_000, STEADY, limit_wh=3_000) is AlarmKind.LIMIT
    assert judged(9_000, STEADY, times=None) is None


def test_a_silence() -> None:
    """A meter that was heard regularly and is not any more is silent; one that never was says nothing by it."""
    late = HOUR + 3 * HOUR_MS
    assert judge_silence(HOUR, 100, late, 3 * HOUR_MS) == Alarm(AlarmKind.SILENT, HOUR, HOUR)
    assert judge_silence(HOUR, 100, late - 1, 3 * HOUR_MS) is None
    assert judge_silence(HOUR, 23, late, 3 * HOUR_MS) is None


def test_an_event_is_one() -> None:
    """An alarm that lasts or returns within three hours is one event; a silence after a reading is a new one."""
    usual, silent = AlarmKind.USUAL, AlarmKind.SILENT
    assert not is_same(None, Alarm(usual, HOUR, HOUR))
    assert is_same((HOUR, HOUR), Alarm(usual, HOUR, HOUR))
    assert is_same((HOUR - 9 * HOUR_MS, HOUR - HOUR_MS), Alarm(usual, HOUR, HOUR))
    assert not is_same((HOUR - 9 * HOUR_MS, HOUR - 3 * HOUR_MS), Alarm(usual, HOUR, HOUR))
    assert is_same((HOUR, HOUR), Alarm(silent, HOUR, HOUR))
    assert not is_same((HOUR, HOUR), Alarm(silent, HOUR + 1, HOUR + 1))


@pytest.mark.parametrize("kind", list(AlarmKind))
@pytest.mark.parametrize("lang", ["en", "ro", "de", None])
def test_plain_words(kind: AlarmKind, lang: str | None) -> None:
    """Each alarm names the meter and its time in the platform's zone, in the client's language and its numbers."""
    text = words_of(Alarm(kind, HOUR, HOUR, 4_210, 520), "m-1", lang, ZONE)
    assert "m-1" in text and "17:00" in text and "{" not in text
    if kind is AlarmKind.USUAL:
        assert ("4,2" if lang in ("ro", "de") else "4.2") in text
        assert ("0,5" if lang in ("ro", "de") else "0.5") in text
