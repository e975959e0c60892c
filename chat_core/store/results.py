"""Define what the store returns beside the wire's payloads. Touches nothing."""

import json
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter

from chat_core.contract.changes import ChangeKind
from chat_core.contract.payloads import LastWords, Origin, Summary
from chat_core.domain.team_choice import OfTeams
from chat_core.store.rows import compact

_SUMMARIES: Final = TypeAdapter(list[Summary])


class Sizes(NamedTuple):
    """Hold a database's sizes. `wal_bytes`: None without the right to see it; connections: PostgreSQL only."""

    database_bytes: int
    wal_bytes: int | None
    connections: int | None = None
    connections_limit: int | None = None


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
    """Hold a stretch of one client's log, ascending, and what a reader needs beside it."""

    entries_json: str  # as the database built it, like `markers_json`
    last: int  # of the log, not of the page
    first: int
    epoch: str
    markers_json: str
    names: dict[str, str]
    generation: int | None = None  # which of the reader's credentials is good, where a reader was named

    @property
    def entries(self) -> list[dict[str, Any]]:
        """Return the entries as dicts: for tests and tools; the route sends `to_json()`."""
        return list(json.loads(self.entries_json))

    @property
    def markers(self) -> dict[str, dict[str, int]]:
        """Return how far each reader is: for tests and tools."""
        return dict(json.loads(self.markers_json))

    def to_json(self) -> str:
        """Return the answer of `GET /api/clients/<client>/log`."""
        return (
            f'{{"entries":{self.entries_json},"last":{self.last},"first":{self.first},"epoch":{compact(self.epoch)},'
            f'"markers":{self.markers_json},"names":{compact(self.names)}}}'
        )


@dataclass(frozen=True, slots=True)
class InboxPage:
    """Hold a page of the inbox."""

    summaries_json: str  # as the database built it
    cursor: str | None  # None: there is no further page
    counts: dict[str, int]  # each stops at 1,000 ("or more")
    names: dict[str, str]
    generation: int | None = None

    @property
    def summaries(self) -> list[Summary]:
        """Return the rows as they are typed: for tests and tools; the route sends `to_json()`."""
        return _SUMMARIES.validate_json(self.summaries_json)

    def to_json(self, me: str) -> str:
        """Return the answer of `GET /api/inbox`. Args: me: who asks."""
        rest = {"cursor": self.cursor, "counts": self.counts, "names": self.names, "me": me}
        return f'{{"summaries":{self.summaries_json},{compact(rest)[1:]}'


class Hit(NamedTuple):
    """Hold an entry that a search found: its conversation, that one's status, and the searched text."""

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
    """Hold a page of hits, the newest first."""

    hits_json: str  # as the database built it
    cursor: str | None
    names: dict[str, str]
    behind: int  # about how many entries cannot be found yet
    generation: int | None = None
    words: list[str] = field(default_factory=list)  # folded, to highlight in the hits

    @property
    def hits(self) -> list[Hit]:
        """Return the hits as they are typed: for tests and tools; the route sends `to_json()`."""
        return [Hit(*hit.values()) for hit in json.loads(self.hits_json)]

    def to_json(self) -> str:
        """Return the answer of `GET /api/search`."""
        rest = {"cursor": self.cursor, "names": self.names, "words": self.words, "behind": self.behind}
        return f'{{"hits":{self.hits_json},{compact(rest)[1:]}'


@dataclass(frozen=True, slots=True)
class Episode:
    """Hold a question from asked to resolved. `seq`: where it begins in the client's log."""

    client: str
    seq: int
    asked: int | None
    answered: int | None
    by: str | None
    resolved: int | None
    score: int | None
    use_after: int | None  # see meter_alarms.UseAfter
    question: LastWords | None = None  # the client's first words in it; None where there are none, or they were deleted


class DueUse(NamedTuple):
    """Name a resolved question whose meter is to say what the use was after it."""

    episode: int
    meter: int
    resolved: int


@dataclass(frozen=True, slots=True)
class EpisodePage:
    """Hold a page of episodes, the newest first."""

    episodes: list[Episode]
    cursor: str | None
    names: dict[str, str]


@dataclass(frozen=True, slots=True)
class Parked:
    """Hold a message that could not be read or done."""

    topic: str
    payload: bytes
    why: str
    at: int


@dataclass(frozen=True, slots=True)
class LastReading:
    """Hold a meter's reading."""

    meter: str
    at: int
    wh: int
    w: int | None


@dataclass(frozen=True, slots=True)
class RaisedAlarm:
    """Hold the last event of a kind that a meter raised alarm about: from when, and when it was seen last."""

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
    """Hold an area's outage; `ended_at` says when it was over. Several areas may have one incident."""

    area: str
    incident: str  # the id of its first notice
    text: dict[str, str]  # by language, as written: see outage_text.with_expected_end
    at: int  # of this text
    since: int  # of the first
    ended_at: int | None
    origin: Origin | None
    until: int | None  # when power is expected back
    clients: int | None = None  # of the area, when they were counted last while it stood; None: they were not
    reached: int | None = None  # of them
    displays: int | None = None
    began: int | None = None  # when power went; None: nobody said
    ends: int | None = None  # when the bridge ends it; None: when a person does


@dataclass(frozen=True, slots=True)
class AreaReach:
    """Count whom an area's outage reaches: the area's clients, those of them who were reached, and its displays."""

    clients: int
    reached: int
    displays: int


@dataclass(frozen=True, slots=True)
class OutageAsker:
    """Hold a client who asked during an outage; `waiting` since when it waits, also for another question."""

    client: str
    name: str | None
    area: str
    online: bool
    waiting: int | None
    at: int
    answered: int | None


@dataclass(frozen=True, slots=True)
class Interval:
    """Hold consumption over [start, end): energy in Wh, mean power in W."""

    start: int
    end: int
    wh: int
    w: int
    estimated_wh: int = 0  # lay between readings further apart than 1.5 such intervals, and was spread evenly


@dataclass(frozen=True, slots=True)
class Agent:
    """Hold an agent. `password_hash` None: has not set one yet; `seen`: when it was here last, None for never."""

    id: str
    name: str
    admin: bool
    password_hash: str | None
    disabled: bool
    seen: int | None


@dataclass(frozen=True, slots=True)
class Client:
    """Hold a client or a guest."""

    id: str
    name: str | None
    lang: str | None
    area: str | None
    meters: tuple[str, ...]
    was: str | None
    disabled: bool


class PowerWait(NamedTuple):
    """Hold a client who waits for the end of the outage that began at `since`."""

    client: str
    since: int


@dataclass(frozen=True, slots=True)
class Device:
    """Hold a meter or a display, its client, and the hashes of its password by who reads them."""

    id: str
    client: str
    topics: tuple[str, ...]
    password_hashes: dict[str, str]
    disabled: bool
    kind: str | None = None  # one of device_setup.KINDS


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Hold an uploaded file. `upload` is the uploader's own id; `sha256` is of what was uploaded."""

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
    """Hold who may connect now, for a broker's files. `sign_outs`: how often an agent has signed out."""

    id: str
    generation: int
    client: str | None = None
    topics: tuple[str, ...] = ()
    password_hashes: dict[str, str] = field(default_factory=dict)
    sign_outs: int = 0


class Reader(NamedTuple):
    """Name a reader and its sign-in; "": its credentials come from none."""

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


class ApiKey(NamedTuple):
    """Hold an API key without its secret. `id`, `hint` and `uses` of a new one are made when it is stored."""

    name: str
    speaker: str  # the agent or bot as whom it writes
    scopes: tuple[str, ...]
    networks: tuple[str, ...]  # from where it is valid; empty: everywhere
    created: int
    expires: int | None
    id: str = ""
    hint: str = ""  # the secret's last four characters
    used: int | None = None  # last, to half a minute
    uses: int = 0


class Submission(NamedTuple):
    """
    Hold what was submitted and what became of it.

    `done` None: it waits. `seq`: the message's; of a command the conversation's last. `why`: it was refused.
    """

    digest: str
    client: str
    done: int | None
    seq: int | None
    why: str | None
    text: str | None
    status: int | None  # of the refusal, as HTTP has it


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """Select rows of the inbox."""

    status: str | None = None  # open, assigned, snoozed or resolved; None means open and assigned
    assignee: str | None = None  # an agent's id, or `none`
    q: str | None = None  # words that the client's name or id has or begins with
    waiting: bool = False  # only who waits for an answer
    tag: str | None = None
    area: str | None = None  # the client's, like `lang`
    lang: str | None = None
    mentions: str | None = None  # an agent; then of any status
    teams: OfTeams | None = None
    concerns: str | None = None  # an agent; beside those of the teams what is assigned to it or mentions it
    attribute: str | None = None  # `name:value` of the client
    clients: tuple[str, ...] | None = None  # only of these clients


@dataclass(frozen=True, slots=True)
class EpisodeFilter:
    """Select the episodes that a figure of the reports counts in [start, end)."""

    figure: str  # asked, first_answer, resolve, automatic or satisfaction
    start: int
    end: int
    score: int | None = None
    client: str | None = None
    agent: str | None = None  # who answered first
    teams: OfTeams | None = None  # of which conversations; None for all


@dataclass(frozen=True, slots=True)
class Beat:
    """Hold the bridge's last heartbeat."""

    age_ms: int | None  # by the database's clock; None where it lies in the database's future, and says nothing
    skew_ms: int  # how far the bridge's clock was ahead of the database's
    here_skew_ms: int  # how far this process's clock is ahead of it
    failing: tuple[str, ...] = ()  # names of the bridge's duties that fail now


class MeterSeen(NamedTuple):
    """Hold a meter, when its newest reading was, and when it last said that it was opened."""

    num: int
    client: str
    meter: str
    last_at: int | None
    opened_at: int | None = None
