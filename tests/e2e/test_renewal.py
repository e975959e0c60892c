"""Credentials that end while people talk, in two real browsers: a new line first, then the old one goes, unseen."""

import time
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, Error, Route, WebSocket, expect

from tests.e2e.people import AgentScreen, ClientScreen, Screen, close, everybody_agrees, with_ana
from tests.real.wattline import Wattline
from tests.waiting import wait_until

SHORT_S = 5  # what the page is told of a token's life, at 80 % of which it renews; the token's own end is an hour off,
# or a machine that is busy for a second would end the old line before the new one is there
RENEWALS = 2
WITHIN_S = 60

# Looks at every frame the screen is drawn for: a line about the connection, and a client who is said to be offline.
WATCH = """() => {
    const seen = (window.seenByTest = []);
    const look = (root) => {
        for (const line of root.querySelectorAll(".wl-line:not(.wl-line-also)")) seen.push(line.innerText);
        const head = root.querySelector("[data-testid=client-id]")?.closest("header").textContent ?? "";
        if (/offline/i.test(head)) seen.push(head);
        for (const element of root.querySelectorAll("*")) if (element.shadowRoot) look(element.shadowRoot);
    };
    const again = () => { look(document); requestAnimationFrame(again); };
    again();
}"""


class Lines:
    """The WebSockets of one page, as they came and went; it is told that its tokens live for seconds."""

    def __init__(self, screen: Screen) -> None:
        self.events: list[tuple[str, int]] = []
        self._screen = screen
        address = screen.page.url
        screen.page.goto("about:blank")  # Playwright tells no close of a line that ends with its page
        screen.page.on("websocket", self._opened)
        screen.context.route("**/api/session", self._shorten)
        screen.page.goto(address)

    def _opened(self, line: WebSocket) -> None:
        number = self.opened
        self.events.append(("open", number))
        line.on("close", lambda _: self.events.append(("close", number)))

    @property
    def opened(self) -> int:
        return sum(what == "open" for what, _ in self.events)

    def _shorten(self, route: Route) -> None:
        """Answer with what web says; a fault of the network goes on to the page, not to the next test."""
        try:
            answer = route.fetch(max_retries=3)  # as a browser does where an idle connection is closed meanwhile
            given = answer.json()
            if answer.ok:
                given["expires"] = given["now"] + SHORT_S * 1_000
            route.fulfill(response=answer, json=given)
        except Error:
            with suppress(Error):
                route.abort()

    def check(self) -> None:
        """Every line but the last was dropped, and only when the next one was there."""
        for number in range(self.opened - 1):
            wait_until(lambda number=number: self._has_closed(number), 10)  # type: ignore[misc]
            assert self.events.index(("open", number + 1)) < self.events.index(("close", number)), self.events
        assert not self._has_closed(self.opened - 1)

    def _has_closed(self, number: int) -> bool:
        self._screen.page.evaluate("0")  # Playwright tells of events while it is asked something
        return ("close", number) in self.events

    def end(self) -> None:
        self._screen.context.unroute_all(behavior="ignoreErrors")


def test_renewal_is_not_seen(system: Wattline, chromium: Browser) -> None:
    """Connections are renewed while two people talk; every word is there once, in order; nobody sees it."""
    maria, ana = ClientScreen(chromium.new_context(), system), AgentScreen(chromium.new_context(), system)
    lines = [Lines(maria), Lines(ana)]
    maria.open_chat()
    maria.say_stored("before")
    ana.open_chat("c-maria")
    ana.sees("before")
    people: list[Screen] = [maria, ana]
    for screen in people:
        screen.page.evaluate(WATCH)
    began = [each.opened for each in lines]
    said: list[str] = []
    until_s = time.monotonic() + WITHIN_S
    while any(each.opened < before + RENEWALS for each, before in zip(lines, began, strict=True)):
        assert time.monotonic() < until_s, [each.events for each in lines]
        said += [f"maria {len(said)}", f"ana {len(said)}"]
        maria.say(said[-2])
        ana.sees(said[-2])
        ana.say(said[-1])
        maria.sees(said[-1])
    everybody_agrees([maria, ana], ["before", *said], wait_until)
    for screen, each in zip(people, lines, strict=True):
        each.check()
        assert screen.page.evaluate("window.seenByTest") == []
    for screen, each in zip(people, lines, strict=True):
        each.end()
        screen.close()


def test_signing_out_elsewhere_is_not_noticed(chromium: Browser, tmp_path: Path) -> None:
    """On Mosquitto a sign-out in one browser makes the other renew and chat on; everywhere ends it."""
    with with_ana(tmp_path / "data", "--demo", settings={"WATTLINE_BROKER": "mosquitto"}) as system:
        maria = ClientScreen(chromium.new_context(), system)
        leaves, stays = (AgentScreen(chromium.new_context(), system) for _ in range(2))
        asked: list[str] = []
        stays.page.on("request", lambda request: asked.append(request.url))
        maria.open_chat()
        maria.say("before")
        stays.open_chat("c-maria")
        stays.sees("before")
        sessions = lambda: sum(url.endswith("/api/session") for url in asked)  # noqa: E731
        before = sessions()
        sign_out(leaves, "Sign out")
        wait_until(lambda: stays.page.evaluate("1") and sessions() > before, 15)
        maria.say("after")
        stays.sees("after")
        stays.say("still here")
        maria.sees("still here")
        again = AgentScreen(leaves.context, system)
        sign_out(again, "Sign out everywhere")
        expect(stays.page.get_by_text("Sign in again")).to_be_visible()
        close(maria, leaves, stays)


def sign_out(screen: AgentScreen, words: str) -> None:
    screen.page.get_by_role("button", name="Ana").first.click()
    screen.page.get_by_role("menuitem", name=words, exact=True).click()
    expect(screen.page.get_by_label("Your id")).to_be_visible()
