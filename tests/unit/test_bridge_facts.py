"""The bot's facts about a period: what was counted, against the usual, of the day, estimated."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bridge.rules.answers import BotEpisode
from bridge.rules.facts import Extent, MeasuredPeriod, PeriodFacts, facts_of, span_of, step_of, words_of_facts
from chat_core.contract.languages import LANGS
from chat_core.contract.payloads import Card, Entry, Origin, SaidKind
from chat_core.domain.money import Money
from chat_core.domain.time_steps import HOUR_MS, Step
from tests.unit import vectors

ZONE = ZoneInfo("Europe/Bucharest")


def at(text: str) -> int:
    return round(datetime.fromisoformat(f"2026-{text}").replace(tzinfo=ZONE).timestamp() * 1000)


def card(begin: str, end: str) -> Card:
    return Card(meter="m-1", start=at(begin), end=at(end))


EVENING = card("11-28T17:00", "11-28T21:00")
DAY = [
    {"at": at("11-28") + n * HOUR_MS, "to": at("11-28") + (n + 1) * HOUR_MS, "wh": 2_000 if 17 <= n < 21 else 100,
     "usual_wh": 400 if 17 <= n < 21 else 100, "estimated": 0.5 if n == 17 else 0}
    for n in range(24)
]  # fmt: skip


def measured(points: list[Any], read_to: str = "11-29") -> MeasuredPeriod:
    return MeasuredPeriod(at("11-28"), at("11-29"), points, at(read_to))


@pytest.mark.parametrize(
    ("asked", "step", "read"),
    [
        (EVENING, "hour", ("11-28", "11-29")),
        (card("11-28T17:15", "11-28T17:45"), "quarter", ("11-28", "11-29")),
        (card("11-28", "11-29"), "day", ("11-28", "11-29")),
        (card("10-25", "10-26"), "day", ("10-25", "10-26")),  # of 25 hours
        (card("11-27T22:00", "11-28T03:00"), "hour", ("11-27T22:00", "11-28T03:00")),
        (card("10-01", "11-01"), "month", ("10-01", "11-01")),
        (card("11-28T17:05", "11-28T18:00"), None, None),
        (card("01-01T01:00", "03-01T01:00"), None, None),  # more hours than are worth a sentence
    ],
)
def test_the_period_is_read_in_its_own_steps(asked: Card, step: Step | None, read: tuple[str, str] | None) -> None:
    """A period is read in the widest steps that it consists of; one within a day with its day."""
    assert step_of(asked, ZONE) == step
    if step is not None and read is not None:
        assert span_of(asked, step, ZONE) == (at(read[0]), at(read[1]))


def test_facts_are_sums_of_the_period() -> None:
    """Energy and usual are the period's sums, the share is of its day, and a missing usual makes all unknown."""
    assert facts_of(EVENING, measured(DAY), at("11-29")) == PeriodFacts(8_000, 1_600, 0.8, 0.125)
    unknown = measured([{**point, "usual_wh": None} for point in DAY])
    assert facts_of(EVENING, unknown, at("11-29")).usual_wh is None
    assert facts_of(card("11-28", "11-29"), measured(DAY), at("11-29")).share is None
    assert facts_of(EVENING, measured([]), at("11-29")) == PeriodFacts(None)


@pytest.mark.parametrize(
    ("points", "now", "read_to", "extent"),
    [
        (DAY[:20], "11-28T19:30", "11-28T19:20", Extent.SO_FAR),
        (DAY[:19], "11-28T20:30", "11-28T18:50", Extent.AS_READ),  # not over, and silent for more than an hour
        (DAY[:18] + DAY[19:20], "11-28T19:30", "11-28T19:20", Extent.AS_READ),
        (DAY[:18] + DAY[19:], "11-29", "11-29", Extent.AS_READ),
        (DAY[:20], "11-29", "11-28T20:00", Extent.AS_READ),
        (DAY[:21], "11-29", "11-28T20:30", Extent.AS_READ),  # of the last hour a half
    ],
)
def test_a_part_is_compared_with_nothing(points: list[Any], now: str, read_to: str, extent: Extent) -> None:
    """A period that is not over, or lacks readings, has neither usual nor share, and says which of the two it is."""
    facts = facts_of(EVENING, measured(points, read_to), at(now))
    assert (facts.usual_wh, facts.share, facts.extent) == (None, None, extent)


def test_a_part_of_a_day_that_goes_on_has_no_share() -> None:
    """Hours that are over are compared with their usual, but not with a day that is not over."""
    facts = facts_of(EVENING, measured(DAY[:22], "11-28T21:30"), at("11-28T21:40"))
    assert (facts.usual_wh, facts.share, facts.extent) == (1_600, None, Extent.WHOLE)


@pytest.mark.parametrize(
    ("facts", "lang", "words"),
    [
        (PeriodFacts(8_000, 1_600, 0.8, 0.125), "en",
         "Sat 28 Nov, 17:00–21:00: your meter counted 8.0 kWh. That is 6.4 kWh more than the usual 1.6 kWh. "
         "It is 80% of that day. 12% of it is estimated, because readings are missing."),
        (PeriodFacts(1_234), "de", "Sa. 28. Nov., 17:00–21:00: Ihr Zähler hat 1,2 kWh gezählt."),
        (PeriodFacts(400, 1_000, None, 0.004), "ro",
         "sâm. 28 nov., 17:00–21:00: contorul dvs. a înregistrat 0,4 kWh. "
         "Sunt cu 0,6 kWh sub cei 1,0 kWh obișnuiți."),
        (PeriodFacts(1_020, 1_000), "en",
         "Sat 28 Nov, 17:00–21:00: your meter counted 1.0 kWh. That is about as usual."),
        (PeriodFacts(400, extent=Extent.SO_FAR), "en",
         "Sat 28 Nov, 17:00–21:00: your meter counted 0.4 kWh so far."),
        (PeriodFacts(400, extent=Extent.AS_READ), "en",
         "Sat 28 Nov, 17:00–21:00: your meter counted 0.4 kWh, as far as its readings have come."),
        (PeriodFacts(8_000, estimated=0.125, price=Money(0.2875, "EUR")), "en",
         "Sat 28 Nov, 17:00–21:00: your meter counted 8.0 kWh. At €0.2875 per kWh it costs about €2.30. "
         "12% of it is estimated, because readings are missing."),
        (PeriodFacts(123_400, share=0.86), "de",
         "Sa. 28. Nov., 17:00–21:00: Ihr Zähler hat 123 kWh gezählt. Das sind 86\u00a0% dieses Tages."),
        (PeriodFacts(None, price=Money(0.25, "EUR")), "en",
         "Sat 28 Nov, 17:00–21:00: your meter counted nothing, or its readings have not come."),
    ],
)  # fmt: skip
def test_facts_in_words(facts: PeriodFacts, lang: str, words: str) -> None:
    """The answer has a sentence for each fact that is known, in the client's language, as exact as the portal."""
    assert words_of_facts(facts, EVENING, lang, ZONE) == words


@pytest.mark.parametrize("case", vectors.load("cost")["cases"])
def test_what_energy_costs_in_words(case: dict[str, Any]) -> None:
    """The bot says the same cost as the browser, in each language."""
    cost = Money(**case["price"]).of_kwh(case["wh"])
    assert {lang: cost.words(lang) for lang in LANGS} == {lang: case[lang] for lang in LANGS}


def test_facts_are_no_answer_to_the_words() -> None:
    """Facts that come after the client's next words leave these to the rules."""
    question = Entry(seq=3, id="q", sender="c-1", at=3, kind=SaidKind.TEXT, text="Why so much?")
    facts = Entry(seq=4, id="facts-2", sender="b-rules", at=4, kind=SaidKind.TEXT, text="8 kWh", origin=Origin.ANSWER)
    assert not BotEpisode.of((question, facts), question).has_answer_after(question)
