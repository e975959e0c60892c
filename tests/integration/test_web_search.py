"""GET /api/search and the inbox's filters as boards ask them."""

from tests.contract.stores import take_in_all
from tests.integration.web_under_test import WebUnderTest, json_of, problem_of


def test_a_search(system: WebUnderTest) -> None:
    """An agent finds words of all clients, with who, where and when, and what to highlight."""
    system.store.registry.ensure_client("c-42", name="Maria Pop")
    system.say("c-42", "De ce e factura așa de mare?", "Alo?")
    system.say("c-43", "factura mea")
    take_in_all(system.store)
    answer = json_of(system.get("/api/search", "a-ana", query_string={"q": "FACTURĂ"}))
    assert [(hit["client"], hit["name"], hit["seq"], hit["from"], hit["text"]) for hit in answer["hits"]] == [
        ("c-43", None, 1, "c-43", "factura mea"),
        ("c-42", "Maria Pop", 1, "c-42", "De ce e factura așa de mare?"),
    ]
    assert (answer["words"], answer["cursor"], answer["behind"]) == (["factura"], None, 0)


def test_pages_of_a_search(system: WebUnderTest) -> None:
    """The cursor leads on, and the end has none."""
    system.say("c-42", *(f"bill {n}" for n in range(5)))
    take_in_all(system.store)
    bearer, cursor, seen = system.bearer("a-ana"), "", []
    while cursor is not None:
        asked = {"q": "bill", "limit": "2", "cursor": cursor}
        page = json_of(system.browser().get("/api/search", query_string=asked, headers=bearer))
        seen += [hit["seq"] for hit in page["hits"]]
        cursor = page["cursor"]
    assert seen == [5, 4, 3, 2, 1]


def test_who_may_search(system: WebUnderTest) -> None:
    """Agents and bots search; a client does not, not even its own words."""
    problem_of(system.get("/api/search?q=bill", "c-42"), 403, "not_allowed")
    problem_of(system.browser().get("/api/search?q=bill"), 401, "not_signed_in")
    assert system.get("/api/search?q=bill", "b-rules").status_code == 200


def test_a_search_that_cannot_be_understood(system: WebUnderTest) -> None:
    """A filter that says nothing sensible is refused with a sentence about what it takes."""
    bearer = system.bearer("a-ana")
    wrong = system.browser().get("/api/search?q=before:yesterday", headers=bearer)
    assert "2026" in problem_of(wrong, 422, "bad_query")["detail"]
    problem_of(system.browser().get("/api/search?q=", headers=bearer), 422, "bad_request")


def test_the_inboxs_filters(system: WebUnderTest) -> None:
    """The inbox is filtered by words of a name, by a tag and by who waits."""
    system.store.registry.ensure_client("c-42", name="Maria Pop")
    system.say("c-42", "hello")
    take_in_all(system.store)
    bearer = system.bearer("a-ana")
    for query, n in (
        ("q=c-42", 1),
        ("q=c-4", 1),
        ("q=nobody", 0),
        ("tag=bill", 0),
        ("waiting=1", 0),
        ("waiting=", 422),
    ):
        answer = system.browser().get(f"/api/inbox?{query}", headers=bearer)
        assert answer.status_code == 422 if n == 422 else len((answer.json or {})["summaries"]) == n, query
