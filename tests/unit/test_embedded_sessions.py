"""The embedded broker's sessions: order, redelivery and bounds, without a socket."""

import struct
from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.embedded.absent_sessions import GUESTS_PER_ADDRESS, POOLS, Owner
from broker.embedded.fast_message import Message
from broker.embedded.sessions import BOUNDS, Awaited, Session, Sessions
from broker.limits import SESSIONS_PER_PERSON
from chat_core.contract import ids
from chat_core.contract.ids import Role
from chat_core.contract.policy import Identity

TOPIC = "support/c-1/log"


class RecordedConnection:
    """A line that keeps what is sent, and can be full."""

    def __init__(self) -> None:
        self.frames: deque[bytes] = deque()
        self.full = False

    def send(self, frame: bytes) -> None:
        self.frames.append(frame)

    def heard(self) -> list[tuple[int, int, bool]]:
        """(packet id, number, DUP) of all that was sent since last asked."""
        found = []
        while self.frames:
            frame = self.frames.popleft()
            at = 4 + len(TOPIC)
            found.append((struct.unpack("!H", frame[at : at + 2])[0], int(frame[at + 2 :]), bool(frame[0] & 8)))
        return found

    def end(self, why: str) -> None:
        """Nothing: the session's owner is not asked here."""


def _session() -> Session:
    return Session("c-1:x", Identity("c-1"), clean=False)


def _say(session: Session, number: int) -> None:
    session.deliver(Message(TOPIC, b"%d" % number, 1), 1)


def test_packet_ids_go_round() -> None:
    """After 65,535 messages the packet ids begin again at 1, and pass over one that is still in flight."""
    session, line = _session(), RecordedConnection()
    session.attach(line, session.identity)
    _say(session, 0)
    ((held, _, _),) = line.heard()
    seen = []
    for number in range(1, 65_600):
        _say(session, number)
        ((packet_id, _, _),) = line.heard()
        assert session.acknowledged(packet_id)
        seen.append(packet_id)
    assert held not in seen
    assert (min(seen), max(seen)) == (2, 65_535)
    assert seen[65_534] == 2


STEPS = st.lists(st.sampled_from(["say", "ack", "ack late", "lose", "come", "full", "drained"]), max_size=60)


@given(STEPS)
def test_nothing_lost_nothing_out_of_order(steps: list[str]) -> None:
    """A session delivers each message until acknowledged, first times in order, repeats with DUP."""
    session, line = _session(), RecordedConnection()
    said = 0
    first: list[int] = []
    open_ids: dict[int, int] = {}
    acknowledged: set[int] = set()
    for step in [*steps, "lose", "come", "drained"]:
        if step == "say":
            _say(session, said)
            said += 1
        elif step.startswith("ack") and open_ids and session.connection is line:
            packet_id = min(open_ids) if step == "ack" else max(open_ids)
            acknowledged.add(open_ids.pop(packet_id))
            assert session.acknowledged(packet_id)
        elif step == "lose":
            session.connection = None
            open_ids.clear()
        elif step == "come":
            line = RecordedConnection()
            open_ids.clear()
            session.attach(line, session.identity)
        elif step in ("full", "drained"):
            line.full = step == "full"
            session.pump()
        for packet_id, number, dup in line.heard():
            assert number not in acknowledged
            assert dup is (number in first)
            if not dup:
                first.append(number)
            open_ids[packet_id] = number
    while open_ids:
        packet_id, number = open_ids.popitem()
        acknowledged.add(number)
        session.acknowledged(packet_id)
        for packet_id, number, _ in line.heard():
            first.append(number)
            open_ids[packet_id] = number
    assert first == list(range(said))
    assert acknowledged == set(range(said))
    assert session.size_bytes == 0


def test_bounds() -> None:
    """A session is over by one message, or one byte, more than it may hold, and takes nothing after that."""
    bounds = BOUNDS[Role.CLIENT]
    session = _session()
    for number in range(bounds.messages):
        _say(session, number)
    assert not session.over
    _say(session, 0)
    assert session.over
    size = session.size_bytes
    _say(session, 0)
    assert session.size_bytes == size
    large = _session()
    for _ in range(bounds.size_bytes // 65_536):
        large.deliver(Message(TOPIC, b"x" * 65_536, 1), 1)
    assert not large.over
    _say(large, 1)
    assert large.over


def test_a_retained_line_heard_live() -> None:
    """A home's live retained messages are queued; the answers to a SUBSCRIBE are not."""
    session = _session()
    session.deliver(Message(TOPIC, b"12345", 1, retained=True, answers=True), 1)
    assert (session.held, session.size_bytes) == (0, 0)
    session.deliver(Message(TOPIC, b"12345", 1, retained=True), 1)
    assert (session.held, session.size_bytes) == (1, 5)
    line = RecordedConnection()
    session.attach(line, session.identity)
    for packet_id, _, _ in line.heard():
        assert session.acknowledged(packet_id)
    assert (session.held, session.size_bytes) == (0, 0)


def _leave(sessions: Sessions, client_id: str, address: str | None = None) -> Session:
    id = client_id.partition(":")[0]
    session, present = sessions.open(client_id, Identity(id), clean=False)
    assert not present
    session.address = address
    sessions.subscribe(session, "notice/desk", 1)
    sessions.leave(session)
    return session


@pytest.mark.parametrize("id", [f"{letter}-1" for letter in ids._ROLE_OF_LETTER])
def test_everybody_has_bounds(id: str) -> None:
    """Every role's session has bounds and a pool."""
    session = Session(f"{id}:x", Identity(id), clean=False)
    assert session.bounds is BOUNDS[ids.role_of(id)] and POOLS[session.owner].away


def test_how_many_may_be_away() -> None:
    """Beyond the limit of a class's sessions that are away, the one longest away is dropped, with its filters."""
    sessions, most = Sessions(), POOLS[Owner.CLIENT].away
    for number in range(most + 1):
        _leave(sessions, f"c-{number}:x")
    assert len(sessions) == most
    assert sessions.get("c-0:x") is None
    assert len(sessions.hearers("notice/desk")) == most


def test_what_guests_leave_behind_pushes_out_guests_alone() -> None:
    """Guests' absent sessions push out guests' sessions alone."""
    sessions = Sessions()
    others = [_leave(sessions, f"{id}:x") for id in ("c-1", "a-ana", "b-rules", "d-hall", "s-bridge")]
    for number in range(POOLS[Owner.GUEST].away + 1):
        last = _leave(sessions, f"g-{number}:x")
        for _ in range(7):
            last.deliver(Message(TOPIC, b"x" * 65_536, 1), 1)
    sessions.expire()
    assert [sessions.get(one.client_id) for one in others] == others
    assert sum(session.size_bytes for session in sessions.values()) <= POOLS[Owner.GUEST].size_bytes


def test_how_many_one_address_may_leave_behind() -> None:
    """Guests of one address push out each other's sessions; clients and another address keep theirs."""
    sessions = Sessions()
    client = _leave(sessions, "c-1:x", "192.0.2.1")
    elsewhere = _leave(sessions, "g-elsewhere:x", "192.0.2.2")
    for number in range(GUESTS_PER_ADDRESS + 3):
        _leave(sessions, f"g-{number}:x", "192.0.2.1")
    assert len(sessions) == GUESTS_PER_ADDRESS + 2
    assert sessions.get("g-2:x") is None and sessions.get("g-3:x") is not None
    assert sessions.get("c-1:x") is client and sessions.get("g-elsewhere:x") is elsewhere


def test_how_many_one_person_may_leave_behind() -> None:
    """A person's oldest session goes; one whose owner came back is not counted."""
    sessions = Sessions()
    back = _leave(sessions, "g-1:back")
    assert sessions.open("g-1:back", Identity("g-1"), clean=False) == (back, True)
    for number in range(SESSIONS_PER_PERSON + 1):
        _leave(sessions, f"g-1:{number}")
    assert sessions.get("g-1:back") is back
    assert sessions.get("g-1:0") is None and len(sessions) == SESSIONS_PER_PERSON + 1


def test_memory_of_all(monkeypatch: object) -> None:
    """The largest absent sessions end first when all hold too much, services' never."""
    sessions = Sessions()
    service, _ = sessions.open("s-1:x", Identity("s-1"), clean=False)
    small, _ = sessions.open("c-1:x", Identity("c-1"), clean=False)
    connected, _ = sessions.open("c-2:x", Identity("c-2"), clean=False)
    connected.attach(RecordedConnection(), connected.identity)
    large = [sessions.open(f"c-9{number}:x", Identity(f"c-9{number}"), clean=False)[0] for number in range(60)]
    for one in (service, *large):
        for _ in range(90):
            one.deliver(Message(TOPIC, b"x" * 65_536, 1), 1)
    _say(small, 1)
    for one in (service, small, *large):
        sessions.leave(one)
    sessions.expire()
    assert sessions.get("s-1:x") is service
    assert sessions.get("c-1:x") is small
    assert sessions.get("c-2:x") is connected
    assert 0 < sum(sessions.get(one.client_id) is one for one in large) < 60


BRIDGE = Identity("s-bridge")
SAID = "support/c-1/log"


def _awaiting() -> Sessions:
    return Sessions(Awaited(BRIDGE, (SAID,)))


def _route(sessions: Sessions, number: int) -> list[Session]:
    hearers = sessions.hearers(TOPIC)
    for session, qos in hearers.items():
        session.deliver(Message(TOPIC, b"%d" % number, 1), qos)
    return list(hearers)


def test_the_first_who_comes_gets_what_waited() -> None:
    """The awaited identity's first lasting session is the one that waited; it goes on as any other."""
    sessions, line = _awaiting(), RecordedConnection()
    _route(sessions, 1)
    passing, present = sessions.open("s-bridge:other", BRIDGE, clean=True)
    assert not present and not passing.subscribed
    session, present = sessions.open("s-bridge:kept", BRIDGE, clean=False)
    assert present
    session.attach(line, BRIDGE)
    assert [number for _, number, _ in line.heard()] == [1]
    sessions.leave(session)
    assert _route(sessions, 2) == [session]
    assert sessions.open("s-bridge:kept", BRIDGE, clean=False) == (session, True)


def test_whoever_is_not_awaited_gets_nothing_of_it() -> None:
    """Another identity's session is its own, whatever it is called."""
    sessions = _awaiting()
    _route(sessions, 1)
    session, present = sessions.open("s-other:x", Identity("s-other"), clean=False)
    assert not present and not session.subscribed


def test_one_waits_again_when_the_last_is_gone() -> None:
    """An awaited session that was given up is replaced at once; while the awaited one has another, none is made."""
    sessions = _awaiting()
    session, _ = sessions.open("s-bridge:kept", BRIDGE, clean=False)
    sessions.subscribe(session, SAID, 1)
    session.over = True
    renewed, present = sessions.open("s-bridge:kept", BRIDGE, clean=False)
    assert not present and _route(sessions, 1) == []
    sessions.leave(renewed)
    sessions.give_up(renewed, "expired")
    (waiting,) = _route(sessions, 2)
    sessions.give_up(waiting, "too much")
    assert len(_route(sessions, 3)) == 1 and len(sessions) == 1
    assert sessions.open("s-bridge:kept", BRIDGE, clean=False)[1]
