"""Tell what was measured in the period that a client asks about. Touches nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal, format_percent

from bridge.texts import TEXTS
from chat_core.contract.languages import in_lang, lang_in
from chat_core.contract.payloads import Card
from chat_core.domain.time_steps import Step, begin_of, end_of

STEPS: Final[tuple[Step, ...]] = ("month", "day", "hour", "quarter")
MOST_STEPS: Final = 400  # of an answer: a year of days
NEARLY: Final = 0.05  # a smaller difference from the usual is none
WORTH_TELLING: Final = 0.01  # a smaller part that is estimated is not mentioned


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    """
    Hold what a meter counted in a period; `wh` None: nothing.

    Args: usual_wh: of the same hours or days, None where one of them is not known; share: of the day in which the
        period lies, None where it is a whole day or more; estimated: the part between distant readings.
    """

    wh: int | None
    usual_wh: int | None = None
    share: float | None = None
    estimated: float = 0


def step_of(card: Card, zone: ZoneInfo) -> Step | None:
    """Return the widest step at whose limits the period begins and ends; None for a period of minutes, or too long."""
    for step in STEPS:
        if all(begin_of(at, step, zone) == at for at in (card.start, card.end)):
            shortest_ms = end_of(card.start, step, zone) - card.start
            return step if (card.end - card.start) / shortest_ms <= MOST_STEPS else None
    return None


def span_of(card: Card, step: Step, zone: ZoneInfo) -> tuple[int, int]:
    """Return the period to read: the whole day of one that lies in a day, for its share."""
    day = begin_of(card.start, "day", zone)
    end = end_of(day, "day", zone)
    return (day, end) if step in ("hour", "quarter") and card.end <= end else (card.start, card.end)


def facts_of(card: Card, points: Sequence[dict[str, Any]]) -> PeriodFacts:
    """Return the facts. Args: points: of `GET …/consumption` for `span_of`."""
    own = [point for point in points if point["at"] >= card.start and point["to"] <= card.end]
    if not own:
        return PeriodFacts(None)
    wh, all_wh = (sum(point["wh"] for point in each) for each in (own, points))
    usual = [point.get("usual_wh") for point in own]
    known = [each for each in usual if each is not None]
    return PeriodFacts(
        wh,
        sum(known) if len(known) == len(usual) else None,
        wh / all_wh if len(own) < len(points) and all_wh else None,
        sum(point["wh"] * point.get("estimated", 0) for point in own) / wh if wh else 0,
    )


def words_of_facts(facts: PeriodFacts, card: Card, lang: str, zone: ZoneInfo) -> str:
    """Return the facts as an answer in the language."""
    texts, lang = in_lang(TEXTS, lang), lang_in(TEXTS, lang)
    period = _period(card, lang, zone)
    if facts.wh is None:
        return texts.not_counted.format(period=period, meter=card.meter)

    def kwh(wh: float) -> str:
        return format_decimal(wh / 1000, "#,##0.0#", locale=lang)

    sentences = [texts.counted.format(period=period, meter=card.meter, kwh=kwh(facts.wh))]
    if facts.usual_wh is not None:
        more = facts.wh - facts.usual_wh
        is_usual = abs(more) <= NEARLY * facts.usual_wh
        words = texts.as_usual if is_usual else texts.above_usual if more > 0 else texts.below_usual
        sentences.append(words.format(kwh=kwh(abs(more)), usual=kwh(facts.usual_wh)))
    if facts.share is not None:
        sentences.append(texts.of_day.format(share=format_percent(facts.share, "0 %", locale=lang)))
    if facts.estimated >= WORTH_TELLING:
        sentences.append(texts.part_estimated.format(share=format_percent(facts.estimated, "0 %", locale=lang)))
    return " ".join(sentences)


def _period(card: Card, lang: str, zone: ZoneInfo) -> str:
    begin, end = (datetime.fromtimestamp(at / 1000, UTC).astimezone(zone) for at in (card.start, card.end))
    last = datetime.fromtimestamp((card.end - 1) / 1000, UTC).astimezone(zone)
    day, last_day = (format_datetime(at, "EEE d MMM", locale=lang) for at in (begin, last))
    if begin.hour == begin.minute == end.hour == end.minute == 0:
        return day if day == last_day else f"{day} – {last_day}"
    times = [format_datetime(at, "HH:mm", locale=lang) for at in (begin, end)]
    return f"{day}, {times[0]}–{times[1]}" if day == last_day else f"{day}, {times[0]} – {last_day}, {times[1]}"
