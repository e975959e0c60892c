"""Serve GET /api/clients/<client>/consumption: energy by interval in the platform's time zone, and a standard."""

import json
from collections import Counter
from dataclasses import asdict
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from flask import Blueprint, Response

from chat_core.contract.errors import BadPayload
from chat_core.contract.scopes import Scope
from chat_core.domain import standard_profile
from chat_core.domain.meter_alarms import LEARNED_DAYS, Use, judge_all
from chat_core.domain.settings import Alarms, read_document
from chat_core.domain.time_steps import HOUR_MS, begin_of, end_of
from chat_core.store.results import Interval
from web import auth
from web.api.contract import CHAT, answers, respond, spec
from web.api.schemas import (
    ColumnsAsk,
    Consumption,
    ConsumptionAsk,
    ConsumptionColumns,
    LastReadingBody,
    Point,
    PriceBody,
    StandardConsumption,
    Step,
    Used,
)
from web.api_keys import scoped
from web.app_context import app_context
from web.tariff import price_for

MAX_POINTS: Final = 5_000
MAX_COLUMNS: Final = 36_000  # a year of quarters of an hour, and a leap day
SHORTEST_MS: Final[dict[Step, int]] = {
    "minute": 60_000,
    "quarter": 900_000,
    "hour": 3_600_000,
    "day": 82_800_000,  # the day of 23 hours
    "month": 2_415_600_000,  # a February less an hour
}

DAY_MS: Final = 24 * HOUR_MS
YEAR_MS: Final = 365 * DAY_MS
JUDGED: Final = ("hour", "day")  # steps that have a usual value
# Days and months that tell of their hours: two months, and a year.
LONGEST_WITH_HOURS_MS: Final[dict[Step, int]] = {"day": 62 * DAY_MS, "month": 366 * DAY_MS + HOUR_MS}
STANDARD_YEARS: Final = 5  # each takes time to compute
ENOUGH_DAYS: Final = 7  # a whole week, to estimate a year

routes: Final = Blueprint("consumption", __name__)


@routes.get("/api/clients/<client>/consumption")
@scoped(Scope.READINGS)
@spec.validate(tags=[CHAT], resp=answers(Consumption))
def show_consumption(client: str, query: ConsumptionAsk) -> Response:
    """Return energy and mean power of each interval in [from, to), and the newest reading, of the meter or of all."""
    auth.reader_of(client)
    _check_length(query, MAX_POINTS)
    store, tz = app_context().store, app_context().config.tz
    points = _used(client, query, ZoneInfo(tz))
    newest = store.consumption.last_reading(client, query.meter)
    last = LastReadingBody(**asdict(newest)) if newest else None
    found = price_for(app_context(), client)
    price = PriceBody(**found._asdict()) if found else None
    return respond(
        Consumption(start=query.start, end=query.end, step=query.step, tz=tz, points=points, last=last, price=price)
    )


def _used(client: str, query: ConsumptionAsk, zone: ZoneInfo) -> list[Used]:
    """Return the intervals; hours and days with what is usual for them."""
    judged = query.step in JUDGED
    first = begin_of(query.start, query.step, zone)
    since = max(0, first - LEARNED_DAYS * DAY_MS - HOUR_MS) if judged else query.start
    known = app_context().store.consumption.intervals(client, since, query.end, query.step, zone.key, query.meter)
    shown = [one for one in known if one.start >= first]
    uses = [Use(None, unusual=False)] * len(shown)
    if judged and shown:
        alarms = _alarms()
        wh_of = {one.start: one.wh for one in known}
        begins = [one.start for one in shown]
        uses = judge_all(wh_of, begins, zone, times=alarms.times_usual, at_least_wh=alarms.at_least_wh)
    is_short = query.end - first <= LONGEST_WITH_HOURS_MS.get(query.step, 0)
    hours = _hours_within(client, query, zone, since, known) if is_short else None
    now_ms = app_context().now_ms()
    return [
        Used(
            at=one.start,
            to=one.end,
            wh=one.wh,
            w=one.w,
            estimated=round(one.estimated_wh / one.wh, 2) if one.wh else 0,
            usual_wh=use.usual_wh,
            unusual=use.unusual,
            unusual_hours=hours.unusual[one.start] if hours and judged else None,
            hours_without_readings=hours.without_readings(one, now_ms) if hours else None,
        )
        for one, use in zip(shown, uses, strict=True)
    ]


class _Hours(NamedTuple):
    """Count hours of days or months, by their begin."""

    covered: Counter[int]  # with readings, or with a share of what was used between two that are far apart
    unusual: Counter[int]  # not of months

    def without_readings(self, whole: Interval, now_ms: int) -> int:
        """Return how many hours of what is over are not covered."""
        return (whole.end - whole.start) // HOUR_MS - self.covered[whole.start] if whole.end <= now_ms else 0


def _hours_within(client: str, query: ConsumptionAsk, zone: ZoneInfo, since: int, intervals: list[Interval]) -> _Hours:
    """Return the hours of days or months. Args: intervals: those known from `since` on, with the days to learn from."""
    is_judged = query.step in JUDGED
    first = begin_of(query.start, query.step, zone)
    until = end_of(begin_of(query.end - 1, query.step, zone), query.step, zone)

    def known(step: Step) -> list[Interval]:
        return app_context().store.consumption.intervals(client, since, until, step, zone.key, query.meter)

    hours, days = known("hour"), intervals if query.step == "day" else known("day")
    found = _Hours(Counter(), Counter())
    of_day, wh_of_day = Counter[int](), Counter[int]()
    for one in hours:
        day = begin_of(one.start, "day", zone)
        of_day[day] += 1
        wh_of_day[day] += one.wh
    for one in days:
        # Of a long time between two readings the days' sums are known, and not the hours'.
        is_spread = one.wh != wh_of_day[one.start]
        covered = (one.end - one.start) // HOUR_MS if is_spread else of_day[one.start]
        found.covered[begin_of(one.start, query.step, zone)] += covered
    if is_judged:
        alarms = _alarms()
        wh_of = {one.start: one.wh for one in hours}
        # What is below the smallest excess is never unusual: most hours are not judged.
        begins = [at for at, wh in wh_of.items() if at >= first and wh >= alarms.at_least_wh]
        uses = judge_all(wh_of, begins, zone, times=alarms.times_usual, at_least_wh=alarms.at_least_wh)
        for at, use in zip(begins, uses, strict=True):
            found.unusual[begin_of(at, query.step, zone)] += use.unusual
    return found


def _alarms() -> Alarms:
    return read_document("alarms", app_context().store.registry.settings.document("alarms")[1], Alarms())


@routes.get("/api/clients/<client>/consumption/columns")
@scoped(Scope.READINGS)
@spec.validate(tags=[CHAT], resp=answers(ConsumptionColumns))
def show_columns(client: str, query: ColumnsAsk) -> Response:
    """Return the energy of each interval as two columns: fast for a year of quarters of an hour."""
    auth.reader_of(client)
    _check_length(query, MAX_COLUMNS)
    tz = app_context().config.tz
    at, wh, estimated = app_context().store.consumption.interval_columns(
        client, query.start, query.end, query.step, tz, query.meter
    )
    # The database made the JSON arrays: no parsing on the way.
    head = json.dumps({"from": query.start, "to": query.end, "step": query.step, "tz": tz}, separators=(",", ":"))
    return Response(f'{head[:-1]},"at":{at},"wh":{wh},"estimated":{estimated}}}', mimetype="application/json")


@routes.get("/api/clients/<client>/consumption/standard")
@scoped(Scope.READINGS)
@spec.validate(tags=[CHAT], resp=answers(StandardConsumption))
def show_standard(client: str, query: ColumnsAsk) -> Response:
    """Return a standard household's use (BDEW profile H0), scaled to the client's yearly consumption."""
    auth.reader_of(client)
    _check_length(query, MAX_POINTS)
    if query.end - query.start > STANDARD_YEARS * YEAR_MS:
        raise BadPayload(f"Ask for {STANDARD_YEARS} years at most.", why="too_long")
    tz = app_context().config.tz
    year_wh = _year_wh(client, query.meter)
    points = [] if year_wh is None else _standard_points(query, year_wh, ZoneInfo(tz))
    whole = None if year_wh is None else round(year_wh)
    return respond(
        StandardConsumption(start=query.start, end=query.end, step=query.step, tz=tz, year_wh=whole, points=points)
    )


def _standard_points(query: ColumnsAsk, year_wh: float, zone: ZoneInfo) -> list[Point]:
    points: list[Point] = []
    at = begin_of(query.start, query.step, zone)
    while at < query.end:
        to = end_of(at, query.step, zone)
        wh = year_wh * standard_profile.share(at, to, zone)
        points.append(Point(at=at, to=to, wh=round(wh), w=round(wh * HOUR_MS / (to - at))))
        at = to
    return points


def _year_wh(client: str, meter: str | None) -> float | None:
    """Return the client's yearly consumption, estimated from the known days; None for too few."""
    now, tz = app_context().now_ms(), app_context().config.tz
    # The first day may be incomplete, and the last is not over.
    days = [
        day
        for day in app_context().store.consumption.intervals(client, now - YEAR_MS, now, "day", tz, meter)[1:]
        if day.end <= now
    ]
    if len(days) < ENOUGH_DAYS:
        return None
    zone = ZoneInfo(tz)
    return sum(day.wh for day in days) / sum(standard_profile.share(day.start, day.end, zone) for day in days)


def _check_length(query: ConsumptionAsk, most: int) -> None:
    if (query.end - query.start) / SHORTEST_MS[query.step] > most:
        raise BadPayload(
            f"That is more than {most} intervals; ask for a shorter period or a wider step.", why="too_long"
        )
