"""Chapter 1, CONNECT (MQTT 3.1.1 §3.1): who is accepted, under which name, and for how long."""

import socket
import struct
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect as open_websocket
from websockets.typing import Subprotocol

from broker.embedded.guard import BrokerLimits
from chat_core.contract.ids import BRIDGE
from tests.conformance import frames
from tests.conformance.brokers import OUR_PAGE, EmbeddedBroker, TestedBroker, fresh
from tests.conformance.conftest import StartBroker
from tests.conformance.frames import CONNACK, PINGREQ, PUBLISH, SUBACK, GivenWill, RawClient
from tests.real.parts import find_program
from tests.waiting import wait_until

MQTT = Subprotocol("mqtt")
ACCEPTED, BAD_PROTOCOL, BAD_CLIENT_ID, TOO_BUSY, BAD_PASSWORD = range(5)


def test_right_password(broker: TestedBroker) -> None:
    """A client with the right password is accepted, over TCP and over WebSocket."""
    who = broker.client()
    with broker.raw() as tcp, broker.raw_ws() as ws:
        assert tcp.code(who.connect()) == ACCEPTED
        assert ws.code(who.again().connect()) == ACCEPTED


@pytest.mark.parametrize("password", ["wrong", "", None])
def test_wrong_password(broker: TestedBroker, password: str | None) -> None:
    """A wrong, empty or missing password is refused, and the connection is closed."""
    who = broker.client()
    with broker.raw() as client:
        assert client.code(frames.connect(who.client_id, who.username, password)) == broker.bad_password


def test_unknown_user(broker: TestedBroker) -> None:
    """An unknown user name is answered like a wrong password."""
    name = fresh("c")
    with broker.raw() as client:
        assert client.code(frames.connect(f"{name}:x", name, "secret")) == broker.bad_password


def test_anonymous(broker: TestedBroker) -> None:
    """Without a user name nobody gets in."""
    with broker.raw() as client:
        assert client.code(frames.connect("c-1:x")) == broker.bad_client_id


@pytest.mark.parametrize(
    "client_id", ["", "{name}", "{name}:", ":x", "c-somebody:x", "{name}x:y", "{name}:" + "x" * 200]
)
def test_client_id_of_the_user(broker: TestedBroker, client_id: str) -> None:
    """A client id that is not `<username>:<random>` is refused, whatever the password."""
    who = broker.client()
    with broker.raw() as client:
        asked = client_id.replace("{name}", who.username)
        assert client.code(frames.connect(asked, who.username, who.password)) == broker.bad_client_id


@pytest.mark.parametrize(("name", "level"), [("MQTT", 6), ("MQTT", 3), ("MQIsdp", 3), ("mqtt", 4)])
def test_other_protocols(broker: TestedBroker, name: str, level: int) -> None:
    """Another protocol or version gets code 1 and is closed."""
    who = broker.client()
    with broker.raw() as client:
        asked = frames.connect(who.client_id, who.username, who.password, name=name, level=level)
        assert client.code(asked) == BAD_PROTOCOL


def test_mqtt_5(start_broker: StartBroker) -> None:
    """An MQTT 5 client is told so in its own words, at once, and says why it ends; with a wrong password too."""
    broker = start_broker(BrokerLimits())
    name = fresh("c")
    who = broker.known(name)
    at = ["-h", broker.host, "-p", str(broker.mqtt_port), "-i", who.client_id, "-u", name, "-P", who.password]
    asked = [find_program("mosquitto_sub", "mosquitto-clients"), *at, "-V", "mqttv5", "-t", f"support/{name}/log"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=10)
    assert done.returncode != 0 and "protocol version" in done.stderr.lower(), done
    with broker.raw() as client:
        connecting = frames.connect(who.client_id, name, "wrong", level=5)
        assert client.send(connecting).expect(CONNACK).body == b"\0\x84\0"
        assert client.closed()


@pytest.mark.parametrize(
    "first", [PINGREQ, frames.publish("a", qos=1), frames.subscribe("#"), frames.puback(1), b"GET / HTTP/1.1\r\n"]
)
def test_anything_before_connect(broker: TestedBroker, first: bytes) -> None:
    """A packet before the CONNECT closes the connection without an answer."""
    with broker.raw() as client:
        assert client.unanswered(first)


def test_second_connect(broker: TestedBroker) -> None:
    """A second CONNECT closes the connection."""
    who = broker.client()
    with broker.joined(who) as client:
        assert client.send(who.connect()).closed()


@pytest.mark.parametrize(
    ("more_flags", "what"),
    [(0x01, "reserved bit"), (0x18, "will QoS without a will"), (0x20, "will retain without a will")],
)
def test_impossible_flags(broker: TestedBroker, more_flags: int, what: str) -> None:
    """Flags that MQTT forbids close the connection without an answer."""
    who = broker.client()
    with broker.raw() as client:
        asked = frames.connect(who.client_id, who.username, who.password, more_flags=more_flags)
        assert client.unanswered(asked), what


def test_will_qos_3(broker: TestedBroker) -> None:
    """A will of QoS 3 closes the connection."""
    who = broker.client()
    with broker.raw() as client:
        assert client.unanswered(who.connect(will=GivenWill(f"support/{who.username}/presence", qos=3)))


def test_password_without_user_name(broker: TestedBroker) -> None:
    """The password flag without the user name flag closes the connection."""
    with broker.raw() as client:
        assert client.unanswered(frames.connect("c-1:x", None, "secret"))


def _with_length(connecting: bytes, difference: int) -> bytes:
    return bytes((connecting[0], connecting[1] + difference)) + connecting[2:]


def test_connect_shorter_than_its_fields(broker: TestedBroker) -> None:
    """A CONNECT whose length ends before its fields do is closed, and does not sign in."""
    with broker.raw() as client:
        assert client.unanswered(_with_length(broker.client().connect(), -3))


def test_connect_longer_than_its_fields(broker: TestedBroker) -> None:
    """A CONNECT with bytes left over is closed, and does not sign in."""
    with broker.raw() as client:
        assert client.unanswered(_with_length(broker.client().connect(), 2) + PINGREQ)


@pytest.mark.parametrize("username", [b"c-\xff", b"c-\xed\xa0\x80", b"c-\x00"])
def test_user_name_that_is_no_text(broker: TestedBroker, username: bytes) -> None:
    """Bad UTF-8, a surrogate or NUL in a user name closes the connection."""
    body = frames.text("MQTT") + b"\x04\xc2\x00\x3c" + frames.text("c-1:x") + frames.text(username) + frames.text("x")
    with broker.raw() as client:
        assert client.unanswered(frames.packet(0x10, body))


def test_half_a_connect(start_broker: StartBroker) -> None:
    """A CONNECT that does not come, or never ends, is waited for only so long."""
    broker = start_broker(BrokerLimits(connect_within_s=0.3))
    with broker.raw() as silent, broker.raw() as half, broker.raw_ws() as silent_ws:
        half.send(broker.client().connect()[:9])
        assert silent.closed(2)
        assert half.closed(2)
        assert silent_ws.closed(3)


def test_websocket_handshake_that_never_ends(start_broker: StartBroker) -> None:
    """Half an HTTP request on the WebSocket port is waited for only so long."""
    broker = start_broker(BrokerLimits(connect_within_s=0.3))
    with socket.create_connection((broker.host, broker.ws_port), 5) as half:
        half.sendall(b"GET /mqtt HTTP/1.1\r\nHost: x\r\n")
        half.settimeout(5)
        assert half.recv(1) == b""


def test_300_half_open_connections(broker: TestedBroker) -> None:
    """300 connections that say nothing do not stop a sign-in."""
    silent = [broker.raw() for _ in range(300)]
    try:
        started = time.monotonic()
        with broker.joined(fresh("c")):
            # A sign-in that waited for them would take the 10 s that each of them has; 1.4 s it took at load 11.
            assert time.monotonic() - started < 5
    finally:
        for one in silent:
            one.pipe.close()


def test_too_many_half_open_connections(start_broker: StartBroker) -> None:
    """Beyond the limit the connection that has been silent longest goes; the others and the signed-in stay."""
    broker = start_broker(BrokerLimits(half_open=3, silent_s=0, connect_within_s=30))
    with broker.joined(fresh("c")) as inside, broker.raw() as oldest:
        oldest.send(b"\x10")
        rest = [broker.raw() for _ in range(3)]
        assert oldest.closed()
        assert inside.until_pong() == []
        rest[0].sign_in(broker.client().connect())
        for one in rest:
            one.pipe.close()


def test_too_many_connections(start_broker: StartBroker) -> None:
    """Beyond the limit of connections a new one is closed at once, and those who are in stay."""
    broker = start_broker(BrokerLimits(connections=1))
    with broker.joined(fresh("c")) as inside, broker.raw() as late:
        assert late.closed()
        assert inside.until_pong() == []


def test_many_connections_of_one_person(start_broker: StartBroker) -> None:
    """Beyond a person's limit of connections the oldest goes, kept sessions or not; others and services stay."""
    broker = start_broker(BrokerLimits(per_person=3))
    who = broker.known(fresh("g"))
    with broker.joined(fresh("g")) as other, broker.joined(fresh("s")) as service:
        own = [broker.joined(who.again(), clean=number % 2 == 0) for number in range(4)]
        assert own[0].closed()
        assert [one.until_pong() for one in (*own[1:], other, service)] == [[]] * 5
        for one in own:
            one.pipe.close()


def test_many_connections_from_one_address(start_broker: StartBroker) -> None:
    """An address at its limit gets no new connection until one of its own is closed."""
    broker = start_broker(BrokerLimits(per_address=3, proxies=()))
    with broker.joined(fresh("c")) as inside, broker.raw() as silent, broker.raw_ws():
        with broker.raw() as late:
            assert late.closed()
        assert inside.until_pong() == []
        silent.pipe.close()
        wait_until(lambda: broker.joined(fresh("c")).until_pong() == [])


def test_many_connections_through_a_proxy(start_broker: StartBroker) -> None:
    """Through a trusted proxy counts the address that it names last; without a name nobody shares a bound."""
    broker = start_broker(BrokerLimits(per_address=2))
    opened = []

    def through(*forwarded: str) -> int:
        address = f"ws://{broker.host}:{broker.ws_port}/mqtt"
        named = [("X-Forwarded-For", one) for one in forwarded]
        try:
            opened.append(open_websocket(address, subprotocols=[MQTT], additional_headers=named))
        except InvalidStatus as refused:
            return refused.response.status_code
        return 101

    assert [through("198.51.100.1, 192.0.2.1") for _ in range(3)] == [101, 101, 429]
    assert through("192.0.2.1, 192.0.2.2") == 101
    assert [through() for _ in range(5)] == [101] * 5
    for one in opened:
        one.close()


def test_slow_verification(start_broker: StartBroker) -> None:
    """While passwords are being verified, everybody who is in is served; too many waiting sign-ins get code 3."""
    broker = start_broker(BrokerLimits(checking=2))
    with broker.joined(fresh("c")) as inside:
        broker.table.slow.clear()
        try:
            waiting = [broker.raw().send(broker.client().connect()) for _ in range(2)]
            with broker.raw() as one_more:
                wait_until(lambda: broker.raw().code(broker.client().connect()) == TOO_BUSY)
                assert inside.until_pong() == []
                assert one_more.code(broker.client().connect()) == TOO_BUSY
        finally:
            broker.table.slow.set()
        for one in waiting:
            assert one.expect(CONNACK).body[1] == ACCEPTED
            one.pipe.close()


def test_100_sign_ins_at_once(broker: TestedBroker) -> None:
    """A hundred people who come at the same moment are all in."""

    def sign_in(_: int) -> RawClient:
        return broker.joined(fresh("c"))

    with ThreadPoolExecutor(20) as threads:
        for client in threads.map(sign_in, range(100)):
            client.pipe.close()


def test_the_end_of_a_token(broker: EmbeddedBroker) -> None:
    """The connection ends when its token expires, and its will is sent."""
    who = broker.client()
    broker.table.expires[who.username] = time.time() + 0.5
    with broker.joined(BRIDGE, "support/+/presence") as service, broker.raw() as client:
        client.sign_in(who.connect(will=GivenWill(f"support/{who.username}/presence")))
        assert client.until_pong() == []
        assert client.closed(3)
        assert service.messages(1)[0].payload == b"gone"


def test_disabled_while_signing_in(start_broker: StartBroker) -> None:
    """A change of credentials during the check of a sign-in is not missed."""
    broker = start_broker(BrokerLimits())
    who = broker.client()
    checked = threading.Event()
    real = broker.table.check

    def check(username: str, password: bytes) -> object:
        granted = real(username, password)
        broker.table.disable(username)
        checked.set()
        return granted

    broker.table.check = check  # type: ignore[method-assign, assignment]
    with broker.raw() as client:
        client.send(who.connect())
        assert checked.wait(5)
        assert client.closed(5)


def test_wrong_password_with_a_known_client_id(broker: TestedBroker) -> None:
    """A wrong password under a known client id disturbs neither connection nor session."""
    who = broker.client()
    with broker.joined(who, who.log, clean=False) as victim, broker.joined(BRIDGE) as service:
        outsiders = [broker.raw() for _ in range(3)]  # at once: RabbitMQ answers after 3 s
        for outsider, clean in zip(outsiders, (True, False, False), strict=True):
            outsider.send(frames.connect(who.client_id, who.username, "wrong", clean=clean))
        for outsider in outsiders:
            assert outsider.expect(CONNACK).body[1] == broker.bad_password
            outsider.pipe.close()
        service.send(frames.publish(who.log, b"still mine", qos=1))
        assert victim.messages(1)[0].payload == b"still mine"
    with broker.raw() as back:
        assert back.sign_in(who.connect(clean=False)), "the session is gone"


def test_somebody_elses_client_id(broker: TestedBroker) -> None:
    """A valid sign-in of another user under somebody's client id is refused, and disturbs nobody."""
    who, outsider = broker.client(), broker.client()
    log = f"support/{who.username}/log"
    with broker.joined(who, log, clean=False) as victim, broker.joined(BRIDGE) as service:
        intruders = [broker.raw() for _ in range(2)]
        for intruder, clean in zip(intruders, (True, False), strict=True):
            intruder.send(frames.connect(who.client_id, outsider.username, outsider.password, clean=clean))
        for intruder in intruders:
            assert intruder.expect(CONNACK).body[1] == broker.bad_client_id
            intruder.pipe.close()
        service.send(frames.publish(log, b"mine", qos=1))
        assert victim.messages(1)[0].payload == b"mine"


def test_keep_alive(broker: TestedBroker) -> None:
    """A client silent for 1.5 × keep-alive is closed, not earlier; one that pings in time stays."""
    with broker.joined(fresh("c"), keep_alive_s=1) as silent, broker.joined(fresh("c"), keep_alive_s=1) as alive:
        started = time.monotonic()
        while not silent.closed(0.5):
            assert alive.until_pong() == []
            assert time.monotonic() - started < 4
        assert time.monotonic() - started >= (1.4 if broker.kind == "embedded" else 1)  # Mosquitto counts whole seconds
        assert alive.until_pong() == []


def test_keep_alive_of_a_half_dead_client(broker: TestedBroker) -> None:
    """Half a packet is no sign of life: who stops in the middle of one is closed as well."""
    with broker.joined(fresh("c"), keep_alive_s=1) as client:
        client.send(frames.publish("support/x/msg", b"x" * 100)[:20])
        assert client.closed(4)


# WebSocket (§6)


def test_a_page_of_ours(broker: TestedBroker) -> None:
    """A page whose origin is allowed may connect."""
    with broker.raw_ws(OUR_PAGE) as client:
        assert client.code(broker.client().connect()) == ACCEPTED


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://portal.example.evil.example", ""])
def test_a_page_from_elsewhere(broker: TestedBroker, origin: str) -> None:
    """A page from elsewhere is refused before it can say a word."""
    with pytest.raises(InvalidStatus) as refused:
        open_websocket(
            f"ws://{broker.host}:{broker.ws_port}/mqtt", subprotocols=[MQTT], additional_headers={"Origin": origin}
        )
    assert refused.value.response.status_code == 403


def test_without_the_subprotocol(broker: TestedBroker) -> None:
    """A WebSocket without the subprotocol `mqtt` is refused."""
    with pytest.raises(InvalidStatus):
        open_websocket(f"ws://{broker.host}:{broker.ws_port}/mqtt")


def test_no_compression(broker: TestedBroker) -> None:
    """Compression is not agreed on, even when offered: it costs memory per connection."""
    with open_websocket(f"ws://{broker.host}:{broker.ws_port}/mqtt", subprotocols=[MQTT], compression="deflate") as ws:
        assert ws.response is not None
        assert "Sec-WebSocket-Extensions" not in ws.response.headers
        assert ws.subprotocol == "mqtt"


def test_text_frame(broker: TestedBroker) -> None:
    """A text frame closes the connection, even if its text were a CONNECT."""
    with broker.raw_ws() as client:
        assert client.unanswered(broker.client().connect().decode("latin-1"))  # type: ignore[arg-type]


def test_packets_over_frames(broker: TestedBroker) -> None:
    """Packets cut anywhere over WebSocket messages, or several in one, are the same packets."""
    who = broker.client()
    with broker.raw_ws() as client:
        for byte in who.connect():
            client.send(bytes((byte,)))
        assert client.expect(CONNACK).body == b"\x00\x00"
        client.send(
            frames.subscribe(who.msg) + frames.publish(who.msg, b"one", qos=1) + frames.publish(who.msg, b"two")[:5]
        )
        client.send(frames.publish(who.msg, b"two")[5:])
        client.expect(SUBACK)
        assert client.expect(PUBLISH).payload == b"one"
        assert client.expect(frames.PUBACK).packet_id == 1
        assert client.expect(PUBLISH).payload == b"two"


def test_packet_cut_in_the_middle(broker: TestedBroker) -> None:
    """A packet that is cut off by the end of its connection is not delivered, whole or made up."""
    who = broker.client()
    with broker.joined(BRIDGE, "support/+/msg", "support/+/presence") as service, broker.raw_ws() as client:
        client.sign_in(who.connect(will=GivenWill(f"support/{who.username}/presence")))
        cut = frames.publish(who.msg, b"0123456789" * 4, qos=1)
        client.send(cut[:20])
        client.send(cut[20:30])
        client.pipe.close()
        assert service.messages(1)[0].topic.endswith("/presence")


def test_websocket_message_too_large(broker: TestedBroker) -> None:
    """A WebSocket message beyond the limit closes the connection before it is held in memory."""
    with broker.raw_ws() as client:
        client.sign_in(broker.client().connect())
        client.send(PINGREQ * 100_000)
        assert client.closed()


# Whatever comes


@settings(max_examples=60, deadline=None)
@given(noise=st.binary(min_size=1, max_size=300), signed_in=st.booleans())
def test_random_bytes(broker: TestedBroker, noise: bytes, signed_in: bool) -> None:
    """Random bytes, before and after a sign-in, harm nobody but their sender."""
    with broker.raw() as client:
        if signed_in:
            client.sign_in(broker.client().connect())
        client.send(noise)
    with broker.raw() as client:
        client.sign_in(broker.known("c-steady").again().connect())
        assert client.until_pong() == []


@settings(max_examples=60, deadline=None)
@given(head=st.integers(0, 255), body=st.binary(max_size=60))
def test_random_packets(broker: TestedBroker, head: int, body: bytes) -> None:
    """Packets of any type with any content harm nobody but their sender."""
    with broker.joined(fresh("c")) as client:
        client.send(frames.packet(head, body))
    with broker.raw() as client:
        client.sign_in(broker.known("c-steady").again().connect())
        assert client.until_pong() == []


def test_reset_in_the_middle(broker: TestedBroker) -> None:
    """A connection that is reset by its peer ends like any other, with its will."""
    who = broker.client()
    with broker.joined(BRIDGE, "support/+/presence") as service:
        client = broker.raw()
        client.sign_in(who.connect(will=GivenWill(f"support/{who.username}/presence")))
        pipe = client.pipe.socket  # type: ignore[attr-defined]
        pipe.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.pipe.close()
        assert service.messages(1)[0].payload == b"gone"
