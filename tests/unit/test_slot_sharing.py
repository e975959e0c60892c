"""A bridge begins and ends its work for slots by what it sees of the others."""

import threading
from collections.abc import Callable

from bridge.slot_sharing import TAKEN_S, SlotSharing
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.store import Slots

OWN, KILLED, OTHER = "here:1", "there:2", "there:3"


def test_a_stale_look_ends_no_work() -> None:
    """A look that still names the killed owner ends no work; another owner ends the wait once it is seen for long."""
    stops: list[threading.Event] = []
    began = threading.Event()

    def work(_: int, stop: threading.Event, __: Callable[[], None]) -> None:
        stops.append(stop)
        began.set()
        stop.wait(30)

    sharing = SlotSharing(work, Heartbeat(lambda _: None))
    sharing._look(Slots({0: None}, frozenset({OWN})), OWN, 0.0)
    assert began.wait(30)
    (stop,) = stops
    try:
        sharing._look(Slots({0: KILLED}, frozenset({OWN, KILLED})), OWN, 1.0)
        assert not stop.is_set()
        sharing._look(Slots({0: OWN}, frozenset({OWN})), OWN, 1.1)
        sharing._look(Slots({0: OTHER}, frozenset({OWN, OTHER})), OWN, 2.0)
        assert not stop.is_set()
        sharing._look(Slots({0: OTHER}, frozenset({OWN, OTHER})), OWN, 2.1 + TAKEN_S)
        assert stop.is_set()
    finally:
        stop.set()
