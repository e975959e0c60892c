"""
Commit batches of messages. Touches the database, and the link after COMMIT.

What arrives during a transaction goes into the next one. After COMMIT replies leave first, then the boards' rows, then
the acknowledgements, on the same connection. After a crash in between, the message comes again, is found by its id and
is answered with the same entry.
"""

import os
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol

import structlog
from prometheus_client import Counter, Histogram

from bridge.meters import Mapped, Power
from bridge.mqtt.link import Arrived
from bridge.pipeline.effects import (
    Effects,
    Reply,
    clearing_reply,
    gone_replies,
    our_fault,
    refusal_of,
    refusal_replies,
    row_replies,
    summary_reply,
)
from bridge.pipeline.handlers import HANDLERS, Context, do_pass_on
from bridge.pipeline.inbound import (
    IGNORED,
    Inbound,
    Passing,
    Received,
    RetainedNotice,
    Stray,
    Unreadable,
    understand,
    understand_native,
)
from bridge.pipeline.other_slots import OtherSlots
from bridge.pipeline.presence import People
from bridge.pipeline.quotas import Quotas
from bridge.pipeline.rate_limits import RateClass, Rates, RepeatLimit, UnreadTopics
from bridge.pipeline.row_pace import RowPace
from bridge.pipeline.untold import LinkState, Untold
from chat_core.contract.errors import BadPayload, Malformed, Refused, TooFast, Unavailable
from chat_core.contract.payloads import Reading, Said, Summary
from chat_core.contract.shards import ALL
from chat_core.contract.topics import DEFAULT_TEAM
from chat_core.domain.teams import TeamIndex
from chat_core.runtime import clock
from chat_core.runtime.guarded import guarded
from chat_core.runtime.trace import Trace
from chat_core.store import Registry, Store, Transaction

log = structlog.get_logger(__name__)

CLEARED_AT_MOST: Final = 1_000
ISOLATED_AT_ONCE: Final = 50  # messages in one transaction, after a fault
AWAY_FROM_S: Final = 5.0  # without a commit; a working bridge stores its own echo every 2 s
STORED: Final = Counter("wattline_entries_stored", "Entries committed")
REFUSALS: Final = Counter("wattline_refusals", "Messages refused by the bridge", ["why"])
READINGS_REFUSED: Final = Counter(
    "wattline_readings_refused", "Readings of meters refused: no device hears of it", ["why"]
)
PARKED: Final = Counter("wattline_parked", "Messages parked", ["why"])
STRAYS: Final = Counter("wattline_strays_cleared", "Retained messages found where none belongs")
UNREAD: Final = Counter("wattline_unread", "Messages acknowledged unread, of senders who went on after refusals")
BATCH: Final = Histogram(
    "wattline_batch_messages", "Messages in one transaction", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
)
COMMIT_S: Final = Histogram(
    "wattline_transaction_seconds",
    "BEGIN to COMMIT",
    buckets=(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.0),
)


class Outlet(LinkState, Protocol):
    """Define what the writer needs of a link."""

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None: ...

    def ack(self, arrived: Arrived) -> None: ...

    def flush(self) -> None: ...


Step = Callable[[Transaction, Context], Effects]
_Worth = tuple[Arrived, Inbound]


class Writer:
    """Commit batches of what arrived, and publish their effects."""

    def __init__(
        self,
        store: Store,
        link: Outlet,
        rates: Rates,
        people: People,
        quotas: Quotas | None = None,
        others: OtherSlots | None = None,
    ) -> None:
        """Args: quotas: None for no bounds; others: which messages other slots handle; None without any."""
        self._store = store
        self._teams = store.registry.teams
        self._link = link
        self.rates = rates
        self.quotas = quotas or Quotas()
        self.repeats = RepeatLimit()
        self.unread = UnreadTopics()
        self.people = people
        self.failing: Collection[str] = ()  # names of failing jobs, for the next heartbeat
        self.native: Mapping[str, Mapped] = {}  # native topics of meters
        self.trace: Trace | None = None
        self.slot = ALL if others is None else others.slot
        self.others = others
        self.untold = Untold(link, store.bridge.untold_clients(self.slot))
        self._reading, self._batch = guarded("reader"), guarded("batch", Unavailable)
        self._worked_s = time.monotonic() - _away_s(store)  # of the last commit
        self.pace = RowPace()
        self.told_s = 0.0  # when the last replies were sent, on time.monotonic()
        self._isolated = Effects()  # of the parts of a batch that are published already
        self._cleared: set[str] = set()  # strays that we clear: the empty message comes back

    def write(self, batch: Sequence[Arrived]) -> Effects:
        """
        Commit the batch, announce it, acknowledge it, in this order.

        A message that is unreadable, or whose handler or rows fail, is rolled back alone, parked and refused as our
        fault.
        Raises: StoreDown when nothing of the batch was acknowledged: write it again later. Parts that were stored
            before are answered as repeats.
        """
        now_ms = clock.now_ms()
        if self.trace is not None:
            for arrived in batch:
                self.trace.note("received", arrived.topic, arrived.payload, again=arrived.again)
        skipped = self._unread_topics(batch) if self.unread else ()
        worth: list[_Worth] = []
        for arrived in batch:
            inbound = IGNORED if arrived.topic in skipped else self._understand(arrived, now_ms)
            if inbound is not IGNORED:
                worth.append((arrived, inbound))
        if worth:
            effects = self._store_all(worth, now_ms)
            BATCH.observe(len(worth))
        else:
            effects = Effects()
        if skipped:
            UNREAD.inc(sum(arrived.topic in skipped for arrived in batch))
        for arrived in batch:
            self._link.ack(arrived)
        return effects

    def _unread_topics(self, batch: Sequence[Arrived]) -> set[str]:
        now_s = time.monotonic()
        return {arrived.topic for arrived in batch if self.unread.has(arrived.topic, now_s)}

    def _understand(self, arrived: Arrived, now_ms: int) -> Inbound:
        with self._reading:  # a defect costs one message, not the batch
            if not arrived.payload and not arrived.retained and arrived.topic in self._cleared:
                self._cleared.discard(arrived.topic)
                return IGNORED
            if self.others is not None and self.others.handle(arrived, self.native):
                return IGNORED
            topic, payload, retained = arrived.topic, arrived.payload, arrived.retained
            mapped = self.native.get(topic)
            if mapped is not None:
                return understand_native(topic, mapped, payload, retained=retained, now_ms=now_ms)
            inbound = understand(topic, payload, retained=retained, now_ms=now_ms)
            if isinstance(inbound, Passing) and self._teams.latest.is_single:
                return IGNORED  # the boards hear it themselves
            if isinstance(inbound, Stray) and len(self._cleared) < CLEARED_AT_MOST:
                self._cleared.add(inbound.topic)
            return inbound
        return Unreadable(arrived.topic, arrived.payload, "internal", None, None, our_fault(None))

    def _store_all(self, worth: Sequence[_Worth], now_ms: int) -> Effects:
        """Commit and announce everything; park what fails."""
        with self._batch:  # a handler's defect, or rows that the database refuses
            effects = self._commit_together(worth, now_ms)
        if self._batch.fault is None:
            self._tell(effects)
            self._isolated.add(effects)
        else:
            # In parts: a savepoint for each of a thousand would take longer than a connection may be silent.
            for start in range(0, len(worth), ISOLATED_AT_ONCE):
                part = self._store_part(worth[start : start + ISOLATED_AT_ONCE], now_ms)
                self._tell(part)
                self._isolated.add(part)
        done, self._isolated = self._isolated, Effects()
        return done

    def _store_part(self, worth: Sequence[_Worth], now_ms: int) -> Effects:
        with guarded("part of a batch", Unavailable, messages=len(worth)):
            return self._commit_together(worth, now_ms)

        # A savepoint around each message finds the one at fault; then COMMIT cannot be refused.
        def one_by_one(tx: Transaction, ctx: Context) -> Effects:
            effects = Effects()
            for arrived, inbound in worth:
                effects.add(_handle_alone(tx, arrived, inbound, ctx))
            return effects

        return self._commit(one_by_one, now_ms)

    def _commit_together(self, worth: Sequence[_Worth], now_ms: int) -> Effects:
        keys = [key for _, inbound in worth if (key := _key(inbound)) is not None]

        def together(tx: Transaction, ctx: Context) -> Effects:
            tx.look_ahead(keys)
            effects = Effects()
            for arrived, inbound in worth:
                effects.add(_handle(tx, arrived.topic, inbound, ctx))
                if arrived.again and isinstance(inbound, Received) and inbound.address.client is not None:
                    # After a kill between COMMIT and PUBLISH nothing else publishes the row.
                    tx.tell_again(inbound.address.client)
            return effects

        return self._commit(together, now_ms)

    def change(self, step: Step) -> Effects:
        """
        Commit and announce a change that no message caused (a timer's, web's, the CLI's).

        Raises: StoreDown when it was not committed.
        """

        def noted(tx: Transaction, ctx: Context) -> Effects:
            effects = step(tx, ctx)
            if tx.changes_rows:
                if self.untold.none:
                    tx.forget_untold(self.slot)
                tx.note_untold(self.slot, self.pace.held)  # nothing repeats this change, as a message would
            return effects

        effects = self._commit(noted, clock.now_ms())
        self._tell(effects)
        return effects

    def _commit(self, step: Step, now_ms: int) -> Effects:
        now_s = time.monotonic()
        if now_s - self._worked_s > AWAY_FROM_S:
            self.rates.was_away(now_s - self._worked_s, now_s)
        ctx = Context(
            self._store.registry,
            self.rates,
            self.quotas,
            self.repeats,
            self.unread,
            self.people,
            now_ms,
            now_s,
            self.failing,
            self.slot,
        )
        self.rates.begin()
        self.quotas.begin()
        self.people.begin()
        began_s = time.perf_counter()
        committed = False
        try:
            with self._store.begin() as tx:
                effects = step(tx, ctx)
                if not self._teams.latest.is_single:
                    effects.tell_teams(lambda clients: _teams_of(tx, clients, self._store.registry))
                tx.commit()
                committed = True
        finally:
            if not committed:
                self.rates.undo()
                self.quotas.undo()
                self.people.undo()
                self.repeats.clear()
        self._worked_s = now_s
        effects.summaries, effects.took_s = tx.summaries, time.perf_counter() - began_s
        effects.left, effects.told_again = tx.left, tx.told_again
        return effects

    def _tell(self, effects: Effects) -> None:
        """Publish replies first: a tick waits for nothing else."""
        if effects.replies:
            for reply in effects.replies:
                self.tell(reply)
            self._link.flush()
            self.told_s = time.monotonic()
            os.sched_yield()  # broker and sender go on before work that no sender waits for
            if self.trace is not None:
                for reply in effects.replies:
                    self.trace.note("announced", reply.topic, reply.payload)
        summaries = effects.summaries()
        if summaries:
            self.untold.note([summary.client for summary in summaries], self.pace.held)
            urgent = frozenset((*effects.left, *effects.told_again))
            self._tell_rows(self.pace.choose(summaries, urgent, time.monotonic()), effects)
        STORED.inc(effects.stored)
        COMMIT_S.observe(effects.took_s)

    def tell_held_rows(self, now_s: float) -> None:
        """Tell the rows of busy conversations that were held back long enough."""
        due = self.pace.due(now_s)
        if due:
            self.untold.note([summary.client for summary in due], self.pace.held)
            self._tell_rows(due, Effects())

    def _tell_rows(self, summaries: Sequence[Summary], effects: Effects) -> None:
        index = self._teams.latest
        for summary in summaries:
            team = DEFAULT_TEAM if summary.team is None else index.known(summary.team)
            self.tell(summary_reply(summary, team))
            if not index.is_single:
                again = bool(effects.told_again.get(summary.client))  # a move that was not told, perhaps
                self._tell_others(summary, team, index.ids if again else _left(summary.client, effects, index))

    def _tell_others(self, summary: Summary, team: str, left: Collection[str]) -> None:
        """Tell the teams that the conversation left, and the row to those of other teams whom it concerns."""
        agents = [mention.agent for mention in summary.mentions or ()]
        if summary.assignee is not None:
            agents.append(summary.assignee)
        outside = [one for one in self._teams.latest.outside(agents, team) if self._reads_all(one)] if agents else []
        for reply in (*gone_replies(summary, set(left) - {team}), *row_replies(summary, outside)):
            self.tell(reply)

    def _reads_all(self, agent: str) -> bool:
        found = self._store.registry.find_agent(agent)
        return found is not None and found.admin

    def tell_row_everywhere(self, summary: Summary) -> None:
        """Tell the row to its team, and the others that it is not theirs: what they were told is not known."""
        index = self._teams.latest
        team = index.known(summary.team)
        self.tell(summary_reply(summary, team))
        self._tell_others(summary, team, index.ids)

    def tell(self, reply: Reply) -> None:
        """Publish one reply, behind all before it."""
        self._link.publish(reply.topic, reply.payload, reply.qos, retain=reply.retain)


def _left(client: str, effects: Effects, index: TeamIndex) -> Collection[str]:
    return [index.known(effects.left[client])] if client in effects.left else ()


def _teams_of(tx: Transaction, clients: Iterable[str], registry: Registry) -> dict[str, str]:
    """Return the clients' teams at the end of the transaction; without a conversation, the one where it will begin."""
    found, index = list(clients), registry.teams.latest
    tx.meet(found)
    begun = registry.homes.teams_of([client for client in found if tx.conversation(client).last_seq == 0])
    return {client: index.known(begun.get(client, tx.conversation(client).team)) for client in found}


def _away_s(store: Store) -> float:
    """Return the seconds since the last heartbeat, of several slots the oldest one; 0 without one."""
    beat = store.bridge.beat()
    return 0.0 if beat is None or beat.age_ms is None else beat.age_ms / 1000


def _key(inbound: Inbound) -> tuple[str, str, str] | None:
    if isinstance(inbound, Received) and isinstance(inbound.message, Said) and inbound.address.client is not None:
        return inbound.address.client, inbound.sender, inbound.message.id
    return None


def _handle(tx: Transaction, topic: str, inbound: Inbound, ctx: Context) -> Effects:
    match inbound:
        case Received():
            try:
                return HANDLERS[type(inbound.message)](tx, inbound, ctx)
            except (Refused, Malformed) as fault:
                REFUSALS.labels(fault.why).inc()
                if isinstance(inbound.message, Reading | Power):
                    READINGS_REFUSED.labels(fault.why).inc()
                if isinstance(fault, TooFast) and not ctx.unread.refuse(inbound.sender, topic, ctx.now_s):
                    return Effects()
                log.info("refused", why=fault.why, sender=inbound.sender, topic_kind=inbound.address.kind)
                refusal = refusal_of(getattr(inbound.message, "id", None), fault)
                return Effects().tell(*refusal_replies(inbound.address.sender, refusal))
        case Passing():
            with suppress(BadPayload, TooFast):
                return do_pass_on(tx, inbound, ctx)
            return Effects()
        case Unreadable():
            return _park(tx, inbound, ctx)
        case Stray():
            STRAYS.inc()
            log.warning("stray.cleared", topic=inbound.topic)
            return Effects().tell(clearing_reply(inbound.topic))
        case RetainedNotice() if tx.find_notice(inbound.area) is None:
            STRAYS.inc()
            log.warning("notice.cleared", area=inbound.area)
            return Effects().tell(clearing_reply(inbound.topic))
        case _:
            return Effects()


def _park(tx: Transaction, parked: Unreadable, ctx: Context) -> Effects:
    whose = parked.sender or parked.client or "nobody"
    retry_ms = ctx.rates.charge(whose, RateClass.WORDS, ctx.now_s)
    refusal = parked.refusal
    if retry_ms is None:
        tx.park(parked.topic, parked.payload, parked.why, ctx.now_ms)
        PARKED.labels(parked.why).inc()
    else:
        refusal = refusal_of(refusal.id, TooFast("You are sending faster than this chat takes it.", retry_ms=retry_ms))
    REFUSALS.labels(refusal.why).inc()
    if retry_ms is not None and not ctx.unread.refuse(whose, parked.topic, ctx.now_s):
        return Effects()
    log.info(
        "parked" if retry_ms is None else "refused",
        why=refusal.why,
        sender=parked.sender,
        size_bytes=len(parked.payload),
    )
    return Effects().tell(*refusal_replies(parked.sender, refusal))


def _handle_alone(tx: Transaction, arrived: Arrived, inbound: Inbound, ctx: Context) -> Effects:
    sender = inbound.address.sender if isinstance(inbound, Received) else getattr(inbound, "sender", None)
    with guarded("handler", Unavailable, sender=sender), tx.savepoint():
        return _handle(tx, arrived.topic, inbound, ctx)
    id = getattr(inbound.message, "id", None) if isinstance(inbound, Received) else None
    PARKED.labels("internal").inc()
    REFUSALS.labels("internal").inc()
    tx.park(arrived.topic, arrived.payload, "internal", ctx.now_ms)
    return Effects().tell(*refusal_replies(sender, our_fault(id)))
