"""Fixtures for the rooms' integration tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.integration.web_house import WebUnderTest

StartHouse = Callable[..., "WebUnderTest"]


@pytest.fixture
def start_house(tmp_path: Path) -> Iterator[StartHouse]:
    """Starts the web room on a new SQLite store; settings are WATTLINE_… names without the prefix, in lower case."""
    from tests.integration.web_house import web_house

    with ExitStack() as houses:
        started: list[WebUnderTest] = []

        def start(**settings: str) -> "WebUnderTest":
            started.append(houses.enter_context(web_house(tmp_path / f"house{len(started)}", **settings)))
            return started[-1]

        yield start


@pytest.fixture
def house(start_house: StartHouse) -> "WebUnderTest":
    """The web room as it stands by default, with one portal configured."""
    return start_house()
