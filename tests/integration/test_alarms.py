"""Meters that raise alarm: on both databases, with the bridge's own writer and a line that writes down what is told."""

import gc
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bridge.background import outage_ends
from bridge.background.meter_alarms import MARKED_AT_ONCE, METERS_AT_ONCE, OUTAGE, AlarmDuty, Listening
from bridge.background.outage_ends import OutageEnds
from bridge.background.outage_reach import COUNT_EVERY_S, LOOK_EVERY_S, OutageReach
from bridge.background.use_after import UseAfterDuty
from bridge.mqtt.link import Arrived
from bridge.pipeline.effects import Effects
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.handlers import Context, store_words
from bridge.pipeline.presence import People
from bridge.pipeline.rate_limits import Rates
from bridge.texts import TEXTS
from chat_core.contract import topics
from chat_core.contract.payloads import Command, Do, OutageNotice, Reading, Said, SaidKind, Status, decode, encode
from chat_core.domain.conversation import do_command
from chat_core.domain.meter_alarms import GRACE_MS, UseAfter, judge_all
from chat_core.domain.settings import Alarms as Thresholds
from chat_core.domain.time_steps import HOUR_MS
from chat_core.store import Store, Transaction
from chat_core.store.models.chats import NoticeRow
from tests.contract.stores import StoreUnderTest, committed, opened, put, row_of, sqlite_at, take_in_all
from tests.integration.writer_bench import RecordingLink

ZONE = ZoneInfo("Europe/Bucharest")
# Half past a full hour of no particular day; far from a change of the clocks.
NOW_MS = round(datetime(2026, 5, 20, 18, 30, tzinfo=ZONE).timestamp() * 1000)
LAST_HOUR = NOW_MS - HOUR_MS - HOUR_MS // 2
SILENT_MS = 180 * 60_000


class AlarmBench:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.line = RecordingLink(store)
        self.writer = Writer(store, self.line, Rates(None), People())
        self.alarms = AlarmDuty(store, self.writer)
        self._now_s, self._now_ms, self._listening_ms = 0.0, NOW_MS, 0

    def meter(self, client: str, *, last_hour_wh: int = 500, lang: str = "en", area: str = "x", days: int = 21) -> None:
        """A meter that counted 500 Wh an hour for some days, and something else in the last full one."""
        self.store.registry.ensure_client(client, lang=lang, area=area)
        wh, at = 1_000_000, LAST_HOUR - days * 24 * HOUR_MS
        with committed(self.store) as tx:
            while at <= NOW_MS:
                tx.add_reading(client, "m-1", at, wh, None)
                wh += last_hour_wh if at == LAST_HOUR else 500
                at += HOUR_MS

    def heard(self, client: str, at: int) -> None:
        with committed(self.store) as tx:
            last = self.store.consumption.last_reading(client)
            assert last is not None
            tx.add_reading(client, "m-1", at, last.wh + 1, None)

    def round(self, now_ms: int = NOW_MS, *, anew: bool = False, listening_ms: int = 0) -> None:
        """Once round all meters. Args: anew: as a restarted bridge; listening_ms: since when it hears meters."""
        if anew:
            self.alarms = AlarmDuty(self.store, self.writer)
        self._listening_ms = listening_ms
        while self._now_ms < now_ms:  # the time between, on both clocks
            self._pass(min(20_000, now_ms - self._now_ms))
        self.go_round()
        for _ in range(5):
            self._pass(20_000, wall=False)  # the rest after the round

    def go_round(self) -> None:
        for _ in range(5_000):
            self._pass(1_000, wall=False)
            self.alarms.go(self._now_s, self._now_ms, self._listening_ms)
            if self.alarms._above == 0:
                break

    def _pass(self, ms: int, *, wall: bool = True) -> None:
        self._now_s += ms / 1000
        self._now_ms += ms * wall
        self.alarms._listening.since(self._now_s, self._now_ms, self._listening_ms)

    def step(self, ms: int) -> None:
        self._now_ms += ms

    def words(self, client: str) -> list[str]:
        return [entry["text"] for entry in self.store.log.page(client).entries if entry["kind"] == "text"]

    def kinds(self, client: str) -> list[str]:
        return [entry["kind"] for entry in self.store.log.page(client).entries]

    def notices(self, area: str) -> list[OutageNotice]:
        topic = topics.outage(area)
        return [decode(OutageNotice, payload) for name, payload in self.line.payloads if name == topic and payload]


@pytest.fixture
def system(place: StoreUnderTest) -> Iterator[AlarmBench]:
    with opened(place) as store:
        yield AlarmBench(store)


def test_an_unusual_hour_is_told_once(system: AlarmBench) -> None:
    """The client hears of it in plain words with a card, the desk sees it; it is said once, also after a restart."""
    system.meter("c-1", last_hour_wh=4_210, lang="ro")
    system.meter("c-2")
    system.round()
    system.round()
    system.round(anew=True)
    system.round(NOW_MS + HOUR_MS)
    assert system.kinds("c-1") == ["opened", "text", "card"]
    assert "4,2 kWh" in system.words("c-1")[0]
    card = system.store.log.page("c-1").entries[-1]["card"]
    assert (card["meter"], card["to"]) == ("m-1", LAST_HOUR + HOUR_MS)
    assert card["from"] < LAST_HOUR < card["to"]
    row = row_of(system.store, "c-1")
    assert row.status == "open" and row.tags == ["meter"]
    assert system.kinds("c-2") == []


def test_chart_and_alarm_see_an_hour_within_a_minute(system: AlarmBench) -> None:
    """An unusual hour is told, and unusual in the chart, within a minute of its end, by a clock that is set."""
    system.meter("c-1")
    hour = now_ms = NOW_MS + HOUR_MS // 2
    last = system.store.consumption.last_reading("c-1")
    assert last is not None
    with committed(system.store) as tx:
        tx.add_reading("c-1", "m-1", hour, last.wh + 500, None)
    for second in range(180):  # of both clocks; the hour ends at the 90th
        now_ms = hour + HOUR_MS + (second - 90) * 1000
        if second % 10 == 0:
            with committed(system.store) as tx:
                last = system.store.consumption.last_reading("c-1")
                assert last is not None
                tx.add_reading("c-1", "m-1", now_ms, last.wh + (7 if second else 3_500), None)
        system.alarms.go(second, now_ms, 0)
        if system.words("c-1"):
            break
    assert 0 <= now_ms - (hour + HOUR_MS) <= 60_000
    used = system.store.consumption.hours_since(1, hour - 29 * 24 * HOUR_MS)
    (use,) = judge_all(used, [hour], ZONE, times=Thresholds().times_usual, at_least_wh=Thresholds().at_least_wh)
    assert use.unusual


@pytest.mark.parametrize(("daily_wh", "use"), [(500, UseAfter.USUAL), (3_000, UseAfter.UNUSUAL), (0, UseAfter.UNKNOWN)])
def test_the_use_after_a_question(system: AlarmBench, daily_wh: int, use: UseAfter) -> None:
    """A day after a question about use was resolved, lists and reports say whether the use went back to usual."""
    system.meter("c-1", last_hour_wh=4_210)
    system.round()

    def resolve(tx: Transaction, _: Context) -> Effects:
        change = do_command(tx.conversation("c-1"), "a-ana", Command(id="r1", do=Do.RESOLVE, client="c-1"))
        tx.append("c-1", "a-ana", change.events[0], NOW_MS)
        tx.put(change.conversation)
        return Effects()

    system.writer.change(resolve)
    take_in_all(system.store)
    duty, later = UseAfterDuty(system.store, system.writer), NOW_MS + 27 * HOUR_MS
    for n in range(1, 28 if daily_wh else 1):
        at = NOW_MS + HOUR_MS // 2 + n * HOUR_MS
        with committed(system.store) as tx:
            last = system.store.consumption.last_reading("c-1")
            assert last is not None
            tx.add_reading("c-1", "m-1", at, last.wh + daily_wh, None)
    duty.go(0, NOW_MS + 25 * HOUR_MS)
    assert [one.use_after for one in system.store.report_rows.questions(0, later)] == [None]
    duty.go(100, later)
    assert [one.use_after for one in system.store.report_rows.questions(0, later)] == [use]
    assert not system.store.episodes.due_use(0, later, 9)


def test_the_answer_goes_on_as_a_chat(system: AlarmBench) -> None:
    """The client answers, the desk sees it waiting; a conversation that was ended is open again by the next event."""
    system.meter("c-1", last_hour_wh=4_210)
    system.round()

    def answer(tx: Transaction, scene: Context) -> Effects:
        return store_words(tx, "c-1", "c-1", Said(id="a1", kind=SaidKind.TEXT, text="The sauna!", sent=1), scene)

    system.writer.change(answer)
    row = row_of(system.store, "c-1")
    assert row.waiting is not None and row.unread == 1
    with committed(system.store) as tx:
        tx.put(tx.conversation("c-1")._replace(status=Status.RESOLVED))
        tx.alarms.put_opened("c-1", "m-1", NOW_MS)
    system.round(NOW_MS + 1)
    assert system.kinds("c-1")[-3:] == ["reopened", "text", "card"]
    assert row_of(system.store, "c-1").status == "open"


def test_thresholds_are_the_boards(system: AlarmBench) -> None:
    """A limit for all, or for one client, holds from the next look on; switched off nothing is told."""
    system.meter("c-1", last_hour_wh=1_200)
    system.meter("c-2", last_hour_wh=1_200)
    system.store.registry.settings.change_document("alarms", {"on": False, "limit_wh": 1_000}, 0)
    system.round()
    assert system.kinds("c-1") == []
    system.store.registry.settings.change_document("alarms", {"limit_wh": 1_000, "limits": {"c-2": 2_000}}, 1)
    system.round()
    assert "1.0 kWh" in system.words("c-1")[0]
    assert system.kinds("c-2") == []


def test_a_silent_meter_is_told_once(system: AlarmBench) -> None:
    """A regular meter that is silent opens a chat after a wait for its area; heard and silent again, another text."""
    system.meter("c-1")
    last = system.store.consumption.last_reading("c-1")
    assert last is not None
    system.round(last.at + SILENT_MS + 1)
    assert system.words("c-1") == []
    later = last.at + SILENT_MS + GRACE_MS + 1
    for now_ms in (later, later + HOUR_MS):
        system.round(now_ms)
    system.round(later + 2 * HOUR_MS, anew=True)
    assert len(system.words("c-1")) == 1
    system.heard("c-1", later + 3 * HOUR_MS)
    system.round(later + 3 * HOUR_MS + SILENT_MS + GRACE_MS)
    assert len(system.words("c-1")) == 2


def test_a_bridge_that_was_away_calls_nobody_silent(system: AlarmBench) -> None:
    """After a night without a bridge no meter is silent that had no time to be heard; one that stays silent is."""
    system.meter("c-1")
    back = NOW_MS + 12 * HOUR_MS
    system.round(back + 1_000, listening_ms=back)
    system.round(back + SILENT_MS + GRACE_MS - 1, listening_ms=back)
    assert system.words("c-1") == []
    system.round(back + SILENT_MS + GRACE_MS, listening_ms=back)
    assert len(system.words("c-1")) == 1


def test_a_storm_is_one_notice(system: AlarmBench) -> None:
    """Many silent meters of an area are one outage notice and no chats; it is over when they are heard again."""
    system.store.registry.settings.change_document("alarms", {"storm_meters": 5}, 0)
    for number in range(6):
        system.meter(f"c-n{number}", area="north", days=2)
    system.meter("c-s1", area="south", days=2)
    later = NOW_MS + SILENT_MS + GRACE_MS + 1
    system.round(later)
    system.round(later + 60_000)
    system.round(later + 120_000, anew=True)
    assert [notice.text is not None for notice in system.notices("north")] == [True]
    assert [system.kinds(f"c-n{number}") for number in range(6)] == [[]] * 6
    assert system.notices("south") == [] and len(system.words("c-s1")) == 1
    for number in range(4):
        system.heard(f"c-n{number}", later + 180_000)
    system.round(later + 240_000)
    assert [notice.text is None for notice in system.notices("north")] == [False, True]
    assert system.store.notices.standing() == []
    assert system.kinds("c-n5") == []  # what the notice covered is told


def test_an_announced_outage_covers_its_area(system: AlarmBench) -> None:
    """While an administrator's notice stands no silent meter of its area opens a chat, and only people end it."""
    system.meter("c-1", area="north", days=2)
    with committed(system.store) as tx:
        tx.put_notice("north", OutageNotice(id="by-hand", text=OUTAGE), NOW_MS)
    system.round(NOW_MS + SILENT_MS + GRACE_MS + 1)
    system.heard("c-1", NOW_MS + SILENT_MS + 2 * GRACE_MS)
    system.round(NOW_MS + SILENT_MS + 2 * GRACE_MS + 1)
    assert system.kinds("c-1") == []
    assert [notice.id for _, notice in system.store.notices.standing()] == ["by-hand"]


def test_silence_is_told_only_where_it_is_wanted(system: AlarmBench) -> None:
    """Without `silent` no silence opens a chat or makes an outage; an outage that silent meters made still ends."""
    settings = system.store.registry.settings
    _, rev = settings.change_document("alarms", {"storm_meters": 2, "silent": False}, 0), 1
    meters = ("c-n0", "c-n1", "c-s1")
    for client in meters:
        system.meter(client, area="south" if client == "c-s1" else "north", days=2)
    later = NOW_MS + SILENT_MS + GRACE_MS + 1
    system.round(later)
    assert [system.kinds(client) for client in meters] == [[], [], []] and system.notices("north") == []
    settings.change_document("alarms", {"storm_meters": 2}, rev)
    system.round(later + 60_000)
    assert len(system.notices("north")) == 1 and len(system.words("c-s1")) == 1
    settings.change_document("alarms", {"storm_meters": 2, "silent": False}, rev + 1)
    for client in meters:
        system.heard(client, later + 120_000)
    system.round(later + 180_000)
    assert [notice.text is None for notice in system.notices("north")] == [False, True]


def test_whom_an_outage_reached_is_counted_while_it_stands(system: AlarmBench) -> None:
    """A new outage is counted at once, then every half minute; the most reached at one count stays after its end."""
    clients = ("c-n0", "c-n1", "c-s1")
    for client in clients:
        system.store.registry.ensure_client(client, area="south" if client == "c-s1" else "north")
        system.writer.change(partial(_say, client, Said(id="q", kind=SaidKind.TEXT, text="No power", sent=1)))
        with committed(system.store) as tx:
            put(tx, client, area="south" if client == "c-s1" else "north", online=client == "c-n0")
    with committed(system.store) as tx:
        tx.put_notice("north", OutageNotice(id="k1", text=OUTAGE), NOW_MS)
    reach = OutageReach(system.store, system.writer)

    def counted() -> list[tuple[int | None, int | None]]:
        return [(one.clients, one.reached) for one in system.store.notices.recent(0)]

    reach.go(0.0)
    assert counted() == [(2, 1)]
    with committed(system.store) as tx:
        put(tx, "c-n1", area="north", online=True)
    reach.go(COUNT_EVERY_S - 5)
    assert counted() == [(2, 1)]
    reach.go(COUNT_EVERY_S)
    assert counted() == [(2, 2)]
    with committed(system.store) as tx:
        for client in ("c-n0", "c-n1"):
            put(tx, client, area="north", online=False)
    reach.go(2 * COUNT_EVERY_S)
    with committed(system.store) as tx:
        tx.put_notice("north", OutageNotice(id="k2", text=None), NOW_MS + 9)
    reach.go(3 * COUNT_EVERY_S)
    assert counted() == [(2, 2)]
    with committed(system.store) as tx:
        tx.put_notice("north", OutageNotice(id="k3", text=OUTAGE), NOW_MS + 10)
    reach.go(3 * COUNT_EVERY_S + LOOK_EVERY_S)
    with committed(system.store) as tx:
        tx.put_notice("south", OutageNotice(id="k4", text=OUTAGE), NOW_MS + 11)
    reach.go(3 * COUNT_EVERY_S + 2 * LOOK_EVERY_S)
    assert counted()[0] == (1, 0)


def _say(client: str, said: Said, tx: Transaction, ctx: Context) -> Effects:
    return store_words(tx, client, client, said, ctx)


def test_who_asked_is_told_of_the_end(system: AlarmBench) -> None:
    """Each client of the area who asked is told once when the meters' silence ends, also by a restarted bridge."""
    system.store.registry.settings.change_document("alarms", {"storm_meters": 3}, 0)
    for number in range(3):
        system.meter(f"c-n{number}", area="north", days=2, lang="ro")
    later = NOW_MS + SILENT_MS + GRACE_MS + 1
    system.round(later)
    assert system.store.notices.silent() == {"north": 3}
    for client in ("c-n0", "c-n1"):
        said = Said(id="q", kind=SaidKind.TEXT, text="Nu avem curent", sent=1)
        system.writer.change(partial(_say, client, said))
    take_in_all(system.store)
    for number in range(3):
        system.heard(f"c-n{number}", later + 60_000)
    system.round(later + 120_000)
    assert system.store.notices.silent() == {}
    ended = system.store.notices.untold()[0].ended_at or 0
    OutageEnds(system.store, system.writer).go(0.0, ended)  # what was asked may not be counted yet
    assert len(system.store.notices.untold()) == 1
    for _ in range(2):
        OutageEnds(system.store, system.writer).go(0.0, ended + 5_000)
        assert system.store.notices.untold() == []
        with system.store.chats.writing():  # as where a kill came before the note that all were told
            system.store.chats.change(NoticeRow.update(untold=True))
    assert [system.words(f"c-n{number}")[1:] for number in range(3)] == [[TEXTS["ro"].back_on]] * 2 + [[]]


def test_a_new_outage_before_all_are_told_of_the_last_one_s_end(
    system: AlarmBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a new outage stands nobody hears that power is back; its own end is told afterwards."""
    monkeypatch.setattr(outage_ends, "TOLD_AT_ONCE", 1)
    clients = ("c-n0", "c-n1")
    for client in clients:
        system.store.registry.ensure_client(client, area="north")
        said = Said(id="q", kind=SaidKind.TEXT, text="No power", sent=1)
        system.writer.change(partial(_say, client, said))
    take_in_all(system.store)
    now_ms = time.time_ns() // 1_000_000

    def notice(id: str, text: dict[str, str] | None, at_ms: int) -> None:
        with committed(system.store) as tx:
            tx.put_notice("north", OutageNotice(id=id, text=text), at_ms)

    notice("k1", OUTAGE, now_ms - 60_000)
    notice("k2", None, now_ms + 1_000)
    ends = OutageEnds(system.store, system.writer)
    ends.go(0.0, now_ms + 10_000)
    notice("k3", OUTAGE, now_ms + 20_000)
    ends.go(1.0, now_ms + 21_000)
    assert [len(system.words(client)) for client in clients] == [2, 1]
    notice("k4", None, now_ms + 30_000)
    for second in range(2):
        ends.go(100.0 + second, now_ms + 40_000)
    assert [len(system.words(client)) for client in clients] == [3, 2]
    assert system.store.notices.untold() == []


def test_the_end_of_one_outage_leaves_the_next_one_s_to_tell(system: AlarmBench) -> None:
    """The note that all were told is of one outage, and not of a later one in the same area."""
    for id, text, at_ms in (("k1", OUTAGE, 1), ("k2", None, 2), ("k3", OUTAGE, 3), ("k4", None, 4)):
        with committed(system.store) as tx:
            tx.put_notice("north", OutageNotice(id=id, text=text), at_ms)
    for since, left in ((1, 1), (3, 0)):
        with committed(system.store) as tx:
            tx.note_told("north", since)
        assert len(system.store.notices.untold()) == left


def test_a_meter_that_was_opened(system: AlarmBench) -> None:
    """A reading with the tamper flag is told, once for what is flagged for hours; without `tamper` it is not."""
    settings = system.store.registry.settings
    settings.change_document("alarms", {"tamper": False}, 0)
    system.meter("c-1")
    now_ms = time.time_ns() // 1_000_000
    for number, tamper in enumerate((None, True, True)):
        reading = Reading(at=now_ms - 10_000 + number, wh=9_000_000 + number, tamper=tamper)
        system.writer.write([Arrived(topics.meter_reading("c-1", "m-1"), encode(reading), 1, False, number, 1)])
    system.round(now_ms)
    assert system.words("c-1") == []
    settings.change_document("alarms", {}, 1)
    for _ in range(2):
        system.round(now_ms)
    system.round(now_ms, anew=True)
    assert len(system.words("c-1")) == 1
    assert "opened" in system.words("c-1")[0]


@pytest.mark.parametrize("step_ms", [12 * HOUR_MS, -12 * HOUR_MS])
def test_a_clock_that_is_set_makes_nobody_silent(system: AlarmBench, step_ms: int) -> None:
    """After a clock step or a suspend no meter is silent before it had time to be heard."""
    system.meter("c-1")
    system.round(NOW_MS)
    system.step(step_ms)
    system.go_round()
    assert system.words("c-1") == []
    system.round(system._now_ms + SILENT_MS + GRACE_MS - 120_000)
    assert system.words("c-1") == []
    system.round(max(system._now_ms, NOW_MS) + SILENT_MS + GRACE_MS)
    system.round(system._now_ms + HOUR_MS)
    assert len(system.words("c-1")) == 1


def test_a_pause_makes_nobody_silent() -> None:
    """A process that stood still, with both clocks going on, begins to listen anew; a new connection does too."""
    listening = Listening()
    assert listening.since(10.0, 1_000_000, 500_000) == 500_000
    assert listening.since(11.0, 1_001_000, 500_000) == 500_000
    assert listening.since(3_611.0, 4_601_000, 500_000) == 4_601_000
    assert listening.since(3_612.0, 4_602_000, 500_000) == 4_601_000
    assert listening.since(3_613.0, 4_603_000, 4_602_500) == 4_602_500


METERS = 5_000


def test_a_power_cut_of_thousands(tmp_path: Path) -> None:
    """A power cut of 5,000 meters is one notice, few queries for each hundred meters, and short turns."""
    with Store.open(sqlite_at(tmp_path), migrate=True) as store:
        system = AlarmBench(store)
        _many_silent(store)
        asked = _counted(store)
        took_s: list[float] = []
        go = system.alarms.go

        def timed(now_s: float, now_ms: int, listening_ms: int) -> set[str]:
            began_s = time.thread_time()
            try:
                return go(now_s, now_ms, listening_ms)
            finally:
                took_s.append(time.thread_time() - began_s)

        system.alarms.go = timed  # type: ignore[method-assign]
        gc.freeze()  # as the bridge does: a test's process holds far more objects
        system.round(NOW_MS)
        first, asked[:] = len(asked), []
        system.round(NOW_MS + 10 * 60_000)
        assert [notice.text is not None for notice in system.notices("north")] == [True]
        known = store.chats.fetch_one("SELECT count(*) FROM alarm WHERE kind = 'silent'")
        assert known == (METERS,)
        # A page of meters, its hours and its areas; a transaction for each hundred that are noted.
        assert first <= METERS / METERS_AT_ONCE * 5 + METERS / MARKED_AT_ONCE * 8 + 40
        assert len(asked) <= METERS / METERS_AT_ONCE * 5 + 40  # what is told already is known
        assert sorted(took_s)[-3] < 0.1, sorted(took_s)[-10:]
        gc.unfreeze()
        longest_ms = _time_weighted(took_s, 0.99) * 1_000
        sys.stdout.write(f"\na tick during a power cut of {METERS:,} meters waits {longest_ms:.1f} ms more, p99\n")
        assert longest_ms < 100


def _time_weighted(took_s: list[float], share: float) -> float:
    """Return how long the turn lasts at most that a message meets, in this share of all moments of the rounds."""
    left_s = (1 - share) * sum(took_s)
    for turn_s in sorted(took_s, reverse=True):
        left_s -= turn_s
        if left_s < 0:
            return turn_s
    return 0.0


def _many_silent(store: Store) -> None:
    last = NOW_MS - 4 * HOUR_MS
    hour = last - last % HOUR_MS
    with store.web.writing():
        clients = [(f"c-{n}",) for n in range(METERS)]
        store.web.execute_many(
            "INSERT INTO identity (id, generation, disabled, created, touched) VALUES (?, 1, 0, 0, 0)", clients
        )
        store.web.execute_many("INSERT INTO client (id, lang, area, meters) VALUES (?, 'en', 'north', '[]')", clients)
    with store.chats.writing():
        numbers = range(1, METERS + 1)
        meters = [(num, f"c-{num - 1}") for num in numbers]
        store.chats.execute_many(
            "INSERT INTO meter (num, client, meter, zone, most_w, settled)"
            " VALUES (?, ?, 'm-1', 'Europe/Bucharest', 100000, -1)",
            meters,
        )
        store.chats.execute_many(
            "INSERT INTO reading (meter, at, wh) VALUES (?, ?, 5)", [(num, last) for num in numbers]
        )
        store.chats.execute_many(
            "INSERT INTO usage (meter, step, at, wh) VALUES (?, 1, ?, 500)",
            [(num, hour - n * HOUR_MS) for num in numbers for n in range(30)],
        )


def _counted(store: Store) -> list[str]:
    """Every statement from now on, of both databases."""
    asked: list[str] = []
    for database in (store.chats, store.web):
        # A trace has each row of an `executemany`; that is one step of Python's.
        database.connection().set_trace_callback(lambda sql: None if sql.startswith("INSERT") else asked.append(sql))
    return asked
