"""A bearer's plain question for a snapshot, answered around Flask: it must not be seen in the answer."""

from typing import Any

import pytest

from chat_core.store import InboxPage, Store
from tests.contract.stores import take_in_all
from tests.integration.web_house import ORIGIN, House, problem_of

LONG_WAY = {"Cookie": "other=1"}  # a cookie that says nothing: with one Flask is asked
LOG = "/api/clients/c-42/log"


def told_to(house: House, address: str, headers: dict[str, str]) -> tuple[int, list[tuple[str, str]], str]:
    """Status, headers and body of an answer."""
    answer = house.app.test_client(use_cookies=False).get(address, headers=headers)
    return answer.status_code, sorted((name.lower(), value) for name, value in answer.headers), answer.text


def busy(house: House) -> House:
    """Words of a client and of an agent, with all that JSON escapes, are there and can be found."""
    house.store.registry.ensure_client("c-42", name='Mária "Pop"')
    house.say("c-42", 'hello "you"', "hello, \\ and\nnew line ș 📎", "hello 100 %s")
    house.say("c-43", "hello too")
    take_in_all(house.store)
    return house


@pytest.mark.parametrize(
    "address",
    [
        LOG,
        f"{LOG}?limit=2",
        f"{LOG}?after=1&limit=1",
        f"{LOG}?after=1&before=2",
        f"{LOG}?after=",
        f"{LOG}?limit=0",
        f"{LOG}?limit=1&limit=2",
        f"{LOG}?more=1",
        f"{LOG}?after=%FF",
        f"{LOG}/",
        "/api/clients/c-99/log",
        "/api/clients/a-ana/log",
        "/api/clients/C-42/log",
        "/api/inbox",
        "/api/inbox?status=resolved&assignee=",
        "/api/inbox?q=m%C3%A1ria+pop&cursor=",
        "/api/inbox?status=asleep",
        "/api/search?q=hello",
        "/api/search?q=hello+from%3Ame&limit=1",
        "/api/search?q=%22hello+you%22&limit=1",
        "/api/search?q=hello&limit=1",
        "/api/search?q=before%3Ayesterday",
        "/api/search?q=",
        "/api/search",
        "/api/search?q=%FF%FE",
        f"/api/search?q={'x' * 1_100}",
    ],
)
def test_both_ways_answer_alike(house: House, address: str) -> None:
    """Status, headers and body are the same, byte for byte, whichever way was taken, for whoever asks."""
    busy(house)
    bearers: list[dict[str, str]] = [house.bearer(who) for who in ("a-ana", "c-42", "b-rules", "d-1")]
    bearers += [house.bearer_of_generation("a-ana", 7), {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}, {}]
    for bearer in bearers:
        short = told_to(house, address, bearer)
        assert short == told_to(house, address, bearer | LONG_WAY), (address, bearer)


@pytest.mark.parametrize("more", [{"Origin": ORIGIN}, {"Origin": "https://evil.example"}, {"Host": "not a host"}])
def test_whence_is_looked_at(house: House, more: dict[str, str]) -> None:
    """Portals' pages are let in with what CORS asks for, strange origins and hosts are refused, on either way."""
    for address in (LOG, "/api/inbox", "/api/search?q=hello"):
        asked = house.bearer("a-ana") | more
        answer = told_to(house, address, asked)
        assert answer == told_to(house, address, asked | LONG_WAY)
        assert (answer[0] == 200) is (more.get("Origin") == ORIGIN)


def test_it_is_taken(house: House) -> None:
    """A plain question is answered without the app; it is counted under its route all the same."""
    asked: list[str] = []
    house.app.before_request(lambda: asked.append("the app"))
    bearer = house.bearer("a-ana")
    for address in (LOG, "/api/inbox", "/api/search?q=hello"):
        assert told_to(house, address, bearer)[0] == 200 and asked == []
        assert told_to(house, address, bearer | LONG_WAY)[0] == 200 and asked.pop() == "the app"
    counted = house.browser().get("/metrics").text
    assert 'wattline_web_requests_total{method="GET",route="/api/clients/<client>/log",status="200"}' in counted


def test_a_store_that_is_down_is_asked_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is told by the app's own words, and the database is not asked a second time."""
    asked, ask, bearer = [], Store.inbox, house.bearer("a-ana")

    def noted(*given: Any, **named: Any) -> InboxPage:
        asked.append("the store")
        return ask(*given, **named)

    monkeypatch.setattr(Store, "inbox", noted)
    house.store.close()
    problem_of(house.browser().get("/api/inbox", headers=bearer), 503, "store_down")
    assert asked == ["the store"]
