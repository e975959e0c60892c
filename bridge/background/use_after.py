"""
Store, a day after a question about use was resolved, whether the use went back to usual.

A question shows its meter by a card. The rule is that of alarms and charts. A few questions are judged each minute;
each one once.
"""

from typing import Final
from zoneinfo import ZoneInfo

from bridge.pipeline.effects import Effects
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.handlers import Context
from chat_core.domain.meter_alarms import LEARNED_DAYS, WATCHED_HOURS, UseAfter, hours_after, judge_after
from chat_core.domain.settings import Alarms, read_document
from chat_core.domain.time_steps import HOUR_MS
from chat_core.store import Store, Transaction

EVERY_S: Final = 60.0
AT_ONCE: Final = 20
WAIT_MS: Final = (WATCHED_HOURS + 2) * HOUR_MS  # the hours themselves, and one for readings that come late
GIVEN_UP_MS: Final = 7 * 24 * HOUR_MS  # after a longer standstill nothing is said


class UseAfterDuty:
    """Look for questions that were resolved a day ago."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._zone = ZoneInfo(store.tz)
        self._due_s = 0.0

    def go(self, now_s: float, now_ms: int) -> None:
        """Judge the next questions when it is time. Raises: StoreDown."""
        if now_s < self._due_s:
            return
        self._due_s = now_s + EVERY_S
        due = self._store.episodes.due_use(now_ms - GIVEN_UP_MS, now_ms - WAIT_MS, AT_ONCE)
        if not due:
            return
        wanted = read_document("alarms", self._store.registry.settings.document("alarms")[1], Alarms())
        uses = {one.episode: self._judge(one.meter, one.resolved, wanted) for one in due}

        def put(tx: Transaction, _: Context) -> Effects:
            tx.put_use_after(uses)
            return Effects()

        self._writer.change(put)

    def _judge(self, meter: int, resolved_ms: int, wanted: Alarms) -> UseAfter:
        begins = hours_after(resolved_ms, self._zone)
        used = self._store.consumption.hours_since(meter, begins[0] - (LEARNED_DAYS * 24 + 1) * HOUR_MS)
        return judge_after(used, begins, self._zone, times=wanted.times_usual, at_least_wh=wanted.at_least_wh)
