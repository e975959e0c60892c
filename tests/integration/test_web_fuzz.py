"""REST under requests that nobody thought of."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integration.conftest import StartWeb

PATHS = (
    "/api/clients/{}/log",
    "/api/clients/{}/notes",
    "/api/clients/{}/consumption",
    "/api/inbox",
    "/api/{}",
    "/assets/{}",
    "/setup/{}",
)
NAMES = ("after", "before", "limit", "from", "to", "step", "status", "assignee", "q", "cursor", "lang", "x")

anything = (
    st.text(max_size=40) | st.integers().map(str) | st.sampled_from(["", "0", "day", "c-42", "me", "none", "\x00"])
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
bodies = values | st.dictionaries(st.sampled_from(["identity", "guest", "lang", "x"]), values, max_size=3)
headers = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40)


def test_nothing_breaks(start_web: StartWeb) -> None:
    """Any request gets an answer or a refusal with a reason, never a fault of ours."""
    system = start_web(rate="off")
    system.say("c-42", "hello")
    bearer, browser = system.bearer("a-ana"), system.browser()

    def check(answer: Any) -> None:
        assert answer.status_code < 500, answer.text
        if answer.mimetype == "application/problem+json":
            body = json.loads(answer.text)
            assert body["status"] == answer.status_code >= 400 and body["code"] and body["detail"]

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(PATHS), anything, st.dictionaries(st.sampled_from(NAMES), anything, max_size=4))
    def read(path: str, part: str, query: dict[str, str]) -> None:
        check(browser.get(path.format(part), query_string=query, headers=bearer))

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        bodies,
        headers,
        st.sampled_from(["Authorization", "X-CSRFToken", "Origin", "Host", "Cookie", "Accept-Language"]),
    )
    def write(body: object, value: str, name: str) -> None:
        check(
            browser.post("/api/session", data=json.dumps(body), content_type="application/json", headers={name: value})
        )

    read()
    write()
