"""Serve GET /api/usage: the last 14 days of several clients in one request, for the rows of the inbox."""

from collections.abc import Mapping
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response
from pydantic import Field

from chat_core.contract.fields import ClientId
from chat_core.domain.meter_alarms import LEARNED_DAYS, judge_all
from chat_core.domain.settings import Alarms, read_document
from chat_core.domain.time_steps import HOUR_MS, begin_of
from web import auth
from web.api.contract import CHAT, answers, respond, spec
from web.api.schemas import Asked, ResponseBody
from web.app_context import app_context

DAYS: Final = 14  # the last one is the running day
MAX_CLIENTS: Final = 60  # more than a screen shows
DAY_MS: Final = 24 * HOUR_MS
CACHE: Final = "private, max-age=60"

routes: Final = Blueprint("usage", __name__)


class UsageAsk(Asked):
    """Name the clients, a parameter each."""

    client: Annotated[list[ClientId], Field(min_length=1, max_length=MAX_CLIENTS)]


class DaysOfUse(ResponseBody):
    """
    Hold Wh by day, null where nothing is known, and the places of days that are unusual, or at least half estimated.

    A day is unusual by the rule of the charts, for its sum: its hours are not judged here.
    """

    wh: list[int | None]
    unusual: list[int]
    estimated: list[int]


class UsageBody(ResponseBody):
    """Hold the begins of the last 14 days, and the use of the clients of whom any of these days is known."""

    begins: list[int]
    clients: dict[str, DaysOfUse]


@routes.get("/api/usage")
@spec.validate(tags=[CHAT], resp=answers(UsageBody))
def show_usage(query: UsageAsk) -> Response:
    """Return the use of the last 14 days, today included, by client. For agents and bots."""
    identity = auth.desk_member()
    here, zone = app_context(), ZoneInfo(app_context().config.tz)
    begins = _last_days(here.now_ms(), zone)
    clients = [one for one in query.client if auth.may_read(identity, one) and auth.reads_team_of(identity, one)]
    since = begins[0] - LEARNED_DAYS * DAY_MS - HOUR_MS
    known = here.store.consumption.days_of_clients(clients, since, begins[-1] + 1)
    alarms = read_document("alarms", here.store.registry.settings.document("alarms")[1], Alarms())
    shown = {client: days for client, days in known.items() if not days.keys().isdisjoint(begins)}
    answer = respond(
        UsageBody(begins=begins, clients={client: _days(begins, days, alarms, zone) for client, days in shown.items()})
    )
    answer.headers["Cache-Control"] = CACHE
    return answer


def _last_days(now_ms: int, zone: ZoneInfo) -> list[int]:
    begins = [begin_of(now_ms, "day", zone)]
    while len(begins) < DAYS:
        begins.append(begin_of(begins[-1] - 1, "day", zone))
    return begins[::-1]


def _days(begins: list[int], days: Mapping[int, tuple[int, int]], alarms: Alarms, zone: ZoneInfo) -> DaysOfUse:
    known = [at for at in begins if at in days]
    wh_of = {at: wh for at, (wh, _) in days.items()}
    uses = judge_all(wh_of, known, zone, times=alarms.times_usual, at_least_wh=alarms.at_least_wh)
    return DaysOfUse(
        wh=[wh_of.get(at) for at in begins],
        unusual=[begins.index(at) for at, use in zip(known, uses, strict=True) if use.unusual],
        estimated=[begins.index(at) for at in known if 0 < days[at][1] * 2 >= wh_of[at]],
    )
