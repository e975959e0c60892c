"""Delete old readings a few at a time; their quarter-hour sums stay for years. Touches the database."""

from typing import Final

from bridge.pipeline.effects import Effects
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.handlers import Context
from chat_core.store import Transaction

READINGS_DAYS: Final = 62  # two months that can be looked at by the minute
DAY_MS: Final = 86_400_000
METERS_A_TURN: Final = 20
READINGS_A_TURN: Final = 200  # a few ms of a transaction
REST_S: Final = 600.0  # after the last meter, before the first again
STEP_MS: Final = 3_600_000  # so far apart the wall clock and the monotonic one come by being set, or suspended, only
BELIEVED_AFTER_S: Final = 3_600.0  # by then NTP has set a clock that was wrong when the machine started


class Retention:
    """Go from meter to meter, and rest after the last."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._above = 0
        self._due_s = 0.0
        self._apart_ms: int | None = None  # how far the wall clock is ahead of the monotonic one

    def go(self, now_s: float, now_ms: int) -> None:
        """
        Delete some readings when it is time, once the wall clock has not been set for an hour.

        Raises: StoreDown.
        """
        apart_ms = now_ms - round(now_s * 1000)
        if self._apart_ms is None or abs(apart_ms - self._apart_ms) > STEP_MS:
            self._apart_ms, self._due_s = apart_ms, now_s + BELIEVED_AFTER_S
        if now_s < self._due_s:
            return
        above: int | None = self._above

        def forget(tx: Transaction, ctx: Context) -> Effects:
            nonlocal above
            if not above:
                tx.make_reading_weeks(ctx.now_ms)
            horizon_ms = ctx.now_ms - READINGS_DAYS * DAY_MS
            above = tx.forget_readings(above or 0, horizon_ms, METERS_A_TURN, READINGS_A_TURN)
            return Effects()

        self._writer.change(forget)
        self._above = above or 0
        if above is None:
            self._due_s = now_s + REST_S
