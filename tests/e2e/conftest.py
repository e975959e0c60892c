"""Fixtures of most end-to-end tests: the product with its demo portal, Ana at the board, and a bot."""

import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Error

from bridge.participant import Participant
from tests.e2e.people import taking_part, with_ana
from tests.real.chromium import running_chromium
from tests.real.wattline import Wattline

Report = Callable[[str], None]


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Report:
    """Print a measured figure, which pytest would capture."""

    def write(line: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{line}\n")

    return write


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """
    Run one browser for all of these modules; take a `new_context()` for every person.

    Its event loop runs in this thread until the last of them ends. So no test of this folder calls `asyncio.run`, not
    even in a module without a browser: it would fail or pass with the order of modules.
    """
    with running_chromium() as browser:
        yield browser


@pytest.fixture(autouse=True)
def closed_contexts(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close the contexts that a failed test left open: an error in a handler of theirs fails the tests after it."""
    if "chromium" not in request.fixturenames:
        yield
        return
    browser: Browser = request.getfixturevalue("chromium")
    before = set(browser.contexts)
    yield
    for context in set(browser.contexts) - before:
        _close(context)


def _close(context: BrowserContext) -> None:
    """Close it; Playwright raises the errors of its handlers first, one by each call."""
    while True:
        try:
            context.unroute_all(behavior="ignoreErrors")
            context.close()
        except Error:
            if not context.browser or not context.browser.is_connected():
                return
        else:
            return


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wattline]:
    """Run the product with its demo portal on the embedded broker."""
    with with_ana(tmp_path_factory.mktemp("system") / "data", "--demo") as running:
        yield running


@pytest.fixture(scope="module")
def bot(system: Wattline) -> Iterator[Participant]:
    """Connect a program with an agent's rights."""
    with taking_part(system, "b-helper") as participant:
        yield participant
