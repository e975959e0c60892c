"""The conversations behind a report's figures, over REST."""

import csv
import io
from typing import Any

import pytest

from chat_core.domain.settings import DAYS
from tests.contract.stores import say, take_in_all
from tests.contract.test_store_episodes import MINUTE, chat, resolve
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
    assert [one["client"] for one in listed(system, f"figure={figure}")] == ["c-0", "c-1"]
    assert [one["client"] for one in listed(system, f"figure={figure}&from={NOW_MS - 2 * HOUR}")] == ["c-0"]
    assert [one["client"] for one in listed(system, f"figure={figure}&from=0&score=3")] == ["c-2"]
    problem_of(system.get(f"/api/episodes?figure={figure}&from=5&to=4", "a-ana"), 422, "bad_request")


def test_what_no_person_answered(system: WebUnderTest) -> None:
    """The list behind "resolved automatically" holds what that figure counts of all that was resolved, and no more."""
    for n in range(4):
        chat(system.store, n, NOW_MS - n * HOUR - HOUR, MINUTE)
    say(system.store, "alone", client="c-alone", at=NOW_MS - HOUR)
    resolve(system.store, NOW_MS - HOUR + MINUTE, "c-alone")
    say(system.store, "waits", client="c-waits", at=NOW_MS - HOUR)
    take_in_all(system.store)
    report = system.get("/api/reports?days=7", "a-ana").json
    assert report is not None
    period = f"from={report['from']}&to={report['to']}"
    assert [one["client"] for one in listed(system, f"figure=automatic&{period}")] == ["c-alone"]
    resolved = len(listed(system, f"figure=resolve&{period}"))
    assert (report["totals"]["resolved"], report["totals"]["automatic"]) == (resolved, 20) == (5, 20)


OPEN_WEEKS = pytest.mark.parametrize(
    "week", [None, {day: [["00:00", "24:00"]] for day in DAYS[:5]}], ids=["always", "weekdays"]
)


@OPEN_WEEKS
def test_first_replies_agree(system: WebUnderTest, week: dict[str, list[list[str]]] | None) -> None:
    """The list behind "answered in time", the CSV of first replies and the report tell the same times and shares."""
    system.store.registry.settings.change_document("hours", {"week": week}, 0)
    for n in range(20):
        chat(system.store, n, NOW_MS - n * 9 * HOUR - HOUR, (n % 5 + 3) * MINUTE)
    say(system.store, "waits", client="c-waits", at=NOW_MS - HOUR)
    take_in_all(system.store)
    report = system.get("/api/reports?days=7", "a-ana").json
    assert report is not None
    page = listed(system, f"figure=first_answer&from={report['from']}&to={report['to']}")
    waits = sorted(one["first_ms"] for one in page)
    assert waits[(len(waits) - 1) // 2] == report["totals"]["first_ms"]
    in_time = [one for one in page if one["in_target"]]
    assert all(one["in_target"] == (one["first_ms"] <= report["target_min"] * MINUTE) for one in page)
    assert round(100 * len(in_time) / len(page)) == report["totals"]["in_target"] and 0 < len(in_time) < len(page)

    text = system.get("/api/reports/replies.csv?days=7", "a-ana").text
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    told = [(one["client"], one["first_ms"] // 1000, "yes" if one["in_target"] else "no") for one in page]
    assert [(row["client"], int(row["first reply s"]), row["in target"]) for row in rows] == told
    (waiting,) = listed(system, "figure=asked&client=c-waits")
    assert (waiting["first_ms"], waiting["in_target"]) == (None, None)


@OPEN_WEEKS
def test_times_to_resolve_agree(system: WebUnderTest, week: dict[str, list[list[str]]] | None) -> None:
    """The list behind "Median time to resolve" tells the times whose median the report has; an open one has none."""
    system.store.registry.settings.change_document("hours", {"week": week}, 0)
    for n in range(9):
        client, asked = f"c-{n}", NOW_MS - n * 9 * HOUR - HOUR
        say(system.store, "asked", client=client, at=asked)
        resolve(system.store, asked + (n % 5 + 3) * MINUTE, client)
    say(system.store, "waits", client="c-waits", at=NOW_MS - HOUR)
    take_in_all(system.store)
    report = system.get("/api/reports?days=7", "a-ana").json
    assert report is not None
    page = listed(system, f"figure=resolve&from={report['from']}&to={report['to']}")
    took = sorted(one["resolve_ms"] for one in page)
    assert len(took) == report["totals"]["resolved"] == 9 and len(set(took)) > 1
    assert took[(len(took) - 1) // 2] == report["totals"]["resolve_ms"]
    (waiting,) = listed(system, "figure=asked&client=c-waits")
    assert waiting["resolve_ms"] is None


def test_episodes_are_the_desks(system: WebUnderTest) -> None:
    """A client lists no episodes."""
    problem_of(system.get("/api/episodes?figure=asked", "c-42"), 403, "not_allowed")
