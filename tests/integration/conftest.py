"""Fixtures for the integration tests of web and bridge."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.bridge_system import BridgeSystem
    from tests.integration.web_under_test import AdminSession, WebUnderTest

StartWeb = Callable[..., "WebUnderTest"]


@pytest.fixture
def start_web(tmp_path: Path) -> Iterator[StartWeb]:
    """Start web on a new SQLite store; settings are WATTLINE_… names without the prefix, in lower case."""
    from tests.integration.web_under_test import web_under_test

    with ExitStack() as started_apps:
        started: list[WebUnderTest] = []

        def start(**settings: str) -> "WebUnderTest":
            started.append(started_apps.enter_context(web_under_test(tmp_path / f"web{len(started)}", **settings)))
            return started[-1]

        yield start


@pytest.fixture
def system(start_web: StartWeb) -> "WebUnderTest":
    return start_web()


@pytest.fixture
def admin(system: "WebUnderTest") -> "AdminSession":
    from tests.integration.web_under_test import AdminSession

    return AdminSession(system.agent("a-ana", admin=True))


@pytest.fixture
def client(system: "BridgeSystem") -> Iterator[str]:
    """Make a client who is new to the bridge; all participants disconnect after the test."""
    yield system.new_client()
    system.send_home()
