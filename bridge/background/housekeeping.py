"""
Index entries for search, delete erased data, forget old command ids and complete rows of an earlier version, in short
transactions between batches. Touches the database.
"""

from collections.abc import Callable
from typing import Final

import structlog
from prometheus_client import Counter

from bridge.pipeline.effects import Effects
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.handlers import Context, do_describe
from chat_core.contract.errors import Unavailable
from chat_core.runtime.guarded import guarded
from chat_core.store import Numbers, Transaction

log = structlog.get_logger(__name__)

TAKEN_AT_ONCE: Final = 100  # entries: some ms with the commit, so that ticks wait little
COMMANDS_KEPT_MS: Final = 30 * 86_400_000  # the longest that a board may be offline with a command
COMMANDS_AT_ONCE: Final = 200
EVENTS_KEPT_MS: Final = 3 * 86_400_000  # for somebody outside, while no worker takes any
FORGET_EVERY_S: Final = 3_600.0
TAKE_EVERY_S: Final = 0.5  # then what was stored meanwhile is indexed together
PASSED_OVER: Final = Counter("wattline_index_passed_over", "Entries or clients that no search will find")
DESCRIBED_AT_ONCE: Final = 50  # rows, of which each changed one is told to the boards
CROWD: Final = 20  # entries in one transaction, after which the index waits


class _Settled:
    """
    Tell below which numbers no other writer's transaction adds a row any more.

    A transaction draws numbers and shows them at its end: a larger one may be seen first.
    """

    def __init__(self) -> None:
        self._asked: Numbers | None = None
        self._known = Numbers(0, 0, 0, 0)

    def up_to(self, now: Numbers) -> Numbers:
        """Return the largest numbers of an earlier moment whose transactions have all ended."""
        if self._asked is not None and now.oldest >= self._asked.next:
            self._known, self._asked = self._asked, None
        self._asked = self._asked or now
        return self._known


class Housekeeping:
    """Do one short step a turn. Each may raise StoreDown; then it is due again."""

    def __init__(self, writer: Writer, scrub: Callable[[], None]) -> None:
        """Args: scrub: called when the last of an erasure has left the tables."""
        self._writer = writer
        self._scrub = scrub
        self._settled = _Settled()
        self._to_take_in = True  # a process before may have left some
        self._to_erase = True
        self._to_describe = True
        self._describe_s = 0.0
        self._next_s = 0.0
        self._forget_s = 0.0
        self._crowded = False
        self._at_once = TAKEN_AT_ONCE

    def note(self, *, stored: int = 0, erased: bool = False) -> None:
        """Note that so many entries were stored in one transaction, or that an erasure was done."""
        self._to_take_in |= stored > 0
        self._crowded = stored >= CROWD
        self._to_erase |= erased

    def go(self, now_s: float) -> bool:
        """Do one slice of what is due; return whether more is due at once. Args: now_s: on the monotonic clock."""
        crowded, self._crowded = self._crowded, False
        if self._to_take_in and now_s >= self._next_s:
            self._to_take_in = self._take_in()
            at_once = self._to_take_in and not crowded
            self._next_s = now_s if at_once else now_s + TAKE_EVERY_S
            return at_once or self._to_erase
        if self._to_erase:
            self._to_erase = self._slice(lambda tx, _: tx.erase_more())
            if not self._to_erase:
                self._scrub()  # also at each start: a kill may have come before it
            return self._to_erase
        if self._to_describe and now_s >= self._describe_s:
            self._describe_s = now_s + TAKE_EVERY_S
            self._describe()
            return False
        if now_s >= self._forget_s:
            more = self._slice(_forget)
            self._forget_s = now_s if more else now_s + FORGET_EVERY_S
            return more
        return False

    def _take_in(self) -> bool:
        """Index a slice. Index one by one when that fails, and skip the entry at fault."""
        at_once = self._at_once
        with guarded(
            "search index", Unavailable, entries=at_once
        ):  # a defect of ours, or words that the database refuses
            more = self._slice(self._take_in_some)
            if not more:
                self._at_once = TAKEN_AT_ONCE
            return more
        if at_once == 1:
            PASSED_OVER.inc()
            self._slice(_pass_over)
        self._at_once = TAKEN_AT_ONCE if at_once == 1 else 1
        return True

    def _take_in_some(self, tx: Transaction, _: int) -> bool:
        up_to = None if self._writer.slot.is_alone else self._settled.up_to(tx.intake.numbers())
        return tx.intake.take_in(self._at_once, up_to)

    def _describe(self) -> None:
        """Write area and language to the next rows of an earlier version."""

        def step(tx: Transaction, ctx: Context) -> Effects:
            clients = tx.take_undescribed(DESCRIBED_AT_ONCE)
            self._to_describe = bool(clients)
            effects = Effects()
            for client in clients:
                effects.add(do_describe(tx, client, ctx.registry))
            return effects

        self._writer.change(step)

    def _slice(self, work: Callable[[Transaction, int], bool]) -> bool:
        more = False

        def step(tx: Transaction, ctx: Context) -> Effects:
            nonlocal more
            more = work(tx, ctx.now_ms)
            return Effects()

        self._writer.change(step)
        return more


def _forget(tx: Transaction, at_ms: int) -> bool:
    commands = tx.forget_commands(at_ms - COMMANDS_KEPT_MS, COMMANDS_AT_ONCE)
    return tx.forget_old_events(at_ms - EVENTS_KEPT_MS, COMMANDS_AT_ONCE) or commands


def _pass_over(tx: Transaction, _: int) -> bool:
    tx.intake.pass_over()
    return True
