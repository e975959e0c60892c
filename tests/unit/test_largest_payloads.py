"""Each payload that the bridge publishes goes into one message, with the largest of everything that it can hold."""

from collections.abc import Callable

import pytest

from bridge.background.desk_notice import Availability, desk_notice
from bridge.background.displays import LINE_BYTES, fitting
from bridge.pipeline.effects import refusal_of
from chat_core.contract import policy, topics
from chat_core.contract.asyncapi import CARRIES
from chat_core.contract.errors import NotFound
from chat_core.contract.fields import MAX_MOMENT_MS, MAX_TAGS, MAX_TEXT, MAX_TIME_MS
from chat_core.contract.ids import BRIDGE
from chat_core.contract.payloads import (
    MAX_AGENTS,
    MAX_BYTES,
    MAX_COLLEAGUES,
    MAX_DID,
    MAX_MENTIONED,
    MAX_QUESTION,
    MAX_VIEWING,
    AgentState,
    Colleague,
    Delayed,
    DeskNotice,
    DisplayLine,
    Do,
    Entry,
    File,
    Gone,
    LastWords,
    LiveReading,
    Marker,
    Mention,
    OutageNotice,
    Payload,
    Priority,
    Rating,
    Refusal,
    Row,
    SaidKind,
    Status,
    Summary,
    TeamPresence,
    Typing,
    encode,
)
from chat_core.contract.policy import Action, Identity
from chat_core.domain.conversation import Conversation
from chat_core.store.rows import ConversationState, summary_of

WIDE = "\U0001f600"  # four bytes, and no character takes more
CLIENT, AGENT, ID = "c-" + "0" * 30, "a-" + "0" * 30, "0" * 36
LAST = Entry(
    seq=MAX_TIME_MS,
    id=ID,
    sender=AGENT,
    at=MAX_TIME_MS,
    kind=SaidKind.TEXT,
    text=WIDE * MAX_TEXT,
    replies=[WIDE * 40] * 6,
    edited=True,
)


def entry() -> Entry:
    file = File(file=ID, name=WIDE * 200, type=WIDE * 200, size=MAX_TIME_MS, width=MAX_TIME_MS, height=MAX_TIME_MS)
    others = (
        LAST.model_copy(update={"kind": SaidKind.FILE, "file": file, "text": None}),
        LAST.model_copy(
            update={"kind": SaidKind.RATING, "rating": Rating(score=5, text=WIDE * MAX_TEXT), "text": None}
        ),
    )
    return max((LAST, *others), key=lambda one: len(encode(one)))


def summary() -> Summary:
    now = Conversation(
        CLIENT,
        Status.ASSIGNED,
        AGENT,
        Priority.NORMAL,
        tuple(WIDE * 32 for _ in range(MAX_TAGS)),
        *(MAX_TIME_MS,) * 5,
        name=WIDE * 10_000,  # the command line bounds no name
        online=False,
        delayed=(Delayed(agent=AGENT, id=ID, do=Do.SNOOZE, at=MAX_TIME_MS, until=MAX_MOMENT_MS),) * 2,
        answered=MAX_TIME_MS,
        area="x" * 32,
        lang="x" * 32,
        mentions=(Mention(agent=AGENT, by=AGENT, id=ID),) * MAX_MENTIONED,
        team="t-" + "0" * 30,
    )
    question = LastWords(seq=MAX_TIME_MS, at=MAX_TIME_MS, kind=SaidKind.TEXT, text=WIDE * MAX_QUESTION)
    did = tuple(f"{AGENT}/{ID}" for _ in range(MAX_DID))
    state = ConversationState(now, num=1, stored_rev=MAX_TIME_MS, doing=did, changed=True, last=entry())
    return summary_of(state._replace(question=question.model_dump_json()))


def everybody() -> DeskNotice:
    agents = [f"a-{n:030d}" for n in range(20_000)]
    notice = desk_notice(
        ((agent, AgentState.ONLINE) for agent in agents),
        dict.fromkeys(agents, WIDE * 10_000),
        ID,
        Availability(True, MAX_TIME_MS, MAX_TIME_MS),
    )
    assert (notice.online, [agent.id for agent in notice.agents]) == (20_000, agents[:MAX_AGENTS])
    return notice


LARGEST: dict[type[Payload], Callable[[], Payload]] = {
    Entry: entry,
    Summary: summary,
    DeskNotice: everybody,
    Refusal: lambda: refusal_of(ID, NotFound(WIDE * 100_000, why="w" * 32, retry_ms=MAX_TIME_MS)),
    OutageNotice: lambda: OutageNotice(id=ID, text={"en": WIDE * MAX_TEXT, "ro": WIDE * MAX_TEXT}),
    LiveReading: lambda: LiveReading(meter="m" * 32, at=MAX_TIME_MS, w=-(10**9)),
    Row: summary,
    TeamPresence: lambda: TeamPresence(
        agents=[Colleague(id=AGENT, state=AgentState.OFFLINE, viewing=[CLIENT] * MAX_VIEWING)] * MAX_COLLEAGUES,
        all=True,
    ),
    Gone: lambda: Gone(rev=MAX_TIME_MS, gone=True, did=[f"{AGENT}/{ID}"] * MAX_DID),
    Typing: lambda: Typing(on=False),
    Marker: lambda: Marker(delivered=MAX_TIME_MS, read=MAX_TIME_MS),
    DisplayLine: lambda: fitting(MAX_TIME_MS, WIDE * 200, WIDE * MAX_TEXT, MAX_TIME_MS),
}
NAMES = {"client": "c-0", "agent": "a-0", "meter": "m-0", "area": "x", "team": "t-0"}
TOLD = {
    carried
    for kind, shape in topics.SHAPES
    if policy.allows(Identity(BRIDGE), Action.PUBLISH, shape.format(**NAMES))
    for carried in CARRIES[kind]
    if not isinstance(carried, str)
}


def test_every_payload_of_the_bridge_has_its_largest() -> None:
    """Every payload that the bridge publishes has its largest form below."""
    assert set(LARGEST) >= TOLD


@pytest.mark.parametrize("kind", LARGEST, ids=lambda kind: kind.__name__)
def test_the_largest_goes_into_one_message(kind: type[Payload]) -> None:
    """With the largest of everything it is encoded, within 64 KiB, or within a display's 256 bytes."""
    wire = encode(LARGEST[kind]())
    assert len(wire) <= (LINE_BYTES if kind is DisplayLine else MAX_BYTES)
