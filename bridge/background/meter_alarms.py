"""
Tell clients, once for each event, what their meters do: a text and a card.

Each second a few ms are spent on the next meters. Silent meters are collected for a whole round: many in one area are
an outage, told as one notice, which ends when they send again.

A silence counts from when the bridge began to listen. A step of the wall clock, a suspended machine and a paused
process begin that anew.
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import Counter

from bridge.pipeline.effects import Effects, entry_reply
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.handlers import Context, store_words
from bridge.pipeline.notices import put_notice
from bridge.texts import TEXTS, kilowatt_hours
from chat_core.contract.fields import MAX_TAGS
from chat_core.contract.ids import is_id
from chat_core.contract.languages import in_lang, lang_in
from chat_core.contract.payloads import Card, EventKind, Origin, OutageNotice, Said, SaidKind, Status
from chat_core.domain.conversation import Event
from chat_core.domain.meter_alarms import GRACE_MS, Alarm, AlarmKind, days_before, is_same, judge_hour, judge_silence
from chat_core.domain.settings import Alarms as Thresholds
from chat_core.domain.settings import read_document
from chat_core.domain.time_steps import HOUR_MS, begin_of
from chat_core.store import Store, Transaction
from chat_core.store.results import MeterSeen

log = structlog.get_logger(__name__)

SPEAKER: Final = "b-meters"
TAG: Final = "meter"
BUDGET_S: Final = 0.005
EVERY_S: Final = 1.0
REST_S: Final = 30.0  # after a round: an hour is judged within a minute of its end
METERS_AT_ONCE: Final = 20
MARKED_AT_ONCE: Final = 100  # silent meters of an outage, in one transaction
STEP_MS: Final = 30_000  # wall and monotonic clock differ so much only after a step or a suspension
PAUSE_S: Final = 120.0  # between two calls a second apart
TOLD_AT_ONCE: Final = 50  # silences of one round; the others wait for the next
DAY_MS: Final = 24 * HOUR_MS
OUTAGE: Final = {lang: texts.storm for lang, texts in TEXTS.items()}
RAISED: Final = Counter("wattline_alarms", "Alarms told to clients", ["kind"])
STEPS: Final = Counter("wattline_clock_steps", "Steps of the wall clock, suspensions and pauses that were noticed")
STORMS: Final = Counter("wattline_alarm_storms", "Areas whose silent meters became one outage notice")


class Silent(NamedTuple):
    """Hold a silent meter, its alarm, and its client's area."""

    seen: MeterSeen
    alarm: Alarm
    area: str | None


class Listening:
    """Tell since when the bridge receives readings, by a wall clock that may be set meanwhile."""

    def __init__(self) -> None:
        self._last: tuple[float, int] | None = None  # the monotonic clock and the wall's
        self._began_ms = 0  # when the step was noticed
        self._anew_ms: int | None = None

    def since(self, now_s: float, now_ms: int, began_ms: int) -> int:
        """Return since when it listens without a break. Args: began_ms: since when it is connected."""
        last, self._last = self._last, (now_s, now_ms)
        if last is not None:
            passed_s, stepped_ms = now_s - last[0], now_ms - last[1] - round((now_s - last[0]) * 1000)
            if abs(stepped_ms) > STEP_MS or passed_s > PAUSE_S:
                STEPS.inc()
                log.warning("clock.stepped", by_ms=stepped_ms, paused_s=round(passed_s))
                self._began_ms, self._anew_ms = began_ms, now_ms
        if self._anew_ms is not None and began_ms == self._began_ms:
            return self._anew_ms
        return began_ms


class AlarmDuty:
    """Look at one meter after the other, and rest after the last."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._zone = ZoneInfo(store.tz)
        self._above = 0
        self._due_s = 0.0
        self._judged: dict[int, int] = {}  # meter → the hour that was judged last
        self._listening_ms = 0
        self._listening = Listening()
        self._silent: list[Silent] = []
        self._steps: deque[Callable[[], set[str]]] = deque()  # what is to be published
        self._told: dict[tuple[int, AlarmKind], int] = {}  # → since when, as published

    def go(self, now_s: float, now_ms: int, listening_ms: int) -> set[str]:
        """
        Look at some meters when it is time; return clients whose displays may have changed.

        Args: listening_ms: since when the bridge receives readings.
        Raises: StoreDown.
        """
        since_ms = self._listening.since(now_s, now_ms, listening_ms)
        if since_ms != self._listening_ms:
            self._listening_ms = since_ms
            self._begin_round()
        if now_s < self._due_s:
            return set()
        self._due_s = now_s + EVERY_S
        wanted = self._thresholds()
        if not wanted.on:
            return set()
        until_s = time.monotonic() + BUDGET_S
        displays: set[str] = set()
        while time.monotonic() < until_s:
            if self._steps:
                displays |= self._steps[0]()
                self._steps.popleft()  # after it succeeded: a failed step is repeated
                if not self._steps:
                    self._begin_round()
                    self._due_s = now_s + REST_S
                    break
                continue
            meters = self._store.consumption.meters_above(self._above, METERS_AT_ONCE)
            silent = self._find_silent(meters, wanted, now_ms)
            for seen in meters:
                displays |= self._look_at(seen, wanted, now_ms)
            self._silent += silent
            self._above = meters[-1].num if meters else self._above
            if len(meters) < METERS_AT_ONCE:
                self._steps.extend(self._end_round(wanted, now_ms))
        return displays

    def _begin_round(self) -> None:
        self._above, self._silent = 0, []
        self._steps.clear()

    def _is_silent(self, seen: MeterSeen, wanted: Thresholds, now_ms: int) -> bool:
        return now_ms - max(seen.last_at or 0, self._listening_ms) >= wanted.silent_minutes * 60_000

    def _find_silent(self, meters: list[MeterSeen], wanted: Thresholds, now_ms: int) -> list[Silent]:
        """Return the meters that are silent and were regular, with one query to each database."""
        quiet = {
            seen.num: (seen, seen.last_at)
            for seen in meters
            if seen.last_at is not None and is_id(seen.client) and self._is_silent(seen, wanted, now_ms)
        }
        if not quiet:
            return []
        used = self._store.consumption.hours_before({num: last_at for num, (_, last_at) in quiet.items()}, 7 * DAY_MS)
        areas = self._store.registry.clients.areas_of({seen.client for seen, _ in quiet.values()})
        found: list[Silent] = []
        for num, (seen, last_at) in quiet.items():
            silence = judge_silence(last_at, used.get(num, 0), now_ms, wanted.silent_minutes * 60_000)
            if silence is not None:
                found.append(Silent(seen, silence, areas.get(seen.client)))
        return found

    def _thresholds(self) -> Thresholds:
        _, value = self._store.registry.settings.document("alarms")
        return read_document("alarms", value, Thresholds())

    def _look_at(self, seen: MeterSeen, wanted: Thresholds, now_ms: int) -> set[str]:
        if seen.last_at is None or not is_id(seen.client):
            return set()
        if wanted.tamper and seen.opened_at is not None:
            opened = self._raise(seen, Alarm(AlarmKind.TAMPER, seen.opened_at, seen.opened_at))
            if opened:
                return opened
        if self._is_silent(seen, wanted, now_ms):
            return set()
        hour = begin_of(begin_of(now_ms, "hour", self._zone) - 1, "hour", self._zone)
        if self._judged.get(seen.num) == hour or seen.last_at < hour + HOUR_MS:
            return set()
        alarm = self._judge(seen, hour, wanted)
        displays = self._raise(seen, alarm) if alarm is not None else set()
        self._judged[seen.num] = hour
        return displays

    def _judge(self, seen: MeterSeen, hour: int, wanted: Thresholds) -> Alarm | None:
        used = self._store.consumption.hours_of(seen.num, [hour, *days_before(hour, self._zone)])
        wh = used.pop(hour, None)
        if wh is None:
            return None
        return judge_hour(
            hour,
            wh,
            list(used.values()),
            times=wanted.times_usual,
            at_least_wh=wanted.at_least_wh,
            limit_wh=wanted.limits.get(seen.client, wanted.limit_wh),
        )

    def _raise(self, seen: MeterSeen, alarm: Alarm) -> set[str]:
        """Publish the alarm if it is new."""
        if self._told.get((seen.num, alarm.kind)) == alarm.since:
            return set()
        effects = self._writer.change(lambda tx, ctx: tell_alarm(tx, ctx, seen, alarm, self._zone))
        self._told[seen.num, alarm.kind] = alarm.since  # now it is on disk
        return effects.displays

    # Storms

    def _end_round(self, wanted: Thresholds, now_ms: int) -> list[Callable[[], set[str]]]:
        """Return the steps that publish what the round found; the last one ends it."""
        by_area: defaultdict[str | None, list[Silent]] = defaultdict(list)
        for silent in self._silent:
            by_area[silent.area].append(silent)
        steps: list[Callable[[], set[str]]] = [
            partial(self._note_silent, {a: len(of) for a, of in by_area.items() if a})
        ]
        alone: list[Silent] = []
        told = 0
        standing = dict(self._store.notices.standing())
        for area, found in (by_area if wanted.silent else {}).items():
            if area is not None and (area in standing or len(found) >= wanted.storm_meters):
                steps += self._one_notice(area, found, is_new=area not in standing)
            else:
                alone += found
        for one in alone:
            waited_ms = now_ms - max(one.alarm.since, self._listening_ms)
            if (
                waited_ms >= wanted.silent_minutes * 60_000 + GRACE_MS
                and not self._is_told(one)
                and told < TOLD_AT_ONCE
            ):
                steps.append(partial(self._raise, one.seen, one.alarm))
                told += 1
        for area, notice in standing.items():
            if notice.origin is Origin.STORM and len(by_area.get(area, ())) < wanted.storm_meters / 2:
                steps.append(partial(self._end_notice, area, notice.id))
        return [*steps, set]

    def _note_silent(self, meters_of: Mapping[str, int]) -> set[str]:
        """Store the areas' numbers of silent meters where they changed; the board shows them."""
        known = self._store.notices.silent()
        changed = {area: meters_of.get(area, 0) for area in {*known, *meters_of}}
        changed = {area: meters for area, meters in changed.items() if known.get(area, 0) != meters}
        if changed:
            self._writer.change(lambda tx, _: _put_silent(tx, changed))
        return set()

    def _is_told(self, silent: Silent) -> bool:
        return self._told.get((silent.seen.num, silent.alarm.kind)) == silent.alarm.since

    def _one_notice(self, area: str, found: list[Silent], *, is_new: bool) -> list[Callable[[], set[str]]]:
        """Return the steps that publish the area's outage once and mark its silent meters."""
        fresh = [silent for silent in found if not self._is_told(silent)]
        slices = [fresh[start : start + MARKED_AT_ONCE] for start in range(0, len(fresh), MARKED_AT_ONCE)]
        return [partial(self._mark, area, part, meters=len(found) if is_new else 0) for part in slices]

    def _mark(self, area: str, part: list[Silent], *, meters: int) -> set[str]:
        """
        Mark the meters as told by the area's notice. Args: meters: how many are silent, 0 where the notice exists.
        """

        def tell(tx: Transaction, ctx: Context) -> Effects:
            effects = Effects()
            known = tx.alarms.find_all([one.seen.num for one in part], AlarmKind.SILENT)
            fresh = [one for one in part if not is_same(known.get(one.seen.num), one.alarm)]
            tx.alarms.put_all([(one.seen.num, one.alarm.kind, one.alarm.since, one.alarm.last) for one in fresh])
            if meters and fresh and tx.find_notice(area) is None:
                id = f"storm-{ctx.now_ms}"
                notice = OutageNotice(id=id, text=OUTAGE, origin=Origin.STORM)
                effects.add(put_notice(tx, ctx.registry, area, notice, ctx.now_ms))
                STORMS.inc()
                log.warning("alarm.storm", area=area, meters=meters)
            return effects

        displays = self._writer.change(tell).displays
        self._told.update({(one.seen.num, one.alarm.kind): one.alarm.since for one in part})
        return displays

    def _end_notice(self, area: str, id: str) -> set[str]:

        def tell(tx: Transaction, ctx: Context) -> Effects:
            return put_notice(tx, ctx.registry, area, OutageNotice(id=id, text=None), ctx.now_ms)

        log.info("alarm.storm_over", area=area)
        return self._writer.change(tell).displays


def _put_silent(tx: Transaction, meters_of: Mapping[str, int]) -> Effects:
    tx.put_silent(meters_of)
    return Effects()


def tell_alarm(tx: Transaction, ctx: Context, seen: MeterSeen, alarm: Alarm, zone: ZoneInfo) -> Effects:
    """Store the alarm's text and card for the client, once per event."""
    known = tx.alarms.find(seen.num, alarm.kind)
    if is_same(known, alarm):
        since = known[0] if known is not None else alarm.since
        tx.alarms.put(seen.num, alarm.kind, since, alarm.last)
        return Effects()
    tx.alarms.put(seen.num, alarm.kind, alarm.since, alarm.last)
    person = ctx.registry.find_client(seen.client)
    if person is None:
        return Effects()
    effects = _open(tx, seen.client, ctx.now_ms)
    id = f"{alarm.kind}-{seen.num}-{alarm.since}"
    text = words_of(alarm, seen.meter, person.lang, zone)
    said = Said(id=id, kind=SaidKind.TEXT, text=text, sent=ctx.now_ms, origin=Origin.ALARM)
    effects.add(store_words(tx, seen.client, SPEAKER, said, ctx))
    card = Card(meter=seen.meter, start=begin_of(alarm.since - 1, "day", zone), end=alarm.since + HOUR_MS)
    said = Said(id=f"{id}-c", kind=SaidKind.CARD, card=card, sent=ctx.now_ms, origin=Origin.ALARM)
    effects.add(store_words(tx, seen.client, SPEAKER, said, ctx))
    now = tx.conversation(seen.client)
    if TAG not in now.tags and len(now.tags) < MAX_TAGS:
        tx.put(now._replace(tags=(*now.tags, TAG)))
    RAISED.labels(alarm.kind).inc()
    return effects


def words_of(alarm: Alarm, meter: str, lang: str | None, zone: ZoneInfo) -> str:
    texts = in_lang(TEXTS, lang)
    begin, end = (
        datetime.fromtimestamp(at / 1000, UTC).astimezone(zone) for at in (alarm.since, alarm.since + HOUR_MS)
    )
    shape = "%H:%M" if alarm.kind in (AlarmKind.USUAL, AlarmKind.LIMIT) else "%d.%m.%Y %H:%M"
    kwh, usual = (kilowatt_hours(wh, lang_in(TEXTS, lang)) for wh in (alarm.wh, alarm.usual_wh))
    words: str = getattr(texts, alarm.kind)
    return words.format(meter=meter, kwh=kwh, usual=usual, begin=begin.strftime(shape), end=end.strftime(shape))


def _open(tx: Transaction, client: str, now_ms: int) -> Effects:
    """Reopen a resolved conversation, so that the desk sees the alarm."""
    now = tx.conversation(client)
    if now.status is not Status.RESOLVED or now.last_seq == 0:
        return Effects()
    reopened = tx.append(client, SPEAKER, Event(EventKind.REOPENED, SPEAKER), now_ms)
    tx.put(now._replace(status=Status.OPEN if now.assignee is None else Status.ASSIGNED))
    return Effects(stored=1).tell(entry_reply(client, reopened))
