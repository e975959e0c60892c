"""Two people chat through the committed nginx.conf, in front of what docker-compose.yml runs, on one origin."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.people import AgentScreen, ClientScreen, hire
from tests.real.composed import Composed
from tests.real.postgres import Postgres

# Whether a page of the origin it is run in gets a line to this address.
OPENS = """url => new Promise(answer => {
    const line = new WebSocket(url, "mqtt");
    line.onopen = () => { line.close(); answer(true); };
    line.onerror = () => answer(false);
})"""


@pytest.fixture(scope="module")
def system(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composed]:
    settings = {"WATTLINE_DEMO": "on"}
    with Composed(tmp_path_factory.mktemp("proxied"), postgres.fresh_database(), settings) as running:
        hire(running, "a-ana", "Ana")
        yield running


class ProxyAddresses:
    """Note the origins that a context's pages ask, and their WebSockets, from their first request on."""

    def __init__(self, context: BrowserContext) -> None:
        self.pages: set[str] = set()
        self.sockets: set[str] = set()
        context.on("request", lambda request: self.pages.add("{0.scheme}://{0.netloc}".format(urlsplit(request.url))))
        context.on("page", self._listen)

    def _listen(self, page: Page) -> None:
        page.on("websocket", lambda socket: self.sockets.add(socket.url))


def test_two_people_chat_on_one_origin(system: Composed, chromium: Browser) -> None:
    """A client and an agent chat through the proxy: pages, REST and WebSocket are of its origin."""
    contexts = [chromium.new_context() for _ in range(2)]
    seen = [ProxyAddresses(context) for context in contexts]
    maria, ana = ClientScreen.opened(contexts[0], system), AgentScreen(contexts[1], system)
    maria.say_stored("Is my meter right?")
    ana.open_chat("c-maria")
    ana.sees("Is my meter right?")
    ana.say("I look at it now.")
    maria.sees("I look at it now.")
    ana.sees_tick("I look at it now.", "read")
    for screen, addresses in zip((maria, ana), seen, strict=True):
        assert addresses.pages == {system.url}
        assert addresses.sockets == {f"ws://{urlsplit(system.url).netloc}/mqtt"}
        screen.close()


def test_a_page_of_another_origin_gets_no_line(system: Composed, chromium: Browser) -> None:
    """A page under another name of the very same server cannot open this origin's WebSocket, only its own."""
    own = urlsplit(system.url).netloc
    other = own.replace("localhost", "127.0.0.1")
    context = chromium.new_context(bypass_csp=True)  # it is the proxy that must refuse, not the page itself
    page = context.new_page()
    page.goto(f"http://{other}/healthz")
    assert page.evaluate(OPENS, f"ws://{other}/mqtt") is True
    assert page.evaluate(OPENS, f"ws://{own}/mqtt") is False
    context.close()
