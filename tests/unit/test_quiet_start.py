"""While everything starts, what is not there yet is no news; later it is."""

import time
from functools import partial
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from bridge.mqtt import link as links
from bridge.mqtt.connection import Login
from bridge.mqtt.link import Link
from bridge.rules import bot as bots
from bridge.rules.bot import RulesBot
from chat_core.contract.errors import BrokerDown, Unavailable


def test_a_broker_that_is_not_there_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link that was never up warns of its broker after ten seconds, and not before."""

    def login() -> Login:
        raise BrokerDown("It has not said where it listens.")

    link = Link(login, [], clean_session=True)
    began_s = time.monotonic()
    levels = []
    for later_s in (links.STARTING_S - 1, links.STARTING_S + 30):
        monkeypatch.setattr(time, "monotonic", partial(float, began_s + later_s))
        with capture_logs() as logs:
            link.turn(0)
        levels += [line["log_level"] for line in logs if line["event"] == "link.lost"]
    assert levels == ["info", "warning"]
    link.close()


def test_a_web_that_is_not_there_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot warns of a web that does not answer after ten seconds, and not before."""

    def waiting() -> None:
        raise Unavailable("Nobody answers.")

    participant = SimpleNamespace()
    with capture_logs() as logs:
        RulesBot(participant, SimpleNamespace(waiting=waiting), lambda: 0)  # type: ignore[arg-type]
        participant.on_ready()
        late_s = time.monotonic() + bots.STARTING_S + 1
        monkeypatch.setattr(time, "monotonic", lambda: late_s)
        participant.on_ready()
    assert [line["log_level"] for line in logs if line["event"] == "rules.no_inbox"] == ["info", "warning"]
