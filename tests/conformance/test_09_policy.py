"""
Chapter 9, the isolation matrix: every identity of the vectors × every topic and filter, on every broker.

The answers are tests/vectors/policy.json, written from docs/contract.md#rights. Only deliveries count: a SUBACK or a
PUBACK proves nothing on a broker that filters at delivery. Cases share connections, or the matrix would take minutes.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from chat_core.contract import policy
from chat_core.contract.ids import BRIDGE, Role
from chat_core.contract.policy import AccessRule, Action
from tests.conformance import frames
from tests.conformance.brokers import EmbeddedBroker, SignIn, TestedBroker, fresh
from tests.conformance.conftest import Begun
from tests.conformance.frames import DISCONNECT, PUBACK, PUBLISH, SUBACK, Frame, GivenWill, RawClient
from tests.waiting import wait_until

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent.parent / "vectors" / "policy.json").read_text("utf-8"))
WHO = list(VECTORS["identities"])
NOTICE = "notice/desk"  # who may hear it: what comes after it was said after everything before it
HEARERS = [who for who in WHO if NOTICE in VECTORS["receive"][who]]
TOPICS: list[str] = VECTORS["topics"]
BESIDE: list[str] = [topic for group in VECTORS["beside"]["heard"] for topic in group["topics"]]
FILTERS: list[str] = VECTORS["filters"]
ASKED = [*FILTERS, *TOPICS]
SAID = [(writer, topic) for writer in WHO for topic in VECTORS["publish"][writer]]
REFUSED = 0x80
NOT_AUTHORIZED = 5
EVERYTHING = ("support/#", "desk/#", "team/#", "meter/#", "notice/#", "tele/hall/SENSOR")  # what the bridge may hear
OURS = {*TOPICS, *BESIDE}  # not what other chapters left retained

CLOSES = {"embedded", "rabbitmq"}  # a forbidden PUBLISH closes the connection; Mosquitto acknowledges and drops it
CHECKS_FILTERS = {"embedded", "rabbitmq"}  # Mosquitto grants a foreign filter, and filters at delivery
REFUSES_WILLS = {"embedded"}  # the others take the sign-in and drop the will
SEES_THE_FLAG = {"embedded"}  # the others cannot refuse a retain flag: readers ignore it, and the bridge clears it


@pytest.fixture
def known(broker: TestedBroker) -> Iterator[dict[str, SignIn]]:
    yield {
        who: broker.known(
            one["id"],
            client=one.get("client"),
            topics=tuple(one.get("topics", ())),
            teams=tuple(one["teams"]) if "teams" in one else None,
        )
        for who, one in VECTORS["identities"].items()
    }


def _mark(broker: TestedBroker, known: dict[str, SignIn]) -> bytes:
    """A notice is said, after everything that was acknowledged before; its words."""
    words = fresh("mark").encode()
    with broker.joined(known["bridge"].again()) as bridge:
        bridge.send(frames.publish(NOTICE, words, qos=1)).expect(PUBACK)
    return words


def _until(client: RawClient, mark: bytes) -> list[Frame]:
    """All messages before the mark, acknowledged."""
    heard = []
    while (frame := client.messages(1)[0]).payload != mark:
        heard.append(frame)
    return [frame for frame in heard if frame.topic in OURS]


def _hear(client: RawClient, topic_filters: list[str]) -> None:
    client.send(frames.subscribe(*topic_filters))
    while (frame := client.next()) is not None and frame.kind == PUBLISH:  # retained, before the SUBACK
        client.send(frames.puback(frame.packet_id) if frame.qos else b"")
    assert frame is not None and frame.kind == SUBACK
    assert REFUSED not in frame.body[2:]


class PolicySpeaker:
    """Somebody who says whatever it is told, connected again whenever the broker closed the connection for it."""

    def __init__(self, broker: TestedBroker, who: SignIn) -> None:
        self._broker, self._who = broker, who
        self._client: RawClient | None = None

    def ask(self, packet: bytes) -> Frame | None:
        if self._client is None:
            self._client = self._broker.joined(self._who.again())
        frame = self._client.send(packet).next()
        while frame is not None and frame.kind == PUBLISH:  # what a filter asked for before brings
            self._client.send(frames.puback(frame.packet_id) if frame.qos else b"")
            frame = self._client.next()
        if frame is None:
            assert self._client.closed(), "neither answered nor closed"
            self.close()
        return frame

    def close(self) -> None:
        if self._client is not None:
            self._client.pipe.close()
            self._client = None


def _say(broker: TestedBroker, who: SignIn, topics: list[str]) -> set[str]:
    """Something is said on each of these topics; what was acknowledged."""
    acknowledged = set()
    speaker = PolicySpeaker(broker, who)
    for topic in topics:
        answer = speaker.ask(frames.publish(topic, f"{who.username} on {topic}".encode(), qos=1))
        if answer is not None:
            assert answer.kind == PUBACK
            acknowledged.add(topic)
    speaker.close()
    return acknowledged


def _cleared(broker: TestedBroker, who: str) -> set[str]:
    """Return where the broker also lets `who` publish, since it cannot see the retain flag."""
    return set() if broker.kind in SEES_THE_FLAG else set(VECTORS["clear"].get(who, ()))


@pytest.mark.parametrize("who", WHO)
def test_publish(broker: TestedBroker, known: dict[str, SignIn], who: str) -> None:
    """Listed topics are acknowledged and heard; of all others nothing is heard, by those who may hear all."""
    allowed = set(VECTORS["publish"][who])
    with broker.joined(known["bridge"].again(), *EVERYTHING) as ear:
        acknowledged = _say(broker, known[who], TOPICS)
        heard = {frame.topic for frame in _until(ear, _mark(broker, known))}
    assert allowed <= heard <= allowed | _cleared(broker, who)
    if broker.kind in CLOSES:
        assert acknowledged == heard


def test_beside(broker: TestedBroker, known: dict[str, SignIn]) -> None:
    """Nobody publishes on a topic one level beside or below an allowed one."""
    with broker.joined(known["bridge"].again(), *EVERYTHING) as ear:
        with ThreadPoolExecutor(len(WHO)) as threads:  # RabbitMQ closes each connection
            acknowledged = set().union(*threads.map(lambda who: _say(broker, known[who], BESIDE), WHO))
        assert _until(ear, _mark(broker, known)) == []
    if broker.kind in CLOSES:
        assert acknowledged == set()


def test_a_loosened_rule_is_heard(
    broker: TestedBroker, known: dict[str, SignIn], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one rule loosened each broker delivers what it did not, and the same check sees it."""
    loose = AccessRule(Role.AGENT, Action.PUBLISH, "desk/do/+")
    strict = policy._RULES_OF
    foreign = "desk/do/a-radu"
    with broker.joined(known["bridge"].again(), *EVERYTHING) as ear:
        _say(broker, known["agent"], [foreign])
        assert _until(ear, _mark(broker, known)) == []
        kind = (Role.AGENT, Action.PUBLISH)
        monkeypatch.setattr(policy, "_RULES_OF", {**strict, kind: (*strict[kind], loose)})
        try:
            _say(broker, broker.known(fresh("a")), [foreign])
            assert [frame.topic for frame in _until(ear, _mark(broker, known))] == [foreign]
        finally:
            monkeypatch.undo()
            broker.known(fresh("a"))  # Mosquitto's files are strict again
        _say(broker, known["agent"], [foreign])
        assert _until(ear, _mark(broker, known)) == []


def test_an_agent_of_other_teams(broker: TestedBroker, known: dict[str, SignIn]) -> None:
    """
    An agent whose teams change hears nothing more of the others, live or in a session that it comes back to.

    What RabbitMQ closes comes back; what the others keep open hears its new teams alone.
    """
    id, before, after = fresh("a"), "support/c-42/log", "team/t-north/log/c-42"
    agent = broker.known(id)
    live = broker.joined(agent, "support/#", "team/#", NOTICE, clean=False)
    broker.known(id, teams=("t-north",))

    def hears_more() -> bool:
        """Say something, and return whether it comes: credentials are looked at once a second, or at once."""
        with broker.joined(known["bridge"].again()) as bridge:
            bridge.send(frames.publish(before, b"a word", qos=1)).expect(PUBACK)
        mark = _mark(broker, known)
        try:
            return any(frame.topic == before for frame in _until(live, mark))
        except (AssertionError, OSError):
            return False  # closed

    wait_until(lambda: not hears_more(), 5)
    live.pipe.close()
    with broker.joined(known["bridge"].again()) as bridge:
        bridge.send(frames.publish(before, b"a word", qos=1)).expect(PUBACK)
    with broker.raw() as back:
        back.sign_in(agent.connect(clean=False))
        _hear(back, ["team/t-north/#", NOTICE])
        with broker.joined(known["bridge"].again()) as bridge:
            for topic in (before, "team/t-northern/log/c-42", after):
                bridge.send(frames.publish(topic, b"a word", qos=1)).expect(PUBACK)
        heard = {frame.topic for frame in _until(back, _mark(broker, known))}
        assert heard == {after}


@pytest.mark.parametrize("who", WHO)
def test_will(broker: TestedBroker, known: dict[str, SignIn], who: str) -> None:
    """A will is heard exactly where a publish is allowed, whatever the sign-in was answered."""
    allowed = set(VECTORS["publish"][who])
    taken = set()
    with broker.joined(known["bridge"].again(), *EVERYTHING) as ear:
        for topic in [*(set(TOPICS) - allowed), *allowed]:  # the forbidden first: they are overdue when the last comes
            with broker.raw() as client:
                asked = known[who].again().connect(will=GivenWill(topic, f"{who} leaves {topic}".encode()))
                if client.send(asked).expect(frames.CONNACK).body[1] != NOT_AUTHORIZED:
                    taken.add(topic)
        heard: set[str] = set()
        while not allowed <= heard:
            heard |= {frame.topic for frame in ear.messages(1)} & set(TOPICS)
        heard |= {frame.topic for frame in _until(ear, _mark(broker, known))}
    assert allowed <= heard <= allowed | _cleared(broker, who)
    if broker.kind in REFUSES_WILLS:
        assert taken == allowed


_granted: dict[tuple[str, str], list[str]] = {}


def _grants(broker: TestedBroker, known: dict[str, SignIn], who: str) -> list[str]:
    """The filters and topics of the lists that this broker grants, each asked for alone."""
    if (broker.kind, who) not in _granted:
        speaker, granted = PolicySpeaker(broker, known[who]), []
        for one in ASKED:
            answer = speaker.ask(frames.subscribe(one))
            if answer is not None and answer.body[2:] != bytes((REFUSED,)):
                granted.append(one)
            else:  # RabbitMQ closes the connection after a refusal
                speaker.close()
        speaker.close()
        _granted[broker.kind, who] = granted
    return _granted[broker.kind, who]


@pytest.mark.parametrize("who", WHO)
def test_subscribe(broker: TestedBroker, known: dict[str, SignIn], who: str) -> None:
    """A filter that the vectors list, and a topic that they let receive, is granted; any other is refused."""
    granted = set(_grants(broker, known, who))
    expected = set(VECTORS["subscribe"][who]) | set(VECTORS["receive"][who])
    assert granted >= expected
    if broker.kind in CHECKS_FILTERS:
        assert granted == expected


def _say_everything(broker: TestedBroker, known: dict[str, SignIn], *, retain: bool = False) -> set[tuple[str, str]]:
    """Every writer says on every topic that is its own; what was acknowledged."""
    said = set()
    for writer in WHO:
        speaker = PolicySpeaker(broker, known[writer])
        for topic in VECTORS["publish"][writer]:
            words = f"{writer} on {topic}".encode()
            if speaker.ask(frames.publish(topic, words, qos=1, retain=retain)) is not None:
                said.add((writer, topic))
        speaker.close()
    return said


def _theirs(who: str) -> set[str]:
    return {topic for _, topic in SAID} & set(VECTORS["receive"][who])


def test_live(broker: TestedBroker, known: dict[str, SignIn]) -> None:
    """With every filter of the lists asked for, everybody hears what is said on their topics, and no other."""
    with ExitStack() as opened:
        listeners = {}
        for who in WHO:
            granted = _grants(broker, known, who)
            listeners[who] = opened.enter_context(broker.joined(known[who].again()))
            if granted:
                _hear(listeners[who], granted)
        assert _say_everything(broker, known) == set(SAID)
        mark = _mark(broker, known)
        heard = {who: {frame.topic for frame in _until(listeners[who], mark)} for who in HEARERS}
        assert heard == {who: _theirs(who) for who in HEARERS}
        for who in set(WHO) - set(HEARERS):
            said = {frame.topic for frame in listeners[who].messages(len(_theirs(who)))}
            assert (said, listeners[who].until_pong()) == (_theirs(who), [])


def test_queued(broker: TestedBroker, known: dict[str, SignIn]) -> None:
    """A session queues its owner's messages, and no others."""
    away = {who: known[who].again() for who in HEARERS}
    for who in HEARERS:
        with broker.joined(away[who], clean=False) as listener:
            _hear(listener, _grants(broker, known, who))
            assert listener.send(DISCONNECT).closed()
    assert _say_everything(broker, known) == set(SAID)
    mark = _mark(broker, known)
    heard = {}
    for who in HEARERS:
        with broker.raw() as listener:
            assert listener.sign_in(away[who].connect(clean=False))
            heard[who] = {frame.topic for frame in _until(listener, mark)}
        with broker.raw() as listener:
            listener.sign_in(away[who].connect())
    assert heard == {who: _theirs(who) for who in HEARERS}


def _kept(broker: TestedBroker, known: dict[str, SignIn], who: str) -> set[str]:
    granted = _grants(broker, known, who)
    with broker.joined(known[who].again()) as listener:
        heard, subscribed = set(), 0
        listener.send(b"".join(frames.subscribe(topic_filter) for topic_filter in granted))
        mark = None
        while (frame := listener.next()) is not None and (frame.kind != PUBLISH or frame.payload != mark):
            subscribed += frame.kind == SUBACK
            if mark is None and subscribed == len(granted):
                mark = _mark(broker, known)
            if frame.kind == PUBLISH:
                listener.send(frames.puback(frame.packet_id) if frame.qos else b"")
                heard |= {frame.topic} & set(TOPICS) if frame.retain else set()
        assert frame is not None, "closed or silent"
        return heard


def test_retained(broker: TestedBroker, known: dict[str, SignIn]) -> None:
    """A retained message reaches only those who may hear it; forbidden ones are refused where the flag is seen."""
    for who in WHO:
        _grants(broker, known, who)  # while nothing is retained yet
    _say_everything(broker, known, retain=True)
    left = defaultdict(set)
    for writer, topic in SAID:
        if broker.kind not in SEES_THE_FLAG or topic in VECTORS["retain"][writer]:
            left[topic].add(writer)
    try:
        assert {who: _kept(broker, known, who) for who in HEARERS} == {who: set(left) & _theirs(who) for who in HEARERS}
        for who in set(WHO) - set(HEARERS):
            with broker.joined(known[who].again()) as other:
                other.send(b"".join(frames.subscribe(one) for one in _grants(broker, known, who)))
                heard = {frame.topic for frame in other.until_pong() if frame.kind == PUBLISH}
                assert heard == set(left) & _theirs(who)
    finally:
        cleaner = PolicySpeaker(broker, known["bridge"])
        for topic in left:
            assert cleaner.ask(frames.publish(topic, b"", qos=1, retain=True)) is not None, "the bridge cannot clear it"
        cleaner.close()
    assert {who: _kept(broker, known, who) for who in HEARERS} == {who: set() for who in HEARERS}


def test_enough_cases() -> None:
    """The matrix asks every broker more than 2,500 questions."""
    each = len(WHO) * (2 * len(TOPICS) + len(ASKED) + 3 * len(SAID))
    assert each > 2_500


# The embedded broker alone checks every delivery by the rights of the moment


def test_delivery_is_checked_by_itself(embedded: EmbeddedBroker) -> None:
    """A filter granted once gives nothing more when the right is gone: neither live nor from the queue."""
    broker = embedded
    client, topic = fresh("c"), f"tele/{fresh('x')}/STATE"
    plug = broker.known(fresh("d"), client=client, topics=(topic,))
    service = broker.known(BRIDGE, topics=(topic,))
    with broker.joined(service, topic, clean=False), broker.joined(plug) as device:
        pass
    broker.known(service.username)
    with broker.joined(plug) as device, broker.raw() as back:
        assert back.sign_in(service.connect(clean=False)), "its session, with the old subscription"
        device.send(frames.publish(topic, b"on", qos=1)).expect(PUBACK)
        assert back.until_pong() == []


def test_names_that_are_wildcards(begun: Begun) -> None:
    """No user name can be a wildcard or hold a level: such a user is not known, and no rule is filled in with one."""
    for name, client in begun.nobody.items():
        assert client.expect(frames.CONNACK).body[1] in (2, 4, 5), name
