"""
Table: type of what was heard → what is then done. Each gets a transaction and gives back what follows after COMMIT.

What `check_…` finds comes before any write, so a refusal leaves the transaction as it was. The decisions are
chat_core.domain.conversation's.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple

from bridge.meters import Power
from bridge.pipeline.commands import do_order
from bridge.pipeline.content_checks import check_words
from bridge.pipeline.effects import Effects, entry_reply, line_reply, live_reply, marker_reply
from bridge.pipeline.inbound import Echo, Message, Press, Received
from bridge.pipeline.presence import People
from bridge.pipeline.quotas import Quotas
from bridge.pipeline.rate_limits import RateClass, Rates, RepeatLimit, UnreadTopics
from bridge.texts import TEXTS
from chat_core.contract.errors import NotFound, TooFast
from chat_core.contract.ids import Role, role_of
from chat_core.contract.kinds import CONVERSING
from chat_core.contract.languages import in_lang
from chat_core.contract.payloads import (
    AgentPresence,
    AgentState,
    Command,
    LiveReading,
    Marker,
    Origin,
    Presence,
    Reading,
    Said,
    SaidKind,
)
from chat_core.domain import conversation as decide
from chat_core.domain.conversation import Conversation, Event, is_desk
from chat_core.store import Registry, Transaction

LIVE_MS: Final = 10 * 60_000  # a reading older than this is a back-fill, and no live value
CALL_EVERY_MS: Final = 60_000


class Context(NamedTuple):
    """Hold what a handler may read besides its transaction, and the time."""

    registry: Registry
    rates: Rates
    quotas: Quotas
    repeats: RepeatLimit
    unread: UnreadTopics
    people: People
    now_ms: int
    now_s: float  # monotonic, for rates
    failing: Collection[str] = ()  # names of the bridge's duties that fail now: the heartbeat tells them

    def spend_rate(self, sender: str, spent: RateClass) -> None:
        """Charge the sender. Raises: TooFast with `retry_ms` when the sender's bucket is empty."""
        retry_ms = self.rates.charge(sender, spent, self.now_s)
        if retry_ms is not None:
            raise TooFast(
                "You are sending faster than this chat takes it; it is sent again in a moment.", retry_ms=retry_ms
            )


Handle = Callable[[Transaction, Received, Context], Effects]


def do_say(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """The words are stored once, with the events they cause; a repeat is answered with the same entry."""
    said, client, sender = received.message, received.address.client, received.sender
    assert isinstance(said, Said) and client is not None
    key = (client, sender, said.id)
    known = tx.find_entry(*key)
    if known is None:
        ctx.spend_rate(sender, RateClass.WORDS)
        ctx.quotas.charge(sender, said, ctx.now_s)
        if said.origin is not None and role_of(sender) not in (Role.BOT, Role.SERVICE):
            said = said.model_copy(update={"origin": None})
        if said.kind is not SaidKind.TEXT or said.replies is not None:
            check_words(tx, client, sender, said, ctx.registry)
        ctx.repeats.note(key, ctx.now_s)
        return store_words(tx, client, sender, said, ctx)
    ctx.spend_rate(sender, RateClass.REPEATS)
    if not ctx.repeats.due(key, ctx.now_s):
        return Effects()
    ctx.repeats.note(key, ctx.now_s)
    return Effects().tell(entry_reply(client, known))


def store_words(tx: Transaction, client: str, sender: str, said: Said, ctx: Context) -> Effects:
    """
    Words that are new are an entry, after the events they cause.

    Raises: NotFound when the desk writes to a client that nobody knows.
    """
    before = tx.conversation(client)
    was: str | None = None
    if before.last_seq == 0:
        person = ctx.registry.find_client(client)
        if person is None and is_desk(sender):
            raise NotFound(f"There is no client {client}.")
        before = before._replace(name=person.name if person else None, online=ctx.people.is_online(client))
        was = person.was if person else None
    if said.kind in CONVERSING:
        change = decide.do_say(before, sender, ctx.now_ms, was=was)
    else:
        change = decide.Change(before)
    effects = Effects(displays={client})
    tx.put(change.conversation)
    drafts: list[tuple[str, Said | Event]] = [*((event.sender, event) for event in change.events), (sender, said)]
    for by, draft in drafts:
        entry = tx.append(client, by, draft, ctx.now_ms)
        effects.replies.append(line_reply(client, tx.line_of(client, entry)))
        effects.stored += 1
    return effects


def do_move_marker(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """The reader's marker is the maximum of what it ever said, at most the last seq."""
    marker, client, reader = received.message, received.address.client, received.sender
    assert isinstance(marker, Marker) and client is not None
    ctx.spend_rate(reader, RateClass.MARKERS)
    return move_marker(tx, client, reader, marker)


def move_marker(tx: Transaction, client: str, reader: str, marker: Marker) -> Effects:
    """Raise the reader's marker; an agent's brings `unread` along, the client's changes what its displays show."""
    moved = tx.move_marker(client, reader, marker)
    return Effects(displays={client}) if moved is not None and role_of(reader) is Role.CLIENT else Effects()


def do_presence(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """The client's connection is known; a change of online or offline is told where there is a conversation."""
    presence, client = received.message, received.address.client
    assert isinstance(presence, Presence) and client is not None
    ctx.spend_rate(client, RateClass.PRESENCE)
    ctx.people.heard(client, presence.conn, AgentState.ONLINE if presence.online else AgentState.OFFLINE)
    return show_online(tx, client, ctx.people)


def show_online(tx: Transaction, client: str, people: People) -> Effects:
    """The client's row says whether it is online now; nothing is written where it said so already."""
    now: Conversation = tx.conversation(client)
    online = people.is_online(client)
    if now.last_seq == 0 or now.online is online:
        return Effects()
    tx.put(now._replace(online=online))
    return Effects()


def do_agent_presence(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """The agent's connection is known; notice/desk follows when the agent came, went or turned away."""
    presence, agent = received.message, received.sender
    assert isinstance(presence, AgentPresence)
    ctx.spend_rate(agent, RateClass.PRESENCE)
    return Effects(desk_changed=ctx.people.heard(agent, presence.conn, presence.state))


def do_press(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """`seen` is a read marker of the client's; `call` asks for a call back in its name, once a minute at most."""
    client = received.address.client
    assert client is not None
    ctx.spend_rate(client, RateClass.MARKERS)
    if received.message is Press.SEEN:
        last = tx.conversation(client).last_seq
        seen = Marker(delivered=last, read=last)
        effects = move_marker(tx, client, client, seen)
        # A display cannot say it on `read`, so the bridge does: agents and the client's other screens tick at once.
        return effects.tell(marker_reply(client, seen)) if effects.displays else effects
    call_id = f"e-call-{ctx.now_ms // CALL_EVERY_MS}"  # which nobody can say
    if tx.find_entry(client, client, call_id) is not None:
        return Effects(displays={client})
    person = ctx.registry.find_client(client)
    text = in_lang(TEXTS, person.lang if person is not None else None).call
    # Not checked: the id is the bridge's own.
    said = Said.model_construct(id=call_id, kind=SaidKind.TEXT, text=text, sent=ctx.now_ms, origin=Origin.CALL)
    return store_words(tx, client, client, said, ctx)


def do_store_reading(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """The reading is stored once; if it is of now, it is also the client's live value, after COMMIT."""
    reading, client, meter = received.message, received.address.client, received.address.meter
    assert isinstance(reading, Reading) and client is not None and meter is not None
    ctx.spend_rate(client, RateClass.READINGS)
    is_new = tx.add_reading(client, meter, reading.at, reading.wh, reading.w)
    if is_new and reading.tamper:
        tx.alarms.put_opened(client, meter, reading.at)
    if not is_new or reading.w is None or abs(ctx.now_ms - reading.at) > LIVE_MS:
        return Effects()
    return Effects().tell(live_reply(client, LiveReading(meter=meter, at=reading.at, w=reading.w)))


def do_show_power(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """Return what is drawn now is the client's live value; without a register there is nothing to store."""
    power, client, meter = received.message, received.address.client, received.address.meter
    assert isinstance(power, Power) and client is not None and meter is not None
    ctx.spend_rate(client, RateClass.READINGS)
    return Effects().tell(live_reply(client, LiveReading(meter=meter, at=power.at, w=power.w)))


def do_command(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """Return what an agent orders is done once; a repeat is answered with the same tick."""
    command, agent = received.message, received.sender
    assert isinstance(command, Command)
    key = ("", agent, command.id)
    known = tx.command_known(agent, command.id)
    if known is None:
        ctx.spend_rate(agent, RateClass.WORDS)
    elif not ctx.repeats.due(key, ctx.now_s):
        return Effects()
    ctx.repeats.note(key, ctx.now_s)
    return do_order(tx, agent, command, known, ctx.registry, ctx.now_ms)


def do_beat(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """The probe went through broker and database: the heartbeat that /readyz looks at."""
    tx.beat(ctx.now_ms, ctx.failing)
    assert isinstance(received.message, Echo)
    return Effects(fence=received.message.fence)


HANDLERS: Final[Mapping[type[Message], Handle]] = {
    Said: do_say,
    Marker: do_move_marker,
    Presence: do_presence,
    AgentPresence: do_agent_presence,
    Command: do_command,
    Press: do_press,
    Reading: do_store_reading,
    Power: do_show_power,
    Echo: do_beat,
}


def do_wake(tx: Transaction, client: str) -> Effects:
    """A snoozed conversation is back among the open ones: its time has come."""
    tx.put(decide.do_wake(tx.conversation(client)))
    return Effects()


def do_erase(tx: Transaction, client: str, now_ms: int) -> Effects:
    """Nothing of the client is left but one entry, `erased`, which is heard live."""
    effects = Effects(displays={client}, stored=1)
    return effects.tell(entry_reply(client, tx.erase(client, now_ms)))


def do_rename(tx: Transaction, client: str, registry: Registry) -> Effects:
    """The client's row carries the name that the registry knows."""
    person, now = registry.find_client(client), tx.conversation(client)
    effects = Effects(displays={client})  # in the client's language, which may have changed too
    if person is None or now.last_seq == 0 or now.name == person.name:
        return effects
    tx.put(now._replace(name=person.name))
    return effects
