"""End a session that a broker keeps. Touches the network."""

import time
from collections.abc import Callable
from typing import Final

from bridge.mqtt.link import Link, Login

WITHIN_S: Final = 5.0
TURN_S: Final = 0.2


def end_session(login: Callable[[], Login], beat: Callable[[], None]) -> bool:
    """
    Let the broker forget the session of this login's client id, and what waits in it; return whether it has.

    A connection with a clean session discards the one before (MQTT 3.1.1 §3.1.2.4).
    Args: beat: called several times a second.
    """
    link = Link(login, (), clean_session=True)
    until_s = time.monotonic() + WITHIN_S
    while not link.ready and time.monotonic() < until_s:
        beat()
        link.turn(TURN_S)
    is_forgotten = link.ready
    link.close()
    return is_forgotten
