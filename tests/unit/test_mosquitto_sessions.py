"""Tell from Mosquitto's own lines which sessions are too many."""

import socket

import pytest
from prometheus_client import REGISTRY

from broker.limits import GUEST_SESSIONS, SESSIONS_PER_PERSON
from broker.mosquitto import sessions
from broker.mosquitto.sessions import GUEST_AWAY_S, NOTICE, WHOLE_LINE_BYTES, KeptSessions, SessionEnder


def signed_in(client_id: str, username: str, clean: int = 0, version: int = 2) -> bytes:
    flags = f"(p{version}, c{clean}, k60, u'{username}')"
    return f"2026-11-29T14:20:00: New client connected from 127.0.0.1:9 as {client_id} {flags}.\n".encode()


def hear(kept: KeptSessions, line: bytes, now_s: float = 0.0) -> str | None:
    """Return the one session to end, or None."""
    ended = kept.hear(line, now_s)
    assert len(ended) < 2
    return ended[0] if ended else None


def test_the_oldest_goes() -> None:
    """Of more than eight sessions of one person the one goes that has been longest without a sign-in."""
    kept = KeptSessions()
    for number in [*range(SESSIONS_PER_PERSON), 0]:
        assert hear(kept, signed_in(f"c-1:{number}", "c-1")) is None
    assert hear(kept, signed_in("c-1:new", "c-1")) == "c-1:1"
    assert hear(kept, signed_in("c-2:new", "c-2")) is None


def test_ended_sessions_do_not_count() -> None:
    """A clean sign-in ends the session of its client id, and opens none that stays; so does another person's."""
    kept = KeptSessions()
    for number in range(SESSIONS_PER_PERSON):
        hear(kept, signed_in(f"c-1:{number}", "c-1"))
    hear(kept, signed_in("c-1:0", "s-check", clean=1))
    hear(kept, signed_in("c-1:1", "c-2"))
    hear(kept, signed_in("c-1:tab", "c-1", clean=1))
    assert [hear(kept, signed_in(f"c-1:new{number}", "c-1")) for number in range(3)] == [None, None, "c-1:2"]


def test_a_session_of_mqtt_5_may_stay() -> None:
    """A sign-in by MQTT 5 counts whether it begins anew or not: its session may be one that stays."""
    kept = KeptSessions()
    for number in range(SESSIONS_PER_PERSON):
        hear(kept, signed_in(f"c-1:{number}", "c-1", clean=1, version=5))
    assert hear(kept, signed_in("c-1:new", "c-1", clean=1, version=5)) == "c-1:0"


def test_guests_have_a_bound_together() -> None:
    """A person who becomes many guests ends the oldest guest's session; a client's stays."""
    kept = KeptSessions()
    hear(kept, signed_in("c-1:0", "c-1"))
    for number in range(GUEST_SESSIONS):
        assert hear(kept, signed_in(f"g-{number}:0", f"g-{number}")) is None
    assert hear(kept, signed_in("g-x:0", "g-x")) == "g-0:0"


def test_a_guest_who_is_away() -> None:
    """A guest's session ends 30 s after its connection; not when the guest is here again, and not a client's."""
    kept = KeptSessions()
    for client_id in ("g-1:here", "g-1:back", "g-1:away", "c-1:away"):
        hear(kept, signed_in(client_id, client_id[:3]))
    for client_id in ("g-1:back", "g-1:away", "c-1:away"):
        hear(kept, f"1795921563: Client {client_id} closed its connection.\n".encode())
    hear(kept, signed_in("g-1:back", "g-1"), 1.0)
    assert hear(kept, b"", GUEST_AWAY_S - 1) is None
    assert hear(kept, b"", GUEST_AWAY_S) == "g-1:away"
    assert hear(kept, b"", GUEST_AWAY_S * 2) is None


@pytest.mark.parametrize("service", ["s-bridge", "d-1", "a-ana", "-", "c-1/x"])
def test_only_clients_are_bounded(service: str) -> None:
    """Sessions of the bridge, of devices and of agents are never ended, nor those of a user name that is no id."""
    kept = KeptSessions()
    assert not any(hear(kept, signed_in(f"x:{number}", service)) for number in range(SESSIONS_PER_PERSON * 2))


def test_no_client_id_names_another_person() -> None:
    """A client id that looks like a line's end, or that is cut with it, counts for nobody else."""
    kept = KeptSessions()
    for number in range(SESSIONS_PER_PERSON):
        hear(kept, signed_in(f"c-1:{number}", "c-1"))
    forged = "x (p2, c0, k60, u'c-1')."
    assert hear(kept, signed_in(forged, "g-1")) is None
    padded = f"{'x' * WHOLE_LINE_BYTES}{forged}"
    assert hear(kept, signed_in(padded, "g-1").partition(b"). (")[0] + b").\n") is None


def test_a_session_that_cannot_be_bounded_is_counted() -> None:
    """A client id that Mosquitto's log cuts is counted, with the metric's name that docs/brokers.md has."""

    def left() -> float:
        return REGISTRY.get_sample_value("wattline_broker_mosquitto_sessions_total", {"what": "left"}) or 0.0

    before = left()
    hear(KeptSessions(), signed_in("x" * WHOLE_LINE_BYTES, "c-1"))
    assert left() == before + 1


@pytest.mark.timeout(20)
def test_a_broker_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a session up in time where nobody answers the sign-in; the next one has its turn."""
    monkeypatch.setattr(sessions, "ANSWER_WITHIN_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        assert not SessionEnder(host, port, lambda: "secret", tls=False)._end("c-1:0", 0.0)


@pytest.mark.parametrize(
    ("line", "is_notice"),
    [
        (signed_in("c-1:0", "c-1"), True),
        (b"1795921563: New connection from 127.0.0.1:5 on port 1883.\n", True),
        (b"1795921563: Client c-1:0 closed its connection.\n", True),
        (b"1795921563: Error: Unable to open log file.\n", False),
    ],
)
def test_notices_are_told_from_faults(line: bytes, is_notice: bool) -> None:
    """A line with a client id is a notice, which nobody is shown; a fault is none."""
    assert bool(NOTICE.match(line)) is is_notice
