"""The line to the broker: what belongs to a connection ends with it. On a real Mosquitto."""

import socket
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from itertools import pairwise

import pytest

from bridge.mqtt.connection import HELLO_TIMEOUT_S
from bridge.mqtt.link import FIRST_HELLO_S, Link, Login, hello_within_s
from chat_core.contract.errors import NotAllowed
from tests.conformance import frames
from tests.real.mosquitto import Mosquitto, with_text
from tests.waiting import wait_until

KEPT, OTHER = "s-bridge:kept", "c-42:other"


def login_to(broker: Mosquitto, client_id: str) -> Login:
    return Login("127.0.0.1", broker.port, client_id.partition(":")[0], "any", client_id)


def turn_until(link: Link, fact: Callable[[], object]) -> None:
    def turned() -> object:
        link.turn(0.01)
        return fact()

    wait_until(turned)


@pytest.fixture
def kept(mosquitto: Mosquitto) -> Link:
    link = Link(lambda: login_to(mosquitto, KEPT), ["in/+"], clean_session=False)
    turn_until(link, lambda: link.ready)
    return link


@pytest.fixture
def other(mosquitto: Mosquitto) -> Link:
    link = Link(lambda: login_to(mosquitto, OTHER), ["out/+"], clean_session=True)
    turn_until(link, lambda: link.ready)
    return link


def cut(mosquitto: Mosquitto) -> None:
    """The broker ends the kept link's connection: somebody connects under its client id, and leaves without a word."""
    thief = Link(lambda: login_to(mosquitto, KEPT), [], clean_session=False)
    turn_until(thief, lambda: thief.ready)
    thief.close()


def say(link: Link, topic: str, payload: bytes) -> None:
    link.publish(topic, payload)
    turn_until(link, lambda: link.unconfirmed == 0)


def take_until(link: Link, wanted: list[bytes]) -> None:
    taken: list[bytes] = []

    def complete() -> bool:
        taken.extend(arrived.payload for arrived in link.take(100))
        return len(taken) >= len(wanted)

    turn_until(link, complete)
    assert taken == wanted


def test_a_dead_host_is_left(mosquitto: Mosquitto) -> None:
    """Of several hosts the next is tried where one refuses, or takes the connection and does not answer."""
    login = replace(login_to(mosquitto, OTHER), host="127.0.0.3", other_hosts=("127.0.0.2", "127.0.0.1"))
    with (
        closing(Link(lambda: login, ["out/+"], clean_session=True)) as link,
        socket.create_server(("127.0.0.2", mosquitto.port)),
    ):
        turn_until(link, lambda: link.ready)
        assert link.connection == 3


def test_each_of_several_hosts_is_asked_briefly_at_first(mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A node that takes the connection and answers no sign-in costs 1.5 s. Each host gets more time once all were asked,
    and one host alone has it from the first.
    """
    login = replace(login_to(mosquitto, OTHER), host="127.0.0.2", other_hosts=("127.0.0.1",))
    with (
        socket.create_server(("127.0.0.2", mosquitto.port)),
        closing(Link(lambda: login, ["out/+"], clean_session=True)) as link,
        monkeypatch.context() as patient,
    ):
        patient.setattr("bridge.mqtt.link.HELLO_TIMEOUT_S", 600.0)  # one host alone is asked for so long
        turn_until(link, lambda: link.ready)
    assert FIRST_HELLO_S == 1.5
    assert [hello_within_s(3, failures) for failures in (0, 1, 3, 4, 6, 7, 99)] == [1.5, 1.5, 1.5, 3, 3, 5, 5]
    assert hello_within_s(1, 0) == HELLO_TIMEOUT_S


def test_unacknowledged_comes_again(mosquitto: Mosquitto, kept: Link, other: Link) -> None:
    """An unacknowledged message comes again after a reconnect, in order; an acknowledged one does not."""
    for word in (b"one", b"two", b"three"):
        say(other, "in/1", word)
    turn_until(kept, lambda: len(kept._now.arrived) == 3 if kept._now else False)
    first = kept.take(3)
    kept.ack(first[0])
    kept.flush()
    cut(mosquitto)
    turn_until(kept, lambda: kept.connection == 2 and kept.ready)
    take_until(kept, [b"two", b"three"])


def test_stale_acknowledgement_confirms_nothing(mosquitto: Mosquitto, kept: Link, other: Link) -> None:
    """An acknowledgement of an ended connection is thrown away: ids start again, it would confirm another message."""
    say(other, "in/1", b"old")
    turn_until(kept, lambda: kept._now is not None and kept._now.arrived)
    old = kept.take(1)[0]
    cut(mosquitto)
    turn_until(kept, lambda: kept.connection == 2 and kept.ready)
    take_until(kept, [b"old"])
    kept.ack(old)
    kept.flush()
    cut(mosquitto)
    turn_until(kept, lambda: kept.connection == 3 and kept.ready)
    take_until(kept, [b"old"])


def test_replies_go_before_their_acknowledgement(mosquitto: Mosquitto, kept: Link, other: Link) -> None:
    """More replies than paho's usual window of 20 are all on the wire before the acknowledgement that follows them."""
    say(other, "in/1", b"go")
    turn_until(kept, lambda: kept._now is not None and kept._now.arrived)
    asked = kept.take(1)[0]
    for n in range(200):
        kept.publish("out/1", str(n).encode())
    kept.ack(asked)
    assert kept._now is not None
    queued = bytes(kept._now.wire._going)
    assert queued.endswith(frames.puback(asked.mid))
    assert queued.count(b"out/1") == 200
    heard: list[bytes] = []

    def all_heard() -> bool:
        kept.turn(0.01)
        other.turn(0.01)
        for arrived in other.take(100):
            heard.append(arrived.payload)
            other.ack(arrived)
        return len(heard) == 200

    wait_until(all_heard)
    assert heard == [str(n).encode() for n in range(200)]


def test_offline_publishes_are_dropped(mosquitto: Mosquitto, kept: Link, other: Link) -> None:
    """A publish without a connection is not sent later."""
    mosquitto.kill()
    turn_until(kept, lambda: not kept.ready)
    kept.publish("out/1", b"lost")
    mosquitto.restart()
    turn_until(kept, lambda: kept.ready)
    turn_until(other, lambda: other.connection == 2 and other.ready)
    say(kept, "out/1", b"kept")
    take_until(other, [b"kept"])


def test_refused_subscription_is_no_line() -> None:
    """A link whose login is refused is never ready, and asks for a fresh login each time."""
    with with_text("listener {port} 127.0.0.1\nallow_anonymous false\n") as broker:
        asked: list[float] = []

        def login() -> Login:
            asked.append(time.monotonic())
            return login_to(broker, KEPT)

        link = Link(login, ["in/+"], clean_session=False)
        turn_until(link, lambda: len(asked) == 4)
        assert not link.ready
        pauses = [after - before for before, after in pairwise(asked)]
        assert pauses[-1] > pauses[0]
        link.close()


def test_login_that_fails_is_tried_again(mosquitto: Mosquitto) -> None:
    """Credentials that cannot be made now are asked for again; then the link is ready."""
    asked: list[int] = []

    def login() -> Login:
        asked.append(1)
        if len(asked) < 3:
            raise NotAllowed("not yet")
        return login_to(mosquitto, KEPT)

    link = Link(login, [], clean_session=True)
    turn_until(link, lambda: link.ready)
    assert len(asked) == 3
    link.close()


def test_credentials_are_renewed_in_time(mosquitto: Mosquitto) -> None:
    """Before a token ends the link connects again with a fresh login, without a pause."""
    made: list[float] = []

    def login() -> Login:
        made.append(time.time())
        return replace(login_to(mosquitto, KEPT), renew_at_s=time.monotonic() + 0.5)

    link = Link(login, ["in/+"], clean_session=False)
    turn_until(link, lambda: link.greeted == 3)
    assert link.ready
    link.close()


def test_wakeup_ends_a_wait(mosquitto: Mosquitto, kept: Link) -> None:
    """A ring from anywhere ends the wait for the socket at once."""
    kept.turn(0)
    kept.wakeup.wake()
    began_s = time.monotonic()
    kept.turn(30)
    assert time.monotonic() - began_s < 5
