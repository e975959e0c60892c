"""Tell how long first answers usually take, in any thread. Writes nothing."""

from typing import Final

from peewee import fn

from chat_core.store.database import Database
from chat_core.store.episodes import DAY_MS
from chat_core.store.models.chats import AnswerTimeRow

ENOUGH: Final = 5  # answers that a usual time is told from


class AnswerTimes:
    """Read the times to first answers, counted by day and bucket."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def usual_ms(self, since_ms: int, until_ms: int) -> int | None:
        """
        Return the median time to a first answer of these days, within a tenth; None for fewer than five.

        It is the mean of the bucket that the median lies in. Args: since_ms, until_ms: of whole days of UTC.
        """
        row = AnswerTimeRow
        days = row.select(row.bucket, fn.SUM(row.answers), fn.SUM(row.ms)).where(
            row.day >= since_ms - since_ms % DAY_MS, row.day <= until_ms
        )
        buckets = self._db.select(days.group_by(row.bucket).order_by(row.bucket))
        total = sum(int(answers) for _, answers, _ in buckets)
        if total < ENOUGH:
            return None
        rank = -(-total // 2)
        for _, answers, ms in buckets:
            rank -= int(answers)
            if rank <= 0:
                return max(0, round(int(ms) / int(answers)))
        return None
