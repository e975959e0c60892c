"""
Take part in conversations over MQTT as a client, an agent or a bot: for scripts, bots and tests.

    from bridge.participant import Participant, login_of

    credentials = json.loads(subprocess.check_output(["wattline", "token", "c-42"]))
    with Participant("c-42", lambda: login_of(credentials)) as maria:
        maria.on_entry = lambda client, entry: print(entry.seq, entry.sender, entry.text)
        id = maria.say("Why 40 kWh yesterday?")
        maria.wait_stored(id)            # on disk: the log carries the id under our own name

An agent or a bot names the client: `ana.say("It was the heater.", "c-42")`. Each message is kept until the log carries
its id, sent again with the same id after a reconnect or 3 s of silence, and stored once. Entries come to `on_entry` in
the order of their seq, each once; a gap is fetched over REST where an `Api` is given, and else jumped over.

Touches the network, from one thread of its own between `start` and `close`; the callbacks run in that thread.
"""

import random
import secrets
import threading
from collections import deque
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Self

from bridge.mqtt.given_login import login_of
from bridge.mqtt.link import Arrived, Link, Login
from bridge.participant.log_reader import LogReader
from bridge.participant.markers import Markers
from bridge.participant.newest import Newest
from bridge.participant.outboxes import Journal, Outboxes
from bridge.participant.own_presence import OwnPresence
from bridge.participant.rest import Api
from chat_core.contract import topics
from chat_core.contract.errors import BadPayload, BadTopic, NotAllowed
from chat_core.contract.ids import new_message_id
from chat_core.contract.payloads import (
    Command,
    DeskNotice,
    Entry,
    Gone,
    Marker,
    OutageNotice,
    Refusal,
    Said,
    SaidKind,
    Summary,
    Typing,
    decode,
    decode_row,
    encode,
)
from chat_core.contract.topics import Address, TopicKind
from chat_core.domain.conversation import is_desk
from chat_core.runtime import clock
from chat_core.runtime.guarded import guarded
from chat_core.runtime.observing import get_logger

__all__ = ["Participant", "login_of"]

log = get_logger(__name__)

TURN_S: Final = 0.5
TYPING_EVERY_MS: Final = 3_000
ROLL_WITHIN_MS: Final = 10_000
REMEMBERED: Final = 10_000  # ticks, refusals and markers, each


def _filters_of(id: str, teams: Collection[str]) -> tuple[str, ...]:
    if is_desk(id):
        heard = topics.team_filters(teams) if teams else topics.DESK_FILTERS
        return (*heard, topics.OUTAGES, topics.desk_refused(id))
    return tuple(topics.widget_filters(id))


def _nothing(*_: Any) -> None:
    """Do nothing: the default of each callback."""


class Participant:
    """
    Take part as one identity.

    Callbacks, set before `start`: `on_entry(client, Entry)`, `on_typing(client, sender, is_on)`,
    `on_marker(client, reader, Marker)`, `on_summary(Summary)`, `on_desk(DeskNotice)`, `on_outage(area, OutageNotice)`
    (agents and bots), `on_refusal(Refusal)`, `on_ready()`, `on_turn()` (at least every 5 s while the thread works).
    """

    def __init__(
        self,
        id: str,
        login: Callable[[], Login],
        *,
        api: Api | None = None,
        window: int = 1,
        journal: Journal | None = None,
        teams: Collection[str] = (),
    ) -> None:
        """
        Open nothing yet.

        Args: login: called before each connect, and after 80 % of the token's life, when another connection takes over;
            api: for catching up; window: unticked messages in flight per conversation. With 1 the order is strict
            through any kill; journal: keeps unsent messages for a restart, None for none; teams: the agent's, where
            there are several.
        """
        self.id = id
        self.on_entry: Callable[[str, Entry], None] = _nothing
        self.on_typing: Callable[[str, str, bool], None] = _nothing
        self.on_marker: Callable[[str, str, Marker], None] = _nothing
        self.on_summary: Callable[[Summary], None] = _nothing
        self.on_desk: Callable[[DeskNotice], None] = _nothing
        self.on_outage: Callable[[str, OutageNotice], None] = _nothing
        self.on_refusal: Callable[[Refusal], None] = _nothing
        self.on_ready: Callable[[], None] = _nothing
        self.on_turn: Callable[[], None] = _nothing
        self._desk = is_desk(id)
        self._link = Link(login, _filters_of(id, teams), clean_session=True, will=lambda: self._here.will())
        self._here = OwnPresence(id, self._desk)
        self._journal = journal
        settled = journal.drop if journal is not None else _nothing
        self._outboxes = Outboxes(id, self._desk, window, self._link.publish, settled)
        self._reader = LogReader(api, self._show, self._renew)
        self._todo: deque[Callable[[], None]] = deque()
        self._markers = Markers(REMEMBERED, self._publish_marker)
        self._composing: dict[str, int] = {}
        self._stored: dict[str, Entry] = Newest(REMEMBERED)
        self._done: dict[str, Summary] = Newest(REMEMBERED)
        self._moved: dict[str, Gone] = Newest(REMEMBERED)
        self._told: dict[str, OutageNotice] = Newest(REMEMBERED)
        self._refusals: dict[str, Refusal] = Newest(REMEMBERED)
        self._roll: str | None = None
        self._roll_due_ms: int | None = None
        self._news = threading.Condition()
        self._stop, self._gone = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"participant {id}", daemon=True)
        self._was_ready = False
        self._greeted = 0

    # Thread-safe

    def start(self) -> Self:
        """Connect, and stay connected, in a thread of its own. Send what an earlier run kept."""
        for client, message in self._journal.waiting() if self._journal is not None else ():
            if client is None:
                self._order(decode(Command, message))
            else:
                self._write(decode(Said, message), client)
        self._thread.start()
        return self

    def close(self) -> None:
        """Send offline, disconnect and join the thread. Unticked messages are given up, without a journal."""
        self._stop.set()
        self._link.wakeup.wake()
        if self._thread.ident is None:
            self._link.close()
        else:
            self._thread.join(timeout=5)
        if self._journal is not None:
            self._journal.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def say(self, text: str, client: str | None = None, *, id: str | None = None) -> str:
        """Put a text into the outbox and return its id. Args: client: whom an agent or a bot answers."""
        said = Said(id=id or self.new_id(), kind=SaidKind.TEXT, text=text, sent=clock.now_ms())
        self.say_this(said, client)
        return said.id

    def say_this(self, said: Said, client: str | None = None) -> None:
        """Put a message of any kind into the outbox."""
        whose = client or self.id
        if self._journal is not None:
            self._journal.add(said.id, whose, encode(said))
        self._write(said, whose)
        self._do(lambda: self._composing.pop(whose, None))

    def _write(self, said: Said, client: str) -> None:
        self._outboxes.announce(said.id)
        self._do(lambda: self._outboxes.write(said, client, clock.monotonic_ms()))

    def order(self, command: Command) -> str:
        """
        Put an agent's command into the outbox and return its id.

        Its tick is a Summary that names it; a notice's tick is the notice with its id.
        """
        if self._journal is not None:
            self._journal.add(command.id, None, encode(command))
        self._order(command)
        return command.id

    def _order(self, command: Command) -> None:
        self._outboxes.announce(command.id)
        self._do(lambda: self._outboxes.order(command, clock.monotonic_ms()))

    def typing(self, client: str | None = None, *, on: bool = True) -> None:
        """Send typing, repeated every 3 s until a message or `on=False`."""
        whose = client or self.id
        self._do(lambda: self._compose(whose, on))

    def mark(self, read: int, client: str | None = None) -> None:
        """Mark everything up to this seq as read. Delivery is marked automatically."""
        whose = client or self.id
        self._do(lambda: self._raise_marker(whose, Marker(delivered=read, read=read)))

    def view(self, client: str | None) -> None:
        """Tell the other agents which conversation is on screen."""
        self._do(lambda: self._view(client))

    @staticmethod
    def new_id() -> str:
        return new_message_id(clock.now_ms(), secrets.token_bytes(10))

    @property
    def ready(self) -> bool:
        """Return whether the connection is up and every subscription granted."""
        return self._was_ready

    @property
    def pending(self) -> tuple[str, ...]:
        """Return the ids neither ticked nor marked not sent."""
        return self._outboxes.pending

    @property
    def failed(self) -> Mapping[str, Refusal]:
        """Return the ids marked not sent, each with the reason."""
        return self._outboxes.failed

    def entries(self, client: str | None = None) -> list[Entry]:
        """Return a conversation's newest entries, in order."""
        return self._reader.entries(client or self.id)

    def wait_ready(self, within_s: float = 10) -> None:
        """Wait until connected. Raises: TimeoutError."""
        self._wait(lambda: self._was_ready, within_s)

    def wait_stored(self, id: str, within_s: float = 10) -> Entry:
        """Return the message's entry. Raises: TimeoutError."""
        self._wait(lambda: id in self._stored, within_s)
        return self._stored[id]

    def wait_done(self, id: str, within_s: float = 10) -> Summary:
        """Return the row that names the command. Raises: TimeoutError."""
        self._wait(lambda: id in self._done, within_s)
        return self._done[id]

    def wait_moved(self, id: str, within_s: float = 10) -> Gone:
        """Return that the conversation left the participant's team by this command. Raises: TimeoutError."""
        self._wait(lambda: id in self._moved, within_s)
        return self._moved[id]

    def wait_told(self, id: str, within_s: float = 10) -> OutageNotice:
        """Return the notice that the command made. Raises: TimeoutError."""
        self._wait(lambda: id in self._told, within_s)
        return self._told[id]

    def wait_refused(self, id: str | None, within_s: float = 10) -> Refusal:
        """Return the refusal of this id. Raises: TimeoutError."""
        self._wait(lambda: (id or "") in self._refusals, within_s)
        return self._refusals[id or ""]

    def wait_closed(self, within_s: float | None = None) -> None:
        """Wait until it is closed. Raises: NotAllowed when it has ended by itself, with the reason; TimeoutError."""
        self._wait(self._gone.is_set, within_s)

    def _wait(self, fact: Callable[[], bool], within_s: float | None) -> None:
        with self._news:
            if not self._news.wait_for(lambda: fact() or self._link.over is not None, within_s):
                raise TimeoutError(f"{self.id}: not within {within_s:g} s")
        if self._link.over is not None and not fact():
            raise NotAllowed(self._link.over)

    def _do(self, step: Callable[[], Any]) -> None:
        self._todo.append(step)
        self._link.wakeup.wake()

    # The participant's own thread

    def _run(self) -> None:
        try:
            self._take_part()
        finally:
            if self._link.over is None and not self._stop.is_set():
                self._link.over = f"{self.id} takes part no more: its thread failed. The log has the cause."
            self._link.close()
            if self._link.over is None:
                self._gone.set()
            self._tell()

    def _take_part(self) -> None:
        """Work until it is closed, or its credentials have ended for good."""
        while not self._stop.is_set() and self._link.over is None:
            self._link.turn(self._turn_s())
            self._note_connection()
            for arrived in self._link.take(1_000):
                self._hear(arrived)
                self._link.ack(arrived)
            while self._todo:
                self._todo.popleft()()
            self._tick()
            self._tell()
            self.on_turn()
        if self._link.ready:
            self._link.publish(*self._here.gone())
        if self._link.over is not None:
            log.error("participant.ended", id=self.id, why=self._link.over)

    def _tell(self) -> None:
        with self._news:
            self._news.notify_all()

    def _turn_s(self) -> float:
        if self._todo:
            return 0
        due = [*self._outboxes.wakes_ms(), *self._markers.wakes_ms(), *self._composing.values()]
        if self._roll_due_ms is not None:
            due.append(self._roll_due_ms)
        return max(0.0, min([TURN_S, *((wakes - clock.monotonic_ms()) / 1000 for wakes in due)]))

    def _tick(self) -> None:
        now_ms = clock.monotonic_ms()
        self._outboxes.tick(now_ms)
        self._markers.tick(now_ms)
        self._reader.tick(now_ms)
        for client, due_ms in list(self._composing.items()):
            if due_ms <= now_ms:
                self._compose(client, True)
        if self._roll_due_ms is not None and self._roll_due_ms <= now_ms:
            self._roll_due_ms = None
            self._link.publish(*self._here.here())

    def _note_connection(self) -> None:
        ready, is_new = self._link.ready, self._link.greeted != self._greeted
        if ready and is_new and self._was_ready and self._link.took_over:
            self._arrive()  # the old connection carried what is in flight
            return
        if self._was_ready and (not ready or is_new):
            self._outboxes.down(clock.monotonic_ms())
            self._was_ready = False
        if ready and not self._was_ready:
            self._arrive()
            self._outboxes.up(clock.monotonic_ms())
            self._was_ready = True
            self._call(self.on_ready)

    def _arrive(self) -> None:
        self._greeted = self._link.greeted
        for topic, payload in self._here.arrive():
            self._link.publish(topic, payload)
        for client in self._reader.clients if self._desk else [self.id]:
            self._reader.catch_up(client)

    def _view(self, client: str | None) -> None:
        self._here.viewing = client
        self._link.publish(*self._here.here())

    def _compose(self, client: str, on: bool) -> None:
        if on:
            self._composing[client] = clock.monotonic_ms() + TYPING_EVERY_MS
        else:
            self._composing.pop(client, None)
        self._link.publish(topics.typing(client, self.id if self._desk else None), encode(Typing(on=on)), Typing.qos)

    def _raise_marker(self, client: str, marker: Marker) -> None:
        self._markers.raise_to(client, marker, clock.monotonic_ms())

    def _publish_marker(self, client: str, marker: Marker) -> None:
        self._link.publish(topics.read(client, self.id if self._desk else None), encode(marker))

    def _hear(self, arrived: Arrived) -> None:
        try:
            address = topics.parse(arrived.topic)
            match address.kind:
                case TopicKind.LOG if address.client is not None:
                    self._hear_entry(address.client, decode(Entry, arrived.payload))
                case TopicKind.REFUSED | TopicKind.DESK_REFUSED:
                    self._hear_refusal(decode(Refusal, arrived.payload))
                case TopicKind.TEAM_INBOX | TopicKind.DESK_ROW:
                    self._hear_row(address, arrived.payload)
                case TopicKind.NOTICE_DESK if arrived.payload:
                    self._hear_desk(decode(DeskNotice, arrived.payload))
                case TopicKind.OUTAGE if address.area is not None and arrived.payload:
                    self._hear_outage(address.area, decode(OutageNotice, arrived.payload))
                case TopicKind.TYPING if address.sender not in (None, self.id):
                    self._call(self.on_typing, address.client, address.sender, decode(Typing, arrived.payload).on)
                case TopicKind.READ if address.sender not in (None, self.id):
                    self._call(self.on_marker, address.client, address.sender, decode(Marker, arrived.payload))
                case _:
                    pass
        except (BadTopic, BadPayload) as fault:
            log.info("participant.ignored", why=fault.why)

    def _hear_entry(self, client: str, entry: Entry) -> None:
        # Before the seq is looked at: a tick waits for no gap to be fetched.
        if entry.sender == self.id:
            self._tick_off(client, entry)
        self._reader.hear(client, entry)

    def _tick_off(self, client: str, entry: Entry) -> None:
        self._stored[entry.id] = entry
        self._outboxes.stored(entry.id, client, clock.monotonic_ms())

    def _renew(self, client: str, erased: bool) -> None:
        """Begin markers anew in another epoch; drop unsent messages of an erased conversation."""
        self._markers.forget(client)
        if erased:
            self._outboxes.forget(client)

    def _show(self, client: str, entry: Entry) -> None:
        if entry.sender == self.id:
            self._tick_off(client, entry)
        else:
            self._raise_marker(client, Marker(delivered=entry.seq, read=0))
        self._call(self.on_entry, client, entry)

    def _hear_refusal(self, refusal: Refusal) -> None:
        self._refusals[refusal.id or ""] = refusal
        self._outboxes.refused(refusal, clock.monotonic_ms())
        if refusal.id is None and refusal.retry_ms is not None:
            self._markers.refused(refusal.retry_ms, clock.monotonic_ms())
        self._call(self.on_refusal, refusal)

    def _hear_row(self, address: Address, payload: bytes) -> None:
        row: Summary | Gone
        try:
            if address.client is not None and address.team is not None:
                row = decode_row(payload, address.client, address.team)
            else:
                row = decode(Summary, payload)
        except BadPayload:
            row = decode(Gone, payload)
        for name in row.did:
            agent, _, id = name.partition("/")
            if agent == self.id:
                if isinstance(row, Summary):
                    self._done[id] = row
                else:
                    self._moved[id] = row
                self._outboxes.done(id, clock.monotonic_ms())
        if isinstance(row, Summary):
            self._call(self.on_summary, row)

    def _hear_desk(self, notice: DeskNotice) -> None:
        if notice.roll != self._roll:
            # The first one too: the bridge may not have received our presence at connect.
            self._roll_due_ms = clock.monotonic_ms() + random.randrange(ROLL_WITHIN_MS)
            self._roll = notice.roll
            self._outboxes.rolled(clock.monotonic_ms())
        self._call(self.on_desk, notice)

    def _hear_outage(self, area: str, notice: OutageNotice) -> None:
        self._told[notice.id] = notice
        self._outboxes.done(notice.id, clock.monotonic_ms())
        self._call(self.on_outage, area, notice)

    def _call(self, callback: Callable[..., None], *arguments: Any) -> None:
        """Call a bot's code, whose defects do not end the connection."""
        with guarded("callback", callback=getattr(callback, "__name__", "?")):
            callback(*arguments)
