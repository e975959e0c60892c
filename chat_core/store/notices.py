"""
Store outage notices: the last one of each area, and for 14 days those before it.

The functions are parts of a transaction; `Notices` reads in any thread.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from peewee import JOIN, Field, fn

from chat_core.contract.payloads import OutageNotice
from chat_core.domain.team_choice import OfTeams
from chat_core.store.database import Database
from chat_core.store.episode_lists import of_teams
from chat_core.store.models.chats import (
    ConversationRow,
    EntryRow,
    EpisodeRow,
    MarkerRow,
    NoticeRow,
    PastNoticeRow,
    StateRow,
)
from chat_core.store.results import AreaNotice, AreaReach, OutageAsker
from chat_core.store.rows import compact
from chat_core.store.unit_of_work import UnitOfWork

SILENT: Final = "silent/"  # before an area: a key of `state`, the number of its silent meters
KEPT_MS: Final = 14 * 86_400_000  # an outage is listed so long after its end


def put(unit: UnitOfWork, area: str, notice: OutageNotice, at_ms: int) -> OutageNotice:
    """
    Set the area's notice, or end it; then who asked is still to be told. A later text is of the same incident.

    Returns: the notice with the begin of its incident, when power went as far as known, and the time of its text.
    """
    row = NoticeRow
    stands = (row.area == area) & row.ended.is_null()
    if notice.text is None:
        unit.change(row.update(ended=at_ms, id=notice.id, untold=True).where(stands))
        return notice
    _keep_past(unit, area, at_ms)
    goes_on = unit.db.find(row.select(row.incident, row.since, row.began).where(stands))
    incident, since, began = goes_on or (notice.id, at_ms, None)
    began = began if notice.began is None else notice.began
    values: dict[Field, object] = {
        row.id: notice.id,
        row.incident: incident,
        row.since: since,
        row.text: compact(notice.text),
        row.at: at_ms,
        row.ended: None,
        row.origin: notice.origin,
        row.until: notice.until,
        row.began: began,
        row.ends: notice.ends,
        row.untold: False,
        **({} if goes_on else {row.clients: None, row.reached: None, row.displays: None}),
    }
    unit.change(row.insert({row.area: area, **values}).on_conflict(conflict_target=[row.area], update=values))
    return notice.model_copy(update={"since": since, "at": at_ms, "began": began})


def _keep_past(unit: UnitOfWork, area: str, at_ms: int) -> None:
    """Keep the area's outage that is over, before another one takes its row; delete those that are listed no more."""
    row, past = NoticeRow, PastNoticeRow
    unit.change(past.delete().where(past.ended < at_ms - KEPT_MS))
    over = row.select(*_columns(row)).where(row.area == area, row.ended.is_null(False))
    unit.change(past.insert_from(over, _columns(past)).on_conflict_ignore())


def _columns(row: type[NoticeRow | PastNoticeRow]) -> tuple[Field, ...]:
    return (
        *(row.area, row.incident, row.text, row.at, row.since, row.ended, row.origin, row.until),
        *(row.clients, row.reached, row.displays, row.began, row.ends),
    )


def note_reach(unit: UnitOfWork, area: str, since: int, reach: AreaReach) -> None:
    """Note whom the outage reaches that began then in the area: of clients, the most that one count found."""
    row = NoticeRow
    at_least = (row.reached.is_null()) | (row.reached < reach.reached)
    its = (row.area == area) & (row.since == since) & row.ended.is_null()
    unit.change(row.update(clients=reach.clients, displays=reach.displays).where(its))
    unit.change(row.update(reached=reach.reached).where(its & at_least))


def note_told(unit: UnitOfWork, area: str, since: int) -> None:
    """Note that who asked was told of the end of the outage that began then."""
    unit.change(NoticeRow.update(untold=False).where(NoticeRow.area == area, NoticeRow.since == since))


def find(database: Database, area: str) -> OutageNotice | None:
    """Return the notice that stands in the area."""
    return next((notice for _, notice in _standing(database, NoticeRow.area == area)), None)


def _standing(database: Database, where: object = True) -> Iterator[tuple[str, OutageNotice]]:
    row = NoticeRow
    columns = (row.area, row.id, row.text, row.origin, row.since, row.at, row.until, row.began, row.ends)
    stand = row.select(*columns).where(row.ended.is_null(), where).order_by(row.area)
    for area, id, text, origin, since, at, until, began, ends in database.select(stand):
        times = {"since": since, "at": at, "until": until, "began": began, "ends": ends}
        yield area, OutageNotice(id=id, text=json.loads(text), origin=origin, **times)


class Notices:
    """Read notices."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def standing(self) -> list[tuple[str, OutageNotice]]:
        """Return the notices that stand, with their areas."""
        return list(_standing(self._db))

    def ended(self) -> list[tuple[str, OutageNotice]]:
        """Return the notices that are over, with their areas."""
        row = NoticeRow
        over = row.select(row.area, row.id).where(row.ended.is_null(False)).order_by(row.area)
        return [(area, OutageNotice(id=id, text=None)) for area, id in self._db.select(over)]

    def of_area(self, area: str) -> AreaNotice | None:
        """Return the area's notice, also one that is over; None where there never was one."""
        return next(iter(self._select(NoticeRow.area == area)), None)

    def recent(self, ended_after_ms: int) -> list[AreaNotice]:
        """Return the notices that stand or ended later than this, within the last 14 days, the newest first."""
        row, past = NoticeRow, PastNoticeRow
        found = [
            *self._select(row.ended.is_null() | (row.ended > ended_after_ms)),
            *self._select(past.ended > ended_after_ms, past),
        ]
        return sorted(found, key=lambda one: (-one.since, one.area))

    def standing_in_full(self) -> list[AreaNotice]:
        """Return the notices that stand as they are stored, with the last count of whom they reached."""
        return self._select(NoticeRow.ended.is_null())

    def due(self, now_ms: int) -> list[str]:
        """Return the areas whose notice stands and whose time to end has come."""
        row = NoticeRow
        due = row.select(row.area).where(row.ended.is_null(), row.ends <= now_ms).order_by(row.area)
        return [area for (area,) in self._db.select(due)]

    def untold(self) -> list[AreaNotice]:
        """Return the notices that are over and of whose end nobody who asked was told."""
        return self._select(NoticeRow.untold)

    def _select(self, where: object, row: type[NoticeRow | PastNoticeRow] = NoticeRow) -> list[AreaNotice]:
        return [
            AreaNotice(area, incident, json.loads(text), *others)
            for area, incident, text, *others in self._db.select(
                row.select(*_columns(row)).where(where).order_by(row.since.desc(), row.area)
            )
        ]

    def asked(
        self, areas: Sequence[str], since: int, until: int, limit: int, teams: OfTeams | None = None
    ) -> list[OutageAsker]:
        """
        Return the areas' clients who began to ask from `since` to `until`, the first first.

        Args: teams: whose conversations count; None for all.
        """
        row, episode = ConversationRow, EpisodeRow
        first = fn.MIN(episode.asked)
        query = (
            row.select(row.client, row.name, row.area, row.online, row.waiting, first, fn.MAX(episode.answered))
            .join(episode, on=(episode.conversation == row.num))
            .where(episode.asked >= since, episode.asked < until, row.area.in_([*areas]))
            .where(True if teams is None else of_teams(teams))
            .group_by(row.num)
            .order_by(first, row.num)
            .limit(limit)
        )
        return [
            OutageAsker(client, name, area, bool(on), *times)
            for client, name, area, on, *times in self._db.select(query)
        ]

    def answered(self, areas: Sequence[str], since: int, until: int, teams: OfTeams | None = None) -> int:
        """Count the areas' clients whom a person answered from `since` to `until`, whenever they had asked."""
        row, episode = ConversationRow, EpisodeRow
        first = (episode.conversation == row.num) & (episode.answered >= since) & (episode.answered < until)
        query = (
            row.select(fn.COUNT(row.num.distinct()))
            .join(episode, JOIN.LEFT_OUTER, on=first)
            .where(episode.num.is_null(False) | ((row.answered >= since) & (row.answered < until)))
            .where(row.area.in_([*areas]), True if teams is None else of_teams(teams))
        )
        ((count,),) = self._db.select(query)
        return int(count)

    def reached(self) -> dict[str, int]:
        """Count the clients of each area with an outage who are online, or got what was stored since it began."""
        row, marker, entry, notice = ConversationRow, MarkerRow, EntryRow, NoticeRow
        newest = (
            entry.select(entry.at)
            .where(entry.conversation == row.num, entry.seq <= marker.delivered)
            .order_by(entry.seq.desc())
            .limit(1)
        )
        own = (marker.conversation == row.num) & (marker.reader == row.client)
        query = (
            notice.select(notice.area, fn.COUNT(row.num))
            .join(row, on=(row.area == notice.area))
            .join(marker, JOIN.LEFT_OUTER, on=own)
            .where(notice.ended.is_null(), row.online | (newest >= notice.since))
            .group_by(notice.area)
        )
        found = {area: int(count) for area, count in self._db.select(query)}
        return {one.area: found.get(one.area, 0) for one in self.standing_in_full()}

    def silent(self) -> dict[str, int]:
        """Return how many meters of an area were silent at the alarms' last look, where there are any."""
        row = StateRow
        found = self._db.select(row.select(row.key, row.value).where(row.key.startswith(SILENT), row.value > 0))
        return {key.removeprefix(SILENT): value for key, value in found}
