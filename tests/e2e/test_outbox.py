"""
A page that ends in the moment of sending loses no words from the screen.

Another page's transaction locks the browser's database, so that the moment is as long as the test wants.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext

from tests.e2e.people import ClientScreen, deaf_broker
from tests.real.wattline import Wattline
from tests.waiting import wait_until

HOLD = """() => new Promise((held, failed) => {
  const opening = indexedDB.open("wattline");
  opening.onerror = () => failed(opening.error);
  opening.onsuccess = () => {
    const store = opening.result.transaction("wattline", "readwrite").objectStore("wattline");
    window.released = false;
    const again = () => { held(); if (!window.released) store.count().onsuccess = again; };
    store.count().onsuccess = again;
  };
})"""


@contextmanager
def held_database(context: BrowserContext, system: Wattline) -> Iterator[None]:
    """The browser's database lets nobody of this context in meanwhile."""
    page = context.new_page()
    page.goto(f"{system.url}/healthz")
    page.evaluate(HOLD)
    try:
        yield
    finally:
        page.evaluate("() => { window.released = true; }")
        page.close()


def test_a_reload_in_the_moment_of_sending_keeps_the_words(system: Wattline, chromium: Browser) -> None:
    """Words that were on the screen, and not yet in the browser's database, are there after a reload, in order."""
    context = chromium.new_context()
    tab = ClientScreen.opened(context, system, "c-elena")
    tab.say_stored("Is anybody there?")
    said = ["caught in the act", "and once more", "and a third"]
    with deaf_broker(system):
        with held_database(context, system):
            for text in said:
                tab.say(text)
                tab.sees_tick(text, "sending")
            tab.page.reload()
        tab.open_chat()
        for text in said:
            tab.sees_tick(text, "sending")
    for text in said:
        tab.sees_tick(text, "stored", "delivered", "read", within_ms=30_000)
    assert [text for text in tab.texts() if text in said] == said
    tab.close()


def test_a_closed_tab_leaves_its_words_to_the_other(system: Wattline, chromium: Browser) -> None:
    """A tab closed in the moment of sending: the other tab shows the words within a second, and sends them."""
    context = chromium.new_context()
    one, two = ClientScreen.opened(context, system, "c-ion"), ClientScreen.opened(context, system, "c-ion")
    one.say("Two of us")
    for tab in (one, two):
        tab.sees_tick("Two of us", "stored", "delivered", "read")
    with deaf_broker(system):
        with held_database(context, system):
            one.say("last words")
            one.sees_tick("last words", "sending")
            one.page.close()
        two.sees_tick("last words", "sending")
    two.sees_tick("last words", "stored", "delivered", "read", within_ms=30_000)
    wait_until(lambda: two.texts().count("last words") == 1)
    two.close()
