"""Do the bridge's own work: at each connect, and once a second. Touches database and link."""

import secrets
import time
from collections.abc import Callable
from typing import Final

import structlog
from prometheus_client import Counter

from bridge.background.changes import ChangeTaker
from bridge.background.desk_notice import Availabilities, desk_notice
from bridge.background.displays import Displays
from bridge.background.duties import Duties
from bridge.background.housekeeping import Housekeeping
from bridge.background.meter_alarms import AlarmDuty
from bridge.background.notice_expiry import NoticeExpiry
from bridge.background.outage_ends import OutageEnds
from bridge.background.outage_reach import OutageReach
from bridge.background.power_back import PowerBack
from bridge.background.probe import Probe
from bridge.background.repeats import Repeats
from bridge.background.retention import Retention
from bridge.background.submitted import SubmittedTaker
from bridge.background.team_presence import TeamPresences
from bridge.background.use_after import UseAfterDuty
from bridge.meters import mapped_topics
from bridge.mqtt.link import Link
from bridge.pipeline import handlers
from bridge.pipeline.commands import do_due
from bridge.pipeline.effects import Effects, Reply, outage_replies
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.handlers import Context
from bridge.pipeline.inbound import Echo
from bridge.pipeline.presence import Roll
from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.ids import Role, is_id, role_of
from chat_core.contract.payloads import DeskNotice, encode
from chat_core.contract.shards import ALL
from chat_core.domain.firmware import NATIVE_METERS
from chat_core.runtime import clock
from chat_core.store import Store, Transaction
from chat_core.store.results import ChangeRequest

log = structlog.get_logger(__name__)

PROBE_EVERY_S: Final = 2.0
LOOK_EVERY_S: Final = 1.0
ASK_AGAIN_S: Final = 10.0  # for a roll: the session of a new slot 0 may have begun after it was asked
ROLLS: Final = Counter("wattline_rolls", "Rolls called")


class Scheduler:
    """Run the bridge's own jobs. Each method may raise StoreDown; then it is due again."""

    def __init__(self, store: Store, link: Link, writer: Writer) -> None:
        self._store = store
        self._link = link
        self._writer = writer
        self._slot = writer.slot
        self._is_first = writer.slot.n == 0  # does what is done once
        self._retention = Retention(writer)
        self._alarms = AlarmDuty(store, writer)
        self._notice_expiry = NoticeExpiry(store, writer)
        self._outage_ends = OutageEnds(store, writer)
        self._outage_reach = OutageReach(store, writer)
        self._use_after = UseAfterDuty(store, writer)
        self._power_back = PowerBack(store, writer)
        self._submitted = SubmittedTaker(store, writer)
        self._listening_ms = 0  # since when readings arrive
        self._housekeeping = Housekeeping(writer, store.scrub)
        self._times = Availabilities(store)
        self._told: DeskNotice | None = None
        self._presences = TeamPresences(writer.people, store.teams_of, self._is_administrator)
        self._roll = Roll(secrets.token_hex(8), None)
        self._greeted = self._nodes_greeted = 0
        self._displays = Displays(store, writer)
        self._repeats = Repeats(store, writer)
        self._changes = ChangeTaker(store, link, writer)
        self._probe = Probe(link, writer.slot)
        self._desk_due = False
        self._roll_due = False  # once `notice/desk` is published
        self._awaits_roll = False  # of slot 0, which was asked for it
        self._ask_again_s = 0.0
        self._duties = Duties()
        self._to_greet: dict[str, Callable[[float], None]] = {}  # not published yet on a new connection
        self._read_natives()
        store.registry.teams.refresh()
        store.outbox.refresh()
        self._taken: int | None = None  # the last change done by this process
        self._look_s = 0.0
        self._probe_s = 0.0

    def _read_natives(self) -> None:
        """Read the devices' native topics from the configuration."""
        registry = self._store.registry
        self._writer.native = mapped_topics(registry.settings.get(NATIVE_METERS, {}), registry.devices.all())
        others = self._writer.others
        own = others.filters if others is not None else ()
        self._link.listen_to((*topics.BRIDGE_FILTERS, *own, *sorted(self._writer.native)))

    def note(self, effects: Effects) -> None:
        """Note what a transaction changed beyond what it published."""
        if effects.displays:
            self._displays.note(effects.displays)
        self._desk_due |= effects.desk_changed
        if effects.roll:
            self._renew_roll()
        self._housekeeping.note(stored=effects.stored)
        if effects.probe is not None:
            self._probe.heard(effects.probe)
        for fence in effects.fences:
            self._changes.fence.heard(fence)
            self._look_s = 0.0  # an erasure may wait for it

    @property
    def failing(self) -> frozenset[str]:
        return self._duties.failing

    def go(self, now_s: float) -> None:
        """Do what is due now, each job guarded apart. Args: now_s: on the monotonic clock."""
        if not self._link.ready:
            return
        if self._link.greeted != self._greeted:
            self._begin_greeting(now_s)
            self._greeted = self._link.greeted
        if self._link.nodes_greeted != self._nodes_greeted:
            self._nodes_greeted = self._link.nodes_greeted
            self._told = None
            self._to_greet |= self._retained()
        do = self._duties.do
        if self._to_greet:
            self._to_greet = {name: part for name, part in self._to_greet.items() if not do(name, part, now_s)}
        if now_s >= self._probe_s:
            self._probe_s = now_s + PROBE_EVERY_S
            self._probe.send()
        if now_s >= self._submitted.due_s:
            do("submitted", lambda now: self.note(self._submitted.go(now)), now_s)
        if now_s >= self._look_s:
            self._look_s = now_s + LOOK_EVERY_S
            self._look(now_s)
        if self._is_first:
            if self._desk_due:
                do("desk_notice", self._tell_desk, now_s)
            do("housekeeping", self._go_on_with_housekeeping, now_s)
        if self._writer.pace.held:
            do("held_rows", self._writer.tell_held_rows, now_s)
        do("displays", self._go_on_with_displays, now_s)
        if self._repeats.is_due:
            do("greet_entries", self._go_on_with_repeats, now_s)

    def _go_on_with_housekeeping(self, now_s: float) -> None:
        if self._housekeeping.go(now_s):
            self._link.wakeup.wake()

    def _go_on_with_displays(self, _: float) -> None:
        if self._displays.go():
            self._link.wakeup.wake()  # the next turn does not wait

    def _go_on_with_repeats(self, _: float) -> None:
        self._repeats.go()
        if self._repeats.is_due:
            self._link.wakeup.wake()

    def _begin_greeting(self, now_s: float) -> None:
        """
        Publish everything retained again, call a roll, and repeat the newest entries and rows slice by slice.

        A part that fails is tried again and delays no other. The roll is called when `notice/desk` has been published.
        """
        self._writer.repeats.clear()
        self._listening_ms = clock.now_ms()
        self._to_greet = self._retained()
        self._repeats.begin()
        if self._is_first:
            self._renew_roll()
        else:
            self._writer.people.call_roll()
            self._ask_for_roll(now_s)

    def note_shards(self) -> None:
        """Note that the slot has other shards than before: what is known of their clients is asked for anew."""
        self._taken = None
        self._displays.keep_own()
        self._to_greet["greet_displays"] = lambda _: self._displays.greet()
        if self._is_first:
            self._renew_roll()
        else:
            self._writer.people.call_roll()
            self._ask_for_roll(time.monotonic())

    def _retained(self) -> dict[str, Callable[[float], None]]:
        """Return what publishes everything retained again, by name."""
        displays: dict[str, Callable[[float], None]] = {"greet_displays": lambda _: self._displays.greet()}
        if not self._is_first:
            return displays
        return {"desk_notice": self._tell_desk, **displays, "greet_outages": self._greet_outages}

    def _renew_roll(self) -> None:
        """Let the next `notice/desk` call a roll."""
        self._roll = Roll(secrets.token_hex(8), None)
        self._roll_due = self._desk_due = True

    def _ask_for_roll(self, now_s: float) -> None:
        """Ask slot 0, which alone publishes `notice/desk`, for a roll."""
        assert self._writer.others is not None
        if not self._awaits_roll:
            self._awaits_roll, self._roll = True, Roll(self._writer.others.roll, None)
        self._ask_again_s = now_s + ASK_AGAIN_S
        self._link.publish(topics.DESK_ECHO, encode(Echo(slot=self._slot.n, roll=True)))

    def _await_roll(self, now_s: float) -> None:
        """Begin the roll with slot 0's notice of it. One more roll meanwhile, for another slot, sets its end anew."""
        others = self._writer.others
        if others is None or self._is_first or not (self._awaits_roll or self._roll.ends_s is not None):
            return
        if others.roll != self._roll.name:
            self._awaits_roll, self._roll = False, Roll.called(others.roll, now_s)
        elif self._awaits_roll and now_s >= self._ask_again_s:
            self._ask_for_roll(now_s)

    def _greet_outages(self, _: float) -> None:
        # Ended ones too: a kill of broker or bridge may have left them retained.
        for area, notice in self._store.notices.ended() + self._store.notices.standing():
            for reply in outage_replies(area, notice, self._store.tz):
                self._writer.tell(reply)

    def _look(self, now_s: float) -> None:
        """Do what is due once a second."""
        do = self._duties.do
        do("changes", self._look_at_changes, now_s)
        do("due", lambda _: self.note(self._writer.change(_do_due)), now_s)
        self._await_roll(now_s)
        if self._roll.ends_s is not None and now_s >= self._roll.ends_s:
            do("roll", self._end_roll, now_s)
        self._writer.rates.sweep(now_s)
        self._writer.unread.sweep(now_s)
        self._writer.quotas.sweep(now_s)
        if self._is_first:
            do("team_presence", self._tell_presences, now_s)
            do("retention", lambda now: self._retention.go(now, clock.now_ms()), now_s)
            do("alarms", self._look_at_meters, now_s)
            do("notice_expiry", lambda _: self.note(self._notice_expiry.go(clock.now_ms())), now_s)
            do("outage_ends", self._tell_outage_ends, now_s)
            do("outage_reach", self._outage_reach.go, now_s)
            do("use_after", lambda now: self._use_after.go(now, clock.now_ms()), now_s)
            do("power_back", lambda now: self.note(self._power_back.go(now)), now_s)
            self._desk_due |= self._times.due(clock.now_ms())
        if not self._slot.is_alone:
            self._housekeeping.note(stored=1, erased=True)  # by other slots, perhaps

    def _look_at_changes(self, now_s: float) -> None:
        if self._store.registry.changes.last() != self._taken:
            self._taken = self._take_changes(now_s)

    def _look_at_meters(self, now_s: float) -> None:
        self._displays.note(self._alarms.go(now_s, clock.now_ms(), self._listening_ms))

    def _tell_outage_ends(self, now_s: float) -> None:
        self._displays.note(self._outage_ends.go(now_s, clock.now_ms()))

    def _end_roll(self, _: float) -> None:
        """Show as offline who did not answer, whether known here or only in the database."""
        silent = self._writer.people.end_roll()
        self._desk_due |= any(is_id(person) and role_of(person) is Role.AGENT for person in silent)
        online = list(filter(self._slot.has, self._store.inbox.online_clients()))
        self.note(self._writer.change(lambda tx, ctx: _show_online(tx, online, ctx)))
        self._roll.ends_s = None
        self._presences.tell_all()
        log.info("roll.ended", silent=len(silent))

    def _take_changes(self, now_s: float) -> int:
        """Do what web and CLI ask for; return up to which change that is done."""
        done = self._changes.take(now_s, self._prepare)
        self.note(done.effects)
        self._housekeeping.note(erased=any(change.kind is ChangeKind.ERASE for change in done.changes))
        taken = done.up_to if self._slot is ALL else self._store.bridge.change_cursor()
        self._store.registry.changes.forget_taken(taken)
        return done.up_to

    def _prepare(self, change: ChangeRequest) -> None:
        """Do what follows from a change beside what is stored; safe to repeat."""
        if change.kind in (ChangeKind.AGENTS, ChangeKind.SETTINGS):
            self._desk_due = True
            self._displays.note_all()  # they show agents' names
            self._store.registry.teams.refresh()
        if change.kind is ChangeKind.OUTSIDE:
            self._store.outbox.refresh()
        client = change.body.get("client")
        if change.kind is ChangeKind.DEVICES and isinstance(client, str):
            self._displays.look_at(client)
            self._read_natives()

    def _is_administrator(self, agent: str) -> bool:
        found = self._store.registry.find_agent(agent)
        return found is not None and found.admin

    def _tell_presences(self, _: float) -> None:
        in_roll = self._roll_due or self._roll.ends_s is not None
        for reply in self._presences.go(self._store.registry.teams.latest, in_roll=in_roll):
            self._writer.tell(reply)

    def _tell_desk(self, now_s: float) -> None:
        names = {agent.id: agent.name for agent in self._store.registry.list_agents() if not agent.disabled}
        times = self._times.now(clock.now_ms())
        teams = self._store.registry.teams.latest
        notice = desk_notice(self._writer.people.agents(), names, self._roll.name, times)
        if not teams.is_single:
            notice = notice.model_copy(update={"teams": teams.rev})
        if notice != self._told:  # computed once a minute
            self._writer.tell(Reply(topics.NOTICE_DESK, encode(notice), retain=True))
        self._told = notice
        self._desk_due = False
        if self._roll_due:
            self._roll = Roll.called(self._roll.name, now_s)
            self._roll_due = False
            self._writer.people.call_roll()
            ROLLS.inc()


def _do_due(tx: Transaction, ctx: Context) -> Effects:
    """Do delayed commands and end snoozes whose time has come."""
    effects = Effects()
    for client in filter(ctx.slot.has, tx.due_delayed(ctx.now_ms)):
        effects.add(do_due(tx, client, ctx.registry, ctx.now_ms))
    for client in filter(ctx.slot.has, tx.due_snoozed(ctx.now_ms)):
        effects.add(handlers.do_wake(tx, client))
    return effects


def _show_online(tx: Transaction, clients: list[str], ctx: Context) -> Effects:
    effects = Effects()
    for client in clients:
        effects.add(handlers.show_online(tx, client, ctx.people))
    return effects
