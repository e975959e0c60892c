"""
Every fault of amqtt 0.12.1 that was found, which module closes it, and the tests that show it: they pass on the
guarded broker (tests/conformance, tests/abuse) and fail on amqtt as it comes (`make faults`).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from chat_core.contract import topics
from chat_core.contract.ids import BRIDGE
from tests.abuse import test_known as known
from tests.abuse.stock import PASSWORDS
from tests.conformance import frames
from tests.conformance import test_01_connect as connecting
from tests.conformance import test_02_subscribe as subscribing
from tests.conformance import test_03_publish as publishing
from tests.conformance import test_04_retained as retained
from tests.conformance import test_05_session as session
from tests.conformance import test_07_will as will
from tests.conformance.brokers import TestedBroker

Test = Callable[..., None]


@dataclass(frozen=True)
class AmqttFault:
    """One fault. Args: arguments: of the test, beside its broker; plugins: of stock amqtt, if other than the best."""

    what: str
    closed_in: str
    shown_by: Test
    arguments: dict[str, Any]
    plugins: dict[str, Any] | None = None

    @property
    def test(self) -> str:
        """Return the test's file and name."""
        return f"{self.shown_by.__module__.removeprefix('tests.')}.{self.shown_by.__name__}".replace(".", "/", 1)


def _fault(what: str, closed_in: str, shown_by: Test, plugins: Any = None, /, **arguments: Any) -> AmqttFault:
    return AmqttFault(what, closed_in, shown_by, arguments, plugins)


@contextmanager
def arguments_for(fault: AmqttFault, broker: TestedBroker) -> Iterator[dict[str, Any]]:
    """Return the test's arguments for this broker."""
    names = fault.shown_by.__code__.co_varnames[: fault.shown_by.__code__.co_argcount]
    given: dict[str, Any] = {"broker": broker, "start_broker": lambda _: broker} | fault.arguments
    with ExitStack() as opened:
        if "scene" in names:
            given["scene"] = _scene(broker, opened)
        if "begun" in names:
            given["begun"] = _begun(broker, opened)
        yield {name: given[name] for name in names}


def _scene(broker: TestedBroker, opened: ExitStack) -> will.WillCase:
    """Prepare a test of chapter 7: a client with a will, and a subscriber to it."""
    topic = topics.presence("c-will")
    service = opened.enter_context(broker.joined(BRIDGE, "support/c-will/#"))
    return will.WillCase(broker, broker.known("c-will"), topic, frames.GivenWill(topic, b"offline"), service)


def _begun(broker: TestedBroker, opened: ExitStack) -> object:
    """Prepare a client that has received a message and does not acknowledge it."""
    slow, log = broker.known("c-slow"), topics.log("c-slow")
    heard = opened.enter_context(broker.joined(slow, log, clean=False))
    service = opened.enter_context(broker.joined(BRIDGE))
    service.send(frames.publish(log, qos=1)).expect(frames.PUBACK)
    heard.messages(1, ack=False)
    return SimpleNamespace(at_s=time.monotonic(), slow=slow, unacknowledged=heard)


FAULTS: Final = (
    # Identity
    _fault(
        "touches the session before the password is checked: a wrong password with a known client id wipes or takes it",
        "connect, guard",
        connecting.test_wrong_password_with_a_known_client_id,
    ),
    _fault(
        "another user's valid sign-in inherits the session of its client id",
        "connect",
        connecting.test_somebody_elses_client_id,
    ),
    _fault(
        "a quick reconnect races the old connection and loses messages",
        "guard, sessions",
        session.test_quick_reconnects_during_traffic,
    ),
    _fault("no deadline for CONNECT", "guard", connecting.test_half_a_connect),
    _fault(
        "without a topic plugin everybody may do everything",
        "connect, guard",
        publishing.test_not_allowed,
        PASSWORDS,
        topic="team/t-desk/inbox/c-42",
        qos=1,
    ),
    _fault("passwords are verified in the event loop", "connect", connecting.test_slow_verification),
    # Rights
    _fault("wills bypass every check", "connect", will.test_not_theirs, topic="team/t-desk/inbox/c-42"),
    _fault("retained messages go to whoever signs in", "guard", retained.test_not_without_subscribing),
    _fault(
        "a SUBSCRIBE while another signs in drops the sign-in",
        "guard",
        retained.test_many_retained_and_many_sign_ins,
    ),
    _fault("PUBACK comes before any check and before routing", "guard", publishing.test_puback_after_routing),
    _fault(
        "a publish to `$SYS/…` leaves a connection that is half dead",
        "guard",
        publishing.test_not_allowed,
        topic="$SYS/x",
        qos=1,
    ),
    # Packets
    _fault(
        "a length that overruns its packet swallows the next one",
        "packets",
        publishing.test_topic_that_overruns_its_packet,
    ),
    _fault("a CONNECT that is too short is accepted", "packets", connecting.test_connect_shorter_than_its_fields),
    _fault("no limit of a packet's size", "packets", publishing.test_one_byte_too_much),
    _fault(
        "NUL in a topic is accepted",
        "packets",
        publishing.test_topics_out_of_form,
        topic=b"support/{name}/msg\x00",
    ),
    _fault(
        "QoS 3 leaves the connection open",
        "packets",
        publishing.test_malformed,
        what="QoS 3",
        bad=frames.publish("support/{name}/msg", qos=3),
    ),
    _fault("a will of QoS 3 leaves the connection open", "packets", connecting.test_will_qos_3),
    _fault(
        "a length of five bytes leaves the connection open",
        "packets",
        publishing.test_malformed,
        what="5-byte length",
        bad=b"\x30\xff\xff\xff\xff\x01" + b"x" * 20,
    ),
    _fault(
        "malformed UTF-8 becomes the text `b'…'`",
        "packets",
        connecting.test_user_name_that_is_no_text,
        username=b"c-\xff",
    ),
    _fault("WebSocket: bytes are repeated after a cut", "packets", known.test_payload_cut_off),
    _fault("WebSocket: text frames are accepted", "packets", connecting.test_text_frame),
    _fault(
        "WebSocket: any Origin may connect",
        "listeners",
        connecting.test_a_page_from_elsewhere,
        origin="https://evil.example",
    ),
    # Delivery
    _fault("keep-alive is never enforced", "connection, guard", connecting.test_keep_alive),
    _fault("half a packet keeps a dead line", "connection, guard", connecting.test_keep_alive_of_a_half_dead_client),
    _fault(
        "what is not acknowledged when the connection ends is lost",
        "sessions",
        session.test_not_acknowledged_comes_again,
    ),
    _fault("what is not acknowledged within 5 s is lost", "sessions", session.test_not_acknowledged_is_kept),
    _fault("what was queued comes with the retain flag", "sessions", retained.test_live_without_the_flag),
    _fault(
        "delivered at the subscriber's QoS, not the lower of both",
        "guard, sessions",
        publishing.test_delivered_qos,
        sent=0,
        granted=1,
        heard=0,
    ),
    _fault("a DISCONNECT right after CONNACK counts as a crash", "guard", known.test_goodbye_after_connack),
    _fault("a clean session outlives its connection", "sessions", session.test_clean_session_ends_at_once),
    _fault(
        "a filter `$share/…` is granted, and taken literally",
        "guard",
        subscribing.test_never_granted,
        PASSWORDS,
        topic_filter="$share/g/support/#",
    ),
    _fault("queues without an end", "sessions", session.test_more_than_a_session_holds, count=1_001, size=1),
    _fault("one sender has no limit of its rate", "fair_turns, peers", publishing.test_faster_than_read),
    _fault("overlapping filters deliver twice", "routing, sessions", known.test_once_by_overlapping_filters),
    _fault("each publish is tried against every filter", "routing", known.test_cost_among_filters),
    _fault("retained messages without a limit", "guard", retained.test_full),
)
