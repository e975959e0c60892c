"""Chapter 3, PUBLISH (MQTT 3.1.1 §3.3, §4.3): what arrives, in which order and how often, and what a PUBACK means."""

import struct
import time
from typing import Any, Literal

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from broker.embedded.guard import BrokerLimits
from chat_core.contract.ids import BRIDGE
from chat_core.runtime.config import Rate
from tests.conformance import frames
from tests.conformance.brokers import SignIn, TestedBroker, fresh
from tests.conformance.conftest import StartBroker
from tests.conformance.frames import PUBACK, PUBLISH, GivenWill, RawClient
from tests.integration.mqtt_peer import end_loop
from tests.waiting import wait_until

MAX_PAYLOAD = 65_536


@pytest.mark.parametrize(("sent", "granted", "heard"), [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 1)])
def test_delivered_qos(broker: TestedBroker, sent: int, granted: int, heard: int) -> None:
    """A message arrives with the lower of its own QoS and the granted one, without DUP and without the retain flag."""
    who = broker.client()
    with broker.joined(who, who.msg, qos=granted) as client:
        client.send(frames.publish(who.msg, b"hello", qos=sent))
        frame = client.expect(PUBLISH)
        assert (frame.payload, frame.qos, frame.dup, frame.retain) == (b"hello", heard, False, False)


def test_puback_after_routing(broker: TestedBroker) -> None:
    """A message is in every queue before its PUBACK: a sender that hears itself hears the message first."""
    who = broker.client()
    with broker.joined(who, who.msg) as client:
        client.send(frames.publish(who.msg, qos=1, packet_id=77))
        client.expect(PUBLISH)
        assert client.expect(PUBACK).packet_id == 77


def test_acknowledged_is_kept(broker: TestedBroker) -> None:
    """An acknowledged message arrives though its sender is cut off then."""
    who = broker.client()
    with broker.joined(BRIDGE, who.msg) as service:
        client = broker.joined(who)
        for number in range(1, 301):
            client.send(frames.publish(who.msg, b"%d" % number, qos=1, packet_id=number))
        acknowledged = [client.expect(PUBACK).packet_id for _ in range(100)]
        client.pipe.close()
        heard = [int(frame.payload) for frame in service.messages(100)]
        assert heard[: len(acknowledged)] == acknowledged == list(range(1, 101))


def test_order(broker: TestedBroker) -> None:
    """500 messages of one sender arrive in their order, and their PUBACKs come in theirs."""
    who = broker.client()
    with broker.joined(BRIDGE, who.msg) as service, broker.joined(who) as client:
        for number in range(1, 501):
            client.send(frames.publish(who.msg, b"%d" % number, qos=number % 2, packet_id=number))
        heard = [int(frame.payload) for frame in service.messages(500)]
        assert [number for number in heard if number % 2] == list(range(1, 501, 2))
        assert [number for number in heard if not number % 2] == list(range(2, 501, 2))
        assert [client.expect(PUBACK).packet_id for _ in range(250)] == list(range(1, 501, 2))


def test_dup_is_not_passed_on(broker: TestedBroker) -> None:
    """A sender's DUP is acknowledged, and arrives without it."""
    who = broker.client()
    with broker.joined(who, who.msg) as client:
        client.send(frames.publish(who.msg, qos=1, dup=True))
        assert not client.expect(PUBLISH).dup
        client.expect(PUBACK)


@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_384, MAX_PAYLOAD])
def test_sizes(broker: TestedBroker, size: int) -> None:
    """Payloads from nothing to 64 KiB arrive as they are, over TCP and WebSocket."""
    who = broker.client()
    payload = bytes(index % 251 for index in range(size))
    for client in (broker.raw(), broker.raw_ws()):
        with client:
            client.sign_in(who.again().connect())
            client.hear(who.msg)
            client.send(frames.publish(who.msg, payload, qos=1))
            assert client.expect(PUBLISH).payload == payload


def _not_delivered(broker: TestedBroker, bad: bytes, who: SignIn) -> None:
    """The bytes close their sender's connection unanswered, its will is sent, and nothing else is heard of it."""
    with broker.joined(BRIDGE, f"support/{who.username}/#") as service, broker.raw() as client:
        client.sign_in(who.connect(will=GivenWill(who.presence)))
        assert client.unanswered(bad)
        assert [frame.topic for frame in service.messages(1)] == [who.presence]
        assert service.until_pong() == []


def test_one_byte_too_much(broker: TestedBroker) -> None:
    """A payload over 64 KiB closes the connection."""
    who = broker.client()
    _not_delivered(broker, frames.publish(who.msg, b"x" * (MAX_PAYLOAD + 1), qos=1), who)


def test_announced_too_large(broker: TestedBroker) -> None:
    """A length beyond the limit closes the connection at once, before anything of it is read."""
    _not_delivered(broker, b"\x32\xff\xff\xff\x7f", broker.client())


@pytest.mark.parametrize(
    "topic", ["support/other/msg", "support/{name}/log", "team/t-desk/inbox/c-42", "$SYS/x", "$share/g/x", "x"]
)
@pytest.mark.parametrize("qos", [0, 1])
def test_not_allowed(broker: TestedBroker, topic: str, qos: int) -> None:
    """A publish that the policy forbids, `$SYS` included, closes the connection, unacknowledged."""
    who = broker.client()
    with broker.joined(BRIDGE, "support/#", "desk/#") as service:
        _not_delivered(broker, frames.publish(topic.replace("{name}", who.username), b"forged", qos=qos), who)
        assert b"forged" not in [frame.payload for frame in service.until_pong()]


def test_what_was_allowed_before(broker: TestedBroker) -> None:
    """Messages before a forbidden one, in the same segment, are delivered and acknowledged; those after it are not."""
    who = broker.client()
    with broker.joined(BRIDGE, who.msg) as service, broker.joined(who) as client:
        client.send(
            frames.publish(who.msg, b"good", qos=1)
            + frames.publish("team/t-desk/inbox/c-42", b"forged", qos=1, packet_id=2)
            + frames.publish(who.msg, b"late", qos=1, packet_id=3)
        )
        assert client.expect(PUBACK).packet_id == 1
        assert client.next() is None
        assert [frame.payload for frame in service.messages(1)] == [b"good"]
        assert service.until_pong() == []


@pytest.mark.parametrize(
    "topic",
    [
        b"",
        b"support/+/msg",
        b"support/#",
        b"support/{name}/msg\x00",
        b"support/{name}/\xff",
        b"support/{name}/\xed\xa0\x80",
        b"support/{name}/\xef\xbf\xbf",
        b"support/{name}/msg\xc0\x80",
        b"support/{name}//msg",
    ],
)
def test_topics_out_of_form(broker: TestedBroker, topic: bytes) -> None:
    """Wildcards, NUL, bad UTF-8, surrogates, U+FFFF, over-long UTF-8 and empty topics close the connection."""
    who = broker.client()
    _not_delivered(broker, frames.publish(topic.replace(b"{name}", who.username.encode()), qos=1), who)


@pytest.mark.parametrize(
    ("what", "bad"),
    [
        ("QoS 2", frames.publish("support/{name}/msg", qos=2)),
        ("QoS 3", frames.publish("support/{name}/msg", qos=3)),
        ("DUP at QoS 0", frames.publish("support/{name}/msg", dup=True)),
        ("packet id 0", frames.publish("support/{name}/msg", qos=1, packet_id=0)),
        ("5-byte length", b"\x30\xff\xff\xff\xff\x01" + b"x" * 20),
        ("no packet id", frames.packet(0x32, frames.text("support/{name}/msg"))),
        ("no topic", frames.packet(0x30, b"")),
        ("half a topic length", frames.packet(0x30, b"\x00")),
        ("type 0", frames.packet(0x00, b"")),
        ("type 15", frames.packet(0xF0, b"")),
        ("CONNACK", frames.packet(0x20, b"\x00\x00")),
        ("SUBACK", frames.packet(0x90, b"\x00\x01\x01")),
        ("PINGRESP", frames.packet(0xD0, b"")),
        ("PUBREC", frames.packet(0x50, b"\x00\x01")),
        ("PUBREL", frames.packet(0x62, b"\x00\x01")),
        ("PUBACK with flags", frames.packet(0x42, b"\x00\x01")),
        ("PUBACK too short", frames.packet(0x40, b"\x01")),
        ("PUBACK too long", frames.packet(0x40, b"\x00\x01\x00")),
        ("PINGREQ with a body", frames.packet(0xC0, b"x")),
        ("PINGREQ with flags", frames.packet(0xC1, b"")),
        ("DISCONNECT with flags", frames.packet(0xE1, b"")),
        ("DISCONNECT with a body", frames.packet(0xE0, b"x")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_malformed(broker: TestedBroker, what: str, bad: bytes) -> None:
    """A packet that MQTT 3.1.1 forbids, and QoS 2, close the connection as a crash: its will is sent."""
    who = broker.client()
    old, new = b"support/{name}/msg", who.msg.encode()
    if old in bad:  # both lengths follow
        grown = bad[1] + len(new) - len(old)
        bad = bad[:1] + bytes((grown,)) + struct.pack("!H", len(new)) + new + bad[4 + len(old) :]
    _not_delivered(broker, bad, who)


def test_topic_that_overruns_its_packet(broker: TestedBroker) -> None:
    """A topic length that reaches into the next packet closes the connection; no topic is made across packets."""
    who = broker.client()
    head = frames.packet(0x30, struct.pack("!H", len(who.msg)) + who.msg[:10].encode())
    _not_delivered(broker, head + who.msg[10:].encode() + b"made up", who)


def test_any_chopping(broker: TestedBroker) -> None:
    """Packets arrive the same whether they come byte by byte or all at once."""
    who = broker.client()
    stream = (
        who.connect() + frames.subscribe(who.msg) + frames.publish(who.msg, b"a" * 200) + frames.publish(who.msg, b"b")
    )
    for size in (1, 7, 4096):
        with broker.raw() as client:
            for at in range(0, len(stream), size):
                client.send(stream[at : at + size])
            client.expect(frames.CONNACK)
            client.expect(frames.SUBACK)
            assert [frame.payload for frame in client.messages(2)] == [b"a" * 200, b"b"]


# Too much


@pytest.mark.alone  # 0.5 s are measured
def test_faster_than_read(start_broker: StartBroker) -> None:
    """A socket is not read beyond 5 times the rate; nothing is lost, and a peer at its own pace is not slowed."""
    broker = start_broker(BrokerLimits(rate=Rate(20, 10)))
    who = broker.client()
    with broker.joined(BRIDGE, who.msg) as service, broker.joined(who) as client:
        started = time.monotonic()
        for number in range(150):
            client.send(frames.publish(who.msg, b"%d" % number))
        assert [int(frame.payload) for frame in service.messages(150)] == list(range(150))
        assert time.monotonic() - started > 0.8, "150 messages: 50 at once, then 100 a second"
        started = time.monotonic()
        assert service.until_pong() == []
        assert time.monotonic() - started < 0.5


@pytest.mark.alone  # 1 s is measured
def test_flood(start_broker: StartBroker) -> None:
    """While one client floods with 20,000 messages, another's message takes well under a second."""
    broker = start_broker(BrokerLimits())
    flooder, calm = fresh("c"), fresh("c")
    with broker.joined(BRIDGE, "support/+/msg", qos=0), broker.joined(flooder) as flood:
        flood.pipe.socket.setblocking(False)  # type: ignore[attr-defined]
        with broker.joined(calm, f"support/{calm}/msg") as client:
            noise = frames.publish(f"support/{flooder}/msg", b"x" * 100) * 20_000
            for number in range(20):
                noise = noise[_push(flood, noise) :]
                started = time.monotonic()
                client.send(frames.publish(f"support/{calm}/msg", b"%d" % number, qos=1))
                client.messages(1)
                client.expect(PUBACK)
                assert time.monotonic() - started < 1


def _push(client: RawClient, data: bytes) -> int:
    try:
        return int(client.pipe.socket.send(data))  # type: ignore[attr-defined]
    except BlockingIOError:
        return 0


def test_acknowledgements_cost_nothing(start_broker: StartBroker) -> None:
    """A client that acknowledges much is not slowed as if it had published much."""
    broker = start_broker(BrokerLimits(rate=Rate(1, 4)))
    who = broker.client()
    with broker.joined(BRIDGE) as service, broker.joined(who, who.log) as client:
        for number in range(1, 301):
            service.send(frames.publish(who.log, qos=1, packet_id=number))
        client.messages(300)
        assert client.until_pong() == []


# With a client library


@pytest.mark.parametrize("transport", ["tcp", "websockets"])
def test_paho(broker: TestedBroker, transport: Literal["tcp", "websockets"]) -> None:
    """paho-mqtt signs in, subscribes, publishes and hears."""
    who = broker.client()
    heard: list[bytes] = []
    granted: list[int] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, who.client_id, transport=transport)
    client.username_pw_set(who.username, who.password)

    def on_subscribe(_client: object, _data: object, _mid: int, codes: list[Any], _properties: object) -> None:
        granted.extend(code.value for code in codes)

    def on_message(_client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        heard.append(bytes(message.payload))

    client.on_subscribe, client.on_message = on_subscribe, on_message
    client.connect(broker.host, broker.mqtt_port if transport == "tcp" else broker.ws_port)
    client.loop_start()
    try:
        wait_until(client.is_connected)
        client.subscribe(who.msg, 1)
        wait_until(lambda: granted == [1])
        client.publish(who.msg, b"hello", qos=1).wait_for_publish(5)
        wait_until(lambda: heard == [b"hello"])
    finally:
        end_loop(client)
