"""GET /api/clients/<client>/unread: what a button shows before the chat is loaded, and who may ask."""

from typing import Any

import pytest

from chat_core.contract.payloads import Marker, Said, SaidKind
from chat_core.runtime import tokens
from tests.contract.stores import committed
from tests.integration.web_under_test import ORIGIN, WebUnderTest, json_of, problem_of
from tests.real.portal import identity_of
from web.api.unread import LATE_MS, SOON_MS, again_ms

PATH = "/api/clients/c-42/unread"


def as_bearer(key: object) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def session_of(system: WebUnderTest, client: str = "c-42") -> dict[str, Any]:
    found = json_of(system.browser().post("/api/session", json={}, headers=system.bearer(client)))
    return dict(found)


def answer(system: WebUnderTest, text: str) -> int:
    with committed(system.store) as tx:
        said = Said(id=f"m-{text}", kind=SaidKind.TEXT, text=text, sent=system.clock.ms)
        seq = tx.append("c-42", "a-ana", said, system.clock.ms).seq
        tx.put(tx.conversation("c-42")._replace(waiting=None))
    return seq


def wait(system: WebUnderTest) -> None:
    system.say("c-42", "Why so much?")
    with committed(system.store) as tx:
        tx.put(tx.conversation("c-42")._replace(waiting=system.clock.ms))


def test_unread_is_counted(system: WebUnderTest) -> None:
    """Answers above the client's read marker are counted, one's own words are not; reading them ends it."""
    key = as_bearer(session_of(system)["unread_key"])
    assert system.browser().get(PATH, headers=key).json == {"unread": 0, "waiting": False, "again_ms": LATE_MS}
    wait(system)
    assert system.browser().get(PATH, headers=key).json == {"unread": 0, "waiting": True, "again_ms": SOON_MS}
    answer(system, "one")
    last = answer(system, "two")
    assert system.browser().get(PATH, headers=key).json == {"unread": 2, "waiting": False, "again_ms": LATE_MS}
    with committed(system.store) as tx:
        tx.move_marker("c-42", "c-42", Marker(delivered=last, read=last))
    assert system.browser().get(PATH, headers=key).json == {"unread": 0, "waiting": False, "again_ms": LATE_MS}


def test_the_key_tells_a_count_and_no_more(system: WebUnderTest) -> None:
    """It outlives the bearer and opens nothing else; no other credential, no other client's key opens it."""
    session = session_of(system)
    key = as_bearer(session["unread_key"])
    for path in ("/api/clients/c-42/log", "/api/files/f-1"):
        problem_of(system.browser().get(path, headers=key), 401, "token_refused")
    problem_of(system.browser().post("/api/session", json={}, headers=key), 401, "token_refused")
    for other in (session["api_token"], session["download_key"], session["password"], "", "x.y.z"):
        problem_of(system.browser().get(PATH, headers=as_bearer(other)), 401, "token_refused")
    problem_of(system.browser().get(PATH), 401, "token_refused")
    outsider = as_bearer(session_of(system, "c-43")["unread_key"])
    problem_of(system.browser().get(PATH, headers=outsider), 403, "not_allowed")
    system.clock.forward(tokens.API_TTL_S + 1)
    assert system.browser().get(PATH, headers=key).status_code == 200


def test_the_key_ends(system: WebUnderTest) -> None:
    """After 90 days, and with the generation that it was made in."""
    key = as_bearer(session_of(system)["unread_key"])
    system.store.registry.raise_generation("c-42")
    problem_of(system.browser().get(PATH, headers=key), 401, "token_refused")
    fresh = as_bearer(session_of(system)["unread_key"])
    system.clock.forward(tokens.GUEST_TTL_S + 1)
    problem_of(system.browser().get(PATH, headers=fresh), 401, "token_expired")


def test_an_identity_from_the_portal_tells_the_count(system: WebUnderTest) -> None:
    """A browser without a key sends the portal's identity: its own client's count, while it is valid, and unspent."""
    answer(system, "one")
    identity = identity_of("c-42", system.clock.s)
    for _ in range(2):
        assert system.browser().get(PATH, headers=as_bearer(identity)).json == {
            "unread": 1,
            "waiting": False,
            "again_ms": LATE_MS,
        }
    problem_of(system.browser().get(PATH, headers=as_bearer(identity_of("c-43", system.clock.s))), 403, "not_allowed")
    problem_of(system.browser().get("/api/clients/c-42/log", headers=as_bearer(identity)), 401, "token_refused")
    assert system.browser().post("/api/session", json={"identity": identity}).status_code == 200
    system.clock.forward(300 + tokens.CLOCK_LEEWAY_S + 1)
    problem_of(system.browser().get(PATH, headers=as_bearer(identity)), 401, "token_refused")


def test_agents_have_none(system: WebUnderTest) -> None:
    """An agent's session has no such key."""
    assert session_of(system, "a-ana")["unread_key"] is None


def test_a_portal_may_ask(system: WebUnderTest) -> None:
    """From a portal's page, by its origin."""
    key = as_bearer(session_of(system)["unread_key"])
    found = system.browser().get(PATH, headers={**key, "Origin": ORIGIN})
    assert found.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert found.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("waited_ms", "expected"),
    [(0, SOON_MS), (120_000, SOON_MS), (600_000, 20_000), (3_600_000, LATE_MS), (-5, SOON_MS)],
)
def test_the_longer_it_takes_the_less_often(waited_ms: int, expected: int) -> None:
    """A waiting page asks again after 4 s, later after a thirtieth of the wait, at most a minute."""
    assert again_ms(1_000_000, 1_000_000 + waited_ms) == expected
