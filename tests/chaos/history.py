"""Data of a run for the checker: the database's log, and what every peer recorded for itself. Pure."""

from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]  # an entry's JSON, as it was heard or read
Name = tuple[str, str]  # (client, id): which message of a sender's


@dataclass(frozen=True, slots=True)
class Spoken:
    client: str
    id: str
    text: str
    at_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Tick:
    """The log carried the sender's own id under its own name."""

    client: str
    id: str
    seq: int
    at_s: float = 0.0


@dataclass(slots=True)
class Record:
    """
    One peer's record.

    `strict`: one message in flight per conversation, so the order holds through any kill. `has_outbox`: repeats until
    ticked; without one, what the broker acknowledged is the bridge's to store while the broker lives.
    """

    sender: str
    strict: bool = True
    has_outbox: bool = True
    spoken: list[Spoken] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    heard: dict[str, list[Row]] = field(default_factory=dict)  # by client, in the order of arrival
    outbox: set[Name] = field(default_factory=set)
    refused: set[Name] = field(default_factory=set)  # shown as "not sent"
    taken: set[Name] = field(default_factory=set)  # acknowledged by a broker that has lived ever since
    marked: dict[str, int] = field(default_factory=dict)  # by client: how far it said it has read
    follows: bool = False  # it fetches what it missed, so it has everything, each once, in order


@dataclass(frozen=True, slots=True)
class PageRead:
    """One answer of the log's route. `known`: the highest seq heard before asking; `seqs`: of entries above `after`."""

    client: str
    known: int
    after: int
    last: int
    seqs: tuple[int, ...]
    read: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class RunHistory:
    """Everything of a run up to now. `logs` is the database's; `earlier` what it said at the checks before."""

    logs: dict[str, list[Row]]
    records: list[Record]
    earlier: dict[str, dict[int, Row]] = field(default_factory=dict)
    markers: dict[str, dict[str, int]] = field(default_factory=dict)  # by client and reader: read, as stored
    earlier_markers: dict[str, dict[str, int]] = field(default_factory=dict)
    pages: list[PageRead] = field(default_factory=list)
