"""Count every half minute whom the outages that stand have reached, so that it is known after their end."""

from typing import Final

from bridge.pipeline.effects import Effects
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.handlers import Context
from chat_core.store import Store, Transaction
from chat_core.store.results import AreaReach

LOOK_EVERY_S: Final = 2.0  # for an outage that was never counted
COUNT_EVERY_S: Final = 30.0  # a count reads every conversation of the area


class OutageReach:
    """Store with each outage how many clients its area has, and the most of them that were reached at one count."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._look_s = self._count_s = 0.0

    def go(self, now_s: float) -> None:
        """Count when it is time. Raises: StoreDown."""
        if now_s < self._look_s:
            return
        self._look_s = now_s + LOOK_EVERY_S
        found = self._store.notices.standing_in_full()
        if not found or (now_s < self._count_s and all(one.reached is not None for one in found)):
            return
        self._count_s = now_s + COUNT_EVERY_S
        reached, clients = self._store.notices.reached(), self._store.registry.clients.count_areas()
        displays = self._store.registry.devices.count_in_areas()

        def note(tx: Transaction, _: Context) -> Effects:
            for one in found:
                counts = (each.get(one.area, 0) for each in (clients, reached, displays))
                tx.note_reach(one.area, one.since, AreaReach(*counts))
            return Effects()

        self._writer.change(note)
