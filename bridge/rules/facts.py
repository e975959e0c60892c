"""Say what the measured energy of the period means that a client asks about. Touches nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_percent

from bridge.texts import TEXTS, kilowatt_hours
from chat_core.contract.languages import in_lang, lang_in
from chat_core.contract.payloads import Card
from chat_core.domain.time_steps import HOUR_MS, Step, begin_of, end_of

STEPS: Final[tuple[Step, ...]] = ("month", "day", "hour", "quarter")
MOST_STEPS: Final = 400  # of an answer: a year of days
NEARLY: Final = 0.05  # a smaller difference from the usual is none
WORTH_TELLING: Final = 0.01  # a smaller part that is estimated is not mentioned
MANY_TIMES: Final = 2  # from here on told as a multiple of the usual
UP_TO_DATE_MS: Final = HOUR_MS  # a newer reading stands for now


class Extent(Enum):
    """Say how much of a period was measured: only the whole can be compared."""

    WHOLE = auto()
    SO_FAR = auto()  # it is not over
    AS_READ = auto()  # readings are missing


class MeasuredPeriod(NamedTuple):
    """
    Hold the points of [start, end) in their order.

    Args: read_to: of the meter's newest reading that is stored.
    """

    start: int
    end: int
    points: Sequence[dict[str, Any]]
    read_to: int | None

    def extent(self, now_ms: int) -> Extent:
        """Return how much of the period the points cover."""
        reached = self.start
        for point in self.points:
            if point["at"] != reached:
                return Extent.AS_READ
            reached = point["to"]
        if now_ms < self.end:
            is_up_to_date = self.read_to is None or now_ms - self.read_to < UP_TO_DATE_MS
            return Extent.SO_FAR if is_up_to_date else Extent.AS_READ
        is_read = reached == self.end and (self.read_to is None or self.read_to >= self.end)
        return Extent.WHOLE if is_read else Extent.AS_READ


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    """
    Hold what a meter counted in a period; `wh` None: nothing.

    Args: usual_wh: of the same hours or days, None where one of them is not known, or the period not wholly measured;
        estimated: the part between distant readings.
    """

    wh: int | None
    usual_wh: int | None = None
    estimated: float = 0
    extent: Extent = Extent.WHOLE


def step_of(card: Card, zone: ZoneInfo) -> Step | None:
    """Return the widest step at whose limits the period begins and ends; None for a period of minutes, or too long."""
    for step in STEPS:
        if all(begin_of(at, step, zone) == at for at in (card.start, card.end)):
            shortest_ms = end_of(card.start, step, zone) - card.start
            return step if (card.end - card.start) / shortest_ms <= MOST_STEPS else None
    return None


def facts_of(measured: MeasuredPeriod, now_ms: int) -> PeriodFacts:
    """Return the facts of what `GET …/consumption` gives for the period."""
    points = measured.points
    if not points:
        return PeriodFacts(None)
    wh = sum(point["wh"] for point in points)
    usual = [point.get("usual_wh") for point in points]
    known = [each for each in usual if each is not None]
    extent = measured.extent(now_ms)
    return PeriodFacts(
        wh,
        sum(known) if len(known) == len(usual) and extent is Extent.WHOLE else None,
        sum(point["wh"] * point.get("estimated", 0) for point in points) / wh if wh else 0,
        extent,
    )


def words_of_facts(facts: PeriodFacts, lang: str) -> str:
    """
    Return what was counted, what it means, and what to answer.

    The other figures stand on the period's card; the total is said, as a display or a shell shows no card.
    """
    texts, lang = in_lang(TEXTS, lang), lang_in(TEXTS, lang)
    if facts.wh is None:
        return texts.not_counted
    words = [texts.counted.format(kwh=kilowatt_hours(facts.wh, lang))]
    if facts.extent is not Extent.WHOLE:
        words.append(texts.not_over if facts.extent is Extent.SO_FAR else texts.readings_missing)
    else:
        words.append(texts.usual_unknown if facts.usual_wh is None else _compared(facts.wh, facts.usual_wh, lang))
        if facts.estimated >= WORTH_TELLING:
            words.append(texts.part_estimated)
    return " ".join(words)


def _compared(wh: int, usual_wh: int, lang: str) -> str:
    """Say how far from the usual it is, and ask why."""
    texts = in_lang(TEXTS, lang)
    if abs(wh - usual_wh) <= NEARLY * usual_wh:
        return texts.as_usual
    if wh < usual_wh:
        return texts.below_usual.format(share=format_percent(1 - wh / usual_wh, locale=lang))
    if usual_wh == 0:
        more = texts.nothing_usual
    elif wh < MANY_TIMES * usual_wh:
        more = texts.above_usual.format(share=format_percent(wh / usual_wh - 1, locale=lang))
    else:
        times = round(wh / usual_wh)
        more = texts.times_usual[Locale(lang).plural_form(times)].format(times=times)
    return f"{more} {texts.what_was_on}"
