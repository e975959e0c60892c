"""A participant's markers: seldom said, never lost."""

from bridge.participant.markers import EVERY_MS, Markers
from chat_core.contract.payloads import Marker

CLIENT = "c-42"


def at(seq: int) -> Marker:
    return Marker(delivered=seq, read=0)


def test_of_markers_that_rise_fast_the_first_and_the_newest_are_said() -> None:
    """The first goes out at once, and of a hundred within a moment the newest, when another may be said."""
    said: list[tuple[str, Marker]] = []
    markers = Markers(100, lambda client, marker: said.append((client, marker)))
    for seq in range(1, 101):
        markers.raise_to(CLIENT, at(seq), 1_000)
    assert said == [(CLIENT, at(1))]
    assert markers.wakes_ms() == [1_000 + EVERY_MS]
    markers.tick(1_000 + EVERY_MS)
    assert said == [(CLIENT, at(1)), (CLIENT, at(100))] and markers.wakes_ms() == []


def test_a_refused_marker_is_said_again() -> None:
    """A refusal that names no message has what was said lately said again, in its newest form, after `retry_ms`."""
    said: list[Marker] = []
    markers = Markers(100, lambda _, marker: said.append(marker))
    markers.raise_to(CLIENT, at(1), 0)
    markers.refused(400, 10)
    markers.raise_to(CLIENT, at(2), 20)
    markers.tick(409)
    assert said == [at(1)]
    markers.tick(410)
    assert said == [at(1), at(2)]


def test_nothing_is_said_that_does_not_rise() -> None:
    """A lower marker is not said, and one of a conversation that was erased begins anew."""
    said: list[Marker] = []
    markers = Markers(100, lambda _, marker: said.append(marker))
    markers.raise_to(CLIENT, at(5), 0)
    markers.raise_to(CLIENT, at(4), 1_000)
    assert said == [at(5)]
    markers.forget(CLIENT)
    markers.raise_to(CLIENT, at(1), 2_000)
    assert said == [at(5), at(1)]
