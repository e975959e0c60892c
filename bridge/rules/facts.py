"""Tell what was measured in the period that a client asks about. Touches nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.numbers import format_decimal, format_percent

from bridge.texts import TEXTS
from chat_core.contract.languages import in_lang, lang_in
from chat_core.contract.payloads import Card
from chat_core.domain.money import Money
from chat_core.domain.time_steps import HOUR_MS, Step, begin_of, end_of

STEPS: Final[tuple[Step, ...]] = ("month", "day", "hour", "quarter")
MOST_STEPS: Final = 400  # of an answer: a year of days
NEARLY: Final = 0.05  # a smaller difference from the usual is none
WORTH_TELLING: Final = 0.01  # a smaller part that is estimated is not mentioned
WHOLE_FROM_WH: Final = 100_000  # from here on without decimals, as the portal's figures
UP_TO_DATE_MS: Final = HOUR_MS  # a newer reading stands for now


class Extent(Enum):
    """Say how much of a period was measured: only the whole can be compared."""

    WHOLE = auto()
    SO_FAR = auto()  # it is not over
    AS_READ = auto()  # readings are missing


class MeasuredPeriod(NamedTuple):
    """
    Hold the points of [start, end) in their order.

    Args: read_to: of the meter's newest reading that is stored; price: of a kWh, None where no tariff is known.
    """

    start: int
    end: int
    points: Sequence[dict[str, Any]]
    read_to: int | None
    price: Money | None = None

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
        share: of the day in which the period lies, None where it is a whole day or more, or that day not wholly
        measured; estimated: the part between distant readings; price: of a kWh.
    """

    wh: int | None
    usual_wh: int | None = None
    share: float | None = None
    estimated: float = 0
    extent: Extent = Extent.WHOLE
    price: Money | None = None


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


def facts_of(card: Card, measured: MeasuredPeriod, now_ms: int) -> PeriodFacts:
    """Return the facts. Args: measured: what `GET …/consumption` gives for `span_of`."""
    own = [point for point in measured.points if point["at"] >= card.start and point["to"] <= card.end]
    if not own:
        return PeriodFacts(None)
    wh, all_wh = (sum(point["wh"] for point in each) for each in (own, measured.points))
    usual = [point.get("usual_wh") for point in own]
    known = [each for each in usual if each is not None]
    extent = MeasuredPeriod(card.start, card.end, own, measured.read_to).extent(now_ms)
    has_share = len(own) < len(measured.points) and measured.extent(now_ms) is Extent.WHOLE
    return PeriodFacts(
        wh,
        sum(known) if len(known) == len(usual) and extent is Extent.WHOLE else None,
        wh / all_wh if has_share and all_wh else None,
        sum(point["wh"] * point.get("estimated", 0) for point in own) / wh if wh else 0,
        extent,
        measured.price,
    )


def words_of_facts(facts: PeriodFacts, card: Card, lang: str, zone: ZoneInfo) -> str:
    """Return the facts as an answer in the language."""
    texts, lang = in_lang(TEXTS, lang), lang_in(TEXTS, lang)
    period = _period(card, lang, zone)
    if facts.wh is None:
        return texts.not_counted.format(period=period)

    def kwh(wh: float) -> str:
        return format_decimal(wh / 1000, "#,##0" if wh >= WHOLE_FROM_WH else "#,##0.0", locale=lang)

    counted = {
        Extent.WHOLE: texts.counted,
        Extent.SO_FAR: texts.counted_so_far,
        Extent.AS_READ: texts.counted_as_read,
    }[facts.extent]
    sentences = [counted.format(period=period, kwh=kwh(facts.wh))]
    if facts.usual_wh is not None:
        more = facts.wh - facts.usual_wh
        is_usual = abs(more) <= NEARLY * facts.usual_wh
        words = texts.as_usual if is_usual else texts.above_usual if more > 0 else texts.below_usual
        sentences.append(words.format(kwh=kwh(abs(more)), usual=kwh(facts.usual_wh)))
    if facts.share is not None:
        sentences.append(texts.of_day.format(share=format_percent(facts.share, locale=lang)))
    if facts.price is not None:
        price, cost = facts.price.words(lang, is_price=True), facts.price.of_kwh(facts.wh).words(lang)
        sentences.append(texts.costs.format(price=price, cost=cost))
    if facts.estimated >= WORTH_TELLING:
        sentences.append(texts.part_estimated.format(share=format_percent(facts.estimated, locale=lang)))
    return " ".join(sentences)


def _period(card: Card, lang: str, zone: ZoneInfo) -> str:
    begin, end = (datetime.fromtimestamp(at / 1000, UTC).astimezone(zone) for at in (card.start, card.end))
    last = datetime.fromtimestamp((card.end - 1) / 1000, UTC).astimezone(zone)
    day, last_day = (format_datetime(at, in_lang(TEXTS, lang).short_day, locale=lang) for at in (begin, last))
    if begin.hour == begin.minute == end.hour == end.minute == 0:
        return day if day == last_day else f"{day} – {last_day}"
    times = [format_datetime(at, "HH:mm", locale=lang) for at in (begin, end)]
    return f"{day}, {times[0]}–{times[1]}" if day == last_day else f"{day}, {times[0]} – {last_day}, {times[1]}"
