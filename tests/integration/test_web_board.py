"""The board's page: the rows that it brings are the inbox's own, whatever clients call themselves or write."""

import json
import re
from html.parser import HTMLParser

from tests.integration.web_under_test import WebUnderTest

HOSTILE = "</script><script>window.wlHurt = 1</script><!--<script>&amp;\u2028"


class Elements(HTMLParser):
    """A page's script elements, by their ids."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=False)
        self.texts: dict[str, str] = {}
        self.scripts = 0
        self._inside: str | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.scripts += 1
            self._inside = dict(attrs).get("id") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            self.texts[self._inside] = self.texts.get(self._inside, "") + data


def test_the_page_brings_the_first_rows(system: WebUnderTest) -> None:
    """The board's page holds what GET /api/inbox answers the same agent, and nobody keeps a copy of it."""
    system.say("c-42", "hello", "again")
    system.say("c-43", "good day")
    browser = system.agent("a-ana")
    page = browser.get("/board")
    brought = json.loads(Elements(page.text).texts["wl-inbox"])
    assert brought == json.loads(browser.get("/api/inbox?limit=60").text)
    assert {row["client"] for row in brought["summaries"]} == {"c-42", "c-43"}
    assert page.headers["Cache-Control"] == "no-store"


def test_the_page_says_how_clients_call_the_agent(system: WebUnderTest) -> None:
    """Beside the whole name the board's page has the agent's first name, for what goes to clients."""
    browser = system.agent("a-ana")
    system.store.registry.add_agent("a-ana", "Dr. Ana Pop")
    me = json.loads(Elements(browser.get("/board").text).texts["wl-config"])["me"]
    assert me == {"id": "a-ana", "name": "Dr. Ana Pop", "shown": "Ana", "admin": False}


def test_a_page_without_a_sign_in_brings_none(system: WebUnderTest) -> None:
    """A browser that is not signed in is redirected without a row."""
    system.say("c-42", "hello")
    answer = system.browser().get("/board")
    assert answer.status_code == 302 and "c-42" not in answer.text and "hello" not in answer.text


def test_words_of_clients_stay_words(system: WebUnderTest) -> None:
    """A client's words neither end their element nor begin another; they arrive as written."""
    browser = system.agent("a-ana")
    before = Elements(browser.get("/board").text).scripts
    system.say("c-42", HOSTILE)
    page = browser.get("/board").text
    found = Elements(page)
    assert found.scripts == before
    assert json.loads(found.texts["wl-inbox"])["summaries"][0]["last"]["text"] == HOSTILE
    element = re.search(r'id="wl-inbox">(.*?)</script>', page, re.DOTALL)
    assert element and not re.search("[<>&]", element[1])
