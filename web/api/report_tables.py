"""Serve each table of a report as CSV, and the first replies that it counts."""

import csv
import io
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final, Literal

from flask import Blueprint, Response

from chat_core.domain.reports import open_times_ms
from chat_core.domain.team_choice import OfTeams
from web import auth
from web.api.contract import CHAT, REFUSALS, Answers, spec
from web.api.reports import MINUTE_MS, ReportAsk, ReportBody, report_of
from web.api.settings import opening_hours
from web.app_context import app_context

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run
_Rows = Iterable[Iterable[Any]]

routes: Final = Blueprint("report_tables", __name__)


@routes.get("/api/reports/<any(days,hours,agents,tags,ratings,replies):table>.csv")
@spec.validate(tags=[CHAT], resp=Answers("HTTP_200", **REFUSALS))
def give_table(table: Literal["days", "hours", "agents", "tags", "ratings", "replies"], query: ReportAsk) -> Response:
    """
    Return one table of a report as CSV (RFC 4180). For agents and bots.

    `replies` has each question that an agent answered: how long that took, and whether it was within the target.
    `before` of `tags` is empty where the report's `before_is_whole` is false: there is nothing to compare with.
    """
    teams = auth.teams_read_by(auth.desk_member())
    heads, rows_of = _TABLES[table]
    found = report_of(query, teams)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(heads)
    writer.writerows([plain_cell(cell) for cell in row] for row in rows_of(found, teams))
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv")  # the mark tells spreadsheets that it is UTF-8
    day = datetime.fromtimestamp(found.start / 1000, UTC).date()
    name = "-".join(filter(None, ("wattline", table, found.agent, str(day))))
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def plain_cell(cell: Any) -> Any:
    """Return the cell so that no spreadsheet takes a client's words for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _seconds(ms: int | None) -> int | None:
    return None if ms is None else round(ms / 1000)


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


def _replies(found: ReportBody, teams: OfTeams | None) -> _Rows:
    """Yield the first answers of the period, each with its seconds of opening hours."""
    here = app_context()
    replies = here.store.report_rows.first_replies(found.start, found.end, teams, found.agent)
    waits = open_times_ms([(one.asked, one.answered) for one in replies], opening_hours(here), found.tz)
    for one, took_ms in zip(replies, waits, strict=True):
        is_in_target = took_ms <= found.target_min * MINUTE_MS
        yield _time(one.asked), one.client, one.name, one.by, _seconds(took_ms), "yes" if is_in_target else "no"


_TABLES: Final[dict[str, tuple[list[str], Callable[[ReportBody, OfTeams | None], _Rows]]]] = {
    "days": (
        ["day", "answered by a person", "automatic only", "open"],
        lambda found, _: ((one.day, one.person, one.automatic, one.open) for one in found.days),
    ),
    "hours": (
        ["weekday (1 is Monday)", "hour", "new conversations"],
        lambda found, _: ((day + 1, hour, n) for day, hours in enumerate(found.heat) for hour, n in enumerate(hours)),
    ),
    "agents": (
        [
            "id",
            "name",
            "answered",
            "resolved",
            "median first reply s",
            "in target %",
            "median resolve s",
            "satisfaction",
        ],
        lambda found, _: (
            (
                *(one.agent, one.name, one.answered, one.resolved),
                *(_seconds(one.first_ms), one.in_target, _seconds(one.resolve_ms), one.satisfaction),
            )
            for one in found.agents
        ),
    ),
    "tags": (
        ["tag", "conversations", "before"],
        lambda found, _: (
            (tag, n, found.tags_before.get(tag, 0) if found.before_is_whole else None) for tag, n in found.tags.items()
        ),
    ),
    "ratings": (
        ["time (UTC)", "client", "name", "score", "words"],
        lambda found, _: ((_time(one.at), one.client, one.name, one.score, one.text) for one in found.words),
    ),
    "replies": (["asked (UTC)", "client", "name", "answered by", "first reply s", "in target"], _replies),
}
