"""Chapter 7, the will (MQTT 3.1.1 §3.1.2.5): sent when a connection dies without DISCONNECT, if allowed."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from chat_core.contract.ids import BRIDGE
from chat_core.contract.payloads import AgentState, Presence, decode, encode
from chat_core.domain.conversation import Connections
from tests.conformance import frames
from tests.conformance.brokers import SignIn, TestedBroker, fresh
from tests.conformance.frames import DISCONNECT, GivenWill, RawClient

NOT_AUTHORIZED = 5


class WillCase(NamedTuple):
    broker: TestedBroker
    who: SignIn
    topic: str
    will: GivenWill
    service: RawClient

    def join(self, *, clean: bool = True, keep_alive_s: int = 60) -> RawClient:
        client = self.broker.raw()
        client.sign_in(self.who.connect(clean=clean, keep_alive_s=keep_alive_s, will=self.will))
        return client


@pytest.fixture
def scene(broker: TestedBroker) -> Iterator[WillCase]:
    name = fresh("c")
    topic = f"support/{name}/presence"
    with broker.joined(BRIDGE, f"support/{name}/#") as service:
        yield WillCase(broker, broker.known(name), topic, GivenWill(topic, b"offline"), service)


def test_connection_lost(scene: WillCase) -> None:
    """A connection that ends without a word sends the will, once, with its QoS."""
    scene.join().pipe.close()
    (frame,) = scene.service.messages(1)
    assert (frame.topic, frame.payload, frame.qos, frame.retain) == (scene.topic, b"offline", 1, False)
    assert scene.service.until_pong() == []


def test_websocket_lost(scene: WillCase) -> None:
    """A tab that is closed sends the will, however politely the WebSocket ends."""
    with scene.broker.raw_ws() as client:
        client.sign_in(scene.who.connect(will=scene.will))
    scene.service.messages(1)


def test_goodbye(scene: WillCase) -> None:
    """A DISCONNECT ends the connection without a will."""
    with scene.join() as client:
        assert client.send(DISCONNECT).closed()
    assert scene.service.until_pong() == []


def test_goodbye_at_once(scene: WillCase) -> None:
    """A DISCONNECT in the same segment as its CONNECT is a goodbye too."""
    for _ in range(20):
        with scene.broker.raw() as client:
            client.send(scene.who.connect(will=scene.will) + DISCONNECT)
            assert client.closed()
    assert scene.service.until_pong() == []


def test_words_before_goodbye(scene: WillCase) -> None:
    """A message before the DISCONNECT is delivered; one after it is not."""
    msg = f"support/{scene.who.username}/msg"
    with scene.join() as client:
        client.send(frames.publish(msg, b"bye") + DISCONNECT + frames.publish(msg, b"too late"))
        assert client.closed()
    assert [frame.payload for frame in scene.service.messages(1)] == [b"bye"]
    assert scene.service.until_pong() == []


def test_silence(scene: WillCase) -> None:
    """A client silent beyond the keep-alive is closed, and its will is sent."""
    with scene.join(keep_alive_s=1):
        assert scene.service.messages(1)[0].payload == b"offline"


@pytest.mark.parametrize(
    "bad", [b"\x00\x00", b"\xf0\x00", frames.publish("team/t-desk/inbox/c-42"), frames.publish("x", qos=2)]
)
def test_closed_for_bad_conduct(scene: WillCase, bad: bytes) -> None:
    """A connection closed for a malformed or forbidden packet sends its will."""
    with scene.join() as client:
        assert client.send(bad).closed()
    assert scene.service.messages(1)[0].payload == b"offline"


def test_disabled(scene: WillCase) -> None:
    """A client disabled while connected leaves its will, so nobody is shown as present."""
    with scene.join():
        scene.broker.disable(scene.who.username)
        assert scene.service.messages(1)[0].payload == b"offline"


def test_taken_over(scene: WillCase) -> None:
    """The will of a taken-over connection is sent once; whoever counts connections by `conn` sees the person online."""
    here, gone = encode(Presence(online=True, conn="old")), encode(Presence(online=False, conn="old"))
    with scene.broker.raw() as before, scene.broker.raw() as after:
        before.sign_in(scene.who.connect(clean=False, will=GivenWill(scene.topic, gone)))
        before.send(frames.publish(scene.topic, here, qos=1)).expect(frames.PUBACK)
        after.sign_in(scene.who.connect(clean=False))
        assert before.closed()
        after.send(frames.publish(scene.topic, encode(Presence(online=True, conn="new")), qos=1)).expect(frames.PUBACK)
        heard = [decode(Presence, frame.payload) for frame in scene.service.messages(3)]
        assert sorted((one.conn, one.online) for one in heard) == [("new", True), ("old", False), ("old", True)]
        known: Connections[str] = Connections()
        for one in heard:
            known = known.heard(one.conn, AgentState.ONLINE if one.online else AgentState.OFFLINE)
        assert known.state is AgentState.ONLINE
        assert set(known.states) == {"new"}
        assert scene.service.until_pong() == []


def test_taken_over_in_order(scene: WillCase) -> None:
    """The will of a connection that is taken over is heard before anything that the new one says."""
    with scene.join(clean=False), scene.broker.raw() as new:
        new.send(scene.who.connect(clean=False) + frames.publish(scene.topic, b"online", qos=1))
        assert [frame.payload for frame in scene.service.messages(2)] == [b"offline", b"online"]


def test_new_connection_new_will(scene: WillCase) -> None:
    """A resumed session has the will of its present connection, and none if that gave none."""
    with scene.join(clean=False) as client:
        client.send(DISCONNECT).closed()
    with scene.broker.raw() as client:
        assert client.sign_in(scene.who.connect(clean=False))
    with scene.broker.raw() as client:
        client.sign_in(scene.who.connect(clean=False, will=GivenWill(scene.topic, b"other", qos=0)))
    (frame,) = scene.service.messages(1)
    assert (frame.payload, frame.qos) == (b"other", 0)
    assert scene.service.until_pong() == []


@pytest.mark.parametrize(
    "topic",
    [
        "support/c-somebody/presence",
        "support/{name}/log",
        "desk/presence/{name}",
        "$SYS/x",
        "support/+/msg",
        "support/#",
        "",
    ],
)
def test_not_theirs(scene: WillCase, topic: str) -> None:
    """A will on a topic that they may not publish is refused with the sign-in, code 5, and never sent."""
    with scene.broker.raw() as client:
        will = GivenWill(topic.replace("{name}", scene.who.username), b"forged")
        assert client.code(scene.who.connect(will=will)) == NOT_AUTHORIZED
    assert scene.service.until_pong() == []


def test_retained_will(scene: WillCase) -> None:
    """A retained will where nothing may be retained is refused with the sign-in, code 5; nothing is kept."""
    with scene.broker.raw() as client:
        assert client.code(scene.who.connect(will=GivenWill(scene.topic, retain=True))) == NOT_AUTHORIZED
    with scene.broker.joined(BRIDGE, scene.topic) as service:
        assert service.until_pong() == []


def test_will_of_qos_2(scene: WillCase) -> None:
    """A will of QoS 2, which we do not offer, is refused with the sign-in, code 5."""
    with scene.broker.raw() as client:
        assert client.code(scene.who.connect(will=GivenWill(scene.topic, qos=2))) == NOT_AUTHORIZED


def test_refused_will_disturbs_nobody(scene: WillCase) -> None:
    """A sign-in that is refused for its will neither takes over nor touches the session of its client id."""
    with scene.join(clean=False) as client:
        with scene.broker.raw() as second:
            asked = scene.who.connect(will=GivenWill("team/t-desk/inbox/c-42"))
            assert second.code(asked) == NOT_AUTHORIZED
        assert client.until_pong() == []
    with scene.broker.raw() as back:
        assert back.sign_in(scene.who.connect(clean=False))


def test_retained_will_of_a_device(broker: TestedBroker) -> None:
    """On a device's own topic the retain flag of its will is dropped and the will kept: Tasmota always sets it."""
    topic = f"tele/{fresh('x')}/LWT"
    device = broker.known(fresh("d"), client=fresh("c"), topics=(topic,))
    with broker.joined(broker.known(BRIDGE, topics=(topic,)), topic) as service:
        with broker.raw() as plug:
            plug.sign_in(device.connect(will=GivenWill(topic, b"Offline", retain=True)))
        (frame,) = service.messages(1)
        assert (frame.payload, frame.retain) == (b"Offline", False)
        service.hear(topic)
        assert service.until_pong() == []


def test_will_of_a_service(broker: TestedBroker) -> None:
    """A service may have a retained will where it may retain; who comes later gets it."""
    topic = f"notice/outage/{fresh('x')}"
    with broker.joined(fresh("a"), topic) as live:
        with broker.raw() as service:
            service.sign_in(broker.known(BRIDGE).connect(will=GivenWill(topic, b"down", retain=True)))
        assert not live.messages(1)[0].retain
        with broker.joined(fresh("a"), topic) as late:
            assert late.messages(1)[0].retain
