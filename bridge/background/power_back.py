"""
Tell clients who wait for it, once, that power is back: that no outage notice stands in their area any more.

The wait ends after the message is on disk; a kill between the two repeats the message, which is known by its id.
"""

from typing import Final

import structlog
from prometheus_client import Counter

from bridge.background.outage_ends import tell_end
from bridge.pipeline.effects import Effects
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.handlers import Context
from chat_core.store import Store, Transaction

log = structlog.get_logger(__name__)

EVERY_S: Final = 5.0
TOLD_AT_ONCE: Final = 50  # in one transaction
TOLD: Final = Counter("wattline_power_back", "Clients who waited for it and were told that power is back")


class PowerBack:
    """Look every few seconds for waits that are over. Each method may raise StoreDown; then it is due again."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._due_s = 0.0

    def go(self, now_s: float) -> Effects:
        """Tell the next clients when it is time; return what that changed."""
        if now_s < self._due_s:
            return Effects()
        without_power = [area for area, _ in self._store.notices.standing()]
        waits = self._store.registry.power_waits.over(without_power, TOLD_AT_ONCE)
        self._due_s = now_s + (0 if len(waits) == TOLD_AT_ONCE else EVERY_S)
        if not waits:
            return Effects()

        def tell(tx: Transaction, ctx: Context) -> Effects:
            effects = Effects()
            for wait in waits:
                effects.add(tell_end(tx, ctx, wait.client, wait.since))
            return effects

        effects = self._writer.change(tell)
        self._store.registry.power_waits.end(waits)
        TOLD.inc(len(waits))
        log.info("power_back.told", clients=len(waits))
        return effects
