"""
The broker that a chapter's questions go to: all three kinds, but for the cases that `exceptions` lists with their
reasons.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from broker.embedded.guard import Limits
from tests.conformance.brokers import EmbeddedBroker, SignIn, TestedBroker, fresh
from tests.conformance.exceptions import find_reason
from tests.conformance.frames import DISCONNECT

KINDS = ("embedded", "mosquitto", "rabbitmq")
StartBroker = Callable[[Limits], EmbeddedBroker]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `broker` runs on every kind."""
    if "broker" in metafunc.fixturenames and metafunc.module.__name__.startswith("tests.conformance."):
        metafunc.parametrize("broker", KINDS, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What a kind does otherwise, with its reason in `exceptions`, is not asked of it."""
    asked: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        (left_out if _is_excepted(item) else asked).append(item)
    items[:] = asked
    config.hook.pytest_deselected(items=left_out)


def _is_excepted(item: pytest.Item) -> bool:
    kind = getattr(item, "callspec", None) and item.callspec.params.get("broker")  # type: ignore[attr-defined]
    if kind not in KINDS or not item.path.is_relative_to(Path(__file__).parent):
        return False
    case = item.name.replace(f"[{kind}-", "[").replace(f"[{kind}]", "")
    return find_reason(kind, item.path.stem, case) is not None


@pytest.fixture(scope="session")
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestedBroker]:
    """One running broker of each kind; tests take ids of their own, so none needs another."""
    with _started(request.param, tmp_path_factory) as running:
        _leave(running)
        yield running


@pytest.fixture(scope="session")
def long_away(broker: TestedBroker) -> tuple[SignIn, float]:
    """Somebody who left a persistent session before the broker's first question, and when that was."""
    return _left[broker.kind]


_left: dict[str, tuple[SignIn, float]] = {}


def _leave(broker: TestedBroker) -> None:
    who = broker.known(fresh("c"))
    with broker.joined(who, f"support/{who.username}/log", clean=False) as client:
        assert client.send(DISCONNECT).closed()
    _left[broker.kind] = who, time.monotonic()


def _started(kind: str, folders: pytest.TempPathFactory) -> TestedBroker:
    if kind == "embedded":
        return EmbeddedBroker()
    from tests.conformance.others import MosquittoBroker, RabbitBroker

    return (MosquittoBroker if kind == "mosquitto" else RabbitBroker)(folders.mktemp(kind))


@pytest.fixture
def start_broker() -> Iterator[StartBroker]:
    """Starts an embedded broker with limits of its own; all stop when the test ends."""
    with ExitStack() as running:
        yield lambda limits: running.enter_context(EmbeddedBroker(limits))


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedBroker]:
    """The embedded broker, for what it alone promises."""
    with EmbeddedBroker() as running:
        yield running
