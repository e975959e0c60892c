"""Ask each chapter's questions of all three brokers, but for the cases that `exceptions` lists."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker.embedded.guard import BrokerLimits
from chat_core.contract.ids import BRIDGE
from tests.conformance import frames
from tests.conformance.brokers import EmbeddedBroker, SignIn, TestedBroker, fresh
from tests.conformance.exceptions import find_reason
from tests.conformance.frames import DISCONNECT, RawClient

KINDS = ("embedded", "mosquitto", "rabbitmq")
StartBroker = Callable[[BrokerLimits], EmbeddedBroker]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `broker` runs on every kind."""
    if "broker" in metafunc.fixturenames and metafunc.module.__name__.startswith("tests.conformance."):
        metafunc.parametrize("broker", KINDS, indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the cases that `exceptions` lists for a kind."""
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
        _begun[running.kind] = begun = _begin(running)
        yield running
        for client in (begun.unacknowledged, begun.half, *begun.nobody.values()):
            client.pipe.close()


@dataclass(frozen=True)
class Begun:
    """Sessions that must wait for seconds, begun before the broker's first question."""

    at_s: float
    away: SignIn  # who has left a persistent session
    slow: SignIn  # who has heard a message on its log, and has not acknowledged it since, on the next line
    unacknowledged: RawClient
    half: RawClient  # half of a CONNECT has come from it
    nobody: dict[str, RawClient]  # by user name: who must not be let in


@pytest.fixture(scope="session")
def begun(broker: TestedBroker) -> Begun:
    return _begun[broker.kind]


_begun: dict[str, Begun] = {}
NAMES_OUT_OF_FORM = ("+", "#", "c-1/msg", "c-+", "$SYS")


def _begin(broker: TestedBroker) -> Begun:
    away, slow = broker.known(fresh("c")), broker.known(fresh("c"))
    with broker.joined(away, f"support/{away.username}/log", clean=False) as client:
        assert client.send(DISCONNECT).closed()
    log = f"support/{slow.username}/log"
    unacknowledged = broker.joined(slow, log, clean=False, keep_alive_s=600)
    with broker.joined(BRIDGE) as service:
        service.send(frames.publish(log, b"0", qos=1)).expect(frames.PUBACK)
    unacknowledged.messages(1, ack=False)
    half = broker.raw().send(broker.known(fresh("c")).connect()[:9])
    nobody = {name: broker.raw() for name in NAMES_OUT_OF_FORM}
    for name, client in nobody.items():
        client.send(frames.connect(f"{name}:x", name, "secret"))
    return Begun(time.monotonic(), away, slow, unacknowledged, half, nobody)


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
    with EmbeddedBroker() as running:
        yield running
