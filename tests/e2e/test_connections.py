"""Dead connections and typing as people notice them, timed in real browsers by their shared clock."""

import json
import socket
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from chat_core.contract import topics
from tests.chaos.proxy import Proxy
from tests.conformance import frames
from tests.e2e.conftest import Report
from tests.e2e.people import AgentScreen, ClientScreen, with_ana
from tests.real.wattline import Wattline, read_ports
from tests.waiting import wait_until

AWAY: int = 500
TYPINGS: int = 9
NOW = "performance.timeOrigin + performance.now()"
ROOT = """
    const host = [...document.querySelectorAll('*')].find((element) => element.shadowRoot);
    const root = document.querySelector('#board') ?? host.shadowRoot;
    const watch = (look) => {
      const all = { subtree: true, childList: true, attributes: true, characterData: true };
      new MutationObserver(look).observe(root, all);
      look();
    };
"""
# When the message with these words was first there, and when it first had its tick.
WATCH_WORDS = (
    "(text) => {"
    + ROOT
    + f"""
    const seen = (window.wlSeen = {{}}); // what is looked for later is another's
    watch(() => {{
      for (const element of root.querySelectorAll('[data-testid="message"]')) {{
        if (element.querySelector('.wl-bubble')?.textContent?.trim() !== text) continue;
        seen.shown ??= {NOW};
        if (element.dataset.tick && element.dataset.tick !== 'sending') seen.ticked ??= {NOW};
      }}
    }});
}}"""
)
# Each change between "somebody types" and "nobody does", with its time.
WATCH_TYPING = (
    "() => {"
    + ROOT
    + f"""
    window.wlTyping = [];
    let before = false;
    watch(() => {{
      const now = root.querySelector('[data-testid="typing"]')?.textContent?.includes('typing') ?? false;
      if (now !== before) window.wlTyping.push([now, {NOW}]);
      before = now;
    }});
}}"""
)

pytestmark = pytest.mark.alone


@dataclass(frozen=True)
class ProductBehindProxy:
    system: Wattline
    road: Proxy


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProductBehindProxy]:
    data = tmp_path_factory.mktemp("system") / "data"

    def websocket() -> tuple[str, int]:
        return "127.0.0.1", read_ports(data).get("ws", 0)

    with Proxy(websocket) as road:
        settings = {"WATTLINE_WS_URL": f"ws://localhost:{road.port}/mqtt", "WATTLINE_RATE": "off"}
        with with_ana(data, "--demo", settings=settings) as system:
            yield ProductBehindProxy(system, road)


def now_of(page: Page) -> float:
    return float(page.evaluate(NOW))


def test_network_changes_under_a_phone(place: ProductBehindProxy, chromium: Browser, report: Report) -> None:
    """After a network change words written into the dead connection are ticked within 3 s."""
    ion = ClientScreen.opened(chromium.new_context(), place.system, "c-ion")
    ion.say_stored("before the tunnel")
    ion.page.evaluate(WATCH_WORDS, "in the tunnel")
    place.road.forget()
    ion.say("in the tunnel")
    ion.sees_tick("in the tunnel", "sending")
    began_ms = now_of(ion.page)
    ion.page.evaluate("dispatchEvent(new Event('online'))")
    ion.sees_tick("in the tunnel", "stored", "delivered", "read")
    took_ms = ion.page.evaluate("window.wlSeen.ticked") - began_ms
    report(f"the network changed: ticked {took_ms:.0f} ms after the browser knew")
    assert took_ms < 3_000
    ion.close()


def test_who_hears_nothing_says_nobody_is_there(place: ProductBehindProxy, chromium: Browser) -> None:
    """While the connection is down the panel's head says that alone; then the desk's words are back."""
    radu = ClientScreen.opened(chromium.new_context(), place.system, "c-radu")
    radu.say_stored("Anybody there?")
    desk = radu.page.get_by_test_id("desk")
    expect(desk).not_to_be_empty()
    expect(desk).to_be_visible()
    with place.road.shut():
        expect(radu.page.locator(".wl-line-offline")).to_be_visible()
        expect(desk).to_have_text("No connection")
    expect(desk).not_to_have_text("No connection")
    expect(desk).to_be_visible()
    radu.close()


@contextmanager
def speaking_as(system: Wattline, agent: str) -> Iterator[socket.socket]:
    token = system.token(agent)
    with socket.create_connection(("127.0.0.1", system.mqtt_port), timeout=10) as line:
        line.sendall(frames.connect(token["client_id"], token["username"], token["password"]))
        line.recv(4)
        yield line


def test_away_for_five_hundred(place: ProductBehindProxy, chromium: Browser, report: Report) -> None:
    """A client away for 500 messages has them all within 1 s of its connect, in order, without more requests."""
    elena = ClientScreen.opened(chromium.new_context(), place.system, "c-elena")
    elena.say_stored("Good morning")
    elena.page.evaluate(WATCH_WORDS, f"away {AWAY - 1}")
    with place.road.shut(), speaking_as(place.system, "a-ana") as ana:
        for number in range(AWAY):
            said = {"id": f"away-{number}", "kind": "text", "text": f"away {number}", "sent": 0}
            topic = topics.msg("c-elena", "a-ana").encode()
            ana.sendall(frames.publish(topic, json.dumps(said).encode(), qos=1, packet_id=1 + number))
        bearer = place.system.token("c-elena")["api_token"]
        newest = f"{place.system.url}/api/clients/c-elena/log?limit=1"
        wait_until(
            lambda: (
                elena.page.request.get(newest, headers={"Authorization": f"Bearer {bearer}"})
                .json()["entries"][-1]
                .get("text")
                == f"away {AWAY - 1}"
            ),
            20,
        )
    elena.page.evaluate("dispatchEvent(new Event('online'))")
    elena.sees(f"away {AWAY - 1}")
    took_ms = elena.page.evaluate("window.wlSeen.shown") - place.road.let_in_at_s[-1] * 1_000
    report(f"{AWAY} messages away: there, the newest on the screen, {took_ms:.0f} ms after the line was let in")
    elena.context.set_offline(True)
    while (earlier := elena.page.get_by_role("button", name="Load earlier messages")).count():
        earlier.click()
    assert [text for text in elena.texts() if text.startswith("away ")] == [f"away {number}" for number in range(AWAY)]
    assert elena.seqs() == sorted(set(elena.seqs()))
    assert took_ms < 1_000
    elena.close()


def test_typing_shows_at_once_and_ends(place: ProductBehindProxy, chromium: Browser, report: Report) -> None:
    """Typing shows within 100 ms (median), ends with the message, and 6 s after the typist vanishes."""
    maria, ana = ClientScreen(chromium.new_context(), place.system), AgentScreen(chromium.new_context(), place.system)
    maria.open_chat()
    maria.say("Hello?")
    ana.open_chat("c-maria")
    ana.sees("Hello?")
    ana.page.evaluate(WATCH_TYPING)
    shown, gone = [], []
    for number in range(TYPINGS):
        began_ms = now_of(maria.page)
        maria.field.fill(f"words {number}")
        expect(ana.page.get_by_test_id("typing")).to_contain_text("typing")
        shown.append(ana.page.evaluate("window.wlTyping.at(-1)[1]") - began_ms)
        ana.page.evaluate(WATCH_WORDS, f"words {number}")
        maria.field.press("Enter")
        ana.sees(f"words {number}")
        expect(ana.page.get_by_test_id("typing")).not_to_contain_text("typing")
        gone.append(ana.page.evaluate("window.wlTyping.at(-1)[1] - window.wlSeen.shown"))
    maria.field.fill("and then")
    expect(ana.page.get_by_test_id("typing")).to_contain_text("typing")
    vanished_ms = now_of(ana.page)
    maria.close()
    expect(ana.page.get_by_test_id("typing")).not_to_contain_text("typing", timeout=10_000)
    lasted_ms = ana.page.evaluate("window.wlTyping.at(-1)[1]") - vanished_ms
    report(
        f"typing: shown p50 {statistics.median(shown):.0f} ms, largest {max(shown):.0f} ms; gone {max(gone):.0f} ms"
        f" after its message at most, {lasted_ms:.0f} ms after the typist vanished",
    )
    assert statistics.median(shown) < 100
    assert max(gone) < 20  # one frame
    assert lasted_ms <= 6_100
    ana.close()
