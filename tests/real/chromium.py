"""
Start Debian's Chromium under Playwright.

Its headless shell takes half the processor time of `chromium --headless`, which has the windows' code too.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from playwright.sync_api import Browser, BrowserType, sync_playwright

from tests.real.parts import find_program

ARGS = [
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers give /dev/shm 64 MB
]


def find_chromium() -> str:
    """Return the path of the browser's program."""
    name = "chromium-headless-shell"
    return find_program(name, f"{name} fonts-dejavu-core")


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """
    Start one browser; use a `new_context()` for every person in the test.

    Playwright's event loop runs in this thread until the block ends: until then `asyncio.run` raises RuntimeError here.
    """
    with sync_playwright() as playwright, closing(_launch(playwright.chromium, find_chromium())) as browser:
        yield browser


@contextmanager
def running_whole_chromium(beside: Browser) -> Iterator[Browser]:
    """Start Chromium with all that its headless shell lacks: notifications. Args: beside: one that runs here."""
    with closing(_launch(beside.browser_type, find_program("chromium", "chromium"), "--headless")) as browser:
        yield browser


def _launch(kind: BrowserType, program: str, *more: str) -> Browser:
    return kind.launch(executable_path=program, args=[*ARGS, *more])
