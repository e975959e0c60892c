"""List the conversations behind a figure of the reports, in any thread. Writes nothing."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from peewee import Expression, Function, fn

from chat_core.contract.kinds import CONVERSING, find_words
from chat_core.contract.payloads import MAX_QUESTION, LastWords, SaidKind
from chat_core.domain.team_choice import OfTeams
from chat_core.store.database import Database
from chat_core.store.erasure import ERASED_SHELF
from chat_core.store.models.chats import ConversationRow, EntryRow, EpisodeRow, MeterRow
from chat_core.store.registry import Registry
from chat_core.store.results import DueUse, Episode, EpisodeFilter, EpisodePage

LISTED_AT_MOST: Final = 100
_CURSOR: Final = re.compile(r"(\d{1,15})-(\d{1,18})")  # the last one's moment and number
_ROW: Final = EpisodeRow
# The moment that lies in the period, and what else is true of an episode of the figure
_FIGURES: Final = {
    "asked": (_ROW.asked, _ROW.asked.is_null(False)),
    "first_answer": (_ROW.asked, _ROW.answered.is_null(False)),
    "resolve": (_ROW.resolved, _ROW.asked.is_null(False)),
    "automatic": (_ROW.resolved, _ROW.asked.is_null(False) & _ROW.answered.is_null()),
    "satisfaction": (_ROW.rated, _ROW.score.is_null(False)),
}


class EpisodeLists:
    """List episodes of conversations that are not erased."""

    def __init__(self, database: Database, registry: Registry) -> None:
        self._db = database
        self._registry = registry

    def page(self, which: EpisodeFilter, *, cursor: str | None = None, limit: int = 50) -> EpisodePage:
        """Return a page of the episodes, the last asked first."""
        row = _ROW
        began = _began(which)
        columns = (row.num, began, ConversationRow.client, row.seq, row.asked, row.answered, row.by, row.resolved)
        fitting = row.select(*columns, row.score, row.use_after, ConversationRow.name).join(
            ConversationRow, on=(ConversationRow.num == row.conversation)
        )
        fitting = fitting.where(*_conditions(which, cursor)).order_by(began.desc(), row.num.desc())
        most = max(1, min(limit, LISTED_AT_MOST))
        found = self._db.select(fitting.limit(most + 1))
        more = "{1}-{0}".format(*found[most - 1]) if len(found) > most else None
        questions = self._questions([num for num, *_ in found[:most]])
        page = [replace(Episode(*fields), question=questions.get(num)) for num, _, *fields, _ in found[:most]]
        named = {one.client for one in page} | {one.by for one in page if one.by}
        shown = {client: name for _, _, client, *_, name in found[:most] if name}  # as the inbox has it
        return EpisodePage(page, more, self._registry.names(named) | shown)

    def _questions(self, episodes: Sequence[int]) -> dict[int, LastWords]:
        """Return the client's first words in each of these episodes, by its number; what was deleted has none."""
        row, entry = _ROW, EntryRow
        first = entry.select(entry.num).where(entry.conversation == row.conversation, entry.seq >= row.seq)
        first = first.where(entry.sender == ConversationRow.client, entry.kind.in_(CONVERSING))
        asked = row.select(row.num, first.order_by(entry.seq).limit(1)).join(
            ConversationRow, on=(ConversationRow.num == row.conversation)
        )
        firsts: dict[int, int | None] = dict(
            self._db.select(asked.where(row.num.in_(episodes), row.asked.is_null(False)))
        )
        said = entry.select(entry.num, entry.seq, entry.at, entry.kind, entry.body)
        found = self._db.select(said.where(entry.num.in_([num for num in firsts.values() if num is not None])))
        words = {num: _words(*fields) for num, *fields in found}
        return {episode: shown for episode, num in firsts.items() if (shown := words.get(num)) is not None}

    def due_use(self, since: int, until: int, limit: int) -> list[DueUse]:
        """Return questions resolved in [since, until) that show a known meter, and of which no use is stored."""
        row, meter = _ROW, MeterRow
        due = row.select(row.num, meter.num, row.resolved).join(
            ConversationRow, on=(ConversationRow.num == row.conversation)
        )
        due = due.join(meter, on=((meter.client == ConversationRow.client) & (meter.meter == row.meter)))
        due = due.where(row.resolved >= since, row.resolved < until, row.use_after.is_null())
        return [DueUse(*found) for found in self._db.select(due.order_by(row.resolved).limit(limit))]


def _words(seq: int, at: int, kind: str, body: str) -> LastWords | None:
    content = json.loads(body)
    if content.get("deleted"):
        return None
    text = find_words(kind, content)
    return LastWords(seq=seq, at=at, kind=SaidKind(kind), text=text and text[:MAX_QUESTION])


def _began(which: EpisodeFilter) -> Function:
    """Return when the client asked, which a list shows and goes by; a rating alone has its own moment."""
    return fn.COALESCE(_ROW.asked, _FIGURES[which.figure][0])


def _below(which: EpisodeFilter, cursor: str | None) -> list[Expression]:
    """Return the condition that selects what comes after the cursor; none without one, or for one out of form."""
    match = _CURSOR.fullmatch(cursor or "")
    if match is None:
        return []
    began, (at, num) = _began(which), map(int, match.groups())
    return [(began < at) | ((began == at) & (_ROW.num < num))]


def _conditions(which: EpisodeFilter, cursor: str | None) -> list[Expression]:
    moment, fits = _FIGURES[which.figure]
    asked = (
        (_ROW.score == which.score, which.score),
        (ConversationRow.client == which.client, which.client),
        (_ROW.by == which.agent, which.agent),
    )
    period = [moment >= which.start, moment < which.end]
    always = [*period, fits, ConversationRow.shelf < ERASED_SHELF]
    always += [] if which.teams is None else [of_teams(which.teams)]
    always += _below(which, cursor)
    return always + [condition for condition, value in asked if value is not None]


def of_teams(which: OfTeams) -> Expression:
    """Return the condition that selects these conversations."""
    team = ConversationRow.team
    return (team.is_null() | team.not_in(which.teams)) if which.but else team.in_(which.teams)
