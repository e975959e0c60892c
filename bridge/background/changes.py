"""
Do what web and CLI ask of the bridge, in order. Touches database and link.

The work comes before the cursor, and an erasure is in the cursor's transaction: after a kill the bridge does the same
again, and no erasure twice.
"""

import secrets
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

import structlog
from prometheus_client import Counter

from bridge.mqtt.link import Link
from bridge.pipeline import handlers
from bridge.pipeline.effects import Effects
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.handlers import Context
from bridge.pipeline.inbound import Echo
from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.errors import Unavailable
from chat_core.contract.ids import is_id
from chat_core.contract.payloads import encode
from chat_core.contract.shards import Slot
from chat_core.runtime.guarded import guarded
from chat_core.store import Store, Transaction
from chat_core.store.results import ChangeRequest

log = structlog.get_logger(__name__)

FENCE_AGAIN_S: Final = 10.0  # a full queue may have dropped the fence
CHANGES: Final = Counter("wattline_changes", "Changes that web and CLI asked of the bridge", ["kind"])
FAILED: Final = Counter("wattline_changes_failed", "Changes that were given up", ["kind"])


class Fence:
    """
    Tell when the bridge has handled all that the broker took for it before some moment.

    A session's QoS 1 messages arrive in the order in which the broker took them (MQTT 3.1.1 §4.6). So the bridge
    publishes a name on its own echo topic: what arrives before the name was sent before it.
    """

    def __init__(self, link: Link, slot: Slot) -> None:
        self._link = link
        self._slot = slot
        self._names: dict[str, int] = {}  # published on this connection → the change that each follows
        self._connection = 0
        self._again_s = 0.0
        self._passed = 0

    def heard(self, name: str) -> None:
        """Note that a name came back; names of another process or connection are ignored."""
        self._passed = max(self._passed, self._names.get(name, 0))

    def is_behind(self, n: int, now_s: float) -> bool:
        """Return whether all that was sent before change n is handled; if not, publish a fence."""
        if n <= self._passed:
            return True
        if self._connection != self._link.connection:
            self._names, self._connection = {}, self._link.connection
        if n > max(self._names.values(), default=0) or now_s >= self._again_s:
            name = secrets.token_hex(8)
            self._names[name] = n
            self._again_s = now_s + FENCE_AGAIN_S
            self._link.publish(topics.DESK_ECHO, encode(Echo(slot=self._slot.n, fence=name)))
        return False


class Done(NamedTuple):
    """Hold what was done: up to which change, the changes, and their effects."""

    up_to: int
    changes: tuple[ChangeRequest, ...]
    effects: Effects


class ChangeTaker:
    """Do the changes in their order. Each method may raise StoreDown; then all of it is due again."""

    def __init__(self, store: Store, link: Link, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self.fence: Final = Fence(link, writer.slot)

    def take(self, now_s: float, prepare: Callable[[ChangeRequest], None]) -> Done:
        """
        Do the next changes, up to an erasure that waits for its fence.

        Args: prepare: called for each change before the cursor moves; safe to repeat.
        """
        slot = self._writer.slot
        cursor = self._store.bridge.change_cursor_of(slot)
        todo: list[ChangeRequest] = []
        for change in self._store.registry.changes.after(cursor):
            if _needs_fence(change, slot) and not self.fence.is_behind(change.n, now_s):
                break
            todo.append(change)
        if not todo:
            return Done(cursor, (), Effects())
        for change in todo:
            prepare(change)
        up_to = todo[-1].n

        def step(tx: Transaction, ctx: Context) -> Effects:
            effects = Effects()
            for change in todo:
                _take(tx, change, ctx, effects)
            tx.set_change_cursor(up_to, slot)
            return effects

        effects = self._writer.change(step)
        for change in todo:
            CHANGES.labels(change.kind).inc()
            log.info("change.taken", kind=change.kind, n=change.n)
        return Done(up_to, tuple(todo), effects)


def _needs_fence(change: ChangeRequest, slot: Slot) -> bool:
    return change.kind is ChangeKind.ERASE and slot.has(str(change.body.get("client")))


_Take = Callable[[Transaction, str, Context], Effects]


def _take_client(tx: Transaction, client: str, ctx: Context) -> Effects:
    with tx.savepoint():
        effects = handlers.do_describe(tx, client, ctx.registry)
        tx.tell_again(client)  # boards that show the client ask for what is not in its row
        return effects


def _take_devices(tx: Transaction, client: str, ctx: Context) -> Effects:
    if all(device.disabled for device in ctx.registry.devices.of(client)):
        tx.note_cleared(client, ctx.now_ms)
    return Effects()


def _take_erase(tx: Transaction, client: str, ctx: Context) -> Effects:
    tx.note_cleared(client, ctx.now_ms)
    return handlers.do_erase(tx, client, ctx.now_ms)


# What a kind stores for a client; the other kinds store nothing.
_TAKE: Final[Mapping[ChangeKind, _Take]] = {
    ChangeKind.ERASE: _take_erase,
    ChangeKind.CLIENT: _take_client,
    ChangeKind.DEVICES: _take_devices,
}


def _take(tx: Transaction, change: ChangeRequest, ctx: Context, effects: Effects) -> None:
    """Do what the change stores. One that fails is given up so that others go on; an erasure never is."""
    client = change.body.get("client")
    if change.kind not in _TAKE or not isinstance(client, str) or not is_id(client):
        return
    if not ctx.slot.has(client):
        return
    with guarded("change", Unavailable, kind=change.kind, n=change.n) as guard:
        effects.add(_TAKE[change.kind](tx, client, ctx))
    if guard.fault is not None:
        if change.kind is ChangeKind.ERASE:
            raise guard.fault
        FAILED.labels(change.kind).inc()
