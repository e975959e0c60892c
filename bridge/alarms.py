"""
Alarms: what a meter does is said to its client in plain words, with a card, once for each event.

Meters are looked at one after the other, a few ms in every second. Those that have fallen silent are gathered for a
whole round: many in one area are an outage, which is told as one notice, and is over when they are heard again.
"""

import time
from collections import defaultdict
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from prometheus_client import Counter

from bridge.alarm_words import OUTAGE, words_of
from bridge.effects import Effects, entry_reply, outage_replies
from bridge.handlers import Scene, store_words
from bridge.writer import Writer
from chat_core.alarms import Alarm, AlarmKind, days_before, is_same, judge_hour, judge_silence
from chat_core.conversation import Event
from chat_core.documents import Alarms as Thresholds
from chat_core.documents import read_document
from chat_core.fields import MAX_TAGS
from chat_core.ids import is_id
from chat_core.payloads import Card, EventKind, Origin, OutageNotice, Said, SaidKind, Status
from chat_core.steps import HOUR_MS, begin_of
from chat_core.store import MeterSeen, Store, Transaction

log = structlog.get_logger(__name__)

SPEAKER: Final = "b-meters"
TAG: Final = "meter"
BUDGET_S: Final = 0.005
EVERY_S: Final = 1.0
REST_S: Final = 60.0  # after a round, before the next
METERS_AT_ONCE: Final = 20
TOLD_AT_ONCE: Final = 50  # silences that open chats at the end of a round; the others wait for the next
GRACE_MS: Final = 20 * 60_000  # a silence waits so much longer for others in its area before it is told alone
DAY_MS: Final = 24 * HOUR_MS
RAISED: Final = Counter("wattline_alarms", "Alarms told to clients", ["kind"])
STORMS: Final = Counter("wattline_alarm_storms", "Areas whose silent meters became one outage notice")


class Alarms:
    """Goes from meter to meter, and rests after the last."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._zone = ZoneInfo(store.tz)
        self._above = 0
        self._due_s = 0.0
        self._judged: dict[int, int] = {}  # meter → the hour that was judged last
        self._listening_ms = 0
        self._silent: list[tuple[MeterSeen, Alarm]] = []
        self._told: dict[tuple[int, AlarmKind], int] = {}  # since when: what was told

    def go(self, now_s: float, now_ms: int, listening_ms: int) -> set[str]:
        """
        Look at some meters, if it is time to; returns clients whose displays may have changed.

        Args: listening_ms: since when the bridge hears meters: what was not said before it says nothing about them.
        Raises: StoreDown.
        """
        if now_s < self._due_s:
            return set()
        self._due_s = now_s + EVERY_S
        wanted = self._thresholds()
        if not wanted.on:
            return set()
        self._listening_ms = listening_ms
        until_s = time.monotonic() + BUDGET_S
        displays: set[str] = set()
        while time.monotonic() < until_s:
            meters = self._store.meters_above(self._above, METERS_AT_ONCE)
            for seen in meters:
                displays |= self._look_at(seen, wanted, now_ms)
                self._above = seen.num
            if len(meters) < METERS_AT_ONCE:
                displays |= self._end_round(wanted, now_ms)
                self._above, self._due_s = 0, now_s + REST_S
                break
        return displays

    def _thresholds(self) -> Thresholds:
        _, value = self._store.registry.settings.document("alarms")
        return read_document("alarms", value, Thresholds())

    def _look_at(self, seen: MeterSeen, wanted: Thresholds, now_ms: int) -> set[str]:
        if seen.last_at is None or not is_id(seen.client):
            return set()
        if seen.opened_at is not None:
            opened = self._raise(seen, Alarm(AlarmKind.TAMPER, seen.opened_at, seen.opened_at))
            if opened:
                return opened
        silent_ms = wanted.silent_minutes * 60_000
        if now_ms - max(seen.last_at, self._listening_ms) >= silent_ms:
            used = self._store.hours_known(seen.num, seen.last_at - 7 * DAY_MS, seen.last_at)
            silence = judge_silence(seen.last_at, used, now_ms, silent_ms)
            if silence is not None:
                self._silent.append((seen, silence))
            return set()
        hour = begin_of(begin_of(now_ms, "hour", self._zone) - 1, "hour", self._zone)
        if self._judged.get(seen.num) == hour or seen.last_at < hour + HOUR_MS:
            return set()
        alarm = self._judge(seen, hour, wanted)
        displays = self._raise(seen, alarm) if alarm is not None else set()
        self._judged[seen.num] = hour
        return displays

    def _judge(self, seen: MeterSeen, hour: int, wanted: Thresholds) -> Alarm | None:
        used = self._store.hours_of(seen.num, [hour, *days_before(hour, self._zone)])
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
        """The event is told, if it is new."""
        if self._told.get((seen.num, alarm.kind)) == alarm.since:
            return set()
        effects = self._writer.change(lambda tx, scene: tell_alarm(tx, scene, seen, alarm, self._zone))
        self._told[seen.num, alarm.kind] = alarm.since  # now it is on disk
        return effects.displays

    # Storms

    def _end_round(self, wanted: Thresholds, now_ms: int) -> set[str]:
        by_area: defaultdict[str | None, list[tuple[MeterSeen, Alarm]]] = defaultdict(list)
        for seen, alarm in self._silent:
            person = self._store.registry.find_client(seen.client)
            by_area[person.area if person is not None else None].append((seen, alarm))
        displays: set[str] = set()
        told = 0
        standing = dict(self._store.notices())
        for area, silent in by_area.items():
            if area is not None and (area in standing or len(silent) >= wanted.storm_meters):
                displays |= self._one_notice(area, silent, is_new=area not in standing)
                continue
            for seen, alarm in silent:
                waited_ms = now_ms - max(alarm.since, self._listening_ms)
                if waited_ms >= wanted.silent_minutes * 60_000 + GRACE_MS and told < TOLD_AT_ONCE:
                    heard = self._raise(seen, alarm)
                    displays |= heard
                    told += bool(heard)
        for area, notice in standing.items():
            if notice.origin is Origin.STORM and len(by_area.get(area, ())) < wanted.storm_meters / 2:
                displays |= self._end_notice(area, notice.id)
        self._silent = []  # only now: a round that failed is ended again, with all that it gathered
        return displays

    def _one_notice(self, area: str, silent: list[tuple[MeterSeen, Alarm]], *, is_new: bool) -> set[str]:
        """The area's outage is told once, and none of its silent meters opens a chat."""
        if all(self._told.get((seen.num, alarm.kind)) == alarm.since for seen, alarm in silent):
            return set()

        def tell(tx: Transaction, scene: Scene) -> Effects:
            effects = Effects()
            fresh = [one for one in silent if not is_same(tx.alarm_known(one[0].num, one[1].kind), one[1])]
            for seen, alarm in fresh:
                tx.put_alarm(seen.num, alarm.kind, alarm.since, alarm.last)
            if is_new and fresh:
                id = f"storm-{scene.now_ms}"
                tx.put_notice(area, id, OUTAGE, scene.now_ms, Origin.STORM)
                effects.tell(*outage_replies(area, OutageNotice(id=id, text=OUTAGE, origin=Origin.STORM)))
                effects.displays |= set(scene.registry.devices.clients_in(area))
                STORMS.inc()
                log.warning("alarm.storm", area=area, meters=len(silent))
            return effects

        displays = self._writer.change(tell).displays
        self._told.update({(seen.num, alarm.kind): alarm.since for seen, alarm in silent})
        return displays

    def _end_notice(self, area: str, id: str) -> set[str]:
        """The meters of the area are heard again."""

        def tell(tx: Transaction, scene: Scene) -> Effects:
            tx.put_notice(area, id, None, scene.now_ms)
            told = Effects().tell(*outage_replies(area, OutageNotice(id=id, text=None)))
            told.displays |= set(scene.registry.devices.clients_in(area))
            return told

        log.info("alarm.storm_over", area=area)
        return self._writer.change(tell).displays


def tell_alarm(tx: Transaction, scene: Scene, seen: MeterSeen, alarm: Alarm, zone: ZoneInfo) -> Effects:
    """The client hears of the event in its own language, with the card of its time; of the same event only once."""
    known = tx.alarm_known(seen.num, alarm.kind)
    if is_same(known, alarm):
        since = known[0] if known is not None else alarm.since
        tx.put_alarm(seen.num, alarm.kind, since, alarm.last)
        return Effects()
    tx.put_alarm(seen.num, alarm.kind, alarm.since, alarm.last)
    person = scene.registry.find_client(seen.client)
    if person is None:
        return Effects()
    effects = _open(tx, seen.client, scene.now_ms)
    id = f"{alarm.kind}-{seen.num}-{alarm.since}"
    text = words_of(alarm, seen.meter, person.lang, zone)
    said = Said(id=id, kind=SaidKind.TEXT, text=text, sent=scene.now_ms, origin=Origin.ALARM)
    effects.add(store_words(tx, seen.client, SPEAKER, said, scene))
    card = Card(meter=seen.meter, start=begin_of(alarm.since - 1, "day", zone), end=alarm.since + HOUR_MS)
    said = Said(id=f"{id}-c", kind=SaidKind.CARD, card=card, sent=scene.now_ms, origin=Origin.ALARM)
    effects.add(store_words(tx, seen.client, SPEAKER, said, scene))
    now = tx.conversation(seen.client)
    if TAG not in now.tags and len(now.tags) < MAX_TAGS:
        tx.put(now._replace(tags=(*now.tags, TAG)))
    RAISED.labels(alarm.kind).inc()
    return effects


def _open(tx: Transaction, client: str, now_ms: int) -> Effects:
    """A conversation that was ended is open again: what the desk does not see helps nobody."""
    now = tx.conversation(client)
    if now.status is not Status.RESOLVED or now.last_seq == 0:
        return Effects()
    reopened = tx.append(client, SPEAKER, Event(EventKind.REOPENED, SPEAKER), now_ms)
    tx.put(now._replace(status=Status.OPEN if now.assignee is None else Status.ASSIGNED))
    return Effects(stored=1).tell(entry_reply(client, reopened))
