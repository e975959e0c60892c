"""The conversations behind a report's figures, over REST."""

from typing import Any

import pytest

from tests.contract.stores import take_in_all
from tests.contract.test_store_episodes import MINUTE, chat
from tests.integration.web_under_test import NOW_MS, WebUnderTest, problem_of

HOUR = 60 * MINUTE


def listed(system: WebUnderTest, query: str) -> list[dict[str, Any]]:
    answer = system.get(f"/api/episodes?{query}", "a-ana")
    assert answer.status_code == 200 and answer.json is not None, answer.text
    found: list[dict[str, Any]] = answer.json["episodes"]
    return found


@pytest.mark.parametrize("figure", ["asked", "first_answer", "resolve", "satisfaction"])
def test_lists_behind_figures(system: WebUnderTest, figure: str) -> None:
    """Each figure lists what it counts in the period, by default of a week; one that goes backwards is refused."""
    for n, ago in enumerate((1 * HOUR, 30 * HOUR, 8 * 24 * HOUR)):
        chat(system.store, n, NOW_MS - ago, MINUTE, score=5 - n)
    take_in_all(system.store)
    assert [one["client"] for one in listed(system, f"figure={figure}")] == ["c-1", "c-0"]
    assert [one["client"] for one in listed(system, f"figure={figure}&from={NOW_MS - 2 * HOUR}")] == ["c-0"]
    assert [one["client"] for one in listed(system, f"figure={figure}&from=0&score=3")] == ["c-2"]
    problem_of(system.get(f"/api/episodes?figure={figure}&from=5&to=4", "a-ana"), 422, "bad_request")


def test_episodes_are_the_desks(system: WebUnderTest) -> None:
    """A client lists no episodes."""
    problem_of(system.get("/api/episodes?figure=asked", "c-42"), 403, "not_allowed")
