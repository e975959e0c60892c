"""Store an area's outage notice, or its end, and tell it."""

from bridge.pipeline.effects import Effects, outage_replies
from chat_core.contract.payloads import OutageNotice
from chat_core.store import Registry, Transaction


def put_notice(tx: Transaction, registry: Registry, area: str, notice: OutageNotice, now_ms: int) -> Effects:
    """Store the notice; return what tells it, and the clients of the area whose displays show it."""
    stored = tx.put_notice(area, notice, now_ms)
    return Effects(displays=set(registry.devices.clients_in(area))).tell(*outage_replies(area, stored, tx.tz))
