"""Reports: what a period's questions sum up to, and the time that counts."""

import colorsys
import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chat_core.domain.colours import contrast, lightened
from chat_core.domain.reports import AskedQuestion, OpenTime, open_times_ms, sum_up, sum_up_days, sum_up_weeks
from chat_core.domain.settings import Branding, Hours
from web.branding import Shown

TZ = "Europe/Bucharest"
MINUTE = 60_000
OFFICE = Hours.model_validate({"week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}})


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(TZ)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-11-24T10:00", "2026-11-24T10:30", 30),
        ("2026-11-24T16:50", "2026-11-25T09:10", 20),  # over a night
        ("2026-11-27T18:00", "2026-11-30T09:05", 5),  # over a weekend
        ("2026-11-28T10:00", "2026-11-28T12:00", 0),  # on a Saturday
    ],
)
def test_only_opening_hours_count(start: str, end: str, minutes: int) -> None:
    """A duration counts the opening hours in it, and all of its time where there are no hours."""
    days = [date(2026, 11, 20) + timedelta(days=n) for n in range(15)]
    assert OpenTime(OFFICE, days, TZ).between(at(start), at(end)) == minutes * MINUTE
    assert OpenTime(Hours(), days, TZ).between(at(start), at(end)) == at(end) - at(start)


def test_first_replies_that_lie_far_apart() -> None:
    """Each first reply is measured in opening hours by itself, however many years lie between two of them."""
    moments = [("2026-11-27T18:00", "2026-11-30T09:05"), ("2021-03-01T16:50", "2021-03-02T09:10")]
    waits = open_times_ms([(at(asked), at(answered)) for asked, answered in moments], OFFICE, TZ)
    assert waits == [5 * MINUTE, 20 * MINUTE]
    assert open_times_ms([], OFFICE, TZ) == []


def test_what_a_period_sums_up_to() -> None:
    """Each question counts by the day it was asked, its resolution and its score by when they came."""
    mon, tue = "2026-11-23", "2026-11-24"
    questions = [
        AskedQuestion(
            at(f"{mon}T10:00"), at(f"{mon}T10:04"), "a-ana", at(f"{mon}T10:20"), 5, at(f"{mon}T10:21"), ("bill",), 1
        ),
        AskedQuestion(
            at(f"{mon}T11:00"), at(f"{mon}T11:20"), "a-ana", at(f"{tue}T11:30"), 3, at(f"{tue}T11:31"), (), 0
        ),
        AskedQuestion(at(f"{tue}T23:30"), None, None, at(f"{tue}T23:31"), None, None, ("bill", "moving"), -1),
        AskedQuestion(at(f"{tue}T08:00"), None, None, None, None, None, ()),
        AskedQuestion(at("2026-11-20T10:00"), None, None, at(f"{mon}T09:00"), None, None, ()),  # asked before
    ]
    period = at(f"{mon}T00:00"), at("2026-11-25T00:00")
    found = sum_up(questions, period, 10 * MINUTE, Hours(), TZ)
    totals = found.totals
    assert (totals.asked, totals.first_ms, totals.in_target) == (4, 4 * MINUTE, 50)
    assert (totals.resolved, totals.automatic, totals.ratings, totals.satisfaction) == (4, 50, 2, 4.0)
    assert (totals.use_judged, totals.use_usual) == (2, 50)  # of a meter with too few readings nothing is said
    assert [(one.day.day, one.person, one.automatic, one.open) for one in found.days] == [(23, 2, 0, 0), (24, 0, 1, 1)]
    days = sum_up_days(questions, period, 10 * MINUTE, Hours(), TZ)
    assert [(one.asked, one.first_ms, one.ratings) for one in days] == [(2, 4 * MINUTE, 1), (2, None, 1)]
    assert {(day, hour): n for day, hours in enumerate(found.heat) for hour, n in enumerate(hours) if n} == {
        (0, 10): 1,
        (0, 11): 1,
        (1, 8): 1,
        (1, 23): 1,
    }
    assert [(one.agent, one.answered, one.resolved, one.satisfaction) for one in found.agents] == [("a-ana", 2, 2, 4.0)]
    assert found.tags == {"bill": 2, "moving": 1} and found.scores == {1: 0, 2: 0, 3: 1, 4: 0, 5: 1}


def test_the_hours_of_a_single_day() -> None:
    """A single day counts each hour's questions as a day's are; several days have no hours."""
    tue = "2026-11-24"
    questions = [
        AskedQuestion(at(f"{tue}T08:00"), at(f"{tue}T09:30"), "a-ana", None, None, None, ()),
        AskedQuestion(at(f"{tue}T08:59"), None, None, None, None, None, ()),
        AskedQuestion(at(f"{tue}T23:30"), None, None, at(f"{tue}T23:31"), None, None, ()),
    ]
    end = at("2026-11-25T00:00")
    found = sum_up(questions, (at(f"{tue}T00:00"), end), MINUTE, Hours(), TZ)
    counted = {one.hour: (one.person, one.automatic, one.open) for one in found.hours}
    assert len(counted) == 24 and (counted.pop(8), counted.pop(23)) == ((1, 0, 1), (0, 1, 0))
    assert set(counted.values()) == {(0, 0, 0)}
    assert sum_up(questions, (at("2026-11-23T00:00"), end), MINUTE, Hours(), TZ).hours == []


def test_weeks_of_a_period() -> None:
    """Each seven days up to the last have own figures, also where the clocks change; fewer before are left out."""
    days = [date(2026, 10, 16) + timedelta(days=n) for n in range(16)]  # 25 October has 25 hours
    questions = [
        AskedQuestion(at(f"{day}T{hour}"), at(f"{day}T{hour}") + MINUTE, "a-ana", None, None, None, ())
        for day in days
        for hour in ("00:00", "23:59")
    ]
    period = at("2026-10-16T00:00"), at("2026-11-01T00:00")
    weeks = sum_up_weeks(questions, period, 10 * MINUTE, Hours(), TZ)
    assert [(one.asked, one.in_target) for one in weeks] == [(14, 100), (14, 100)]
    assert len(sum_up_days(questions, period, 10 * MINUTE, Hours(), TZ)) == 16
    assert sum_up_weeks(questions, (at("2026-10-26T00:00"), at("2026-11-01T00:00")), MINUTE, Hours(), TZ) == []


def test_an_answer_after_the_period_counts_whole() -> None:
    """The time to a first reply counts the opening hours up to the reply, also beyond the period's last day."""
    asked = AskedQuestion(at("2026-11-24T16:00"), at("2026-11-25T10:00"), "a-ana", None, None, None, ())
    found = sum_up([asked], (at("2026-11-24T00:00"), at("2026-11-25T00:00")), 10 * MINUTE, OFFICE, TZ)
    assert found.totals.first_ms == 120 * MINUTE


def test_an_accent_is_readable() -> None:
    """White text on the accent has 4.5 to 1, else the setting is refused; the dark theme gets a lighter one."""
    assert round(contrast("#ffffff", "#000000"), 1) == 21.0 and round(contrast("#0b6e4f", "#ffffff"), 1) == 6.3
    assert contrast(lightened("#1f2a37", "#141916", 7), "#141916") >= 7
    with pytest.raises(ValueError, match="choose a darker colour"):
        Branding(accent="#4cc38a")


@pytest.mark.parametrize("accent", ["#6a3fb0", "#1f2a37", "#b0402f", "#767676"])
def test_the_dark_theme_keeps_the_saturation_of_an_accent(accent: str) -> None:
    """The head and the own bubbles are of the accent's hue and saturation, and text on them has 4.5 to 1."""
    script = Shown(1, Branding(accent=accent)).script(None)
    found = re.search(r"--wl-own:light-dark\(var\(--wl-accent\),(#\w{6})\)", script)
    assert found is not None
    own, on_own = found[1], "#f3fbf7"  # --wl-on-own of the dark theme
    assert contrast(own, on_own) >= 4.5 and contrast(own, "#141916") >= 2
    saturation, kept = (hls(colour)[2] for colour in (accent, own))
    assert kept >= saturation - 0.05


def hls(colour: str) -> tuple[float, float, float]:
    return colorsys.rgb_to_hls(*(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)))
