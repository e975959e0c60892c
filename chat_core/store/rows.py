"""Convert table rows to our types and back: a conversation's row, an entry's JSON. Touches nothing."""

import json
from collections.abc import Collection, Sequence
from string import Template
from typing import Any, Final, NamedTuple

from pydantic import TypeAdapter

from chat_core.contract.fast_payloads import construct
from chat_core.contract.fields import MAX_PERSON_NAME
from chat_core.contract.ids import Role, role_of
from chat_core.contract.kinds import CONVERSING, LEFT_BY_DELETION, find_words
from chat_core.contract.payloads import (
    MAX_QUESTION,
    Delayed,
    Entry,
    EventKind,
    LastWords,
    Mention,
    Priority,
    Said,
    SaidKind,
    Status,
    Summary,
)
from chat_core.domain.conversation import Conversation, Event
from chat_core.domain.search_query import fold
from chat_core.domain.team_choice import OfTeams

NONE: Final = "[]"  # no names
ERASED_PREFIX: Final = "erased/"
FAR_MS: Final = 2**53  # later than any time on the wire
_PLAIN_TEXT: Final = {"seq", "id", "from", "at", "kind", "text"}
_STATUS: Final = {status.value: status for status in Status}
_PRIORITY: Final = {priority.value: priority for priority in Priority}
_SHELF: Final = {Status.OPEN: 0, Status.ASSIGNED: 0, Status.SNOOZED: 1, Status.RESOLVED: 2}

# Of ConversationRow, in the order of a row here
COLUMNS: Final = (
    "num",
    "client",
    "epoch",
    "first",
    "last_seq",
    "rev",
    "shelf",
    "status",
    "assignee",
    "priority",
    "tags",
    "unread",
    "waiting",
    "until",
    "notes",
    "name",
    "online",
    "members",
    "did",
    "last",
    "place",
    "folded",
    "last_sender",
    "delayed",
    "due",
    "question",
    "answered",
    "area",
    "lang",
    "mentions",
    "team",
)
_NAME: Final = COLUMNS.index("name")
_FOLDED: Final = COLUMNS.index("folded")
_LAST_SENDER: Final = COLUMNS.index("last_sender")
_SAID: Final = frozenset(SaidKind)
_MENTIONS: Final = TypeAdapter(tuple[Mention, ...])
_DELAYED: Final = TypeAdapter(tuple[Delayed, ...])


class ConversationState(NamedTuple):
    """
    Hold a conversation with what only the store knows of it. `num` None: it has no row yet.

    A named tuple: `_replace` takes a quarter of the time that a frozen dataclass takes, and a message does it thrice.
    """

    conversation: Conversation
    num: int | None = None
    epoch: str = ""
    first: int = 1
    stored_rev: int = 0  # the row's before this transaction
    did: tuple[str, ...] = ()  # the commands that the row names before this transaction
    doing: tuple[str, ...] = ()  # the commands that this transaction has done so far
    changed: bool = False  # this transaction writes the row, with the next rev
    last: Entry | None = None  # the newest entry, where a transaction of this process made or changed it
    line: str | None = None  # … and its JSON, as the row has it
    question: str | None = None  # JSON of the client's last words, where the newest entry is another
    row: tuple[Any, ...] | None = None  # of COLUMNS, as the database has it

    @property
    def rev(self) -> int:
        """Return the row's rev, as this transaction has it."""
        return self.stored_rev + self.changed

    @property
    def told(self) -> tuple[str, ...]:
        """Return the commands that the row names, as this transaction has it."""
        return self.doing if self.changed else self.did

    @property
    def client(self) -> str:
        """Return the client's id."""
        return self.conversation.client


class Stored(NamedTuple):
    """Hold an entry's columns beside its conversation's."""

    seq: int
    id: str
    sender: str
    at: int
    kind: str
    body: str  # see body_of

    @property
    def line(self) -> str:
        """Return the entry's JSON on the wire, as `fast_sql.ENTRY_LINE` makes it."""
        seq, id, sender, at, kind, body = self
        begin = f'{{"seq":{seq},"id":"{id}","from":"{sender}","at":{at},"kind":"{kind}"'
        return begin + ("}" if body == "{}" else "," + body[1:])


def state_from(row: tuple[Any, ...]) -> ConversationState:
    """Return the conversation of a row of COLUMNS."""
    (num, client, epoch, first, last_seq, rev, _, status, assignee, priority, tags, unread, waiting, until) = row[:14]
    (notes, name, online, members, did, last, _, _, _, delayed, _, question, answered, area, lang) = row[14:-2]
    mentions, team = row[-2:]
    conversation = Conversation(
        client,
        _STATUS[status],
        assignee,
        _PRIORITY[priority],
        _names(tags),
        last_seq,
        unread,
        waiting,
        until,
        notes,
        name,
        bool(online),
        frozenset(_names(members)),
        _DELAYED.validate_json(delayed) if delayed else (),
        answered,
        area,
        lang,
        _MENTIONS.validate_json(mentions) if mentions else (),
        team,
    )
    return ConversationState(
        conversation=conversation,
        num=num,
        epoch=epoch,
        first=first,
        stored_rev=rev,
        did=_names(did),
        line=last,
        question=question,
        row=row,
    )


def row_from(state: ConversationState) -> tuple[Any, ...]:
    """Return the row of COLUMNS for the conversation."""
    now, before, told = state.conversation, state.row, state.told
    known = before is not None and before[_NAME] == now.name
    return (
        state.num,
        now.client,
        state.epoch,
        state.first,
        now.last_seq,
        state.stored_rev + state.changed,
        _SHELF[now.status],
        str(now.status),
        now.assignee,
        str(now.priority),
        _list(now.tags) if now.tags else NONE,
        now.unread,
        now.waiting,
        now.until,
        now.notes,
        now.name,
        now.online,
        _list(sorted(now.members)) if now.members else NONE,
        _list(told) if told else NONE,
        state.line,
        now.waiting if now.waiting is not None else place_of(state),
        before[_FOLDED] if before is not None and known else folded_of(now),
        state.last.sender if state.last is not None else before[_LAST_SENDER] if before is not None else None,
        _DELAYED.dump_json(now.delayed).decode() if now.delayed else None,
        min(each.at for each in now.delayed) if now.delayed else None,
        state.question,
        now.answered,
        now.area,
        now.lang,
        _MENTIONS.dump_json(now.mentions).decode() if now.mentions else None,
        now.team,
    )


def changes_of(state: ConversationState) -> tuple[tuple[Any, ...], tuple[str, ...], list[Any]]:
    """
    Return the row of COLUMNS as it now is, the columns in which the database's differs, and their values.

    An UPDATE writes an index anew where it names a column of it, even if the value stays: two of a commit's six pages.
    """
    before, now = state.row, row_from(state)
    if before is None:
        return now, COLUMNS[2:], list(now[2:])
    columns, values = [], []
    for column, was, value in zip(COLUMNS, before, now, strict=True):
        if was != value:
            columns.append(column)
            values.append(value)
    return now, tuple(columns), values


def folded_of(conversation: Conversation) -> str:
    """Return name and id as the inbox's filter finds them."""
    return fold(f"{conversation.name or ''} {conversation.client}")


def place_of(state: ConversationState) -> int:
    """Return the place in the inbox, ascending, of one who does not wait: behind those who do, the newest first."""
    newest = last_of(state)
    return 2 * FAR_MS - (newest.at if newest is not None else 0)


def last_of(state: ConversationState) -> Entry | None:
    """Return the entry that the inbox's row shows: the newest, or a client's words that still wait for an answer."""
    return entry_from(state.line) if state.last is None and state.line is not None else state.last


def leaves_question(state: ConversationState, entry: Entry) -> bool:
    """Return whether the row still shows the client's words: a bot and an assignment answer nothing."""
    if state.conversation.waiting is None:
        return False
    if role_of(entry.sender) is not Role.BOT and entry.kind not in (EventKind.ASSIGNED, EventKind.JOINED):
        return False
    shown = last_of(state)
    return shown is not None and shown.sender == state.conversation.client and shown.kind in _SAID


def question_after(state: ConversationState, entry: Entry) -> str | None:
    """Return the row's question once its `last` is this entry: the client's words that it takes the place of."""
    if entry.sender == state.client and entry.kind in CONVERSING:
        return None
    shown = last_of(state)
    if shown is None or shown.sender != state.client or shown.kind not in CONVERSING:
        return state.question
    words = find_words(shown.kind, content_of(shown))
    question = LastWords(seq=shown.seq, at=shown.at, kind=SaidKind(shown.kind), text=words and words[:MAX_QUESTION])
    return question.model_dump_json()


def summary_of(state: ConversationState, did: Sequence[str] | None = None) -> Summary:
    """Return the inbox's row as boards see it. Args: did: replaces the row's."""
    now = state.conversation
    # Its parts have their types already, and a page has fifty of them.
    return construct(
        Summary,
        {
            "client": now.client,
            "rev": state.rev,
            "status": now.status,
            "assignee": now.assignee,
            "priority": now.priority,
            "tags": list(now.tags),
            "unread": now.unread,
            "last": last_of(state),
            "name": now.name and now.name[:MAX_PERSON_NAME],
            "online": now.online,
            "waiting": now.waiting,
            "notes": now.notes,
            "until": now.until,
            "did": list(state.told if did is None else did),
            "delayed": list(now.delayed) or None,
            "question": LastWords.model_validate_json(state.question) if state.question else None,
            "answered": now.answered,
            "area": now.area,
            "lang": now.lang,
            "mentions": list(now.mentions) or None,
            "team": now.team,
        },
    )


def entry_of(draft: Said | Event, seq: int, sender: str, at_ms: int) -> Entry:
    """Return the entry that the draft becomes at this seq."""
    if isinstance(draft, Said):
        # All that was said but its time, so that no kind's field can be forgotten here.
        fields = {**draft.__dict__, "seq": seq, "sender": sender, "at": at_ms}
        del fields["sent"]
        return construct(Entry, fields)
    event_id = draft.id or f"e-{seq}"
    return Entry(
        seq=seq, id=event_id, sender=sender, at=at_ms, kind=draft.kind, of=draft.of, to=draft.to, was=draft.was
    )


def deleted(entry: Entry) -> Entry:
    """Return the entry as a deletion leaves it: whatever its kind carries is gone."""
    return construct(Entry, {**{field: getattr(entry, field) for field in LEFT_BY_DELETION}, "deleted": True})


def body_of(entry: Entry) -> str:
    """Return the JSON object of what the entry has beside seq, id, from, at and kind."""
    if entry.kind is SaidKind.TEXT and entry.text is not None and not (entry.edited or entry.replies or entry.origin):
        return f'{{"text":{compact(entry.text)}}}'
    return entry.model_dump_json(exclude={"seq", "id", "sender", "at", "kind"})


def content_of(entry: Entry) -> dict[str, Any]:
    """Return the `body_of` the entry, parsed."""
    content: dict[str, Any] = json.loads(body_of(entry))
    return content


def stored(entry: Entry) -> Stored:
    """Return the entry's columns."""
    return Stored(entry.seq, entry.id, entry.sender, entry.at, str(entry.kind), body_of(entry))


def entry_from(line: str) -> Entry:
    """Return the entry of a `Stored.line`."""
    found = json.loads(line)
    if found.keys() == _PLAIN_TEXT and found["kind"] == SaidKind.TEXT:
        # Our own row, checked when it came in; and nine of ten are like this.
        found["kind"], found["sender"] = SaidKind.TEXT, found.pop("from")
        return construct(Entry, found)
    return Entry.model_validate_json(line)


def _names(stored: str) -> tuple[str, ...]:
    return () if stored == NONE else tuple(json.loads(stored))


def _list(names: Collection[str]) -> str:
    return compact(list(names))


def compose(statement: str, **parts: str) -> str:
    """Return the statement with its `$parts` filled in: constants and marks of this package, never a value."""
    return Template(statement).substitute(parts)


def of_teams(which: OfTeams, column: str = "team") -> tuple[str, tuple[str, ...]]:
    """Return the condition that selects these conversations, and its values."""
    asked = marks(len(which.teams))
    sql = f"({column} IS NULL OR {column} NOT IN ({asked}))" if which.but else f"{column} IN ({asked})"
    return sql, which.teams


def marks(n: int) -> str:
    """Return so many `?`, for an IN or a VALUES."""
    return ", ".join("?" * n)


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def compact(value: object) -> str:
    """Return the value as JSON without spaces."""
    return _ENCODER.encode(value)


def is_a_client(name: str) -> bool:
    """Return whether the name is a client's; a conversation that is being erased has another form of name."""
    return not name.startswith(ERASED_PREFIX)
