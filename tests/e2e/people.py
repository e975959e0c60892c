"""The two people of every end-to-end test, each in a browser of their own: what they do, and what they see."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol, Self

import psutil
from PIL import Image
from playwright.sync_api import BrowserContext, FilePayload, Locator, expect

from bridge.participant import Participant, login_of
from tests.real.wattline import Wattline
from tests.waiting import wait_until

STAYS_OPEN_MS = 3_000
DEMO_WITHIN_S = 60  # for what the demo sends first: some seconds on a quiet machine, and more beside other tests
WITHIN_MS = 30_000  # no promise: web gives way to all else, and at a load of 20 on two cores a sign-in took over 10 s
expect.set_options(timeout=WITHIN_MS)
PASSWORD = "correct horse battery"


class RunningProduct(Protocol):
    """A running product, however it was put together."""

    @property
    def url(self) -> str:
        """Without a slash at the end."""

    def cli(self, *arguments: str, stdin: str = "") -> str:
        """Return what a `wattline` verb prints."""


class Screen:
    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page = context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._noticed)
        self.page.set_default_timeout(WITHIN_MS)

    def _noticed(self, message: object) -> None:
        text = str(getattr(message, "text", ""))
        if "Content Security Policy" in text:
            self.errors.append(text)

    def message(self, text: str) -> Locator:
        exact = re.compile(rf"^\s*{re.escape(text)}\s*$")
        return self.page.get_by_test_id("message").filter(has=self.page.locator(".wl-bubble", has_text=exact))

    def sees(self, text: str, within_ms: int = WITHIN_MS) -> None:
        """These words are on the screen, once."""
        expect(self.message(text)).to_have_count(1, timeout=within_ms)

    def sees_tick(self, text: str, *ticks: str, within_ms: int = WITHIN_MS) -> None:
        """The message with these words has one of these ticks (sending, stored, delivered, read, failed)."""
        expect(self.message(text)).to_have_attribute("data-tick", re.compile("|".join(ticks)), timeout=within_ms)

    def texts(self) -> list[str]:
        return self.page.get_by_test_id("message").locator(".wl-bubble").all_inner_texts()

    def seqs(self) -> list[int]:
        """The numbers of the stored messages, in the order they stand there."""
        numbers = self.page.get_by_test_id("message").evaluate_all("all => all.map(each => each.dataset.seq ?? '')")
        return [int(number) for number in numbers if number]

    def close(self) -> None:
        """Gone, as when the window is closed; nothing went wrong on the page meanwhile."""
        self.context.close()
        assert not self.errors, self.errors


class ClientScreen(Screen):
    def __init__(
        self, context: BrowserContext, system: RunningProduct, client: str = "c-maria", address: str = ""
    ) -> None:
        super().__init__(context)
        self.address = address or f"{system.url}/?client={client}"
        self.page.goto(self.address)

    @classmethod
    def opened(cls, *args: Any, **more: Any) -> Self:
        """Return a screen with these arguments and its chat open."""
        screen = cls(*args, **more)
        screen.open_chat()
        return screen

    @property
    def field(self) -> Locator:
        return self.page.get_by_role("textbox", name="Write a message")

    def open_chat(self) -> None:
        """Open the chat, unless it stays open from the same person's page before."""
        if self.page.evaluate("sessionStorage.getItem('wattline/open')"):
            with suppress(AssertionError):
                expect(self.field).to_be_visible(timeout=STAYS_OPEN_MS)
        if not self.field.is_visible():
            self.page.get_by_role("button", name=re.compile("Open the chat")).click()
        expect(self.field).to_be_visible()

    def say(self, text: str) -> None:
        """Typed and sent with Enter."""
        self.field.fill(text)
        self.field.press("Enter")

    def say_stored(self, text: str) -> None:
        """Typed, sent with Enter, and ticked."""
        self.say(text)
        self.sees_tick(text, "stored", "delivered", "read")


class AgentScreen(Screen):
    def __init__(self, context: BrowserContext, system: RunningProduct, agent: str = "a-ana") -> None:
        super().__init__(context)
        self.system, self.agent = system, agent
        self.page.goto(f"{system.url}/login")
        self.page.get_by_label("Your id").fill(agent)
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_test_id("tab-all")).to_be_visible()

    def row(self, client: str) -> Locator:
        return self.page.locator(f'[data-testid="row"][data-client="{client}"]')

    def show(self, tab: str) -> None:
        if tab in {"snoozed", "resolved"}:
            self.page.get_by_test_id("tab-more").click()
            self.page.get_by_role("menuitemradio", name=re.compile(f"^{tab}", re.I)).click()
        else:
            self.page.get_by_test_id(f"tab-{tab}").click()

    def open_chat(self, client: str) -> None:
        self.show("all")
        self.row(client).click()
        expect(self.page.get_by_test_id("client-id")).to_have_attribute("title", client)

    @property
    def field(self) -> Locator:
        return self.page.locator("textarea")

    def say(self, text: str) -> None:
        """Typed and sent with Enter, in the open chat."""
        self.field.fill(text)
        self.field.press("Enter")


def photo(name: str = "meter.jpg", size: tuple[int, int] = (800, 500), exif: Image.Exif | None = None) -> FilePayload:
    """Return a photo whose left half is black and whose right half is white, as a browser's file."""
    picture = Image.new("RGB", size, "black")
    picture.paste("white", (size[0] // 2, 0, *size))
    content = BytesIO()
    picture.save(content, "JPEG", exif=exif or Image.Exif())
    return {"name": name, "mimeType": "image/jpeg", "buffer": content.getvalue()}


def close(*screens: Screen) -> None:
    for screen in screens:
        screen.close()


def hire(system: RunningProduct, agent: str, name: str, *arguments: str) -> None:
    system.cli("agent", "add", agent, "--name", name, *arguments, "--password-stdin", stdin=PASSWORD)


def everybody_agrees(screens: Sequence[Screen], texts: Sequence[str], wait: Callable[..., object]) -> None:
    """Every screen shows exactly these words among its own, each once, in this order, and its numbers only rise."""
    for screen in screens:
        wait(lambda screen=screen: [text for text in screen.texts() if text in texts] == list(texts), within_s=10)
        numbers = screen.seqs()
        assert numbers == sorted(set(numbers))


@contextmanager
def with_ana(
    data: Path, *arguments: str, settings: dict[str, str] | None = None, admin: bool = False
) -> Iterator[Wattline]:
    """Run `wattline up ARGUMENTS`, ready, with Ana who has the password, and with `--demo` its clients' first words."""
    with Wattline(data, *arguments, settings=settings, at_once=True) as running:
        running.ports()
        if "--demo" in arguments:
            wait_until(lambda: "demo.readings" in running.log(), DEMO_WITHIN_S, why=running.log)
        hire(running, "a-ana", "Ana", *(["--admin"] if admin else []))
        yield running


@contextmanager
def taking_part(system: Wattline, id: str, **more: Any) -> Iterator[Participant]:
    """Connect a program with the rights of the id."""
    token = system.token(id)
    with Participant(id, lambda: login_of(token), **more) as participant:
        yield participant


@contextmanager
def deaf_broker(system: Wattline) -> Iterator[None]:
    """Stop the broker's processes meanwhile: nothing is stored, and each connection looks alive."""
    broker = psutil.Process(system.pid_of("broker"))
    stopped = [broker, *broker.children(recursive=True)]
    for process in stopped:
        process.suspend()
    try:
        yield
    finally:
        for process in stopped:
            process.resume()
