"""The broker that a chapter's questions go to. Another kind is another parameter; the chapters stay as they are."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from broker.embedded.guard import Limits
from tests.conformance.brokers import EmbeddedBroker

StartBroker = Callable[[Limits], EmbeddedBroker]


@pytest.fixture(scope="module", params=["embedded"])
def broker(request: pytest.FixtureRequest) -> Iterator[EmbeddedBroker]:
    """One running broker a chapter and kind; tests take ids of their own, so none needs another."""
    assert request.param == "embedded"
    with EmbeddedBroker() as running:
        yield running


@pytest.fixture
def start_broker() -> Iterator[StartBroker]:
    """Starts an embedded broker with limits of its own; all stop when the test ends."""
    with ExitStack() as running:
        yield lambda limits: running.enter_context(EmbeddedBroker(limits))
