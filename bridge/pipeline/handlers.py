"""
Map each type of message to its handler, which gets a transaction and returns effects for after COMMIT.

Checks come before any write, so a refusal leaves the transaction unchanged.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, NamedTuple

from bridge.meters import Power
from bridge.pipeline.commands import check_team, do_order, is_of_team
from bridge.pipeline.effects import Effects, Reply, entry_reply, line_reply, live_reply, team_replies
from bridge.pipeline.inbound import Echo, Message, Passing, Press, Received
from bridge.pipeline.presence import People
from bridge.pipeline.quotas import Quotas
from bridge.pipeline.rate_limits import RateClass, Rates, RepeatLimit, UnreadTopics
from bridge.texts import TEXTS
from chat_core.contract import topics
from chat_core.contract.errors import BadPayload, NotAllowed, NotFound, TooFast
from chat_core.contract.ids import Role, role_of
from chat_core.contract.kinds import CONVERSING
from chat_core.contract.languages import in_lang
from chat_core.contract.payloads import (
    AgentPresence,
    AgentState,
    Command,
    EventKind,
    File,
    LiveReading,
    Marker,
    Origin,
    Presence,
    Reading,
    Said,
    SaidKind,
    Typing,
    decode,
    encode,
)
from chat_core.contract.shards import ALL, Slot
from chat_core.domain import conversation as decide
from chat_core.domain.conversation import Conversation, Event, check_rating, is_desk
from chat_core.store import Registry, Transaction
from chat_core.store.results import Client

LIVE_MS: Final = 10 * 60_000  # an older reading is a back-fill, and no live value
CALL_EVERY_MS: Final = 60_000
ENDS: Final = (EventKind.RESOLVED.value, EventKind.ERASED.value, SaidKind.RATING.value)


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
    failing: Collection[str] = ()  # names of failing jobs, for the heartbeat
    slot: Slot = ALL

    def spend_rate(self, sender: str, spent: RateClass) -> None:
        """Charge the sender. Raises: TooFast with `retry_ms` when its bucket is empty."""
        retry_ms = self.rates.charge(sender, spent, self.now_s)
        if retry_ms is not None:
            raise TooFast(
                "You are sending faster than this chat takes it; it is sent again in a moment.", retry_ms=retry_ms
            )


Handle = Callable[[Transaction, Received, Context], Effects]


def do_say(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """Store the message once, with the events it causes; answer a repeat with the same entry."""
    said, client, sender = received.message, received.address.client, received.sender
    assert isinstance(said, Said) and client is not None
    key = (client, sender, said.id)
    known = tx.find_entry(*key)
    if known is None:
        if sender != client:
            check_team(_routed(tx.conversation(client), ctx.registry), sender, ctx.registry)
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


def _routed(conversation: Conversation, registry: Registry) -> Conversation:
    """Return the conversation; one without entries is in the team where it will begin."""
    if conversation.last_seq > 0 or registry.teams.latest.is_single:
        return conversation
    person = registry.find_client(conversation.client)
    return conversation if person is None else _in_team(_described(conversation, person), registry)


def check_words(tx: Transaction, client: str, sender: str, said: Said, registry: Registry) -> None:
    """
    Check a message that is more than a text: a file, a rating, quick replies.

    Raises: NotAllowed for a client's quick replies or another's rating; NotFound for another's file; BadPayload for a
        file that differs from its description; WrongState for a rating too early.
    """
    if said.replies is not None and not is_desk(sender):
        raise NotAllowed("Only agents and bots offer quick replies.")
    if said.file is not None:
        _check_file(client, sender, said.file, registry)
    if said.kind is SaidKind.RATING:
        check_rating(tx.conversation(client), sender, tx.last_kind(client, ENDS))


def _check_file(client: str, sender: str, file: File, registry: Registry) -> None:
    stored = registry.files.find(file.file)
    if stored is None or stored.client != client or stored.sender != sender:
        raise NotFound("This file is not here any more; send it again.")
    told = (file.name, file.type, file.size, file.width, file.height)
    if told != (stored.name, stored.type, stored.size, stored.width, stored.height):
        raise BadPayload("The file is described otherwise than it was stored.", why="wrong_file")


def store_words(tx: Transaction, client: str, sender: str, said: Said, ctx: Context) -> Effects:
    """
    Append the events that a new message causes, then the message.

    Raises: NotFound when the desk writes to an unknown client.
    """
    before = tx.conversation(client)
    was: str | None = None
    if before.last_seq == 0:
        person = ctx.registry.find_client(client)
        if person is None and is_desk(sender):
            raise NotFound(f"There is no client {client}.")
        before = before._replace(online=ctx.people.is_online(client))
        if person is not None:
            before, was = _in_team(_described(before, person), ctx.registry), person.was
    if said.kind in CONVERSING:
        change = decide.do_say(before, sender, ctx.now_ms, was=was)
    else:
        change = decide.Change(before)
    effects = Effects(displays={client})
    tx.put(change.conversation)
    drafts: list[tuple[str, Said | Event]] = [*((event.sender, event) for event in change.events), (sender, said)]
    for by, draft in drafts:
        entry = tx.append(client, by, draft, ctx.now_ms)
        effects.replies.append(line_reply(client, entry, tx.line_of(client, entry)))
        effects.stored += 1
    return effects


def do_move_marker(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """Raise the reader's marker to the maximum it ever sent, at most the last seq, and tell it to the team."""
    marker, client, reader = received.message, received.address.client, received.sender
    assert isinstance(marker, Marker) and client is not None
    ctx.spend_rate(reader, RateClass.MARKERS)
    if ctx.registry.teams.latest.is_single:
        return move_marker(tx, client, reader, marker)
    now = _routed(tx.conversation(client), ctx.registry)
    if reader != client:
        check_team(now, reader, ctx.registry)
    told = Reply(topics.read(client, None if reader == client else reader), encode(marker))
    return move_marker(tx, client, reader, marker).tell(*_to_team(told, now, ctx.registry))


def _to_team(reply: Reply, conversation: Conversation, registry: Registry) -> Iterable[Reply]:
    return team_replies(reply, registry.teams.latest.known(conversation.team))


def do_pass_on(tx: Transaction, passing: Passing, ctx: Context) -> Effects:
    """Tell the client's team who types. Somebody of another team is not told of."""
    client, agent = passing.address.client, passing.address.agent
    assert client is not None
    typing = decode(Typing, passing.payload)
    now = _routed(tx.conversation(client), ctx.registry)
    if agent is not None and not is_of_team(now, agent, ctx.registry):
        return Effects()
    ctx.spend_rate(agent or client, RateClass.MARKERS)
    told = Reply(topics.typing(client, agent), encode(typing), Typing.qos)
    return Effects().tell(*_to_team(told, now, ctx.registry))


def move_marker(tx: Transaction, client: str, reader: str, marker: Marker) -> Effects:
    """Raise the reader's marker. The client's changes its displays."""
    moved = tx.move_marker(client, reader, marker)
    return Effects(displays={client}) if moved is not None and role_of(reader) is Role.CLIENT else Effects()


def do_presence(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """Note the client's connection; publish a change of online or offline where there is a conversation."""
    presence, client = received.message, received.address.client
    assert isinstance(presence, Presence) and client is not None
    ctx.spend_rate(client, RateClass.PRESENCE)
    ctx.people.heard(client, presence.conn, AgentState.ONLINE if presence.online else AgentState.OFFLINE)
    return show_online(tx, client, ctx.people)


def show_online(tx: Transaction, client: str, people: People) -> Effects:
    """Write to the client's row whether it is online, where that changed."""
    now: Conversation = tx.conversation(client)
    online = people.is_online(client)
    if now.last_seq == 0 or now.online is online:
        return Effects()
    tx.put(now._replace(online=online))
    return Effects()


def do_agent_presence(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """Note the agent's connection; publish `notice/desk` when the agent's state changed."""
    presence, agent = received.message, received.sender
    assert isinstance(presence, AgentPresence)
    ctx.spend_rate(agent, RateClass.PRESENCE)
    return Effects(desk_changed=ctx.people.heard_agent(agent, presence.conn, presence.state, presence.viewing))


def do_press(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """Handle a display's button: `seen` is a read marker, `call` asks for a call back, at most once a minute."""
    client = received.address.client
    assert client is not None
    ctx.spend_rate(client, RateClass.MARKERS)
    if received.message is Press.SEEN:
        last = tx.conversation(client).last_seq
        seen = Marker(delivered=last, read=last)
        effects = move_marker(tx, client, client, seen)
        # A display cannot publish on `read`, so the bridge does.
        return effects.tell(Reply(topics.read(client), encode(seen))) if effects.displays else effects
    call_id = f"e-call-{ctx.now_ms // CALL_EVERY_MS}"  # an id that no sender can use
    if tx.find_entry(client, client, call_id) is not None:
        return Effects(displays={client})
    person = ctx.registry.find_client(client)
    text = in_lang(TEXTS, person.lang if person is not None else None).call
    said = Said.model_construct(id=call_id, kind=SaidKind.TEXT, text=text, sent=ctx.now_ms, origin=Origin.CALL)
    return store_words(tx, client, client, said, ctx)


def do_store_reading(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """Store the reading once; publish it as the live value when it is recent."""
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
    """Publish the present power; without a register there is nothing to store."""
    power, client, meter = received.message, received.address.client, received.address.meter
    assert isinstance(power, Power) and client is not None and meter is not None
    ctx.spend_rate(client, RateClass.READINGS)
    return Effects().tell(live_reply(client, LiveReading(meter=meter, at=power.at, w=power.w)))


def do_command(tx: Transaction, received: Received, ctx: Context) -> Effects:
    """Do an agent's command once; answer a repeat with the same tick."""
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
    """Write the heartbeat that /readyz reads: the probe passed broker and database."""
    echo = received.message
    assert isinstance(echo, Echo)
    if echo.roll:
        return Effects(roll=True)
    tx.beat(ctx.now_ms, ctx.failing, ctx.slot)
    return Effects(fences=() if echo.fence is None else (echo.fence,), probe=echo.probe)


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
    tx.put(decide.do_wake(tx.conversation(client)))
    return Effects()


def do_erase(tx: Transaction, client: str, now_ms: int) -> Effects:
    """Erase all of the client but one entry, `erased`, which is published."""
    effects = Effects(displays={client}, stored=1)
    return effects.tell(entry_reply(client, tx.erase(client, now_ms)))


def _in_team(described: Conversation, registry: Registry) -> Conversation:
    return described._replace(team=registry.homes.team_of(described.client, described.area, described.lang))


def _described(conversation: Conversation, person: Client) -> Conversation:
    return conversation._replace(name=person.name, area=person.area, lang=person.lang)


def do_describe(tx: Transaction, client: str, registry: Registry) -> Effects:
    """Write the client's name, area and language to its row, where they changed."""
    person, now = registry.find_client(client), tx.conversation(client)
    effects = Effects(displays={client})  # the language may have changed too
    if person is not None and now.last_seq > 0:
        tx.put(_described(now, person))
    return effects
