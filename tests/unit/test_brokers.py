"""Each difference between brokers has one owner: a profile for the product, a driver in `broker/`."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker.driver import BrokerDriver, find_driver
from chat_core.runtime import brokers
from chat_core.runtime.brokers import BROKERS

REPOSITORY = Path(brokers.__file__).resolve().parents[2]
OWNER = Path(brokers.__file__).resolve()


@pytest.mark.parametrize("name", BROKERS)
def test_each_broker_has_a_driver(name: str) -> None:
    """Each broker that the settings know has a driver, which serves and renders with the protocol's arguments."""
    driver = find_driver(name)
    for step in ("serve", "render"):
        asked = inspect.signature(getattr(BrokerDriver, step)).parameters
        assert list(inspect.signature(getattr(driver, step)).parameters) == [arg for arg in asked if arg != "self"]


def _names_in(file: Path) -> Iterator[str]:
    """Brokers' names that the code compares, or keeps in a literal; docstrings and texts are not code."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and node.value in BROKERS:
            yield f"{file.relative_to(REPOSITORY)}:{node.lineno}"


def test_nobody_else_asks_which_broker_it_is() -> None:
    """Outside `broker/` and the profiles no code names a broker: a fourth one needs no change there."""
    files = [file for folder in ("chat_core", "bridge", "web") for file in (REPOSITORY / folder).rglob("*.py")]
    named = [name for file in files if "node_modules" not in file.parts and file != OWNER for name in _names_in(file)]
    assert named == []
