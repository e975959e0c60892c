"""Read a period's questions and the words of its ratings, in any thread. Writes nothing."""

import json
from typing import Final, NamedTuple

from peewee import Expression, fn

from chat_core.contract.payloads import SaidKind
from chat_core.domain.reports import AskedQuestion
from chat_core.domain.team_choice import OfTeams
from chat_core.store.database import Database
from chat_core.store.episode_lists import of_teams
from chat_core.store.erasure import ERASED_SHELF
from chat_core.store.models.chats import ConversationRow, EntryRow, EpisodeRow

MOST_QUESTIONS: Final = 100_000
MOST_WORDS: Final = 100


class FirstReply(NamedTuple):
    """Hold when a client asked, and when and by whom that was answered first."""

    client: str
    name: str | None
    asked: int
    answered: int
    by: str | None


class RatingWords(NamedTuple):
    """Hold a client's words beside a score."""

    client: str
    name: str | None
    seq: int
    at: int
    score: int
    text: str


def _seen(teams: OfTeams | None) -> list[Expression]:
    seen = [ConversationRow.shelf < ERASED_SHELF]
    return seen if teams is None else [*seen, of_teams(teams)]


class ReportRows:
    """Read episodes of all conversations that are not erased."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def questions(self, start: int, end: int, teams: OfTeams | None = None) -> list[AskedQuestion]:
        """
        Return the questions that were asked, resolved or rated in [start, end), the newest first, up to a bound.

        Args: teams: of which conversations; None for all.
        """
        row = EpisodeRow
        fields = (row.asked, row.answered, row.by, row.resolved, row.score, row.rated, ConversationRow.tags)
        found = row.select(*fields, row.use_after).join(ConversationRow, on=(ConversationRow.num == row.conversation))
        moments = (row.asked, row.resolved, row.rated)
        is_in = [(moment >= start) & (moment < end) for moment in moments]
        found = found.where(is_in[0] | is_in[1] | is_in[2], *_seen(teams))
        read = self._db.select(found.order_by(row.num.desc()).limit(MOST_QUESTIONS))
        return [
            AskedQuestion(asked, answered, by, resolved, score, rated, tuple(json.loads(tags)), use_after)
            for asked, answered, by, resolved, score, rated, tags, use_after in read
        ]

    def first_asked(self) -> int | None:
        """Return when the first stored question was asked, of any team; None without one."""
        ((first,),) = self._db.select(EpisodeRow.select(fn.MIN(EpisodeRow.asked)))
        return None if first is None else int(first)

    def first_replies(
        self, start: int, end: int, teams: OfTeams | None = None, agent: str | None = None
    ) -> list[FirstReply]:
        """
        Return the first answers to the questions that were asked in [start, end), the last asked first, up to a bound.

        Args: teams: as of `questions`. agent: who answered first; None for all questions.
        """
        row = EpisodeRow
        found = row.select(ConversationRow.client, ConversationRow.name, row.asked, row.answered, row.by)
        found = found.join(ConversationRow, on=(ConversationRow.num == row.conversation))
        found = found.where(row.asked >= start, row.asked < end, row.answered.is_null(False), *_seen(teams))
        found = found.where(*([] if agent is None else [row.by == agent])).order_by(row.asked.desc(), row.num.desc())
        return [FirstReply(*read) for read in self._db.select(found.limit(MOST_QUESTIONS))]

    def words(self, start: int, end: int, teams: OfTeams | None = None, agent: str | None = None) -> list[RatingWords]:
        """
        Return the last words beside scores in [start, end), the newest first.

        Args: teams: as of `questions`. agent: who answered first; None for all questions.
        """
        row = EpisodeRow
        found = (
            row.select(ConversationRow.client, ConversationRow.name, EntryRow.seq, EntryRow.at, EntryRow.body)
            .join(ConversationRow, on=(ConversationRow.num == row.conversation))
            .join(EntryRow, on=((EntryRow.conversation == row.conversation) & (EntryRow.at == row.rated)))
            .where(row.rated >= start, row.rated < end, EntryRow.kind == SaidKind.RATING.value, EntryRow.seq >= row.seq)
            .where(*_seen(teams), *([] if agent is None else [row.by == agent]))
            .order_by(row.rated.desc())
            .limit(MOST_WORDS)
        )
        read = [(facts, json.loads(body).get("rating") or {}) for *facts, body in self._db.select(found)]
        return [
            RatingWords._make((*facts, rating["score"], rating["text"])) for facts, rating in read if rating.get("text")
        ]
