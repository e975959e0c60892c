"""
Collect a message's effects during its transaction, and publish them after COMMIT. Touches nothing.

Replies are encoded here, before the COMMIT: what cannot be encoded fails its own message and no other. Summaries, which
are the store's own rows, are encoded when the replies have left: nobody's tick waits for the boards.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple, Self

from chat_core.contract import topics
from chat_core.contract.errors import WattlineError
from chat_core.contract.ids import Role, is_id, role_of
from chat_core.contract.payloads import (
    MAX_REASON,
    DeskNotice,
    Entry,
    LiveReading,
    Marker,
    OutageNotice,
    Refusal,
    Summary,
    encode,
)


class Reply(NamedTuple):
    """One publish of ours."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


NOTHING: Final = b""  # retained, it clears what a broker kept under the topic


@dataclass(slots=True)
class Effects:
    """
    The consequences of one message, or of several, in order.

    Summaries come from the transaction, which knows the rows it changed: each is told once for the batch. They are made
    when the replies have left.
    """

    replies: list[Reply] = field(default_factory=list)
    summaries: Callable[[], list[Summary]] = list
    displays: set[str] = field(default_factory=set)  # clients whose display lines may have changed
    desk_changed: bool = False  # notice/desk is told again
    fence: str | None = None  # the name that the bridge's own echo carried
    stored: int = 0
    took_s: float = 0.0  # the transaction

    def add(self, other: "Effects") -> Self:
        """Take in what follows from a later message."""
        self.replies += other.replies
        self.displays |= other.displays
        self.desk_changed |= other.desk_changed
        self.fence = other.fence or self.fence
        self.stored += other.stored
        return self

    def tell(self, *replies: Reply) -> Self:
        """Say these after COMMIT."""
        self.replies += replies
        return self


# Of those who talk now: enough for a batch, and no memory for the many who are only there.
_log_of: Final = lru_cache(maxsize=256)(topics.log)


def entry_reply(client: str, entry: Entry) -> Reply:
    """The entry on its client's log: its sender's tick."""
    return Reply(_log_of(client), encode(entry))


def line_reply(client: str, line: str) -> Reply:
    """The same, of an entry that the store has made JSON of already."""
    return Reply(_log_of(client), line.encode())


def summary_reply(summary: Summary) -> Reply:
    """The row on every board."""
    return Reply(topics.DESK_INBOX, encode(summary))


def refusal_replies(sender: str | None, refusal: Refusal) -> Iterable[Reply]:
    """The refusal where its sender hears it; devices and services hear none."""
    if sender is None or not is_id(sender):
        return ()
    match role_of(sender):
        case Role.CLIENT:
            return (Reply(topics.refused(sender), encode(refusal)),)
        case Role.AGENT | Role.BOT:
            return (Reply(topics.desk_refused(sender), encode(refusal)),)
        case _:
            return ()


def refusal_of(id: str | None, fault: WattlineError) -> Refusal:
    """The error as its sender is told it."""
    return Refusal(id=id, why=fault.why, text=fault.text[:MAX_REASON], retry_ms=fault.retry_ms)


def our_fault(id: str | None) -> Refusal:
    """Return the refusal for a handler's failure: the fault is ours, and the same id will be refused again."""
    return Refusal(
        id=id, why="internal", text="Wattline could not handle this message; the fault is ours and has been noted."
    )


def live_reply(client: str, live: LiveReading) -> Reply:
    """The present power for the client's screens; it may be lost."""
    return Reply(topics.reading(client), encode(live), qos=LiveReading.qos)


def marker_reply(client: str, marker: Marker) -> Reply:
    """Return how far the client is, in its own name."""
    return Reply(topics.read(client), encode(marker))


def desk_reply(notice: DeskNotice) -> Reply:
    """Return who is at the desk, retained."""
    return Reply(topics.NOTICE_DESK, encode(notice), retain=True)


def outage_replies(area: str, notice: OutageNotice) -> list[Reply]:
    """The outage notice, retained; one that ends is told once more and then cleared."""
    told = Reply(topics.outage(area), encode(notice), retain=True)
    return [told] if notice.text is not None else [told, Reply(topics.outage(area), NOTHING, retain=True)]


def clearing_reply(topic: str) -> Reply:
    """Nothing is retained under the topic any more."""
    return Reply(topic, NOTHING, retain=True)
