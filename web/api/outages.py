"""Serve /api/areas, where clients live, and /api/outages: the current ones, and whom each incident reached."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated, Final, NamedTuple
from zoneinfo import ZoneInfo

from flask import Blueprint, Response
from pydantic import Field

from chat_core.contract.errors import NotFound
from chat_core.contract.fields import MessageId, Name, TimeMs, Translated
from chat_core.contract.payloads import Origin
from chat_core.domain.outage_text import with_expected_end
from chat_core.domain.outage_times import asked_from
from chat_core.store.notices import KEPT_MS
from chat_core.store.results import AreaNotice
from web import auth
from web.api.contract import ADMIN, CHAT, answers, respond, spec
from web.api.schemas import Problem, ResponseBody
from web.app_context import app_context

LISTED_AT_MOST: Final = 200  # clients of one incident; the count is of 20,000 at most
COUNTED_AT_MOST: Final = 20_000

routes: Final = Blueprint("outages", __name__)


class Area(ResponseBody):
    """Count an area's clients, their displays, and the meters that are silent at the alarms' last look."""

    area: str
    clients: int
    displays: int
    silent: int


class Areas(ResponseBody):
    """List the areas that clients live in, by name."""

    areas: list[Area]


class Outage(ResponseBody):
    """Describe a current outage, as `notice/outage/<area>` does."""

    area: Name
    id: MessageId
    text: Translated
    since: TimeMs | None
    at: TimeMs | None
    until: TimeMs | None
    began: TimeMs | None
    ends: TimeMs | None


class Outages(ResponseBody):
    """List the current outages, by area."""

    outages: list[Outage]


class Incident(ResponseBody):
    """
    Describe one outage in its areas. `ended`: null while it stands in one of them. `since`: when its notice came.

    `began`: when power went, as the notice says; `ends`: when the notice ends by itself, null when a person ends it.

    `text` is as it was written: clients also read when power is expected back, `until`. `clients` live in the areas, or
    did when they were counted last before the end; `reached` of them were connected at one time since the notice, or
    got a message that was stored since, as counted every 30 s; null where that was not counted.
    """

    id: MessageId
    areas: list[Name]
    text: Translated
    since: TimeMs
    until: TimeMs | None
    began: TimeMs | None
    ends: TimeMs | None
    ended: TimeMs | None
    origin: Origin | None
    clients: int
    reached: int | None
    displays: int
    silent: int


class Incidents(ResponseBody):
    """List the incidents that stand or ended in the last 14 days, the newest first."""

    incidents: list[Incident]


class AskedBody(ResponseBody):
    """Tell of a client who asked during the incident: when, when a person answered, since when it waits."""

    client: str
    name: str | None
    area: str
    online: bool
    asked: TimeMs
    answered: TimeMs | None
    waiting: TimeMs | None


class Reach(ResponseBody):
    """
    Tell whom an incident reached.

    The notice is on the `displays` of `incident`, and on every open chat and portal of its `clients`; its `reached` is
    counted now while it stands. `asked` counts clients who began to ask since the notice, `answered` those whom a
    person answered since, whenever they had asked, `waiting` those of `asked` who wait now. `told` counts whom the end
    is told, or was: who began to ask from an hour before the notice on, or from `began` on where that is earlier. An
    agent is told of the clients of its teams who asked or were answered.
    """

    incident: Incident
    asked: int
    answered: int
    waiting: int
    told: int
    who: Annotated[list[AskedBody], Field(max_length=LISTED_AT_MOST)]


@routes.get("/api/areas")
@spec.validate(tags=[ADMIN], resp=answers(Areas))
def list_areas() -> Response:
    """List the areas that clients live in, which outage notices can reach. For agents and bots."""
    auth.desk_member()
    store = app_context().store
    silent, displays = store.notices.silent(), store.registry.devices.count_in_areas()
    found = [
        Area(area=area, clients=clients, displays=displays.get(area, 0), silent=silent.get(area, 0))
        for area, clients in store.registry.clients.count_areas().items()
    ]
    return respond(Areas(areas=found))


@routes.get("/api/outages")
@spec.validate(tags=[CHAT], resp=answers(Outages))
def show_outages() -> Response:
    """List the current outages, which not every broker retains for a new board. For agents and bots."""
    auth.desk_member()
    here = app_context()
    zone = ZoneInfo(here.config.tz)
    found = [
        Outage(
            area=area,
            id=one.id,
            text=with_expected_end(one.text, one.until, zone),
            since=one.since,
            at=one.at,
            until=one.until,
            began=one.began,
            ends=one.ends,
        )
        for area, one in here.store.notices.standing()
        if one.text is not None
    ]
    return respond(Outages(outages=found))


@routes.get("/api/outages/incidents")
@spec.validate(tags=[CHAT], resp=answers(Incidents))
def list_incidents() -> Response:
    """List the incidents that stand or ended in the last 14 days, the newest first. For agents and bots."""
    auth.desk_member()
    return respond(Incidents(incidents=_incidents()))


@routes.get("/api/outages/incidents/<incident>")
@spec.validate(tags=[CHAT], resp=answers(Reach, HTTP_404=Problem))
def show_incident(incident: str) -> Response:
    """Tell whom an incident reached: who asked, who was answered, who waits. For agents, of their teams, and bots."""
    teams = auth.teams_read_by(auth.desk_member())
    here = app_context()
    shown = next((one for one in _incidents(here.store.notices.reached()) if one.id == incident), None)
    if shown is None:
        raise NotFound("There is no such outage, or it ended more than 14 days ago.")
    until = shown.ended if shown.ended is not None else here.now_ms() + 1
    asked = here.store.notices.asked(shown.areas, shown.since, until, COUNTED_AT_MOST, teams)
    who = [
        AskedBody(
            client=one.client,
            name=one.name,
            area=one.area,
            online=one.online,
            asked=one.at,
            answered=one.answered,
            waiting=one.waiting,
        )
        for one in asked[:LISTED_AT_MOST]
    ]
    body = Reach(
        incident=shown,
        asked=len(asked),
        answered=here.store.notices.answered(shown.areas, shown.since, until, teams),
        waiting=sum(one.waiting is not None for one in asked),
        told=len(
            here.store.notices.asked(shown.areas, asked_from(shown.since, shown.began), until, COUNTED_AT_MOST, teams)
        ),
        who=who,
    )
    return respond(body)


class _Counts(NamedTuple):
    """Hold what is counted now, by area; `reached` only where it is asked for."""

    clients: Mapping[str, int]
    displays: Mapping[str, int]
    silent: Mapping[str, int]
    reached: Mapping[str, int]


def _incidents(reached: Mapping[str, int] | None = None) -> list[Incident]:
    """Return the incidents. Args: reached: a count of now, by area; None for the last one that was stored."""
    here = app_context()
    by_incident: defaultdict[str, list[AreaNotice]] = defaultdict(list)
    for notice in here.store.notices.recent(here.now_ms() - KEPT_MS):
        by_incident[notice.incident].append(notice)
    registry = here.store.registry
    now = _Counts(
        registry.clients.count_areas(),
        registry.devices.count_in_areas(),
        here.store.notices.silent(),
        reached or {},
    )
    return [_incident(id, parts, now) for id, parts in by_incident.items()]


def _incident(id: str, parts: list[AreaNotice], now: _Counts) -> Incident:
    newest = max(parts, key=lambda part: part.at)
    ends = [part.ended_at for part in parts]
    areas = [part.area for part in parts]
    return Incident(
        id=id,
        areas=areas,
        text=newest.text,
        since=min(part.since for part in parts),
        until=newest.until,
        began=min((part.began for part in parts if part.began is not None), default=None),
        ends=newest.ends,
        ended=None if None in ends else max(end for end in ends if end is not None),
        origin=newest.origin,
        clients=sum(_kept(part, part.clients, now.clients) for part in parts),
        reached=_reached(parts, now.reached),
        displays=sum(_kept(part, part.displays, now.displays) for part in parts),
        silent=sum(now.silent.get(area, 0) for area in areas),
    )


def _kept(part: AreaNotice, counted: int | None, now: Mapping[str, int]) -> int:
    """Return the count that was kept with an outage that is over, else the area's count of now."""
    return now.get(part.area, 0) if part.ended_at is None or counted is None else counted


def _reached(parts: list[AreaNotice], now: Mapping[str, int]) -> int | None:
    """Return the most that were reached at one count; None where an area was never counted. Args: now: by area."""
    counts = []
    for part in parts:
        known = (part.reached, now.get(part.area) if part.ended_at is None else None)
        counts.append(max((count for count in known if count is not None), default=None))
    return None if None in counts else sum(count for count in counts if count is not None)
