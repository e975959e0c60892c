"""
Store what the bridge notes of its own work: heartbeat, cursors, parked messages, whose rows or displays to tell.

The functions are parts of a transaction; `BridgeState` reads in any thread.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from peewee import SQL, fn

from chat_core.contract.errors import BadTopic
from chat_core.contract.ids import is_id
from chat_core.contract.shards import ALL, Slot
from chat_core.contract.topics import parse
from chat_core.runtime import clock
from chat_core.store import fast_sql
from chat_core.store.database import Database
from chat_core.store.models.chats import BeatRow, ClearedRow, ConversationRow, OutboxRow, ParkedRow, SlotRow, StateRow
from chat_core.store.results import Beat, Parked
from chat_core.store.unit_of_work import UnitOfWork

CHANGE_CURSOR: Final = "change_cursor"  # a key of `state`; of slot n above 0 `change_cursor/n`
UNDESCRIBED: Final = "undescribed"  # a key of `state`: the number of the next row without area and language
UNTOLD: Final = "untold/"  # before a client's id: a key of `state`; of several slots `untold/<writer>/<client>`
CLEARED_KEPT_MS: Final = 30 * 86_400_000  # longer than any broker goes without saving what it retains
AHEAD_MS: Final = 1_000  # a new primary's clock may be so far behind the old one's
FAILING_AT_MOST: Final = 12  # names in one beat
NAME_CHARACTERS: Final = 40
PARKED_AT_MOST: Final = 10_000
EVENTS_AT_MOST: Final = 1_000_000  # for somebody outside, while no worker takes any
TOPIC_CHARACTERS: Final = 1_000
PAYLOAD_BYTES: Final = 4_096  # of each: enough to see what it is; all together are 40 MB at most


def put(database: Database, numbers: Mapping[str, int]) -> None:
    """Store numbers of `state`, by key."""
    if len(numbers) == 1:  # in one round trip
        database.execute(fast_sql.UPSERT_STATE, next(iter(numbers.items())))
    elif numbers:
        database.execute_many(fast_sql.UPSERT_STATE, [*numbers.items()])


def note_untold(database: Database, slot: Slot, clients: Iterable[str]) -> None:
    """Note that the slot changed these clients' rows, and perhaps did not tell them."""
    before = UNTOLD if slot is ALL else f"{UNTOLD}{slot.n}/"
    put(database, {before + client: 1 for client in clients})


def forget_untold(unit: UnitOfWork, slot: Slot) -> None:
    """Forget whose rows the slot noted as untold."""
    noted = StateRow.key.startswith(UNTOLD)
    if slot is ALL:
        unit.change(StateRow.delete().where(noted))
        return
    own = [key for (key,) in unit.select(StateRow.select(StateRow.key).where(noted)) if _is_noted_by(slot, key)]
    if own:
        unit.change(StateRow.delete().where(StateRow.key.in_(own)))


def _is_noted_by(slot: Slot, key: str) -> bool:
    """Return whether the slot tells what is noted here. Slot 0 does it for a larger number of slots before, too."""
    writer = int(key.removeprefix(UNTOLD).rpartition("/")[0] or 0)
    return writer == slot.n or (slot.n == 0 and writer >= slot.of)


def put_change_cursor(database: Database, slot: Slot, n: int) -> None:
    """Store that the slot has done the changes up to this one."""
    put(database, {cursor_key(slot.n): n})


def cursor_key(n: int) -> str:
    """Return the key of slot n's cursor."""
    return f"{CHANGE_CURSOR}/{n}" if n else CHANGE_CURSOR


IS_CURSOR: Final = (StateRow.key == CHANGE_CURSOR) | StateRow.key.startswith(f"{CHANGE_CURSOR}/")


def take_undescribed(unit: UnitOfWork, limit: int) -> list[str]:
    """Return the next clients whose rows an earlier version wrote, without area and language; each once."""
    unit.check()
    key = StateRow.key == UNDESCRIBED
    first = unit.db.find(StateRow.select(StateRow.value).where(key))
    if first is None:
        return []
    row = ConversationRow
    older = row.select(row.num, row.client).where(row.num <= first[0], row.shelf < 9)
    found = unit.db.select(older.order_by(row.num.desc()).limit(limit))
    if found:
        put(unit.db, {UNDESCRIBED: found[-1][0] - 1})
    else:
        unit.change(StateRow.delete().where(key))
    return [client for _, client in found]


def note_cleared(unit: UnitOfWork, client: str, at_ms: int) -> None:
    """Note for 30 days that no broker may retain anything of the client's for displays."""
    unit.change(ClearedRow.delete().where(ClearedRow.at < at_ms - CLEARED_KEPT_MS))
    insert = ClearedRow.insert(client=client, at=at_ms)
    unit.change(insert.on_conflict(conflict_target=[ClearedRow.client], preserve=[ClearedRow.at]))


def beat(unit: UnitOfWork, own_ms: int, failing: Iterable[str], slot: Slot) -> None:
    """
    Store that the slot's echo went through now, by the database's clock, so that nobody compares two clocks.

    Args: own_ms: the bridge's own clock.
    """
    names = ",".join(name.replace(",", " ")[:NAME_CHARACTERS] for name in sorted(failing)[:FAILING_AT_MOST])
    insert = BeatRow.insert(num=slot.n + 1, at=SQL(unit.db.dialect.now_ms), own=own_ms, failing=names)
    unit.change(insert.on_conflict(conflict_target=[BeatRow.num], preserve=[BeatRow.at, BeatRow.own, BeatRow.failing]))


def park(unit: UnitOfWork, topic: str, payload: bytes, why: str, at_ms: int) -> None:
    """Store an unreadable message's first 4 KiB; of more than 10,000 messages the oldest go."""
    storable = topic.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")[:TOPIC_CHARACTERS]
    unit.execute(fast_sql.PARK, (storable, _client_in(topic), payload[:PAYLOAD_BYTES], why, at_ms))
    unit.execute(fast_sql.DROP_PARKED, (PARKED_AT_MOST,))


def forget_old_events(unit: UnitOfWork, before_ms: int, limit: int) -> bool:
    """Delete some events from before then, or beyond the newest million; return whether there may be more."""
    beyond = OutboxRow.num <= OutboxRow.select(fn.MAX(OutboxRow.num) - EVENTS_AT_MOST)
    old = OutboxRow.select(OutboxRow.num).where((OutboxRow.at < before_ms) | beyond).order_by(OutboxRow.num)
    return unit.change(OutboxRow.delete().where(OutboxRow.num.in_(old.limit(limit)))) == limit


def _client_in(topic: str) -> str | None:
    """Return the client that a topic seems to belong to, even if the topic is malformed."""
    try:
        return parse(topic).client
    except BadTopic:
        levels = topic.split("/")
        return levels[1] if len(levels) > 1 and is_id(levels[1]) else None


class BridgeState:
    """Read what the bridge stored."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def beat(self) -> Beat | None:
        """
        Return the last heartbeat; None where there never was one.

        Of several slots it has the age of the oldest, the largest skew, and what fails in any.
        """
        columns = (BeatRow.at, BeatRow.own, BeatRow.failing, SQL(self._db.dialect.now_ms))
        found = self._db.select(BeatRow.select(*columns))
        if not found:
            return None
        now = found[0][3]
        oldest = min(at for at, *_ in found)
        skew_ms = max((own - at for at, own, *_ in found), key=abs)
        failing = {name for _, _, names, _ in found for name in names.split(",") if name}
        age_ms = None if oldest > now + AHEAD_MS else max(0, now - oldest)
        return Beat(age_ms, skew_ms, clock.now_ms() - now, tuple(sorted(failing)))

    def keep_mqtt_client_id(self, made: str, slot: int = 0) -> str:
        """Return the stored MQTT client id of the slot's owners; store this one where there is none."""
        with self._db.writing():
            self._db.change(SlotRow.insert(n=slot, mqtt_client_id=made).on_conflict_ignore())
        return str(self._db.select(SlotRow.select(SlotRow.mqtt_client_id).where(SlotRow.n == slot))[0][0])

    def change_cursor(self) -> int:
        """Return the number up to which every slot has done what web and the CLI ask."""
        return self._db.select(StateRow.select(fn.MIN(StateRow.value)).where(IS_CURSOR))[0][0] or 0

    def change_cursor_of(self, slot: Slot) -> int:
        """Return the number of the last change of web's or the CLI's that the slot has done."""
        row = self._db.find(StateRow.select(StateRow.value).where(StateRow.key == cursor_key(slot.n)))
        return row[0] if row else 0

    def untold_clients(self, slot: Slot = ALL) -> list[str]:
        """Return clients, of any slot, whose rows the slot itself changed, and perhaps did not tell."""
        noted = StateRow.select(StateRow.key).where(StateRow.key.startswith(UNTOLD)).order_by(StateRow.key)
        return [key.rpartition("/")[2] for (key,) in self._db.select(noted) if _is_noted_by(slot, key)]

    def cleared(self) -> list[str]:
        """Return clients of whom no broker may retain anything for displays, as of the last 30 days."""
        return [
            client for (client,) in self._db.select(ClearedRow.select(ClearedRow.client).order_by(ClearedRow.client))
        ]

    def parked(self, limit: int = 100) -> list[Parked]:
        """Return parked messages, the newest first."""
        columns = (ParkedRow.topic, ParkedRow.payload, ParkedRow.why, ParkedRow.at)
        found = self._db.select(ParkedRow.select(*columns).order_by(ParkedRow.num.desc()).limit(limit))
        return [Parked(topic, bytes(payload), why, at) for topic, payload, why, at in found]
