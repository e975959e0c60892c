"""Fixtures of most end-to-end tests: the product with its demo portal, Ana at the board, and a bot."""

from collections.abc import Iterator

import pytest

from bridge.participant import Participant, login_of
from tests.e2e.people import with_ana
from tests.real.wattline import Wattline


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wattline]:
    """Run the product with its demo portal on the embedded broker."""
    with with_ana(tmp_path_factory.mktemp("system") / "data", "--demo") as running:
        yield running


@pytest.fixture(scope="module")
def bot(system: Wattline) -> Iterator[Participant]:
    """Connect a program with an agent's rights."""
    with Participant("b-helper", lambda: login_of(system.token("b-helper"))) as participant:
        yield participant
