"""
End each outage notice whose time to end has come, as an administrator's order ends it.

The row says that it is over, so that a restarted bridge ends nothing twice; a text that came meanwhile, with another
end, is left.
"""

from typing import Final

import structlog

from bridge.pipeline.effects import Effects
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.handlers import Context
from bridge.pipeline.notices import put_notice
from chat_core.contract.payloads import OutageNotice
from chat_core.store import Store, Transaction

log = structlog.get_logger(__name__)

AT_ONCE: Final = 20  # areas in one transaction, as many as one order ends


class NoticeExpiry:
    """Look each second for notices whose time has come. May raise StoreDown; then they are due again."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer

    def go(self, now_ms: int) -> Effects:
        """End the next notices; return what that changed."""
        due = self._store.notices.due(now_ms)[:AT_ONCE]
        if not due:
            return Effects()

        def end(tx: Transaction, ctx: Context) -> Effects:
            effects = Effects()
            for area in due:
                effects.add(end_notice(tx, ctx, area, now_ms))
            return effects

        return self._writer.change(end)


def end_notice(tx: Transaction, ctx: Context, area: str, now_ms: int) -> Effects:
    """End the area's notice unless it has ended, or another text lets it stand for longer."""
    stands = tx.find_notice(area)
    if stands is None or stands.ends is None or stands.ends > now_ms:
        return Effects()
    log.info("outage.expired", area=area)
    return put_notice(tx, ctx.registry, area, OutageNotice(id=stands.id, text=None), now_ms)
