"""
Run three clients and their meters as ordinary participants: `python -m bridge.demo`.

They open conversations on an empty database and send a month of readings once, then live ones. The demo speaks for
c-maria only once: at the portal the visitor is c-maria. c-ion thanks once for an answer.
"""

import random
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from bridge.demo.clients import CLIENTS, ION, MARIA, DemoPerson, first_words
from bridge.demo.household import HOUR_MS, QUARTER_MS, Absence, Household, Spike
from bridge.mqtt.link import Link, Login
from bridge.mqtt.login import login_as
from bridge.participant import Participant
from bridge.process import run_until_stopped
from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.payloads import Entry, Reading, SaidKind, encode
from chat_core.domain.conversation import is_desk
from chat_core.runtime import brokers, clock, config
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.store import Store

log = structlog.get_logger(__name__)

LIVE_EVERY_S: Final = 5.0
DAY_MS: Final = 24 * HOUR_MS
BACK_DAYS: Final = 30
QUARTER_DAYS: Final = 2  # what is older is read hourly, as many meters are: a third of the readings of a month
BACK_PER_S: Final = 300  # readings of the back-fill: far below what would be felt in a chat
BACK_UNCONFIRMED: Final = 100
TURN_S: Final = 0.1
SPIKE_DAY_WH: Final = 40_200
BOILER_WH: Final = 24_000  # 2 kW for twelve hours
AWAY_LESS: Final = 0.85
THINKS_S: Final = 2.0  # before Ion begins to type
TYPES_S: Final = 4.0


THANKS: Final = "Thank you, that helps. Have a nice day!"
THANKS_ID: Final = "demo-ion-thanks"


class DemoMeter:
    """Send one client's readings on a connection of its own."""

    def __init__(
        self, client: DemoPerson, home: Household, password: str, settings: config.Config, store: Store
    ) -> None:
        self.client = client
        self.home = home
        self._password = password
        self._settings = settings
        self._store = store
        self.link = Link(self._login, [], clean_session=True)
        self.owed: deque[int] = deque()  # the ends of quarters to be filled in: midnights first, each newest first
        self._live_s = 0.0

    def _login(self) -> Login:
        return replace(
            login_as(self._settings, self._store, self.client.device), password=self._password, renew_at_s=None
        )

    def owe(self, now_ms: int) -> None:
        """Find the readings of the last month that are not stored yet."""
        begin = (now_ms - BACK_DAYS * DAY_MS) // QUARTER_MS * QUARTER_MS
        known = set(self._store.consumption.reading_times(self.client.id, begin, now_ms))
        zone = ZoneInfo(self._settings.tz)
        hourly = range(-(-begin // HOUR_MS) * HOUR_MS, now_ms, HOUR_MS)
        ends = {*hourly, *range(now_ms // QUARTER_MS * QUARTER_MS - QUARTER_DAYS * DAY_MS, now_ms, QUARTER_MS)}
        # Midnights alone make the month's chart right, so it is there in a second; the hours and quarters refine it.
        missing = sorted(ends - known, reverse=True)
        self.owed = deque(sorted(missing, key=lambda end: not _is_midnight(end, zone)))

    def read(self, at_ms: int, jitter: float = 1.0) -> None:
        reading = Reading(at=at_ms, wh=self.home.register_wh(at_ms), w=round(self.home.power_w(at_ms) * jitter))
        self.link.publish(topics.meter_reading(self.client.id, self.client.meter), encode(reading))

    def go(self, now_s: float, back: int) -> None:
        """Publish the live value when due, and at most `back` of what is owed."""
        self.link.turn(TURN_S)
        if not self.link.ready:
            return
        if now_s >= self._live_s:
            self._live_s = now_s + LIVE_EVERY_S
            self.read(clock.now_ms(), random.uniform(0.8, 1.25))
        while self.owed and back > 0 and self.link.unconfirmed < BACK_UNCONFIRMED:
            back -= 1
            self.read(self.owed.popleft())


def _is_midnight(at_ms: int, zone: ZoneInfo) -> bool:
    local = datetime.fromtimestamp(at_ms / 1000, zone)
    return (local.hour, local.minute) == (0, 0)


class Talker:
    """Thank once for an agent's answer, typing before it."""

    def __init__(self, person: Participant, thanked: bool) -> None:
        self.person = person
        self._thanked = thanked
        self._type_s: float | None = None
        self._say_s: float | None = None
        person.on_entry = self._hear

    def _hear(self, _client: str, entry: Entry) -> None:
        if entry.id == THANKS_ID:
            self._thanked = True
        elif not self._thanked and self._say_s is None and isinstance(entry.kind, SaidKind) and is_desk(entry.sender):
            self.person.mark(entry.seq)
            self._type_s = time.monotonic() + THINKS_S
            self._say_s = self._type_s + TYPES_S

    def go(self, now_s: float) -> None:
        """Type, then send, when it is time."""
        if self._thanked or self._say_s is None:
            return
        if self._type_s is not None and now_s >= self._type_s:
            self._type_s = None
            self.person.typing()
        if now_s >= self._say_s:
            self._thanked = True
            self.person.say(THANKS, id=THANKS_ID)


def main() -> int:
    """Take part until SIGTERM or SIGINT."""
    return run_until_stopped("demo", _take_part)


def _take_part(settings: config.Config, store: Store, stop: threading.Event, heart: Heartbeat) -> None:
    registry = store.registry
    for client in CLIENTS:
        registry.ensure_client(client.id, name=client.name, lang=client.lang, area=client.area, meters=[client.meter])
    people = {client.id: Participant(client.id, _login_for(settings, store, client.id)) for client in CLIENTS}
    ion = Talker(people[ION.id], _has_said(store, ION.id, THANKS_ID))
    try:
        for client in CLIENTS:
            _begin_talk(store, client, people[client.id])
        while any(person.pending for person in people.values()) and not stop.wait(0.1):
            heart.beat()
        people[MARIA.id].close()
        with heart.during_long_work():
            meters = _meters(settings, store)
        _run(meters, ion, stop, heart)
    finally:
        for person in people.values():
            person.close()


def _login_for(settings: config.Config, store: Store, id: str) -> Callable[[], Login]:
    return lambda: login_as(settings, store, id)


def _begin_talk(store: Store, client: DemoPerson, person: Participant) -> None:
    """Send the client's first messages on an empty database; leave Maria to the portal's visitor afterwards."""
    is_new = store.inbox.summary(client.id) is None
    if is_new or client is not MARIA:
        person.start()
    if is_new:
        for id, text in first_words(client).items():
            person.say(text, id=id)


def _has_said(store: Store, client: str, id: str) -> bool:
    return any(entry["id"] == id for entry in store.log.page(client, limit=1_000).entries)


def _meters(settings: config.Config, store: Store) -> list[DemoMeter]:
    zone = ZoneInfo(settings.tz)
    now = datetime.now(zone)
    meters: list[DemoMeter] = []
    for client in CLIENTS:
        home = Household.of(client.year_wh, zone, (now.year - 1, now.year, now.year + 1), client.roof)
        home = _with_events(home, client, _midnight_before(store, client, now))
        password = brokers.new_device_password(secrets.token_bytes(brokers.DEVICE_PASSWORD_BYTES))
        hashes = brokers.device_hashes(password, secrets.token_bytes(16))
        reads = {"meter": client.meter, "forms": {}}  # so that the board says when it was heard
        store.registry.devices.add(client.device, client.id, [], hashes, reads=reads, kind="demo")
        body = {"device": client.device, "client": client.id}
        store.registry.changes.announce(ChangeKind.DEVICES, body, clock.now_ms())
        meters.append(DemoMeter(client, home, password, settings, store))
    return meters


def _with_events(home: Household, client: DemoPerson, day: datetime) -> Household:
    """
    Add the client's event: a day of 40 kWh, half a day of a stuck boiler, or a week away.

    Args: day: the midnight before the client first spoke.
    """
    if client is MARIA:
        return home.with_spike_on(day, SPIKE_DAY_WH)
    if client is ION:
        begin = day - timedelta(days=3)
        start, end = _ms(begin.replace(hour=1)), _ms(begin.replace(hour=13))
        return replace(home, spike=Spike(start, end, BOILER_WH))
    return replace(home, holiday=Absence(_ms(day - timedelta(days=15)), _ms(day - timedelta(days=8)), AWAY_LESS))


def _ms(when: datetime) -> int:
    return round(when.timestamp() * 1000)


def _midnight_before(store: Store, client: DemoPerson, now: datetime) -> datetime:
    """Return midnight of the day before the client first spoke: the same day after every restart."""
    said = first_words(client)
    asked = next((e["at"] for e in store.log.page(client.id, limit=1_000).entries if e["id"] in said), None)
    day = now if asked is None else datetime.fromtimestamp(asked / 1000, now.tzinfo)
    return (day - timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def _run(meters: list[DemoMeter], ion: Talker, stop: threading.Event, heart: Heartbeat) -> None:
    for meter in meters:
        meter.owe(clock.now_ms())
    log.info("demo.readings", owed=sum(len(meter.owed) for meter in meters))
    before_s, allowance = time.monotonic(), 0.0
    while not stop.is_set():
        heart.beat()
        now_s = time.monotonic()
        allowance = min(BACK_PER_S, allowance + (now_s - before_s) * BACK_PER_S)
        before_s = now_s
        share = int(allowance / len(meters))
        allowance -= share * len(meters)
        for meter in meters:
            meter.go(now_s, share)
        ion.go(now_s)
    for meter in meters:
        meter.link.close()
