"""Serve GET /api/reports, a period's figures beside those of the period before."""

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response
from pydantic import BeforeValidator, Field

from chat_core.contract.fields import AgentId, TimeMs
from chat_core.domain.reports import Report, sum_up, sum_up_days, sum_up_weeks
from chat_core.domain.team_choice import OfTeams
from chat_core.store.report_rows import MOST_QUESTIONS, RatingWords
from web import auth
from web.api.contract import CHAT, BadRequestShape, answers, respond, spec
from web.api.schemas import Asked, ResponseBody, none_if_empty
from web.api.settings import answer_target, opening_hours
from web.app_context import app_context

MINUTE_MS: Final = 60_000
MOST_DAYS: Final = 92

routes: Final = Blueprint("reports", __name__)


class ReportAsk(Asked):
    """
    Select so many days up to and with `until`, which is today by default, in the platform's time zone.

    `agent`: count only the questions that this agent answered first; those that no person answered are left out.
    """

    days: int = Field(default=7, ge=1, le=MOST_DAYS)
    until: date | None = Field(default=None, ge=date(2000, 1, 1))
    agent: Annotated[AgentId | None, BeforeValidator(none_if_empty)] = None


class TotalsBody(ResponseBody):
    """Give a period's figures; null where there is nothing to take one from. Times are of opening hours."""

    asked: int
    first_ms: int | None
    in_target: int | None
    resolved: int
    resolve_ms: int | None
    automatic: int | None
    ratings: int
    satisfaction: float | None
    use_judged: int
    use_usual: int | None


class DayBody(ResponseBody):
    """Count a day's questions: answered by a person, resolved without one, neither yet."""

    day: str
    person: int
    automatic: int
    open: int


class AskedInHourBody(ResponseBody):
    """Count the questions of an hour of one day, as a day's."""

    hour: int
    person: int
    automatic: int
    open: int


class AgentFiguresBody(ResponseBody):
    """Give the figures of the questions that this agent answered first."""

    agent: str
    name: str
    answered: int
    resolved: int
    first_ms: int | None
    in_target: int | None
    resolve_ms: int | None
    satisfaction: float | None


class WordsBody(ResponseBody):
    """Give a client's words beside a score."""

    client: str
    name: str | None
    seq: int
    at: TimeMs
    score: int
    text: str


class ReportBody(ResponseBody):
    """
    Report [from, to) beside the same time as many days before.

    `before_is_whole` is false where that time begins before the first stored question: then it is not comparable.
    `first_asked`: when that question was asked, of any team; null without one.

    `by_day` has the figures of each of the `days` alone, `by_week` of each seven of them up to the last; `hours` a
    single day by its hours, else nothing; `heat` new questions by weekday, Monday first, and hour; `is_whole` is false
    where there were too many to count. `agent`: whose questions are counted; null: all. `names` has who answered first
    a question of either period, whoever is selected.
    """

    start: TimeMs = Field(alias="from")
    end: TimeMs = Field(alias="to")
    tz: str
    target_min: int
    in_hours: bool
    behind: int
    is_whole: bool
    agent: str | None
    names: dict[str, str]
    totals: TotalsBody
    before: TotalsBody
    before_is_whole: bool
    first_asked: TimeMs | None
    by_day: list[TotalsBody]
    by_week: list[TotalsBody]
    days: list[DayBody]
    days_before: list[DayBody]
    hours: list[AskedInHourBody]
    hours_before: list[AskedInHourBody]
    heat: list[list[int]]
    agents: list[AgentFiguresBody]
    tags: dict[str, int]
    tags_before: dict[str, int]
    scores: dict[str, int]
    words: list[WordsBody]


@routes.get("/api/reports")
@spec.validate(tags=[CHAT], resp=answers(ReportBody))
def show_report(query: ReportAsk) -> Response:
    """Return the desk's figures of a period. For agents, of their teams, and bots."""
    return respond(report_of(query, auth.teams_read_by(auth.desk_member())))


def check_agent(agent: str | None) -> None:
    """Check that the selected agent, if any, is or was one. Raises: BadRequestShape."""
    if agent is not None and not app_context().store.registry.known([agent]):
        text = f"There is no agent {agent}."
        raise BadRequestShape(f"The request does not fit: agent. {text}", [{"at": "agent", "text": text}])


def report_of(query: ReportAsk, teams: OfTeams | None) -> ReportBody:
    """Return the figures of these teams' conversations. Raises: BadRequestShape for an unknown agent."""
    check_agent(query.agent)
    here = app_context()
    target, tz = answer_target(here), here.config.tz
    hours = opening_hours(here)
    periods = _periods(query, here.now_ms(), ZoneInfo(tz))
    (start, end), (start_before, _) = periods
    found = here.store.report_rows.questions(start_before, end, teams)
    answered_by = {one.by for one in found if one.by is not None}
    questions = found if query.agent is None else [one for one in found if one.by == query.agent]
    now, before = (sum_up(questions, period, target * MINUTE_MS, hours, tz) for period in periods)
    steps = {
        "by_day": sum_up_days(questions, (start, end), target * MINUTE_MS, hours, tz),
        "by_week": sum_up_weeks(questions, (start, end), target * MINUTE_MS, hours, tz),
    }
    names = here.store.registry.names(answered_by)
    words = here.store.report_rows.words(start, end, teams, query.agent)
    first_asked = here.store.report_rows.first_asked()
    return ReportBody.model_validate(
        {
            **_shown(now, before, names, words),
            **{
                name: [TotalsBody.model_validate(one, from_attributes=True) for one in totals]
                for name, totals in steps.items()
            },
            "from": start,
            "to": end,
            "tz": tz,
            "target_min": target,
            "in_hours": any((hours.week or {}).values()),
            "behind": here.store.search.behind(),
            "is_whole": len(found) < MOST_QUESTIONS,
            "before_is_whole": first_asked is not None and first_asked <= start_before,
            "first_asked": first_asked,
            "agent": query.agent,
            "names": {id: names.get(id) or id for id in sorted(answered_by)},
        }
    )


def _periods(query: ReportAsk, now_ms: int, zone: ZoneInfo) -> tuple[tuple[int, int], tuple[int, int]]:
    """
    Return [from, to) of the days, and the same of as many days before, by the calendar.

    Today ends now; the period before then ends at the same time of its last day.
    """
    now = datetime.fromtimestamp(now_ms / 1000, zone)
    last = min(query.until or now.date(), now.date())
    begin = datetime.combine(last - timedelta(days=query.days - 1), time(), zone)
    end = datetime.combine(last + timedelta(days=1), time(), zone)
    back = timedelta(days=query.days)
    if end > now:
        return (_ms(begin), now_ms + 1), (_ms(begin - back), _ms(now - back) + 1)
    return (_ms(begin), _ms(end)), (_ms(begin - back), _ms(end - back))


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _shown(now: Report, before: Report, names: dict[str, str], words: list[RatingWords]) -> dict[str, Any]:
    def days(report: Report) -> list[DayBody]:
        return [
            DayBody(day=one.day.isoformat(), person=one.person, automatic=one.automatic, open=one.open)
            for one in report.days
        ]

    return {
        "totals": TotalsBody.model_validate(now.totals, from_attributes=True),
        "before": TotalsBody.model_validate(before.totals, from_attributes=True),
        "days": days(now),
        "days_before": days(before),
        "hours": [AskedInHourBody.model_validate(one, from_attributes=True) for one in now.hours],
        "hours_before": [AskedInHourBody.model_validate(one, from_attributes=True) for one in before.hours],
        "heat": now.heat,
        "agents": [
            AgentFiguresBody.model_validate({**_fields(one), "name": names.get(one.agent) or one.agent})
            for one in now.agents
        ],
        "tags": now.tags,
        "tags_before": before.tags,
        "scores": {str(score): n for score, n in now.scores.items()},
        "words": [WordsBody.model_validate(one._asdict()) for one in words],
    }


def _fields(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}
