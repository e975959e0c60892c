"""Measure how long the bridge's own message takes through broker and database. Touches the link."""

import secrets
import time
from typing import Final

from bridge.metrics import ECHO_S
from bridge.mqtt.link import Link
from bridge.pipeline.inbound import Echo
from chat_core.contract import topics
from chat_core.contract.payloads import encode
from chat_core.contract.shards import Slot

AWAITED_AT_MOST: Final = 30  # one minute's; lost ones are forgotten


class Probe:
    """Publish named probes, and observe the time when one was committed."""

    def __init__(self, link: Link, slot: Slot) -> None:
        self._link = link
        self._slot = slot
        self._sent_s: dict[str, float] = {}

    def send(self) -> None:
        """Publish a probe; its handler stores the heartbeat that /readyz reads."""
        if len(self._sent_s) >= AWAITED_AT_MOST:
            self._sent_s.clear()
        name = secrets.token_hex(8)
        self._sent_s[name] = time.monotonic()
        self._link.publish(topics.DESK_ECHO, encode(Echo(slot=self._slot.n, probe=name)))

    def heard(self, name: str) -> None:
        """Note that a probe was committed; names of another process are ignored."""
        sent_s = self._sent_s.pop(name, None)
        if sent_s is not None:
            ECHO_S.observe(time.monotonic() - sent_s)
