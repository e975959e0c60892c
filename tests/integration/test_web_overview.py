"""The overview's figures over REST, each with the list behind it."""

from typing import Any

from tests.contract.stores import say, take_in_all
from tests.contract.test_store_episodes import MINUTE, chat
from tests.integration.web_under_test import NOW_MS, WebUnderTest, problem_of

HOUR = 60 * MINUTE


def get(system: WebUnderTest, path: str) -> dict[str, Any]:
    answer = system.get(path, "a-ana")
    assert answer.status_code == 200 and answer.json is not None, answer.text
    return answer.json


def test_the_figures_and_their_lists(system: WebUnderTest) -> None:
    """Each figure opens the list of just what it counts."""
    for n in range(5):
        chat(system.store, n, NOW_MS - (n + 2) * HOUR, (n + 2) * MINUTE, score=5 - n)
    say(system.store, "m1", client="c-waits", at=NOW_MS - 7 * MINUTE)
    take_in_all(system.store)
    found = get(system, "/api/overview")
    assert (found["waiting"]["now"], found["waiting"]["late"], found["waiting"]["longest_ms"]) == (1, 1, 7 * MINUTE)
    first = found["first_answer"]
    assert (first["n"], first["p50_ms"], first["p90_ms"], first["late"]) == (5, 4 * MINUTE, 6 * MINUTE, 1)
    assert (found["resolve"]["n"], found["resolve"]["p50_ms"]) == (5, 5 * MINUTE)
    assert (found["satisfaction"]["mean"], found["satisfaction"]["scores"]["5"]) == (3.0, 1)
    assert sum(hour["asked"] for hour in found["load"]["hours"]) == 6 and found["behind"] == 0
    assert [row["client"] for row in get(system, found["waiting"]["list"])["summaries"]] == ["c-waits"]
    assert len(get(system, first["list"])["episodes"]) == 5
    assert [one["client"] for one in get(system, first["late_list"])["episodes"]] == ["c-4"]
    assert len(get(system, found["resolve"]["list"])["episodes"]) == 5
    assert [one["score"] for one in get(system, found["satisfaction"]["list"] + "&score=2")["episodes"]] == [2]
    busy = next(hour["hour"] for hour in found["load"]["hours"] if hour["begun"])
    listed = get(system, f"{found['load']['list']}&hour={busy}")["episodes"]
    assert len(listed) == found["load"]["hours"][busy]["begun"]


def test_a_period(system: WebUnderTest) -> None:
    """Figures are of the period that was asked for; one that goes backwards is refused."""
    chat(system.store, 1, NOW_MS - 2 * HOUR, MINUTE)
    take_in_all(system.store)
    assert get(system, f"/api/overview?from={NOW_MS - HOUR}&to={NOW_MS}")["first_answer"]["n"] == 0
    assert get(system, f"/api/overview?from={NOW_MS - 3 * HOUR}")["first_answer"]["n"] == 1
    wrong = system.get("/api/overview?from=5&to=4", "a-ana")
    problem_of(wrong, 422, "bad_request")


def test_figures_are_the_desks(system: WebUnderTest) -> None:
    """A client sees no figures."""
    for path in ("/api/overview", "/api/episodes?figure=load"):
        problem_of(system.get(path, "c-42"), 403, "not_allowed")
