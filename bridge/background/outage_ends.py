"""
Tell the clients who asked during an outage, from its begin or the hour before its notice on, that it is over.

Each is told once. Where a new outage begins meanwhile, nobody else is told of the first one's end. The message's id is
made of when the outage's first notice came, so that the successor of a killed bridge tells nobody twice.
"""

from typing import Final

import structlog

from bridge.background.meter_alarms import SPEAKER
from bridge.pipeline.effects import Effects
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.handlers import Context, store_words
from bridge.texts import TEXTS
from chat_core.contract.languages import in_lang
from chat_core.contract.payloads import Origin, Said, SaidKind
from chat_core.domain.outage_times import asked_from
from chat_core.store import Store, Transaction
from chat_core.store.results import AreaNotice

log = structlog.get_logger(__name__)

EVERY_S: Final = 5.0
COUNTED_MS: Final = 5_000  # after this time the last questions are counted as asked
TOLD_AT_MOST: Final = 20_000
TOLD_AT_ONCE: Final = 100  # in one transaction


class OutageEnds:
    """Tell the end of one area's outage after the other, a hundred clients a turn."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._due_s = 0.0
        self._notice: AreaNotice | None = None
        self._clients: list[str] = []

    def go(self, now_s: float, now_ms: int) -> set[str]:
        """Tell the next clients; return those whose displays may have changed. Raises: StoreDown."""
        if self._notice is None:
            if now_s < self._due_s:
                return set()
            self._due_s = now_s + EVERY_S
            self._begin(now_ms)
        notice, clients = self._notice, self._clients[:TOLD_AT_ONCE]
        if notice is None:
            return set()
        if any(area == notice.area for area, _ in self._store.notices.standing()):
            self._notice = None  # a new outage has begun; this thread alone writes notices
            return set()
        is_last = len(self._clients) <= TOLD_AT_ONCE

        def tell(tx: Transaction, ctx: Context) -> Effects:
            effects = Effects()
            for client in clients:
                effects.add(tell_end(tx, ctx, client, notice.since))
            if is_last:
                tx.note_told(notice.area, notice.since)
            return effects

        displays = self._writer.change(tell).displays
        del self._clients[:TOLD_AT_ONCE]
        if is_last:
            self._notice = None
        return displays

    def _begin(self, now_ms: int) -> None:
        for notice in self._store.notices.untold():
            if notice.ended_at is None or now_ms - notice.ended_at < COUNTED_MS:
                continue
            since = asked_from(notice.since, notice.began)
            asked = self._store.notices.asked([notice.area], since, notice.ended_at, TOLD_AT_MOST)
            self._notice, self._clients = notice, [one.client for one in asked]
            log.info("outage.over", area=notice.area, asked=len(asked))
            return


def tell_end(tx: Transaction, ctx: Context, client: str, since: int) -> Effects:
    """Store for the client, once, that the outage that began then is over."""
    id = f"back-{since}"
    person = ctx.registry.find_client(client)
    if person is None or tx.find_entry(client, SPEAKER, id) is not None:
        return Effects()
    text = in_lang(TEXTS, person.lang).back_on
    return store_words(
        tx, client, SPEAKER, Said(id=id, kind=SaidKind.TEXT, text=text, sent=ctx.now_ms, origin=Origin.STORM), ctx
    )
