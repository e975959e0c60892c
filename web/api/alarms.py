"""Serve POST /api/alarms/preview: what the meter alarms would have told in the last 28 days with these thresholds."""

import heapq
import time
from collections import defaultdict
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response
from pydantic import Field

from chat_core.contract.fields import TimeMs
from chat_core.domain.meter_alarms import (
    LEARNED_DAYS,
    Alarm,
    AlarmKind,
    days_before,
    find_events,
    find_silences,
    judge_use,
    most_usual,
)
from chat_core.domain.settings import Alarms
from chat_core.domain.time_steps import HOUR_MS, begin_of, end_of
from chat_core.store.results import MeterSeen
from web import auth
from web.api.contract import ADMIN, answers, check_body, respond, spec
from web.api.schemas import Asked, ResponseBody
from web.app_context import app_context

DAY_MS: Final = 24 * HOUR_MS
BUDGET_S: Final = 2.0  # of one preview
METERS_AT_ONCE: Final = 50
EXAMPLES: Final = 5
NEWEST: Final = 50  # alarms that are listed

routes: Final = Blueprint("alarms", __name__)
routes.before_request(check_body)


class PreviewAsk(Asked):
    """Hold thresholds as the setting `alarms` has them."""

    value: Alarms


class Tally(ResponseBody):
    """Count the alarms of one kind, and the clients who had one."""

    alarms: int
    clients: int


class HourBody(ResponseBody):
    """Describe an hour of an example; `above_wh`: from where on it is unusual, null where too little is known."""

    at: TimeMs
    to: TimeMs
    wh: int
    usual_wh: int | None
    above_wh: int | None
    unusual: bool


class Example(ResponseBody):
    """Show the day of one alarm. `rings`: when the first of its hours was over."""

    client: str
    name: str | None
    meter: str
    kind: AlarmKind
    rings: TimeMs
    hours: Annotated[list[HourBody], Field(max_length=25)]


class ListedAlarm(ResponseBody):
    """Describe one alarm, over [at, to). `wh`: the energy of its hours, null for what is not about use."""

    client: str
    name: str | None
    meter: str
    kind: AlarmKind
    at: TimeMs
    to: TimeMs
    wh: int | None


class Preview(ResponseBody):
    """
    Tell what the thresholds would have told from `since` on, by kind.

    `examined` of `meters` were looked at: as many as two seconds allow. An agent's are those of its teams' clients;
    `meters` counts others too where time was short. Silences of a whole area count one by one.
    `clients` had an alarm of any kind. `newest`: the newest 50 alarms, the newest first.
    """

    since: TimeMs
    meters: int
    examined: int
    clients: int
    kinds: dict[AlarmKind, Tally]
    examples: list[Example]
    newest: Annotated[list[ListedAlarm], Field(max_length=NEWEST)]


@routes.post("/api/alarms/preview")
@spec.validate(tags=[ADMIN], resp=answers(Preview))
def preview_alarms(json: PreviewAsk) -> Response:
    """Compute what the alarms would have told in 28 days, by their own rule. For agents, of their teams, and bots."""
    asker = auth.desk_member()
    here = app_context()
    look = _Look(json.value, here.now_ms(), ZoneInfo(here.config.tz))
    until_s = time.monotonic() + BUDGET_S
    above, hidden, is_over = 0, 0, False
    while not is_over and (page := here.store.consumption.meters_above(above, METERS_AT_ONCE)):
        above = page[-1].num
        shown = auth.clients_read_by(asker, {seen.client for seen in page})
        hidden += sum(seen.client not in shown for seen in page)
        for seen in (one for one in page if one.client in shown):
            is_over = time.monotonic() > until_s
            if is_over:
                break
            look.take(seen)
    return respond(look.told(here.store.consumption.count_meters() - hidden))


class _Look:
    """Look at one meter after the other, and count."""

    def __init__(self, wanted: Alarms, now_ms: int, zone: ZoneInfo) -> None:
        self._wanted = wanted
        self._now_ms = now_ms
        self._zone = zone
        self._since = begin_of(now_ms - LEARNED_DAYS * DAY_MS, "hour", zone)
        self._until = begin_of(now_ms, "hour", zone)  # the running hour is not judged
        self._examined = 0
        self._alarms: defaultdict[AlarmKind, int] = defaultdict(int)
        self._clients: defaultdict[AlarmKind, set[str]] = defaultdict(set)
        self._examples: list[Example] = []
        self._newest: list[tuple[int, int, ListedAlarm]] = []  # a heap by time, and by order where times are equal

    def take(self, seen: MeterSeen) -> None:
        """Count the meter's alarms."""
        self._examined += 1
        consumption, wanted = app_context().store.consumption, self._wanted
        hours = consumption.hours_since(seen.num, self._since - LEARNED_DAYS * DAY_MS - HOUR_MS)
        found = find_events(
            hours,
            sorted(at for at in hours if self._since <= at < self._until),
            self._zone,
            times=wanted.times_usual,
            at_least_wh=wanted.at_least_wh,
            limit_wh=wanted.limits.get(seen.client, wanted.limit_wh),
        )
        silent_ms = wanted.silent_minutes * 60_000
        pauses = consumption.pauses(seen.num, self._since, self._now_ms, silent_ms) if wanted.silent else []
        found += find_silences(hours, pauses, silent_ms)
        if wanted.tamper and seen.opened_at is not None and seen.opened_at >= self._since:
            found.append(Alarm(AlarmKind.TAMPER, seen.opened_at, seen.opened_at))
        ends = dict(pauses)
        for alarm in found:
            self._alarms[alarm.kind] += 1
            self._clients[alarm.kind].add(seen.client)
            self._list(seen, alarm, hours, ends)
        used = [alarm for alarm in found if alarm.kind in (AlarmKind.USUAL, AlarmKind.LIMIT)]
        if used and len(self._examples) < EXAMPLES:
            self._examples.append(self._example(seen, used[-1], hours))

    def _list(self, seen: MeterSeen, alarm: Alarm, hours: dict[int, int], pauses: dict[int, int]) -> None:
        if len(self._newest) == NEWEST and alarm.since <= self._newest[0][0]:
            return  # before its hours are summed up: a low limit has hundreds of alarms a meter
        is_use = alarm.kind in (AlarmKind.USUAL, AlarmKind.LIMIT)
        to = alarm.last + HOUR_MS if is_use else pauses.get(alarm.since, alarm.last)
        used = sum(wh for at, wh in hours.items() if alarm.since <= at <= alarm.last) if is_use else None
        listed = ListedAlarm(
            client=seen.client, name=None, meter=seen.meter, kind=alarm.kind, at=alarm.since, to=to, wh=used
        )
        heapq.heappush(self._newest, (alarm.since, sum(self._alarms.values()), listed))
        if len(self._newest) > NEWEST:
            heapq.heappop(self._newest)

    def _example(self, seen: MeterSeen, alarm: Alarm, hours: dict[int, int]) -> Example:
        day = begin_of(alarm.since, "day", self._zone)
        shown = [at for at in range(day, end_of(day, "day", self._zone), HOUR_MS) if at in hours]
        person = app_context().store.registry.find_client(seen.client)
        limit = self._wanted.limits.get(seen.client, self._wanted.limit_wh)
        bodies = [self._hour(hours, at, limit) for at in shown]
        return Example(
            client=seen.client,
            name=person.name if person is not None else None,
            meter=seen.meter,
            kind=alarm.kind,
            rings=alarm.since + HOUR_MS,
            hours=bodies,
        )

    def _hour(self, hours: dict[int, int], at: int, limit: int | None) -> HourBody:
        wanted, wh = self._wanted, hours[at]
        learned = [hours[day] for day in days_before(at, self._zone) if day in hours]
        use = judge_use(wh, learned, times=wanted.times_usual, at_least_wh=wanted.at_least_wh)
        above = limit
        if use.usual_wh is not None and wanted.times_usual is not None:
            far = max(most_usual(learned, wanted.times_usual) or 0, use.usual_wh + wanted.at_least_wh)
            above = far if limit is None else min(far, limit)
        is_far = use.unusual or (limit is not None and wh > limit)
        return HourBody(at=at, to=at + HOUR_MS, wh=wh, usual_wh=use.usual_wh, above_wh=above, unusual=is_far)

    def told(self, meters: int) -> Preview:
        """Return what was counted. Args: meters: how many there are."""
        newest = [listed for _, _, listed in sorted(self._newest, reverse=True)]
        names = app_context().store.registry.names({listed.client for listed in newest})
        return Preview(
            since=self._since,
            meters=meters,
            examined=self._examined,
            clients=len(set[str]().union(*self._clients.values())),
            kinds={kind: Tally(alarms=self._alarms[kind], clients=len(self._clients[kind])) for kind in AlarmKind},
            examples=self._examples,
            newest=[listed.model_copy(update={"name": names.get(listed.client)}) for listed in newest],
        )
