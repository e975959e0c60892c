"""Start Debian's Chromium under Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.real.parts import missing

ARGS = [
    "--headless",
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers give /dev/shm 64 MB
]


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """
    Start one browser; use a `new_context()` for every person in the test.

    Playwright's event loop runs in this thread until the block ends: until then `asyncio.run` raises RuntimeError here.
    """
    program = shutil.which("chromium") or missing("chromium", "chromium fonts-dejavu-core")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGS)
        try:
            yield browser
        finally:
            browser.close()
