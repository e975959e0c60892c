"""GET /api/overview and /api/episodes: how the desk does, and the conversations behind each figure."""

from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify
from pydantic import BeforeValidator, Field, model_validator

from chat_core.contract.fields import ClientId, DateMs, TimeMs
from chat_core.store.results import EpisodeFilter
from chat_core.store.results import Overview as Found
from web import auth
from web.api.contract import CHAT, answers, spec
from web.api.schemas import Asked, Cursor, ResponseBody, none_if_empty, wire
from web.api.settings import answer_target
from web.app_context import app_context

WEEK_MS: Final = 7 * 86_400_000
MINUTE_MS: Final = 60_000
Figure = Literal["first_answer", "resolve", "satisfaction", "load"]

routes: Final = Blueprint("overview", __name__)


class PeriodAsk(Asked):
    """The period [from, to) in ms; the last seven days without one."""

    start: DateMs | None = Field(default=None, alias="from")
    end: DateMs | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _forward(self) -> "PeriodAsk":
        if self.start is not None and self.end is not None and self.end <= self.start:
            raise ValueError("to must lie after from")
        return self

    def period(self, now_ms: int) -> tuple[int, int]:
        """From when until when."""
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
    """Count who waits now, and for too long, with the longest wait; `list` is the address of their rows."""

    now: int
    late: int
    longest_ms: int | None
    list: str


class Answers(ResponseBody):
    """First answers by people: half and nine tenths took at most so long; `late` took longer than the target."""

    n: int
    p50_ms: int | None
    p90_ms: int | None
    late: int
    list: str
    late_list: str


class Resolutions(ResponseBody):
    """From the first words to the end."""

    n: int
    p50_ms: int | None
    p90_ms: int | None
    list: str


class Satisfaction(ResponseBody):
    """Ratings from 1 to 5; the list is narrowed by `&score=`."""

    n: int
    mean: float | None
    scores: dict[str, int]
    list: str


class Hour(ResponseBody):
    """Count messages of clients and agents, and new conversations, in this hour of the day."""

    hour: int
    asked: int
    answered: int
    begun: int


class Load(ResponseBody):
    """The day's 24 hours in the platform's time zone; the list is narrowed by `&hour=`."""

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
    """A question from where it was asked (`seq` is where it begins in the log) to where it was resolved."""

    client: str
    name: str | None
    seq: int
    asked: TimeMs | None
    answered: TimeMs | None
    by: str | None
    resolved: TimeMs | None
    score: int | None


class Episodes(ResponseBody):
    """A page of episodes, the newest first."""

    episodes: list[EpisodeBody]
    names: dict[str, str]
    cursor: str | None


@routes.get("/api/overview")
@spec.validate(tags=[CHAT], resp=answers(OverviewBody))
def show_overview(query: PeriodAsk) -> Response:
    """The desk's figures, each with the address of the list behind it. Agents and bots."""
    auth.desk_member()
    now_ms, target = app_context().now_ms(), answer_target(app_context())
    start, end = query.period(now_ms)
    found = app_context().store.figures.overview(start, end, late_ms=target * MINUTE_MS, now_ms=now_ms)
    return jsonify(wire(_shown(found, start, end, target)))


def _shown(found: Found, start: int, end: int, target: int) -> OverviewBody:
    def listed(figure: Figure, **more: str) -> str:
        return "/api/episodes?" + urlencode({"figure": figure, "from": start, "to": end, **more})

    rated = sum(found.scores.values())
    total = sum(score * n for score, n in found.scores.items())
    hours = [
        Hour(hour=hour, asked=asked, answered=answered, begun=begun)
        for hour, (asked, answered, begun) in enumerate(found.hours)
    ]
    first, whole = found.first_answer, found.resolve
    return OverviewBody.model_validate(
        {
            "from": start,
            "to": end,
            "tz": app_context().config.tz,
            "target_min": target,
            "behind": app_context().store.search.behind(),
            "waiting": Waiting(
                now=found.waiting,
                late=found.waiting_late,
                longest_ms=found.longest_ms,
                list="/api/inbox?waiting=1",
            ),
            "first_answer": Answers(
                n=first.n,
                p50_ms=first.p50_ms,
                p90_ms=first.p90_ms,
                late=found.late,
                list=listed("first_answer"),
                late_list=listed("first_answer", late="1"),
            ),
            "resolve": Resolutions(n=whole.n, p50_ms=whole.p50_ms, p90_ms=whole.p90_ms, list=listed("resolve")),
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
    """The conversations that a figure counts, the newest first. Agents and bots."""
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
    shown = [
        EpisodeBody(
            client=one.client,
            name=page.names.get(one.client),
            seq=one.seq,
            asked=one.asked,
            answered=one.answered,
            by=one.by,
            resolved=one.resolved,
            score=one.score,
        )
        for one in page.episodes
    ]
    names = {id: name for id, name in page.names.items() if id[0] in "ab"}
    return jsonify(wire(Episodes(episodes=shown, names=names, cursor=page.cursor)))
