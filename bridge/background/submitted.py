"""
Store what web and mail submit, by the handlers of MQTT messages, and give the result back.

The result comes after the COMMIT. After a kill between the two the row is taken again: the entry or the command is
known by its id and gets the same result.
"""

from typing import Final

import structlog
from prometheus_client import Counter

from bridge.pipeline.effects import Effects
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.handlers import HANDLERS, Context
from bridge.pipeline.inbound import Received, Unreadable, understand
from chat_core.contract.errors import BadPayload, Malformed, Refused, TooFast, Unavailable, WattlineError
from chat_core.contract.payloads import Said
from chat_core.runtime import clock
from chat_core.runtime.guarded import guarded
from chat_core.store import Store, Transaction
from chat_core.store.submitted import DueRow, Outcome

log = structlog.get_logger(__name__)

LOOK_EVERY_S: Final = 0.1
TAKEN_AT_ONCE: Final = 50  # in one transaction, some 20 ms
LATEST_MS: Final = 86_400_000  # a row beyond its sender's rate is tried for so long
LEAST_RETRY_MS: Final = 100
INTERNAL: Final = Outcome(
    why="internal", text="Wattline could not handle this; the fault is ours and has been noted.", status=500
)
SUBMITTED: Final = Counter("wattline_submitted", "Rows that web and mail submitted", ["outcome"])


class SubmittedTaker:
    """Take the rows that are due. Each method may raise StoreDown; then they are due again."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._rows = store.registry.submitted
        self._writer = writer
        self.due_s = 0.0

    def go(self, now_s: float) -> Effects:
        """Store the next rows; return what that changed."""
        self.due_s = now_s + LOOK_EVERY_S
        rows = self._rows.due(self._writer.slot, clock.now_ms(), TAKEN_AT_ONCE)
        if not rows:
            return Effects()
        outcomes: dict[int, Outcome] = {}

        def take(tx: Transaction, ctx: Context) -> Effects:
            effects = Effects()
            late: dict[str, Outcome] = {}
            for row in rows:
                outcome = late.get(row.client) or _take(tx, row, ctx, effects)
                outcomes[row.num] = outcome
                if outcome.due is not None:
                    late[row.client] = outcome
            return effects

        effects = self._writer.change(take)
        self._rows.settle(rows, outcomes, clock.now_ms())
        for outcome in outcomes.values():
            SUBMITTED.labels("late" if outcome.due is not None else outcome.why or "stored").inc()
        if len(rows) == TAKEN_AT_ONCE:
            self.due_s = now_s
        return effects


def _take(tx: Transaction, row: DueRow, ctx: Context, effects: Effects) -> Outcome:
    """Handle the row in a savepoint of its own; a defect costs this row."""
    inbound = understand(row.topic, row.body.encode(), retained=False, now_ms=ctx.now_ms)
    if isinstance(inbound, Unreadable):
        return Outcome(why=inbound.refusal.why, text=inbound.refusal.text, status=BadPayload.status)
    assert isinstance(inbound, Received)  # rows have no other topics
    done = Effects()
    with guarded("submitted row", Unavailable, topic_kind=inbound.address.kind) as guard, tx.savepoint():
        try:
            done.add(HANDLERS[type(inbound.message)](tx, inbound, ctx))
        except TooFast as fault:
            is_last = ctx.now_ms - row.at >= LATEST_MS
            due = None if is_last else ctx.now_ms + max(LEAST_RETRY_MS, fault.retry_ms or 0)
            outcome = Outcome(due=due) if due is not None else _refused(fault)
        except (Refused, Malformed) as fault:
            log.info("submitted.refused", why=fault.why, sender=inbound.sender)
            outcome = _refused(fault)
        else:
            outcome = Outcome(seq=_seq_of(tx, inbound, row.client))
    if guard.fault is not None:
        return INTERNAL
    effects.add(done)
    return outcome


def _refused(fault: WattlineError) -> Outcome:
    return Outcome(why=fault.why, text=fault.text, status=fault.status)


def _seq_of(tx: Transaction, received: Received, client: str) -> int:
    """Return the message's seq; of a command the conversation's last one."""
    if isinstance(received.message, Said):
        entry = tx.find_entry(client, received.sender, received.message.id)
        if entry is not None:
            return entry.seq
    return tx.conversation(client).last_seq
