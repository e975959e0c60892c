"""The bot's words about a period: how far from the usual it is, and what is missing."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.rules.answers import BotEpisode
from bridge.rules.facts import Extent, MeasuredPeriod, PeriodFacts, facts_of, step_of, words_of_facts
from bridge.texts import TEXTS, kilowatt_hours
from chat_core.contract.payloads import Card, Entry, Origin, SaidKind
from chat_core.domain.time_steps import HOUR_MS, Step
from tests.unit import vectors

ZONE = ZoneInfo("Europe/Bucharest")


def at(text: str) -> int:
    return round(datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE).timestamp() * 1000)


def card(begin: str, end: str) -> Card:
    return Card(meter="m-1", start=at(begin), end=at(end))


EVENING = card("11-28T17:00", "11-28T21:00")
HOURS = [
    {"at": at("11-28") + n * HOUR_MS, "to": at("11-28") + (n + 1) * HOUR_MS, "wh": 2_000, "usual_wh": 400,
     "estimated": 0.5 if n == 17 else 0}
    for n in range(17, 21)
]  # fmt: skip


def measured(points: list[Any], read_to: str = "11-29") -> MeasuredPeriod:
    return MeasuredPeriod(EVENING.start, EVENING.end, points, at(read_to))


@pytest.mark.parametrize(
    ("asked", "step"),
    [
        (EVENING, "hour"),
        (card("11-28T17:15", "11-28T17:45"), "quarter"),
        (card("11-28", "11-29"), "day"),
        (card("10-25", "10-26"), "day"),  # of 25 hours
        (card("11-27T22:00", "11-28T03:00"), "hour"),
        (card("10-01", "11-01"), "month"),
        (card("11-28T17:05", "11-28T18:00"), None),
        (card("01-01T01:00", "03-01T01:00"), None),  # more hours than are worth a sentence
    ],
)
def test_the_period_is_read_in_its_own_steps(asked: Card, step: Step | None) -> None:
    """A period is read in the widest steps that it consists of."""
    assert step_of(asked, ZONE) == step


def test_facts_are_sums_of_the_period() -> None:
    """Energy and usual are the period's sums, and a missing usual makes all unknown."""
    assert facts_of(measured(HOURS), at("11-29")) == PeriodFacts(8_000, 1_600, 0.125)
    unknown = measured([*HOURS[1:], {**HOURS[0], "usual_wh": None}])
    assert facts_of(unknown, at("11-29")).usual_wh is None
    assert facts_of(measured([]), at("11-29")) == PeriodFacts(None)


@pytest.mark.parametrize(
    ("points", "now", "read_to", "extent"),
    [
        (HOURS[:3], "11-28T19:30", "11-28T19:20", Extent.SO_FAR),
        (HOURS[:2], "11-28T20:30", "11-28T18:50", Extent.AS_READ),  # not over, and silent for more than an hour
        (HOURS[:1] + HOURS[2:3], "11-28T19:30", "11-28T19:20", Extent.AS_READ),
        (HOURS[:1] + HOURS[2:], "11-29", "11-29", Extent.AS_READ),
        (HOURS[:3], "11-29", "11-28T20:00", Extent.AS_READ),
        (HOURS, "11-29", "11-28T20:30", Extent.AS_READ),  # of the last hour a half
    ],
)
def test_a_part_is_compared_with_nothing(points: list[Any], now: str, read_to: str, extent: Extent) -> None:
    """A period that is not over, or lacks readings, has no usual, and says which of the two it is."""
    facts = facts_of(measured(points, read_to), at(now))
    assert (facts.usual_wh, facts.extent) == (None, extent)


ON = "Was something on then that you do not know of, such as a heater or a charger? Please answer here."


@pytest.mark.parametrize(
    ("facts", "lang", "words"),
    [
        (PeriodFacts(34_600, 2_200), "en", "Your meter counted 34.6\u00a0kWh. "
         f"That is about 16 times your usual use. {ON}"),
        (PeriodFacts(8_000, 1_600, 0.125), "en",
         "Your meter counted 8.0\u00a0kWh. "
         f"That is about 5 times your usual use. {ON} Part of it is an estimate, so it may still change."),
        (PeriodFacts(1_400, 1_000), "en", "Your meter counted 1.4\u00a0kWh. "
         f"That is 40% above your usual use. {ON}"),
        (PeriodFacts(1_400, 0), "en", "Your meter counted 1.4\u00a0kWh. "
         f"Usually your meter counts nothing at this time. {ON}"),
        (PeriodFacts(1_020, 1_000), "en",
         "Your meter counted 1.0\u00a0kWh. "
         "That is about your usual use. If you expected less, please tell us here."),
        (PeriodFacts(400, 1_000), "de",
         "Ihr Zähler hat 0,40\u00a0kWh gezählt. "
         "Das sind 60\u00a0% weniger als Ihr üblicher Verbrauch. Haben Sie etwas anderes erwartet, schreiben Sie es "
         "uns bitte hier."),
        (PeriodFacts(123_456), "en",
         "Your meter counted 123\u00a0kWh. "
         "What is usual for you at this time is not known yet. Is it more than you expected? Please tell us here."),
        (PeriodFacts(400, extent=Extent.SO_FAR), "en",
         "Your meter counted 0.40\u00a0kWh. "
         "This period is not over yet, so it cannot be compared with your usual use."),
        (PeriodFacts(400, extent=Extent.AS_READ), "en",
         "Your meter counted 0.40\u00a0kWh. "
         "Readings of your meter are missing here, so this cannot be compared with your usual use."),
        (PeriodFacts(None), "en",
         "There are no readings of your meter for this period. Was the power off then? Please answer here."),
    ],
)  # fmt: skip
def test_facts_in_words(facts: PeriodFacts, lang: str, words: str) -> None:
    """The answer says in the client's language what was counted, for who sees no card, and what that means."""
    assert words_of_facts(facts, lang) == words


@pytest.mark.parametrize(("wh", "words"), [(2_000, "de aproximativ 2 ori"), (20_000, "de aproximativ 20 de ori")])
def test_a_multiple_takes_its_plural(wh: int, words: str) -> None:
    """A multiple of the usual has the number's own form where a language has several."""
    assert words in words_of_facts(PeriodFacts(wh, 1_000), "ro")


def test_facts_are_no_answer_to_the_words() -> None:
    """Facts that come after the client's next words leave these to the rules."""
    question = Entry(seq=3, id="q", sender="c-1", at=3, kind=SaidKind.TEXT, text="Why so much?")
    facts = Entry(
        seq=4, id="facts-2", sender="b-rules", at=4, kind=SaidKind.TEXT, text="That is much.", origin=Origin.ANSWER
    )
    assert not BotEpisode.of((question, facts), question).has_answer_after(question)


@pytest.mark.parametrize("case", vectors.load("energy")["cases"])
def test_energy_is_written_as_pages_write_it(case: dict[str, Any]) -> None:
    """The bot and an alarm tell the figure that the chart beside them shows."""
    assert {lang: f"{kilowatt_hours(case['wh'], lang)} kWh" for lang in TEXTS} == {lang: case[lang] for lang in TEXTS}
