"""
Collect a message's effects during its transaction, and publish them after COMMIT. Touches nothing.

Replies are encoded before COMMIT, so an encoding fault fails its own message only. Summaries are encoded after the
replies are sent.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, NamedTuple, Self
from zoneinfo import ZoneInfo

from chat_core.contract import topics
from chat_core.contract.errors import WattlineError
from chat_core.contract.ids import Role, is_id, role_of
from chat_core.contract.payloads import (
    MAX_REASON,
    Entry,
    EventKind,
    Gone,
    LiveReading,
    OutageNotice,
    Refusal,
    Summary,
    encode,
    encode_row,
)
from chat_core.domain.outage_text import with_expected_end
from chat_core.domain.shown_entries import shown_entry


class Reply(NamedTuple):
    """Hold one publish of the bridge."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


NOTHING: Final = b""  # clears a retained message


@dataclass(slots=True)
class Effects:
    """Hold the consequences of messages, in order. Summaries are computed once for a batch, after the replies."""

    replies: list[Reply] = field(default_factory=list)
    summaries: Callable[[], list[Summary]] = list
    left: Mapping[str, str | None] = field(default_factory=dict)  # by client: the team that its conversation left
    told_again: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by client: commands done earlier
    displays: set[str] = field(default_factory=set)  # clients whose displays may have changed
    desk_changed: bool = False  # publish notice/desk again
    fences: tuple[str, ...] = ()  # of the bridge's own echoes
    probe: str | None = None  # the same: see bridge/background/probe.py
    roll: bool = False  # another slot asks for a roll
    stored: int = 0
    took_s: float = 0.0  # the transaction

    def add(self, other: "Effects") -> Self:
        """Append the effects of a later message."""
        self.replies += other.replies
        self.displays |= other.displays
        self.desk_changed |= other.desk_changed
        self.fences += other.fences
        self.probe = other.probe or self.probe
        self.roll |= other.roll
        self.stored += other.stored
        return self

    def tell_teams(self, teams_of: Callable[[Iterable[str]], Mapping[str, str]]) -> None:
        """Tell each reply of a client's that teams hear to its team too. Args: teams_of: the clients' teams."""
        told, self.replies = self.replies, []
        client_of = {reply.topic: topics.client_level(reply.topic) for reply in told if not reply.retain}
        teams = teams_of({client for client in client_of.values() if client})
        for reply in told:
            self.replies.append(reply)
            if client := client_of.get(reply.topic):
                self.replies += team_replies(reply, teams[client])

    def tell(self, *replies: Reply) -> Self:
        """Publish these after COMMIT."""
        self.replies += replies
        return self


# Of the clients who write now.
_log_of: Final = lru_cache(maxsize=256)(topics.log)


def entry_reply(client: str, entry: Entry) -> Reply:
    """Return the entry on its client's log: its sender's tick."""
    return Reply(_log_of(client), encode(shown_entry(entry)))


def line_reply(client: str, entry: Entry, line: str) -> Reply:
    """Return the same for an entry that is JSON already, its line."""
    if entry.kind is EventKind.ASSIGNED:
        return entry_reply(client, entry)
    return Reply(_log_of(client), line.encode())


def summary_reply(summary: Summary, team: str) -> Reply:
    """Return the row in this team's inbox."""
    return Reply(topics.TEAM_INBOX % (team, summary.client), encode_row(summary))


def gone_replies(summary: Summary, teams: Iterable[str]) -> Iterator[Reply]:
    """Yield for each of these teams' inboxes that the conversation is not theirs, as of this row."""
    payload = encode(Gone(rev=summary.rev, gone=True, did=summary.did))
    for team in teams:
        yield Reply(topics.TEAM_INBOX % (team, summary.client), payload)


def row_replies(summary: Summary, agents: Iterable[str]) -> Iterator[Reply]:
    """Yield the row for each of these agents alone, who are not in its team."""
    payload = encode(summary)
    for agent in agents:
        yield Reply(topics.desk_row(agent), payload)


def team_replies(reply: Reply, team: str) -> Iterator[Reply]:
    """Yield what the team hears of a publish on a client's topic, if it hears that."""
    topic = topics.of_team(reply.topic, team)
    if topic is not None:
        yield Reply(topic, reply.payload, reply.qos)


def refusal_replies(sender: str | None, refusal: Refusal) -> Iterable[Reply]:
    """Return the refusal on its sender's topic; devices and services get none."""
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
    """Return the refusal that tells this error."""
    return Refusal(id=id, why=fault.why, text=fault.text[:MAX_REASON], retry_ms=fault.retry_ms)


def our_fault(id: str | None) -> Refusal:
    """Return the refusal for a handler's failure: a repeat with the same id fails again."""
    return Refusal(
        id=id, why="internal", text="Wattline could not handle this message; the fault is ours and has been noted."
    )


def live_reply(client: str, live: LiveReading) -> Reply:
    """Return the present power for the client's screens, at QoS 0."""
    return Reply(topics.reading(client), encode(live), qos=LiveReading.qos)


def outage_replies(area: str, notice: OutageNotice, tz: str) -> list[Reply]:
    """
    Return the retained outage notice; one that ends is sent once more and then cleared.

    Args: notice: as stored, without its expected end in words; tz: in which that is told.
    """
    over = notice.text is None
    if notice.text is not None:
        notice = notice.model_copy(update={"text": with_expected_end(notice.text, notice.until, ZoneInfo(tz))})
    told = Reply(topics.outage(area), encode(notice), retain=True)
    return [told, Reply(topics.outage(area), NOTHING, retain=True)] if over else [told]


def clearing_reply(topic: str) -> Reply:
    """Return the empty message that clears a retained one."""
    return Reply(topic, NOTHING, retain=True)
