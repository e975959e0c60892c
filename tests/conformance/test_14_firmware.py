"""Chapter 14, Tasmota and Shelly firmware: brokers take its whole sequence and deliver its readings alone."""

import pytest

from broker.embedded.guard import BrokerLimits
from tests.conformance import frames
from tests.conformance.brokers import SignIn, TestedBroker, fresh
from tests.conformance.conftest import StartBroker
from tests.conformance.firmware import VECTORS, FirmwareDevice, devices
from tests.conformance.frames import PINGRESP, PUBACK, PUBLISH, SUBACK

KINDS = [one["kind"] for one in VECTORS["devices"]]
REFUSED = 0x80
SILENT = {"mosquitto"}  # grants every filter, acknowledges and drops what is forbidden
BAD_CLIENT_ID = {"embedded": 2, "rabbitmq": 4}


def _device(kind: str) -> FirmwareDevice:
    (found,) = [one for one in devices(fresh("plug")) if one.written["kind"] == kind]
    return found


def _known(broker: TestedBroker, device: FirmwareDevice) -> tuple[SignIn, SignIn]:
    own = tuple(device.forms)
    who = broker.known(fresh("d"), client=fresh("c"), topics=own)
    return who, broker.known("s-bridge", topics=own).again()


@pytest.mark.parametrize("kind", KINDS)
def test_the_whole_sequence(broker: TestedBroker, kind: str) -> None:
    """From CONNECT with its retained will to its readings; it stays, and the bridge hears the readings alone."""
    device = _device(kind)
    who, bridge = _known(broker, device)
    with broker.joined(bridge, *device.forms) as hears, broker.raw() as plug:
        device.connect(plug, who)
        assert [frame for frame in plug.until_pong() if frame.topic != f"cmnd/{device.name}/POWER"] == []
        heard: set[str] = set()
        while heard != set(device.forms):
            heard.add(hears.messages(1)[0].topic)
    with broker.raw() as plug:  # again, as after a power cut: the will was taken, and goes nowhere
        device.connect(plug, SignIn(who.username, who.password, who.again().client_id))


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_else_hears_it(broker: TestedBroker, kind: str) -> None:
    """Its own will and words are retained for nobody: whoever may come later, live or from the store, hears nothing."""
    device = _device(kind)
    who, _ = _known(broker, device)
    with broker.raw() as plug:
        device.connect(plug, who)
    other = FirmwareDevice(device.written, fresh("plug"))
    outsider, _ = _known(broker, other)
    asked = [device.will_topic, *(step[1].replace("{name}", device.name) for step in device.written["steps"])]
    for topic in sorted({topic for topic in asked if "{id}" not in topic and device.name in topic}):
        with broker.raw() as later:
            later.sign_in(outsider.again().connect())
            later.send(frames.subscribe(topic))
            answer = later.next()
            assert answer is None or answer.kind == SUBACK, topic
            if broker.kind not in SILENT:
                assert answer is None or answer.body[2:] == bytes((REFUSED,)), topic
            if answer is not None:  # RabbitMQ closes after the 0x80, now or in a while
                heard = later.send(frames.PINGREQ).next()
                assert (heard is None and later.closed()) or (heard is not None and heard.kind == PINGRESP), topic


def _matrix_device(broker: TestedBroker) -> SignIn:
    return broker.known("d-hall", client="c-42", topics=("tele/hall/SENSOR",)).again()


def test_its_own_topics_alone(broker: TestedBroker) -> None:
    """Of the vectors' topics the device may publish its own; others may publish none, and the bridge hears none."""
    everybody = {"d-hall": _matrix_device(broker)} | {
        id: broker.known(
            id, client="c-42" if id[0] == "d" else None, topics=("tele/other/SENSOR",) if id == "d-b" else ()
        )
        for id in ("c-42", "g-7f3a", "a-ana", "b-rules", "d-b")
    }
    bridge = broker.known("s-bridge", topics=("tele/hall/SENSOR", "tele/other/SENSOR")).again()
    others = {
        "d-b": {"tele/other/LWT", "stat/other/RESULT", "cmnd/other/POWER", "tasmota/discovery/A1B2C3D4E5F6/config"}
    }
    with broker.joined(bridge, "support/#", "desk/#", "meter/#", "notice/#", "tele/hall/SENSOR") as hears:
        for id, who in everybody.items():
            taken = set()
            for topic in VECTORS["topics"]:
                with broker.raw() as client:
                    client.sign_in(who.again().connect())
                    answer = client.send(frames.publish(topic, b"x", qos=1, retain=True)).next()
                    if answer is not None:
                        assert answer.kind == PUBACK
                        taken.add(topic)
            if broker.kind not in SILENT:
                assert taken == (set(VECTORS["taken"]) if id == "d-hall" else others.get(id, set())), id
        assert not {frame.topic for frame in hears.until_pong() if frame.kind == PUBLISH} & set(VECTORS["topics"])


def test_its_own_filters_alone(broker: TestedBroker) -> None:
    """Of the vectors' filters the device is granted those that its firmware asks for, and nobody else any."""
    granted: dict[str, list[str]] = {}
    for who in (_matrix_device(broker), broker.client(), broker.known(fresh("a")), broker.known(fresh("g"))):
        granted[who.username] = []
        for topic_filter in VECTORS["filters"]:
            with broker.raw() as client:
                client.sign_in(who.again().connect())
                answer = client.send(frames.subscribe(topic_filter)).next()
                if answer is not None and answer.body[2:] != bytes((REFUSED,)):
                    granted[who.username].append(topic_filter)
    if broker.kind not in SILENT:
        device, *others = granted.values()
        assert device == VECTORS["granted"]
        assert others == [[], [], []]


def test_another_devices_readings_are_not_its_to_say(broker: TestedBroker) -> None:
    """A device cannot publish a topic that is read as another's meter, whoever granted it."""
    name = fresh("em")
    power, other = f"shellies/{name}/emeter/0/power", f"shellies/{name}/emeter/1/power"
    broker.known(fresh("d"), client=fresh("c"), topics=(power,))
    who = broker.known(fresh("d"), client=fresh("c"), topics=(other,))
    bridge = broker.known("s-bridge", topics=(power, other)).again()
    with broker.joined(bridge, power, other) as hears, broker.joined(who) as plug:
        plug.send(frames.publish(other, b"1", qos=1)).expect(PUBACK)
        assert hears.messages(1)[0].topic == other
        plug.send(frames.publish(power, b"666", qos=1))
        plug.next()
        assert hears.until_pong() == []


def test_a_name_that_is_not_its_own(broker: TestedBroker) -> None:
    """A device may connect by its firmware's fixed name; by another's, or anybody else by any, it is not let in."""
    if broker.kind in SILENT:
        return  # any client id is let in: tests/conformance/exceptions.py, "client ids"
    name = fresh("shellyem")
    topic = f"shellies/{name}/emeter/0/power"
    who = broker.known(fresh("d"), client=fresh("c"), topics=(topic,))
    other, client = broker.known(fresh("d"), client=fresh("c")), broker.client()
    with broker.raw() as plug:
        plug.sign_in(frames.connect(name, who.username, who.password))
        for outsider in (other,) if broker.kind == "rabbitmq" else (other, client):  # it takes 3 s to say no
            with broker.raw() as asks:
                asked = frames.connect(name, outsider.username, outsider.password)
                assert asks.send(asked).expect(frames.CONNACK).body[1] == BAD_CLIENT_ID[broker.kind]
        assert plug.until_pong() == []


def test_two_that_have_one_name(start_broker: StartBroker) -> None:
    """Of two devices with one name the first keeps the session."""
    broker = start_broker(BrokerLimits(rate=None))
    name = fresh("shellyem")
    first, second = (
        broker.known(fresh("d"), client=fresh("c"), topics=(f"shellies/{name}/emeter/{number}/power",))
        for number in range(2)
    )
    with broker.raw() as plug, broker.raw() as late:
        plug.sign_in(frames.connect(name, first.username, first.password))
        assert late.code(frames.connect(name, second.username, second.password)) == BAD_CLIENT_ID["embedded"]
        assert plug.until_pong() == []
