"""Serve GET /api/episodes, the conversations behind each figure of the reports."""

from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

from flask import Blueprint, Response
from pydantic import BeforeValidator, Field, model_validator

from chat_core.contract.fields import AgentId, ClientId, DateMs, TimeMs
from chat_core.contract.payloads import LastWords
from chat_core.contract.scopes import Scope
from chat_core.domain.reports import open_times_ms
from chat_core.store.results import Episode, EpisodeFilter
from web import auth
from web.api.contract import CHAT, answers, respond, spec, with_next
from web.api.reports import MINUTE_MS, check_agent
from web.api.schemas import Asked, Cursor, ResponseBody, check_period, none_if_empty
from web.api.settings import answer_target, opening_hours
from web.api_keys import scoped
from web.app_context import app_context

WEEK_MS: Final = 7 * 86_400_000
Figure = Literal["asked", "first_answer", "resolve", "automatic", "satisfaction"]

routes: Final = Blueprint("episodes", __name__)


class EpisodesAsk(Asked):
    """
    Select a figure's conversations in [from, to), by score, client or the agent who answered first.

    Times are in ms; the default is the last seven days. `automatic`: what was resolved and no person answered.
    """

    figure: Figure
    start: DateMs | None = Field(default=None, alias="from")
    end: DateMs | None = Field(default=None, alias="to")
    score: Annotated[int, Field(ge=1, le=5)] | None = None
    client: ClientId | None = None
    agent: Annotated[AgentId | None, BeforeValidator(none_if_empty)] = None
    cursor: Annotated[Cursor | None, BeforeValidator(none_if_empty)] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50

    _forward = model_validator(mode="after")(check_period)

    def period(self, now_ms: int) -> tuple[int, int]:
        """Return begin and end."""
        end = self.end if self.end is not None else max(now_ms, (self.start or 0)) + 1
        return (self.start if self.start is not None else max(0, end - WEEK_MS)), end


class EpisodeBody(ResponseBody):
    """
    Describe a question from its first message, `seq`, to its resolution.

    `use_after`: whether the use of the day after that was usual (1) or not (0); -1: too few readings; null: not known
    yet, or no question about use. `question`: the client's first words, shortened; null where they were deleted.
    `first_ms`: how long the client waited for the first answer, in opening hours, as the reports count it; `in_target`:
    whether that was within today's target. Both are null while nobody has answered. `resolve_ms`: how long it took from
    the question to its resolution, counted alike; null before that.
    """

    client: str
    name: str | None
    seq: int
    asked: TimeMs | None
    answered: TimeMs | None
    by: str | None
    resolved: TimeMs | None
    score: int | None
    use_after: int | None
    question: LastWords | None
    first_ms: int | None
    in_target: bool | None
    resolve_ms: int | None


class Episodes(ResponseBody):
    """List a page of episodes, newest first."""

    episodes: list[EpisodeBody]
    names: dict[str, str]
    cursor: str | None


@routes.get("/api/episodes")
@scoped(Scope.READ)
@spec.validate(tags=[CHAT], resp=answers(Episodes))
def list_episodes(query: EpisodesAsk) -> Response:
    """List the conversations that a figure counts, newest first. For agents, of their teams, and bots."""
    teams = auth.teams_read_by(auth.desk_member())
    check_agent(query.agent)
    start, end = query.period(app_context().now_ms())
    which = EpisodeFilter(
        query.figure, start, end, score=query.score, client=query.client, agent=query.agent, teams=teams
    )
    page = app_context().store.episodes.page(which, cursor=query.cursor, limit=query.limit)
    shown = [
        EpisodeBody(**asdict(one), name=page.names.get(one.client), **took)
        for one, took in zip(page.episodes, _times(page.episodes), strict=True)
    ]
    names = {id: name for id, name in page.names.items() if id[0] in "ab"}
    return with_next(respond(Episodes(episodes=shown, names=names, cursor=page.cursor)), page.cursor)


def _times(episodes: list[Episode]) -> list[dict[str, Any]]:
    """Return how long each first answer and each resolution took, and whether the answer was within the target."""
    target_ms = answer_target(app_context()) * MINUTE_MS
    firsts = _open_times([(one.asked, one.answered) for one in episodes])
    resolves = _open_times([(one.asked, one.resolved) for one in episodes])
    return [
        {"first_ms": first, "in_target": None if first is None else first <= target_ms, "resolve_ms": resolve}
        for first, resolve in zip(firsts, resolves, strict=True)
    ]


def _open_times(spans: list[tuple[int | None, int | None]]) -> list[int | None]:
    """Return how long each span is, as the reports count it; None for one without a begin or an end."""
    here = app_context()
    whole = {place: (begin, end) for place, (begin, end) in enumerate(spans) if begin is not None and end is not None}
    times = dict(zip(whole, open_times_ms(list(whole.values()), opening_hours(here), here.config.tz), strict=True))
    return [times.get(place) for place in range(len(spans))]
