"""The service worker in a real Chromium: notifications, the board as an app, its start without a connection."""

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect

from tests.e2e.people import AgentScreen, ClientScreen, hire
from tests.real.chromium import running_whole_chromium
from tests.real.portal import running_portal
from tests.real.wattline import Wattline
from tests.waiting import wait_until

SHOWN = """async (scope) => {
  const registration = await navigator.serviceWorker.getRegistration(scope);
  const all = await registration.getNotifications();
  return all.map(({ title, body, lang, tag, data }) => ({ title, body, lang, tag, data }));
}"""
PRESS = """async (client) => {
  await self.registration.showNotification("T", { data: client });
  const [notification] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification }));
}"""
ACTIVE = """async () => {
  const worker = (await navigator.serviceWorker.getRegistration("/board"))?.active;
  return worker?.state === "activated" ? worker.scriptURL : "";
}"""
# Counts the pushes that were dealt with: the worker asks for its windows before it shows one, and this after it.
COUNT = """() => {
  const windows = () => self.clients.matchAll({ type: "window", includeUncontrolled: true });
  self.pushes = 0;
  self.addEventListener("push", (event) => event.waitUntil(windows().then(() => (self.pushes += 1))));
}"""
REGISTERED = """async (scope) =>
  (await navigator.serviceWorker.getRegistration(scope))?.active?.state === "activated" """


@pytest.fixture(scope="module")
def chromium(chromium: Browser) -> Iterator[Browser]:
    """Run the whole Chromium, which shows notifications."""
    with running_whole_chromium(chromium) as browser:
        yield browser


class WorkerInBrowser:
    """Chromium's protocol for the worker of one scope, seen from a page of its origin."""

    def __init__(self, page: Page, scope: str) -> None:
        self.page, self.scope = page, scope
        self._ids: dict[str, str] = {}
        self.devtools: CDPSession = page.context.new_cdp_session(page)
        self.devtools.on("ServiceWorker.workerRegistrationUpdated", self._heard)
        wait_until(lambda: page.evaluate(REGISTERED, scope))
        self.devtools.send("ServiceWorker.enable")

    def _heard(self, told: dict[str, Any]) -> None:
        for one in told["registrations"]:
            self._ids[one["scopeURL"]] = one["registrationId"]

    def push(self, origin: str, **content: object) -> None:
        """Deliver what the server would send, decrypted."""
        wait_until(lambda: isinstance(self.page.title(), str) and f"{origin}{self.scope}" in self._ids)  # hears events
        self.devtools.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": origin, "registrationId": self._ids[f"{origin}{self.scope}"], "data": json.dumps(content)},
        )

    def shown(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate(SHOWN, self.scope)
        return found


def is_active(page: Page, lang: str) -> bool:
    """
    Return whether this language's worker answers for the board's next page.

    It may not control the present one: a page that begins while the worker does is never claimed.
    """
    return f"lang={lang}" in page.evaluate(ACTIVE)


@contextmanager
def browsing(chromium: Browser, system: Wattline, locale: str = "en") -> Iterator[BrowserContext]:
    context = chromium.new_context(locale=locale)
    context.grant_permissions(["notifications"], origin=system.url)
    try:
        yield context
    finally:
        context.close()


def test_the_board_is_an_app(chromium: Browser, system: Wattline) -> None:
    """Chromium finds nothing that keeps it from installing the board, and reads its name, icons and start."""
    with browsing(chromium, system) as context:
        page = AgentScreen(context, system).page
        devtools = context.new_cdp_session(page)
        told = json.loads(devtools.send("Page.getAppManifest")["data"])
        assert (told["start_url"], told["display"], told["theme_color"]) == ("/board", "standalone", "#0b6e4f")
        faults = [one["errorId"] for one in devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]]
        assert [fault for fault in faults if fault != "in-incognito"] == []  # where every test runs


def test_an_offline_start_says_so(chromium: Browser, system: Wattline) -> None:
    """
    Without a connection the board's start is a sentence in the agent's language, and nothing of before.

    It is drawn by itself, and the board follows as soon as there is a connection, where the agent was.
    """
    with browsing(chromium, system) as context:
        page = AgentScreen(context, system).page
        for lang, title in (("en", "No connection"), ("ro", "Fără conexiune"), ("de", "Keine Verbindung")):
            page.goto(f"{system.url}/board?lang={lang}")
            wait_until(partial(is_active, page, lang))
            context.set_offline(True)
            page.goto(f"{system.url}/board#/settings/hours")
            expect(page.get_by_role("heading")).to_have_text(title)
            assert page.evaluate("caches.keys()") == []
            expect(page.get_by_role("link")).to_have_css("background-color", "rgb(11, 110, 79)")
            page.goto("about:blank")  # the board that follows by itself would register a worker of its own language
            context.set_offline(False)
        context.set_offline(True)
        page.goto(f"{system.url}/board#/settings/hours")
        context.set_offline(False)
        expect(page.locator("#board main.wl-pages")).to_be_visible()


def test_a_new_release_is_taken_at_the_next_load(chromium: Browser, system: Wattline) -> None:
    """With a worker in control, each load of the board takes the page from the server, and never one of before."""
    hire(system, "a-late", "Late")
    with browsing(chromium, system) as context:
        page = AgentScreen(context, system, "a-late").page
        wait_until(partial(is_active, page, "en"))
        page.reload()
        expect(page.get_by_test_id("tab-all")).to_be_visible()
        system.cli("agent", "disable", "a-late")
        page.reload()
        expect(page.get_by_label("Password", exact=True)).to_be_visible()  # the server's answer of now: signed out


def test_a_push_is_shown_in_its_language(chromium: Browser, system: Wattline) -> None:
    """The worker shows what was sent, in its language; a newer one of a conversation replaces the one before."""
    with browsing(chromium, system) as context:
        worker = WorkerInBrowser(AgentScreen(context, system).page, "/board")
        sent = {"title": "Riverside", "icon": "/icon-192.png", "client": "c-42"}
        (script,) = context.service_workers
        script.evaluate(COUNT)
        worker.push(system.url, body="no", lang="en", tag="no", **sent)  # a visible board shows it itself
        wait_until(lambda: script.evaluate("self.pushes") == 1)  # before the board is gone
        worker.page.goto(f"{system.url}/healthz")
        for lang in ("en", "ro", "de"):
            for body in ("one", f"two in {lang}"):
                worker.push(system.url, body=body, lang=lang, tag=f"wattline/{lang}", **sent)
        wait_until(lambda: sorted(one["body"] for one in worker.shown()) == ["two in de", "two in en", "two in ro"])
        shown = {one["tag"]: one["lang"] for one in worker.shown()}
        assert shown == {"wattline/en": "en", "wattline/ro": "ro", "wattline/de": "de"}
        assert {(one["title"], one["data"]) for one in worker.shown()} == {("Riverside", "c-42")}


def test_a_press_opens_the_conversation(chromium: Browser, system: Wattline) -> None:
    """A press on a notification lets an open board show the conversation that it is about."""
    with browsing(chromium, system) as context:
        page = AgentScreen(context, system).page
        wait_until(lambda: page.evaluate(REGISTERED, "/board"))
        (script,) = context.service_workers
        wait_until(lambda: script.evaluate(PRESS, "c-ion") is None and page.evaluate("location.hash") == "#/c-ion")


# Chromium of a test reaches no push service, and its permission cannot be asked for: this stands for both.
GRANTED = """
const kept = (name, value) => (value ? localStorage.setItem(name, value) : localStorage.getItem(name));
const plain = (text) => atob(text.replaceAll("-", "+").replaceAll("_", "/"));
const bytesOf = (text) => Uint8Array.from(plain(text), (one) => one.charCodeAt());
const endpoint = "https://fcm.googleapis.com/fcm/send/of-the-test";
const made = () => ({
  endpoint,
  options: { applicationServerKey: bytesOf(kept("key")) },
  toJSON: () => ({ endpoint, keys: KEYS }),
  unsubscribe: async () => localStorage.removeItem("key"),
});
PushManager.prototype.getSubscription = async () => (kept("key") ? made() : null);
PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
  kept("key", applicationServerKey);
  return made();
};
Object.defineProperty(Notification, "permission", { get: () => kept("permission") ?? "default" });
Notification.requestPermission = async () => kept("permission", "granted") ?? kept("permission");
"""
KEYS = {
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}


def browsers_of(system: Wattline, person: str) -> list[str]:
    """Return in which browsers the person is notified, as the server lists them."""
    headers = {"Authorization": f"Bearer {system.token(person)['api_token']}"}
    asked = urllib.request.Request(f"{system.url}/api/push", headers=headers)
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return [one["browser"] for one in json.load(answer)["browsers"]]


def test_a_client_who_waits_is_offered_it(chromium: Browser, system: Wattline) -> None:
    """A question brings the offer; a press subscribes; a press on a notification opens the chat; one press ends it."""
    with browsing(chromium, system) as context:
        context.add_init_script(f"(() => {{{GRANTED.replace('KEYS', json.dumps(KEYS))}}})()")
        screen = ClientScreen.opened(context, system, "c-ion")
        expect(screen.page.get_by_test_id("push-offer")).to_have_count(0)
        screen.say_stored("Is anybody there?")
        screen.page.get_by_test_id("push-offer").get_by_role("button", name="Notify me").click()
        expect(screen.page.get_by_test_id("push-offer")).to_have_count(0)
        assert browsers_of(system, "c-ion") == ["Chrome on Linux"]
        screen.page.goto(screen.address)
        (script,) = context.service_workers
        more = screen.page.get_by_role("button", name="More")
        wait_until(lambda: script.evaluate(PRESS, None) is None and more.is_visible())
        more.click()
        screen.page.get_by_role("button", name="Stop notifications").click()
        again = screen.page.get_by_role("button", name="Notify me of answers")
        expect(again).to_be_visible()
        assert browsers_of(system, "c-ion") == []
        again.click()
        expect(again).to_have_count(0)
        assert browsers_of(system, "c-ion") == ["Chrome on Linux"]
        ClientScreen(context, system, "c-elena").open_chat()  # another person signs in here
        wait_until(lambda: browsers_of(system, "c-ion") == [])


def test_a_portals_own_worker(chromium: Browser, system: Wattline) -> None:
    """A portal's worker of one line shows notifications on the portal's origin."""
    with running_portal() as portal, browsing(chromium, system) as context:
        context.grant_permissions(["notifications"], origin=portal.origin)
        portal.files["/"] = ("text/html", "<h1>Portal</h1>")
        portal.files["/w.js"] = ("text/javascript", f'importScripts("{system.url}/worker.js");')
        page = context.new_page()
        page.goto(portal.origin)
        page.evaluate("navigator.serviceWorker.register('/w.js?page=/', { scope: '/wattline-push/' }).then(() => {})")
        worker = WorkerInBrowser(page, "/wattline-push/")
        page.goto(f"{system.url}/healthz")  # no page of the portal is visible
        worker.push(portal.origin, title="T", body="Answered", lang="en", tag="t", icon="/i.png", client=None)
        page.goto(portal.origin)
        wait_until(lambda: [one["body"] for one in worker.shown()] == ["Answered"])
