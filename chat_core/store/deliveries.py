"""
Store deliveries: what goes to one destination, when it is due, and how it went.

Order is kept per destination and key, which are a lane: only the first that waits in a lane is taken, and no later one
is due before it. Who takes a delivery has a lease on it, which ends by itself. Due times and leases are by the
database's clock.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import structlog

from chat_core.contract.delivery_reasons import DeliveryReason, decode_reason, reason
from chat_core.store.database import Database
from chat_core.store.dialect import Row
from chat_core.store.models.web import DeliveryRow
from chat_core.store.outbox import OutboxEvent
from chat_core.store.rows import compact

MOST_WAITING: Final = 50_000  # for one destination; later events are dropped
MOST_WAITING_AT_WEBHOOKS: Final = 200_000  # for all of them together
MOST_DROPPED: Final = 10_000  # that are kept for one destination; further ones are only logged
DONE_KEPT_MS: Final = 7 * 86_400_000  # so long it can be sent again
FAILED_KEPT_MS: Final = 30 * 86_400_000
FORGOTTEN_AT_ONCE: Final = 1_000
MAX_ERROR: Final = 300  # characters
TOO_MANY: Final = reason("too_many")
ALONG: Final = reason("along")
TOO_LATE: Final = reason("too_late")

log = structlog.get_logger("store")


class DeliveryState(IntEnum):
    """Name a delivery's state."""

    WAITING = 0
    SENT = 1
    FAILED = 2
    DROPPED = 3


class Route(NamedTuple):
    """
    Say where an event goes.

    Args: destination: begins with the channel's name, such as `mail` or `webhook/wh-1`; key: of its lane, such as the
        client's id; delay_ms: from now on.
    """

    destination: str
    key: str
    delay_ms: int = 0


class NewDelivery(NamedTuple):
    """Hold a delivery to add. A second one with this id is not added."""

    id: str
    route: Route
    event: str
    at: int
    client: str | None = None
    seq: int | None = None
    entry: str | None = None
    facts: Mapping[str, Any] = MappingProxyType({})

    @classmethod
    def of(cls, event: OutboxEvent, route: Route) -> "NewDelivery":
        """Return the event's delivery by this route. Its id is always the same."""
        id = "msg_" + hashlib.sha256(f"{event.key}/{route.destination}/{route.key}".encode()).hexdigest()[:32]
        return cls(id, route, event.event, event.at, event.client, event.seq, event.entry, event.facts)


class Delivery(NamedTuple):
    """
    Hold a delivery. `tries`: how often it was taken; `error`, `reason`: why it failed or was dropped, in English and
    with a code.
    """

    num: int
    id: str
    destination: str
    key: str
    event: str
    client: str | None
    seq: int | None
    entry: str | None
    facts: dict[str, Any]
    at: int
    since: int  # since when it waits
    due: int
    tries: int
    state: DeliveryState
    error: str | None
    reason: DeliveryReason | None
    done: int | None


class Queue(NamedTuple):
    """Count a destination's deliveries. `oldest`: since when the first of them waits."""

    destination: str
    waiting: int
    failed: int
    oldest: int | None


_COLUMNS: Final = (
    'num, id, destination, "key", event, client, seq, entry, facts, "at", since, due, tries, state, error, reason, done'
)
_ADD: Final = """INSERT INTO delivery
  (id, destination, "key", event, client, seq, entry, facts, "at", since, due, tries, lease, state, error, reason, done)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, $now, $greatest($now + ?, coalesce((SELECT due FROM delivery
    WHERE destination = ? AND "key" = ? AND state = 0 ORDER BY num DESC LIMIT 1), 0)), 0, 0, ?, ?, ?, $done)
  ON CONFLICT (id) DO NOTHING"""
_COUNT: Final = "SELECT count(*) FROM delivery WHERE destination = ? AND state = ?"
_COUNT_AT_WEBHOOKS: Final = "SELECT count(*) FROM delivery WHERE state = 0 AND substr(destination, 1, 8) = 'webhook/'"
_FIRST_DUE: Final = """SELECT num FROM delivery d
  WHERE destination = ? AND state = 0 AND due <= $now AND lease <= $now AND NOT EXISTS (SELECT 1 FROM delivery e
    WHERE e.destination = d.destination AND e."key" = d."key" AND e.state = 0 AND e.num < d.num)
  ORDER BY due, num LIMIT ?"""
_TAKE: Final = """UPDATE delivery SET lease = $now + ?, tries = tries + 1
  WHERE num = ? AND state = 0 AND due <= $now AND lease <= $now RETURNING $columns"""
# Who took it last is told by `tries`: a worker whose lease has ended changes nothing.
_MINE: Final = "id = ? AND tries = ? AND state = 0"
_END: Final = "UPDATE delivery SET state = ?, error = ?, reason = ?, done = $now, lease = 0 WHERE $mine"
_END_ALONG: Final = """UPDATE delivery SET state = 1, error = ?, reason = ?, done = $now
  WHERE destination = ? AND "key" = ? AND state = 0 AND seq <= ?"""
_PUT_OFF: Final = "UPDATE delivery SET due = $now + ?, error = ?, reason = ?, lease = 0 WHERE $mine RETURNING due"
_PUT_OFF_LANE: Final = 'UPDATE delivery SET due = ? WHERE destination = ? AND "key" = ? AND state = 0 AND due < ?'
_AGAIN: Final = """UPDATE delivery SET state = 0, due = $now, since = $now, tries = 0, lease = 0, error = NULL,
  reason = NULL, done = NULL WHERE lease <= $now AND $which"""
_IS_WEBHOOK: Final = "substr(destination, 1, 8) = 'webhook/'"
_DROP: Final = """UPDATE delivery SET state = 3, error = ?, reason = ?, done = $now, lease = 0
  WHERE state = 0 AND num = ?"""
_FAIL_OLD: Final = """UPDATE delivery SET state = 2, error = coalesce(error, ?),
  reason = CASE WHEN error IS NULL THEN ? ELSE reason END, done = $now
  WHERE state = 0 AND lease <= $now AND since < $now - ?"""
_FORGET: Final = """DELETE FROM delivery WHERE num IN (SELECT num FROM delivery
  WHERE done < $now - CASE state WHEN 2 THEN ? ELSE ? END ORDER BY done LIMIT ?)"""
_QUEUES: Final = """SELECT destination, sum(CASE state WHEN 0 THEN 1 ELSE 0 END),
  sum(CASE state WHEN 2 THEN 1 ELSE 0 END), min(CASE state WHEN 0 THEN since END)
  FROM delivery WHERE state IN (0, 2) GROUP BY destination ORDER BY destination"""


class Deliveries:
    """Add, take and end deliveries, in any thread. Every method is one short transaction, unless it says "within"."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def _spoken(self, sql: str) -> str:
        parts = {"now": self._db.dialect.now_ms, "columns": _COLUMNS, "mine": _MINE}
        for part, text in parts.items():
            sql = sql.replace(f"${part}", text)
        return self._db.dialect.spoken(sql)

    # Adding

    def add(self, new: Sequence[NewDelivery], erased: Mapping[str, int] = MappingProxyType({})) -> None:
        """
        Add deliveries, in their order. Those beyond the bounds are dropped and say so.

        Args: erased: clients whose deliveries of events up to this time are removed first.
        """
        if new or erased:
            with self._db.writing():
                for client, up_to_ms in erased.items():
                    self._db.change(
                        DeliveryRow.delete().where(DeliveryRow.client == client, DeliveryRow.at <= up_to_ms)
                    )
                self.add_within(new)

    def add_within(self, new: Sequence[NewDelivery]) -> None:
        """Within a transaction of web's database: do what `add` does."""
        free = {destination: self._count_free(destination) for destination in {one.route.destination for one in new}}
        waiting: list[tuple[Any, ...]] = []
        dropped: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for one in new:
            to = one.route
            free[to.destination] -= 1
            values = [
                one.id,
                to.destination,
                to.key,
                one.event,
                one.client,
                one.seq,
                one.entry,
                compact(dict(one.facts)),
            ]
            values += [one.at, to.delay_ms, to.destination, to.key]
            if free[to.destination] >= 0:
                waiting.append((*values, DeliveryState.WAITING, None, None))
            else:
                dropped[to.destination].append((*values, DeliveryState.DROPPED, *_stored(TOO_MANY)))
        shown: list[tuple[Any, ...]] = []
        for destination, rows in dropped.items():
            kept = max(0, MOST_DROPPED - self._count(destination, DeliveryState.DROPPED))
            shown += rows[:kept]
            log.warning("outbound.dropped", destination=destination, deliveries=len(rows), listed=len(rows[:kept]))
        for rows, done in ((waiting, "NULL"), (shown, "$now")):
            if rows:
                self._db.execute_many(self._spoken(_ADD.replace("$done", done)), rows)

    def _count_free(self, destination: str) -> int:
        free = MOST_WAITING - self._count(destination, DeliveryState.WAITING)
        if not destination.startswith("webhook/"):
            return free
        ((at_webhooks,),) = self._db.rows(_COUNT_AT_WEBHOOKS, ())
        return int(min(free, MOST_WAITING_AT_WEBHOOKS - at_webhooks))

    def _count(self, destination: str, state: DeliveryState) -> int:
        ((count,),) = self._db.rows(_COUNT, (destination, state))
        return int(count)

    # Sending

    def take(self, destination: str, limit: int, lease_ms: int) -> list[Delivery]:
        """Return deliveries that are due, the first of each lane, with a lease of this length on each."""
        due = self._db.fetch(self._spoken(_FIRST_DUE), (destination, limit))
        if not due:
            return []
        taken: list[Row] = []
        with self._db.counting():
            for (num,) in sorted(due):  # in one order, so that two workers never wait for each other
                taken += self._db.rows(self._spoken(_TAKE), (lease_ms, num))
        return [_delivery(row) for row in taken]

    def note_sent(self, delivery: Delivery, up_to: int | None = None) -> None:
        """End it as sent. Args: up_to: the seq up to which it stands for the later ones of its lane too."""
        with self._db.writing():
            self._end(delivery, DeliveryState.SENT, None)
            if up_to is not None:
                lane = (delivery.destination, delivery.key)
                self._db.execute(self._spoken(_END_ALONG), (*_stored(ALONG), *lane, up_to))

    def note_failed(self, delivery: Delivery, reason: DeliveryReason) -> None:
        """End it as failed, with the reason."""
        with self._db.writing():
            self._end(delivery, DeliveryState.FAILED, reason)

    def note_unwanted(self, delivery: Delivery, reason: DeliveryReason) -> None:
        """End it as dropped, with the reason."""
        with self._db.writing():
            self._end(delivery, DeliveryState.DROPPED, reason)

    def _end(self, delivery: Delivery, state: DeliveryState, reason: DeliveryReason | None) -> None:
        values = (state, *_stored(reason), delivery.id, delivery.tries)
        self._db.execute(self._spoken(_END), values)

    def put_off(self, delivery: Delivery, reason: DeliveryReason, wait_ms: int) -> None:
        """Let it, and its lane behind it, be due after so long."""
        mine = (delivery.id, delivery.tries)
        with self._db.writing():
            for (due,) in self._db.rows(self._spoken(_PUT_OFF), (wait_ms, *_stored(reason), *mine)):
                self._db.execute(_PUT_OFF_LANE, (due, delivery.destination, delivery.key, due))

    # By hand

    def send_again(self, num: int) -> bool:
        """Let the delivery be due now; return whether it is: not while it is sent, nor mail and push that went out."""
        with self._db.writing():
            which = f"num = ? AND (state <> 1 OR {_IS_WEBHOOK})"
            return bool(self._db.execute(self._spoken(_AGAIN.replace("$which", which)), (num,)).rowcount)

    def replay(self, destination: str, from_ms: int, to_ms: int) -> int:
        """Let all of the destination's deliveries of events in [from, to) be due now; return how many there are."""
        which = 'destination = ? AND "at" >= ? AND "at" < ?'
        with self._db.writing():
            sql = self._spoken(_AGAIN).replace("$which", which)
            return int(self._db.execute(sql, (destination, from_ms, to_ms)).rowcount)

    def drop(self, num: int, reason: DeliveryReason) -> bool:
        """Drop the delivery, which waits; return whether it did."""
        with self._db.writing():
            return bool(self._db.execute(self._spoken(_DROP), (*_stored(reason), num)).rowcount)

    # Looking

    def queues(self) -> list[Queue]:
        """Return what waits and what has failed, by destination."""
        return [Queue(*row) for row in self._db.fetch(_QUEUES)]

    def find(self, num: int) -> Delivery | None:
        """Return the delivery, or None."""
        return next(iter(self._select(DeliveryRow.num == num, 1)), None)

    def page(
        self, state: DeliveryState, destination: str | None = None, before: int | None = None, limit: int = 50
    ) -> Sequence[Delivery]:
        """Return deliveries in this state, the newest first. Args: before: the last one's num of the page before."""
        where = DeliveryRow.state == int(state)
        if destination is not None:
            where &= DeliveryRow.destination == destination
        if before is not None:
            where &= DeliveryRow.num < before
        return self._select(where, limit)

    def _select(self, where: Any, limit: int) -> Sequence[Delivery]:
        columns = [getattr(DeliveryRow, field) for field in Delivery._fields]
        query = DeliveryRow.select(*columns).where(where).order_by(DeliveryRow.num.desc()).limit(limit)
        return [_delivery(row) for row in self._db.select(query)]

    # Old ones

    def fail_old(self, after_ms: int) -> None:
        """End as failed what has waited so long."""
        with self._db.writing():
            self._db.execute(self._spoken(_FAIL_OLD), (*_stored(TOO_LATE), after_ms))

    def forget_done(self) -> bool:
        """Remove some of what was sent, dropped or failed long ago; return whether there may be more."""
        with self._db.writing():
            values = (FAILED_KEPT_MS, DONE_KEPT_MS, FORGOTTEN_AT_ONCE)
            return bool(self._db.execute(self._spoken(_FORGET), values).rowcount == FORGOTTEN_AT_ONCE)


def _stored(why: DeliveryReason | None) -> tuple[str | None, str | None]:
    """Return the values of `error` and `reason`."""
    return (None, None) if why is None else (why.text[:MAX_ERROR], why.encode())


def _delivery(row: Row) -> Delivery:
    found = Delivery(*row)
    state, why = DeliveryState(found.state), decode_reason(row[Delivery._fields.index("reason")])
    return found._replace(facts=json.loads(row[8]), state=state, reason=why)
