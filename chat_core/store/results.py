"""Define what the store returns beside the wire's payloads. Touches nothing."""

import json
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter

from chat_core.contract.changes import ChangeKind
from chat_core.contract.payloads import Summary
from chat_core.store.rows import compact

_SUMMARIES: Final = TypeAdapter(list[Summary])


@dataclass(frozen=True, slots=True)
class Note:
    """Hold an agent's note for other agents."""

    client: str
    agent: str
    id: str
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class LogPage:
    """
    A stretch of one client's log, ascending, and what a reader needs beside it.

    `entries_json` and `markers_json` are as the database built them; `last` and `first` are the log's own ends, not the
    page's. `generation` is which of the reader's credentials was good, where a reader was named.
    """

    entries_json: str
    last: int
    first: int
    epoch: str
    markers_json: str
    names: dict[str, str]
    generation: int | None = None

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The entries as dicts: for tests and tools; the route sends `to_json()`."""
        parsed: list[dict[str, Any]] = json.loads(self.entries_json)
        return parsed

    @property
    def markers(self) -> dict[str, dict[str, int]]:
        """Return how far each reader is: for tests and tools."""
        parsed: dict[str, dict[str, int]] = json.loads(self.markers_json)
        return parsed

    def to_json(self) -> str:
        """The answer of `GET /api/clients/<client>/log`."""
        return (
            f'{{"entries":{self.entries_json},"last":{self.last},"first":{self.first},"epoch":{compact(self.epoch)},'
            f'"markers":{self.markers_json},"names":{compact(self.names)}}}'
        )


@dataclass(frozen=True, slots=True)
class InboxPage:
    """
    A page of the inbox. `cursor` None: there is no further one. Each count stops at 1,000 ("or more").

    `summaries_json` is the array as the database built it; `generation` as in LogPage.
    """

    summaries_json: str
    cursor: str | None
    counts: dict[str, int]
    names: dict[str, str]
    generation: int | None = None

    @property
    def summaries(self) -> list[Summary]:
        """The rows as they are typed: for tests and tools; the route sends `to_json()`."""
        return _SUMMARIES.validate_json(self.summaries_json)

    def to_json(self, me: str) -> str:
        """The answer of `GET /api/inbox`. Args: me: who asks."""
        rest = {"cursor": self.cursor, "counts": self.counts, "names": self.names, "me": me}
        return f'{{"summaries":{self.summaries_json},{compact(rest)[1:]}'


class Hit(NamedTuple):
    """An entry that a search found, in whose conversation, how that stands, and the words that were looked through."""

    client: str
    name: str | None
    status: str
    seq: int
    sender: str
    at: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class SearchPage:
    """
    A page of hits, the newest first. `behind`: about how many entries cannot be found yet.

    `hits_json` is the array as the database built it; `generation` as in LogPage.
    """

    hits_json: str
    cursor: str | None
    names: dict[str, str]
    behind: int
    generation: int | None = None

    @property
    def hits(self) -> list[Hit]:
        """The hits as they are typed: for tests and tools; the route sends `to_json()`."""
        return [Hit(*hit.values()) for hit in json.loads(self.hits_json)]

    def to_json(self, words: list[str]) -> str:
        """The answer of `GET /api/search`. Args: words: those that were looked for."""
        rest = {"cursor": self.cursor, "names": self.names, "words": words, "behind": self.behind}
        return f'{{"hits":{self.hits_json},{compact(rest)[1:]}'


@dataclass(frozen=True, slots=True)
class Durations:
    """Hold a count, and the time within which half and nine tenths were done; None where there were none."""

    n: int
    p50_ms: int | None
    p90_ms: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """The desk's figures. `hours`: what was asked, answered and begun in each of the day's 24 hours."""

    waiting: int
    waiting_late: int
    longest_ms: int | None
    first_answer: Durations
    late: int
    resolve: Durations
    scores: dict[int, int]
    hours: list[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class Episode:
    """A question from where it was asked to where it was resolved. `seq`: where it begins in the client's log."""

    client: str
    seq: int
    asked: int | None
    answered: int | None
    by: str | None
    resolved: int | None
    score: int | None


@dataclass(frozen=True, slots=True)
class EpisodePage:
    """A page of episodes, the newest first."""

    episodes: list[Episode]
    cursor: str | None
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that could not be read or done."""

    topic: str
    payload: bytes
    why: str
    at: int


@dataclass(frozen=True, slots=True)
class LastReading:
    """A meter's newest reading."""

    meter: str
    at: int
    wh: int
    w: int | None


@dataclass(frozen=True, slots=True)
class RaisedAlarm:
    """The last event of a kind that a meter raised alarm about: from when, and when it was seen last."""

    meter: str
    kind: str
    since: int
    last: int


@dataclass(frozen=True, slots=True)
class Glance:
    """Hold a display's view of a conversation: the desk's last message, and when a call back was asked since."""

    unread: int
    last: dict[str, Any] | None  # an entry as the wire has it
    called_at: int | None


@dataclass(frozen=True, slots=True)
class AreaNotice:
    """An area's outage; `ended_at` says when it was over."""

    text: dict[str, str]  # by language
    at: int
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class Interval:
    """
    Consumption over [start, end): energy in Wh, mean power in W.

    `estimated_wh` of it lay between readings further apart than one and a half such intervals, and was spread evenly.
    """

    start: int
    end: int
    wh: int
    w: int
    estimated_wh: int = 0


@dataclass(frozen=True, slots=True)
class Agent:
    """Somebody who answers. `password_hash` None: has not set one yet."""

    id: str
    name: str
    admin: bool
    password_hash: str | None
    disabled: bool


@dataclass(frozen=True, slots=True)
class Client:
    """Somebody with an energy contract, or a guest."""

    id: str
    name: str | None
    lang: str | None
    area: str | None
    meters: tuple[str, ...]
    was: str | None
    disabled: bool


@dataclass(frozen=True, slots=True)
class Device:
    """A meter or a display, the client it stands at, and the hashes of its password by who reads them."""

    id: str
    client: str
    topics: tuple[str, ...]
    password_hashes: dict[str, str]
    disabled: bool


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An uploaded file as it lies here. `upload` is the uploader's own id; `sha256` is of what was uploaded."""

    id: str
    client: str
    sender: str
    upload: str
    sha256: str
    name: str
    type: str
    size: int
    width: int | None
    height: int | None
    at: int


@dataclass(frozen=True, slots=True)
class Credential:
    """Somebody who may connect now: what a broker's files are rendered from. `sign_outs`: an agent's, so far."""

    id: str
    generation: int
    client: str | None = None
    topics: tuple[str, ...] = ()
    password_hashes: dict[str, str] = field(default_factory=dict)
    sign_outs: int = 0


class Reader(NamedTuple):
    """Name a reader and its sign-in; "" for whose credentials come from none."""

    id: str
    sign_in: str = ""


@dataclass(frozen=True, slots=True)
class Listener:
    """Name a listener: whom it may hear, and until when."""

    id: str
    client: str | None
    expires: int


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """Hold what web or CLI asks of the bridge."""

    n: int
    kind: ChangeKind
    body: dict[str, Any]
    at: int


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """
    Select rows of the inbox.

    Args: status: open, assigned, snoozed or resolved; None means open and assigned. assignee: an agent's id, or `none`.
        q: words that the client's name or id has or begins with. waiting: only who waits for an answer. tag: only what
        has it.
    """

    status: str | None = None
    assignee: str | None = None
    q: str | None = None
    waiting: bool = False
    tag: str | None = None


@dataclass(frozen=True, slots=True)
class EpisodeFilter:
    """
    Select the episodes that a figure of the overview counts in [start, end).

    Args: figure: first_answer, resolve, satisfaction or load. longer_ms: only those answered later than this. score,
        hour, client: only these.
    """

    figure: str
    start: int
    end: int
    longer_ms: int | None = None
    score: int | None = None
    hour: int | None = None
    client: str | None = None


@dataclass(frozen=True, slots=True)
class Beat:
    """
    The bridge's last heartbeat.

    Args: age_ms: how long ago, by the database's clock; None where it lies in the database's future, and says nothing.
        skew_ms: how far the bridge's clock was ahead of the database's. here_skew_ms: how far this process's is.
        failing: names of the bridge's duties that fail now.
    """

    age_ms: int | None
    skew_ms: int
    here_skew_ms: int
    failing: tuple[str, ...] = ()


class MeterSeen(NamedTuple):
    """A meter, when its newest reading was, and when it last said that it was opened."""

    num: int
    client: str
    meter: str
    last_at: int | None
    opened_at: int | None = None
