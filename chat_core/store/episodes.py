"""
Count each question's course from the entries: asked, first answered, resolved, rated.

An episode begins where a conversation is opened or opened again, and ends where it is resolved. A bot's words are no
answer.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from chat_core.contract.ids import Role, role_of
from chat_core.contract.kinds import CONVERSING
from chat_core.contract.payloads import EventKind, SaidKind
from chat_core.store import fast_sql, rows
from chat_core.store.database import Database
from chat_core.store.rows import compose, marks
from chat_core.store.search_index import Taken

DAY_MS: Final = 86_400_000
# Answer times in seconds: below the first number in buckets as wide as the second.
BUCKETS_S: Final = ((60, 5), (600, 10), (3_600, 30), (86_400, 300), (604_800, 3_600))
LONGEST_S: Final = BUCKETS_S[-1][0]
_BEGINS: Final = (EventKind.OPENED.value, EventKind.REOPENED.value)


@dataclass(frozen=True, slots=True)
class _Row:
    """Hold a row of EpisodeRow."""

    num: int
    conversation: int
    seq: int
    asked: int | None = None
    answered: int | None = None
    by: str | None = None
    resolved: int | None = None
    score: int | None = None
    rated: int | None = None
    meter: str | None = None


def count(db: Database, entries: Iterable[Taken]) -> None:
    """Count these entries, the next ones in their order, within the transaction that takes them in."""
    counted = [taken for taken in entries if rows.is_a_client(taken.client)]
    counting = _Counting(db, {taken.conversation for taken in counted})
    for taken in counted:
        counting.take(taken)
    counting.write()


class _Counting:
    """Count a slice of entries into episodes."""

    def __init__(self, db: Database, conversations: set[int]) -> None:
        self._db = db
        self._newest: dict[int, _Row] = {}
        if conversations:
            sql = compose(fast_sql.NEWEST_EPISODES, conversations=marks(len(conversations)))
            self._newest = {row[1]: _Row(*row) for row in db.rows(sql, sorted(conversations))}
        self._changed: dict[int, _Row] = {}
        self._took: defaultdict[tuple[int, int], list[int]] = defaultdict(list)  # (day, bucket) → ms of first answers

    def take(self, taken: Taken) -> None:
        """Count one entry, in its turn."""
        now = self._newest.get(taken.conversation)
        if taken.kind in _BEGINS:
            if now is None or now.resolved is not None:
                self._begin(taken)
        elif taken.kind == EventKind.RESOLVED and now is not None:
            self._put(replace(now, resolved=max(taken.at, now.asked or 0)))  # a clock may have been set back
        elif taken.kind == SaidKind.RATING and now is not None:
            self._put(replace(now, score=int(taken.body["rating"]["score"]), rated=taken.at))
        elif taken.kind in CONVERSING:
            self._take_words(taken, now)
            if taken.kind == SaidKind.CARD:
                self._take_card(taken)

    def _take_words(self, taken: Taken, now: _Row | None) -> None:
        role = role_of(taken.sender)
        if role is Role.CLIENT:
            now = now or self._begin(taken)
            if now.asked is None and now.resolved is None:
                self._put(replace(now, asked=taken.at))
        elif role is Role.AGENT and now is not None and now.asked is not None:
            if now.answered is not None or now.resolved is not None:
                return
            answered = max(taken.at, now.asked)
            self._put(replace(now, answered=answered, by=taken.sender))
            took_ms = answered - now.asked
            self._took[now.asked - now.asked % DAY_MS, bucket_of(took_ms)].append(took_ms)

    def _take_card(self, taken: Taken) -> None:
        now, card = self._newest.get(taken.conversation), taken.body.get("card")
        if now is not None and now.resolved is None and card:
            self._put(replace(now, meter=str(card["meter"])))

    def _begin(self, taken: Taken) -> _Row:
        (num,) = self._db.execute(fast_sql.INSERT_EPISODE, (taken.conversation, taken.seq)).fetchone()
        begun = _Row(num, taken.conversation, taken.seq)
        self._newest[taken.conversation] = begun
        return begun

    def _put(self, row: _Row) -> None:
        self._newest[row.conversation] = self._changed[row.num] = row

    def write(self) -> None:
        """Write all of it."""
        if self._changed:
            values = [
                (row.asked, row.answered, row.by, row.resolved, row.score, row.rated, row.meter, row.num)
                for row in self._changed.values()
            ]
            self._db.execute_many(fast_sql.UPDATE_EPISODE, values)
        if self._took:
            took = [(*key, len(found), sum(found)) for key, found in sorted(self._took.items())]
            self._db.execute_many(fast_sql.ADD_ANSWERS, took)


def bucket_of(took_ms: int) -> int:
    """Return the seconds at which the bucket of an answer after so long begins."""
    took_s = max(0, took_ms) // 1000
    wide_s = next((wide_s for below_s, wide_s in BUCKETS_S if took_s < below_s), None)
    return LONGEST_S if wide_s is None else took_s - took_s % wide_s
