"""Serve GET /api/usage: the last day of several clients in one request, for the rows of the inbox."""

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

HOURS: Final = 24
MAX_CLIENTS: Final = 60  # more than a screen shows
DAY_MS: Final = 24 * HOUR_MS
CACHE: Final = "private, max-age=60"

routes: Final = Blueprint("usage", __name__)


class UsageAsk(Asked):
    """Name the clients, a parameter each."""

    client: Annotated[list[ClientId], Field(min_length=1, max_length=MAX_CLIENTS)]


class DayOfUse(ResponseBody):
    """
    Hold Wh by hour, null where nothing is known, and the places of hours that are unusual, or at least half estimated.

    An hour is unusual by the alarm's rule.
    """

    wh: list[int | None]
    unusual: list[int]
    estimated: list[int]


class UsageBody(ResponseBody):
    """Hold the 24 whole hours from `start` on, of the clients of whom any of them is known."""

    start: int = Field(serialization_alias="from")
    clients: dict[str, DayOfUse]


@routes.get("/api/usage")
@spec.validate(tags=[CHAT], resp=answers(UsageBody))
def show_usage(query: UsageAsk) -> Response:
    """Return the use of the last 24 whole hours by client. For agents and bots."""
    identity = auth.desk_member()
    here, zone = app_context(), ZoneInfo(app_context().config.tz)
    end = begin_of(here.now_ms(), "hour", zone)
    start = end - DAY_MS
    clients = [one for one in query.client if auth.may_read(identity, one) and auth.reads_team_of(identity, one)]
    known = here.store.consumption.hours_of_clients(clients, start, end)
    alarms = read_document("alarms", here.store.registry.settings.document("alarms")[1], Alarms())
    begins = [start + place * HOUR_MS for place in range(HOURS)]
    days = {client: _day(client, begins, hours, alarms) for client, hours in known.items()}
    answer = respond(UsageBody(start=start, clients=days))
    answer.headers["Cache-Control"] = CACHE
    return answer


def _day(client: str, begins: list[int], hours: Mapping[int, tuple[int, int]], alarms: Alarms) -> DayOfUse:
    known = [(place, *hours[at]) for place, at in enumerate(begins) if at in hours]
    return DayOfUse(
        wh=[hours[at][0] if at in hours else None for at in begins],
        unusual=_unusual(client, begins, hours, alarms),
        estimated=[place for place, wh, estimated in known if estimated > 0 and estimated * 2 >= wh],
    )


def _unusual(client: str, begins: list[int], hours: Mapping[int, tuple[int, int]], alarms: Alarms) -> list[int]:
    """Return the places of unusual hours. What is usual is read only for a client with an hour that could be one."""
    tz = app_context().config.tz
    large = [at for at in begins if at in hours and hours[at][0] >= alarms.at_least_wh]
    if not large or alarms.times_usual is None:
        return []
    since = begins[0] - LEARNED_DAYS * DAY_MS - HOUR_MS
    learned = app_context().store.consumption.intervals(client, max(0, since), begins[-1] + HOUR_MS, "hour", tz)
    wh_of = {one.start: one.wh for one in learned}
    judged = [at for at in large if at in wh_of]
    uses = judge_all(wh_of, judged, ZoneInfo(tz), times=alarms.times_usual, at_least_wh=alarms.at_least_wh)
    return [begins.index(at) for at, use in zip(judged, uses, strict=True) if use.unusual]
