"""Reports over REST: their figures are those of a hand-made query, and each table is also CSV."""

import csv
import io
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chat_core.contract.payloads import Rating, Said, SaidKind
from tests.contract.stores import committed, say, take_in_all
from tests.contract.test_store_episodes import MINUTE, chat, resolve
from tests.integration.web_under_test import NOW_MS, WebUnderTest, problem_of

HOUR = 60 * MINUTE
DAY = 24 * HOUR
ASKED = "SELECT COUNT(*) FROM episode WHERE asked >= ? AND asked < ?"
FIRSTS = "SELECT answered - asked FROM episode WHERE asked >= ? AND asked < ? AND answered IS NOT NULL ORDER BY 1"
BY_SCORE = "SELECT score, COUNT(*) FROM episode WHERE rated >= ? AND rated < ? GROUP BY score"
WHOSE = 'SELECT COUNT(*) FROM episode WHERE {} >= ? AND {} < ? AND "by" = ?'
BY_AGENT = 'SELECT "by", COUNT(*) FROM episode WHERE asked >= ? AND asked < ? AND answered IS NOT NULL GROUP BY "by"'


def test_figures_are_those_of_a_hand_made_query(system: WebUnderTest) -> None:
    """Totals, days, agents and scores equal what SQL counts in the period and in the one before."""
    for n in range(24):
        chat(system.store, n, NOW_MS - 2 * HOUR - n * 13 * HOUR, (n % 5 + 1) * MINUTE, score=n % 5 + 1)
    say(system.store, "m1", client="c-waits", at=NOW_MS - 7 * MINUTE)
    take_in_all(system.store)
    found = system.browser().get("/api/reports?days=7", headers=system.bearer("a-ana")).json
    assert found is not None
    period = (found["from"], found["to"])
    before = (found["from"] - 7 * DAY, found["to"] - 7 * DAY)
    midnight = datetime.fromtimestamp(found["from"] / 1000, ZoneInfo(found["tz"]))
    assert (midnight.hour, midnight.minute) == (0, 0) and found["to"] == NOW_MS + 1

    fetch = system.store.chats.fetch
    assert [found["totals"]["asked"], found["before"]["asked"]] == [
        fetch(ASKED, each)[0][0] for each in (period, before)
    ]
    took = [row[0] for row in fetch(FIRSTS, period)]
    assert found["totals"]["first_ms"] == took[(len(took) - 1) // 2]
    assert sum(day["person"] for day in found["days"]) == len(took) and len(found["days"]) == 7
    assert {int(score): n for score, n in found["scores"].items() if n} == dict(fetch(BY_SCORE, period))
    assert [(one["agent"], one["answered"]) for one in found["agents"]] == [
        tuple(row) for row in fetch(BY_AGENT, period)
    ]
    assert sum(map(sum, found["heat"])) == found["totals"]["asked"]
    assert found["days"][-1]["open"] == 1


def test_one_agents_figures_are_those_of_a_hand_made_query(system: WebUnderTest) -> None:
    """With an agent, figures, tables and the lists behind them count only what that agent answered first."""
    system.add_agent("a-radu", password=None)
    for n in range(24):
        whose, asked = f"c-{n}", NOW_MS - 2 * HOUR - n * 13 * HOUR
        say(system.store, f"q{n}", client=whose, at=asked)
        if n % 4:
            sender = "a-radu" if n % 2 else "a-ana"
            say(system.store, f"a{n}", client=whose, sender=sender, at=asked + n * MINUTE)
        resolve(system.store, asked + 40 * MINUTE, whose)
        with committed(system.store) as tx:
            said = Said(id=f"s{n}", kind=SaidKind.RATING, rating=Rating(score=n % 5 + 1, text=f"words {n}"), sent=1)
            tx.append(whose, whose, said, asked + HOUR)
    take_in_all(system.store)
    headers = system.bearer("a-ana")

    def read(address: str) -> dict[str, Any]:
        found = system.browser().get(address, headers=headers).json
        assert found is not None
        return dict(found)

    found = read("/api/reports?days=7&agent=a-radu")
    period, before = (found["from"], found["to"]), (found["from"] - 7 * DAY, found["to"] - 7 * DAY)

    def count(moment: str, span: tuple[int, int]) -> int:
        return int(system.store.chats.fetch(WHOSE.format(moment, moment), (*span, "a-radu"))[0][0])

    asked = count("asked", period)
    assert 0 < asked < read("/api/reports?days=7")["totals"]["asked"]
    assert (found["totals"]["asked"], found["before"]["asked"]) == (asked, count("asked", before))
    assert (found["totals"]["automatic"], found["totals"]["ratings"]) == (0, count("rated", period))
    assert sum(day["person"] for day in found["days"]) == sum(map(sum, found["heat"])) == asked
    assert sum(day["automatic"] + day["open"] for day in found["days"]) == 0
    assert [one["agent"] for one in found["agents"]] == [found["agent"]] == ["a-radu"]
    assert found["names"] == read("/api/reports?days=7")["names"] == {"a-ana": "Ana", "a-radu": "Radu"}
    assert len(found["words"]) == count("rated", period)

    of_figures = {"asked": "asked", "first_answer": "asked", "resolve": "resolved", "satisfaction": "rated"}
    for figure, moment in of_figures.items():
        address = f"/api/episodes?figure={figure}&from={period[0]}&to={period[1]}&agent=a-radu"
        assert [one["by"] for one in read(address)["episodes"]] == ["a-radu"] * count(moment, period)
    answer = system.browser().get("/api/reports/ratings.csv?days=7&agent=a-radu", headers=headers)
    assert len(answer.text.splitlines()) == 1 + count("rated", period)
    assert "ratings-a-radu-" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("agent", ["a-nobody", "c-42", "radu"])
@pytest.mark.parametrize("path", ["/api/reports?days=7", "/api/reports/days.csv?days=7", "/api/episodes?figure=asked"])
def test_an_agent_who_does_not_exist_is_refused(system: WebUnderTest, path: str, agent: str) -> None:
    """Only an agent's id selects figures; the problem names the parameter."""
    problem = problem_of(system.get(f"{path}&agent={agent}", "a-ana"), 422, "bad_request")
    assert [one["at"] for one in problem["errors"]] == ["agent"]
    assert system.get(f"{path}&agent=", "a-ana").status_code == 200


def test_a_period_in_the_past(system: WebUnderTest) -> None:
    """A report up to an earlier day has whole days only, beside as many days before. A later day counts as today."""
    for n in range(12):
        chat(system.store, n, NOW_MS - n * DAY, MINUTE)
    take_in_all(system.store)

    def report(query: str) -> dict[str, Any]:
        found = system.browser().get(f"/api/reports?{query}", headers=system.bearer("a-ana")).json
        assert found is not None
        return dict(found)

    zone = ZoneInfo(report("days=1")["tz"])
    last = datetime.fromtimestamp(NOW_MS / 1000, zone).date() - timedelta(days=3)
    found = report(f"days=4&until={last}")
    begin, end = (datetime.fromtimestamp(found[name] / 1000, zone) for name in ("from", "to"))
    assert (begin.date(), end.date()) == (last - timedelta(days=3), last + timedelta(days=1))
    assert begin.time() == end.time() == time()
    assert [day["day"] for day in found["days"]] == [str(last - timedelta(days=n)) for n in (3, 2, 1, 0)]
    assert [day["day"] for day in found["days_before"]] == [str(last - timedelta(days=n)) for n in (7, 6, 5, 4)]
    assert found["totals"]["asked"] == found["before"]["asked"] == 4
    assert report(f"days=4&until={last + timedelta(days=30)}") == report("days=4")
    address = f"/api/reports/days.csv?days=4&until={last}"
    rows = system.browser().get(address, headers=system.bearer("a-ana")).text.splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == [day["day"] for day in found["days"]]


def test_days_before_the_record_are_not_compared_with(system: WebUnderTest) -> None:
    """The report tells when the first question was stored, and compares with no period that begins before it."""
    headers = system.bearer("a-ana")

    def report(days: int) -> dict[str, Any]:
        found = system.browser().get(f"/api/reports?days={days}", headers=headers).json
        assert found is not None
        return dict(found)

    def is_whole(days: int) -> bool:
        return bool(report(days)["before_is_whole"])

    def tags_before(days: int) -> list[str]:
        rows = csv.reader(io.StringIO(system.browser().get(f"/api/reports/tags.csv?days={days}", headers=headers).text))
        return [before for _, _, before in list(rows)[1:]]

    assert not is_whole(1) and report(1)["first_asked"] is None
    for n in range(10):
        chat(system.store, n, NOW_MS - n * DAY, MINUTE)
        with committed(system.store) as tx:
            tx.put(tx.conversation(f"c-{n}")._replace(tags=("bill",)))
    take_in_all(system.store)
    assert report(7)["first_asked"] == NOW_MS - 9 * DAY
    assert (tags_before(4), tags_before(5)) == (["4"], [""])
    assert [days for days in range(1, 93) if is_whole(days)] == [1, 2, 3, 4]  # the tenth day is one in part


def test_tables_as_csv(system: WebUnderTest) -> None:
    """A table's CSV has its rows; a text that a spreadsheet would run as a formula is quoted."""
    chat(system.store, 1, NOW_MS - 2 * HOUR, MINUTE, score=4)
    take_in_all(system.store)
    headers = system.bearer("a-ana")
    system.store.registry.add_agent("a-ana", "=1+1")
    for table, rows in {"days": 8, "hours": 7 * 24 + 1, "agents": 2, "tags": 1, "ratings": 1, "replies": 2}.items():
        answer = system.browser().get(f"/api/reports/{table}.csv?days=7", headers=headers)
        assert answer.status_code == 200 and answer.mimetype == "text/csv"
        read = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
        assert len(read) == rows, table
        if table == "agents":
            assert read[1][:3] == ["a-ana", "'=1+1", "1"]


def test_reports_are_the_desks(system: WebUnderTest) -> None:
    """A client sees no report, and a period of more than 92 days is refused."""
    for path in ("/api/reports", "/api/reports/agents.csv"):
        problem_of(system.browser().get(path, headers=system.bearer("c-42")), 403, "not_allowed")
    problem_of(system.browser().get("/api/reports?days=93", headers=system.bearer("a-ana")), 422, "bad_request")


def test_erased_words_are_in_no_report(system: WebUnderTest) -> None:
    """From the erasure on no report shows a client's words, while its rows still wait to be deleted."""
    chat(system.store, 1, NOW_MS - 2 * HOUR, MINUTE)
    with committed(system.store) as tx:
        said = Said(id="r1", kind=SaidKind.RATING, rating=Rating(score=5, text="private words"), sent=1)
        tx.append("c-1", "c-1", said, NOW_MS - HOUR)
    take_in_all(system.store)
    headers = system.bearer("a-ana")
    assert "private words" in system.browser().get("/api/reports?days=7", headers=headers).text
    with committed(system.store) as tx:
        tx.erase("c-1", NOW_MS)
    assert "private words" not in system.browser().get("/api/reports?days=7", headers=headers).text
