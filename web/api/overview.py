"""Serve GET /api/overview, the desk's figures, and /api/episodes, the conversations behind each figure."""

from dataclasses import asdict
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from flask import Blueprint, Response
from pydantic import BeforeValidator, Field, model_validator

from chat_core.contract.fields import ClientId, DateMs, TimeMs
from chat_core.store.results import EpisodeFilter
from chat_core.store.results import Overview as Found
from web import auth
from web.api.contract import CHAT, answers, respond, spec
from web.api.schemas import Asked, Cursor, ResponseBody, none_if_empty
from web.api.settings import answer_target
from web.app_context import app_context

WEEK_MS: Final = 7 * 86_400_000
MINUTE_MS: Final = 60_000
Figure = Literal["first_answer", "resolve", "satisfaction", "load"]

routes: Final = Blueprint("overview", __name__)


class PeriodAsk(Asked):
    """Select the period [from, to) in ms; by default the last seven days."""

    start: DateMs | None = Field(default=None, alias="from")
    end: DateMs | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _forward(self) -> "PeriodAsk":
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError("to must lie after from")
        return self

    def period(self, now_ms: int) -> tuple[int, int]:
        """Return begin and end."""
        end = self.end if self.end is not None else max(now_ms, (self.start or 0)) + 1
        return (self.start if self.start is not None else max(0, end - WEEK_MS)), end


class EpisodesAsk(PeriodAsk):
    """Select a figure's conversations: by period, lateness (`late=1`), score, hour or client."""

    figure: Figure
    late: Literal["1"] | None = None
    score: Annotated[int, Field(ge=1, le=5)] | None = None
    hour: Annotated[int, Field(ge=0, le=23)] | None = None
    client: ClientId | None = None
    cursor: Annotated[Cursor | None, BeforeValidator(none_if_empty)] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class Waiting(ResponseBody):
    """Count the clients who wait, and those who wait too long. `list`: the address of their rows."""

    now: int
    late: int
    longest_ms: int | None
    list: str


class Resolutions(ResponseBody):
    """Give the median and the 90th percentile of the time from the first message to the resolution."""

    n: int
    p50_ms: int | None
    p90_ms: int | None
    list: str


class Answers(Resolutions):
    """Give the same for people's first answers. `late`: how many took longer than the target."""

    late: int
    late_list: str


class Satisfaction(ResponseBody):
    """Summarise ratings from 1 to 5; `&score=` narrows the list."""

    n: int
    mean: float | None
    scores: dict[str, int]
    list: str


class Hour(ResponseBody):
    """Count clients' and agents' messages and new conversations in this hour of the day."""

    hour: int
    asked: int
    answered: int
    begun: int


class Load(ResponseBody):
    """List the day's 24 hours in the platform's time zone; `&hour=` narrows the list."""

    hours: list[Hour]
    list: str


class OverviewBody(ResponseBody):
    """Summarise the desk's work. `behind`: about how many entries are not counted yet."""

    start: TimeMs = Field(alias="from")
    end: TimeMs = Field(alias="to")
    tz: str
    target_min: int
    behind: int
    waiting: Waiting
    first_answer: Answers
    resolve: Resolutions
    satisfaction: Satisfaction
    load: Load


class EpisodeBody(ResponseBody):
    """Describe a question from its first message, `seq`, to its resolution."""

    client: str
    name: str | None
    seq: int
    asked: TimeMs | None
    answered: TimeMs | None
    by: str | None
    resolved: TimeMs | None
    score: int | None


class Episodes(ResponseBody):
    """List a page of episodes, newest first."""

    episodes: list[EpisodeBody]
    names: dict[str, str]
    cursor: str | None


@routes.get("/api/overview")
@spec.validate(tags=[CHAT], resp=answers(OverviewBody))
def show_overview(query: PeriodAsk) -> Response:
    """Return the desk's figures, each with the address of the list behind it. For agents and bots."""
    auth.desk_member()
    now_ms, target = app_context().now_ms(), answer_target(app_context())
    start, end = query.period(now_ms)
    found = app_context().store.figures.overview(start, end, late_ms=target * MINUTE_MS, now_ms=now_ms)
    return respond(_shown(found, start, end, target))


def _shown(found: Found, start: int, end: int, target: int) -> OverviewBody:
    def listed(figure: Figure, **more: str) -> str:
        return "/api/episodes?" + urlencode({"figure": figure, "from": start, "to": end, **more})

    rated = sum(found.scores.values())
    total = sum(score * n for score, n in found.scores.items())
    hours = [
        Hour(hour=hour, asked=asked, answered=answered, begun=begun)
        for hour, (asked, answered, begun) in enumerate(found.hours)
    ]
    return OverviewBody.model_validate(
        {
            "from": start,
            "to": end,
            "tz": app_context().config.tz,
            "target_min": target,
            "behind": app_context().store.search.behind(),
            "waiting": Waiting(
                now=found.waiting, late=found.waiting_late, longest_ms=found.longest_ms, list="/api/inbox?waiting=1"
            ),
            "first_answer": Answers(
                **asdict(found.first_answer),
                late=found.late,
                list=listed("first_answer"),
                late_list=listed("first_answer", late="1"),
            ),
            "resolve": Resolutions(**asdict(found.resolve), list=listed("resolve")),
            "satisfaction": Satisfaction(
                n=rated,
                mean=round(total / rated, 2) if rated else None,
                scores={str(score): n for score, n in found.scores.items()},
                list=listed("satisfaction"),
            ),
            "load": Load(hours=hours, list=listed("load")),
        }
    )


@routes.get("/api/episodes")
@spec.validate(tags=[CHAT], resp=answers(Episodes))
def list_episodes(query: EpisodesAsk) -> Response:
    """List the conversations that a figure counts, newest first. For agents and bots."""
    auth.desk_member()
    start, end = query.period(app_context().now_ms())
    page = app_context().store.figures.episodes(
        EpisodeFilter(
            query.figure,
            start,
            end,
            longer_ms=answer_target(app_context()) * MINUTE_MS if query.late is not None else None,
            score=query.score,
            hour=query.hour,
            client=query.client,
        ),
        cursor=query.cursor,
        limit=query.limit,
    )
    shown = [EpisodeBody(**asdict(one), name=page.names.get(one.client)) for one in page.episodes]
    names = {id: name for id, name in page.names.items() if id[0] in "ab"}
    return respond(Episodes(episodes=shown, names=names, cursor=page.cursor))
