"""
A participant of a conversation, for scripts, bots and tests: a client, an agent or a bot over MQTT.

    from bridge.participant import Participant, login_of

    credentials = json.loads(subprocess.check_output(["wattline", "token", "c-42"]))
    with Participant("c-42", lambda: login_of(credentials)) as maria:
        maria.on_entry = lambda client, entry: print(entry.seq, entry.sender, entry.text)
        id = maria.say("Why 40 kWh yesterday?")
        maria.wait_stored(id)            # on disk: the log carries the id under our own name

An agent or a bot names the client: `ana.say("It was the heater.", "c-42")`. Each message is kept until the log carries
its id, sent again with the same id after a reconnect or 5 s of silence, and stored once. Entries come to `on_entry` in
the order of their seq, each once; a gap is fetched over REST where an `Api` is given, and else jumped over.

Touches the network, from one thread of its own between `start` and `close`; the callbacks run in that thread.
"""

import random
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, Self
from urllib.parse import urlsplit

import structlog

from bridge.history import Api
from bridge.link import Arrived, Link, Login, Will
from bridge.outbox import Outbox, Outgoing
from chat_core import topics
from chat_core.conversation import Log, Merged, is_desk, merge_live, merge_page
from chat_core.errors import BadPayload, BadTopic, Unavailable
from chat_core.ids import new_message_id
from chat_core.payloads import (
    AgentPresence,
    AgentState,
    Command,
    DeskNotice,
    Entry,
    Marker,
    Payload,
    Presence,
    Refusal,
    Said,
    SaidKind,
    Summary,
    Typing,
    decode,
    encode,
)
from chat_core.topics import Kind

log = structlog.get_logger(__name__)

TURN_S: Final = 0.5
KEPT_ENTRIES: Final = 500  # per conversation, in memory
TYPING_EVERY_MS: Final = 3_000
ROLL_WITHIN_S: Final = 10.0


def login_of(credentials: Mapping[str, Any]) -> Login:
    """The login that one line of `wattline token` gives. Each has its own client id: one connection at a time."""
    url = urlsplit(str(credentials["url"]))
    return Login(
        host=url.hostname or "127.0.0.1",
        port=url.port or 1883,
        username=str(credentials["username"]),
        password=str(credentials["password"]),
        client_id=str(credentials["client_id"]),
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _nothing(*_: Any) -> None:
    """What happens until somebody sets a callback."""


class Participant:
    """
    One identity on one line.

    Callbacks, set before `start`: `on_entry(client, Entry)`, `on_typing(client, sender, is_on)`,
    `on_marker(client, reader, Marker)`, `on_summary(Summary)`, `on_desk(DeskNotice)`, `on_refusal(Refusal)`,
    `on_ready()`.
    """

    def __init__(self, id: str, login: Callable[[], Login], *, api: Api | None = None, window: int = 1) -> None:
        """
        Open nothing yet.

        Args: login: called before each connect; api: for catching up; window: how many unticked messages per
            conversation may be in flight. With 1 the order is strict through any kill; a bulk sender takes more.
        """
        self.id = id
        self.on_entry: Callable[[str, Entry], None] = _nothing
        self.on_typing: Callable[[str, str, bool], None] = _nothing
        self.on_marker: Callable[[str, str, Marker], None] = _nothing
        self.on_summary: Callable[[Summary], None] = _nothing
        self.on_desk: Callable[[DeskNotice], None] = _nothing
        self.on_refusal: Callable[[Refusal], None] = _nothing
        self.on_ready: Callable[[], None] = _nothing
        self._desk = is_desk(id)
        self._api = api
        self._window = window
        filters = (*topics.BOARD_FILTERS, topics.desk_refused(id)) if self._desk else topics.widget_filters(id)
        self._link = Link(login, filters, clean_session=True, will=self._make_will)
        self._conn, self._old_conn = "", ""
        self._todo: deque[Callable[[], None]] = deque()
        self._outboxes: dict[str, Outbox] = {}
        self._orders = Outbox()
        self._logs: dict[str, Log] = {}
        self._entries: dict[str, deque[Entry]] = {}
        self._read: dict[str, Marker] = {}
        self._composing: dict[str, int] = {}
        self._stored: dict[str, Entry] = {}
        self._done: dict[str, Summary] = {}
        self._refusals: dict[str, Refusal] = {}
        self._unticked: dict[str, None] = {}  # in the order of writing; said here, not by the thread
        self._roll: str | None = None
        self._roll_due_s: float | None = None
        self._news = threading.Condition()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"participant {id}", daemon=True)
        self._was_ready = False
        self._greeted = 0

    # What anybody may call, from any thread

    def start(self) -> Self:
        """Connect, and stay connected, in a thread of its own."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Say offline, disconnect, join the thread. What has no tick yet is given up."""
        self._stop.set()
        self._link.bell.ring()
        if self._thread.ident is None:
            self._link.close()
        else:
            self._thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def say(self, text: str, client: str | None = None, *, id: str | None = None) -> str:
        """Put a text into the outbox and return its id. Args: client: whom an agent or a bot answers."""
        said = Said(id=id or self.new_id(), kind=SaidKind.TEXT, text=text, sent=_now_ms())
        self.say_this(said, client)
        return said.id

    def say_this(self, said: Said, client: str | None = None) -> None:
        """Put a message of any kind into the outbox."""
        whose = client or self.id
        topic = topics.msg(whose, self.id if self._desk else None)
        self._unticked[said.id] = None
        self._do(lambda: self._send(topic, self._outbox(whose).write(said, _now_ms(), random.random())))
        self._do(lambda: self._composing.pop(whose, None))

    def order(self, command: Command) -> str:
        """Put an agent's command into the outbox and return its id; a Summary that names it is its tick."""
        self._unticked[command.id] = None
        self._do(lambda: self._send(topics.desk_do(self.id), self._orders.write(command, _now_ms(), random.random())))
        return command.id

    def typing(self, client: str | None = None, *, on: bool = True) -> None:
        """Compose (repeated every 3 s until said, or until `on=False`), or stop."""
        whose = client or self.id
        self._do(lambda: self._compose(whose, on))

    def mark(self, read: int, client: str | None = None) -> None:
        """Say that everything up to this seq is read. What is delivered is said by itself."""
        whose = client or self.id
        self._do(lambda: self._raise_marker(whose, Marker(delivered=read, read=read)))

    def view(self, client: str | None) -> None:
        """Tell the other agents which conversation is on screen."""
        self._do(lambda: self._say_presence(AgentState.ONLINE, client))

    @staticmethod
    def new_id() -> str:
        """A fresh id for a message or a command."""
        return new_message_id(_now_ms(), secrets.token_bytes(10))

    @property
    def ready(self) -> bool:
        """Whether the line is up and every subscription granted."""
        return self._was_ready

    @property
    def pending(self) -> tuple[str, ...]:
        """Ids that are neither ticked nor marked not sent, of all conversations."""
        failed = self.failed
        return tuple(id for id in list(self._unticked) if id not in failed)

    @property
    def failed(self) -> Mapping[str, Refusal]:
        """Ids marked not sent, each with the reason."""
        return {
            id: why for outbox in (*list(self._outboxes.values()), self._orders) for id, why in outbox.failed.items()
        }

    def entries(self, client: str | None = None) -> list[Entry]:
        """The newest entries heard of a conversation, in order."""
        return list(self._entries.get(client or self.id, ()))

    def wait_ready(self, within_s: float = 10) -> None:
        """Raises: TimeoutError when the line is not up in time."""
        self._wait(lambda: self._was_ready, within_s)

    def wait_stored(self, id: str, within_s: float = 10) -> Entry:
        """Return the entry that says it is stored. Raises: TimeoutError when that does not come in time."""
        self._wait(lambda: id in self._stored, within_s)
        return self._stored[id]

    def wait_done(self, id: str, within_s: float = 10) -> Summary:
        """Return the row that says the command is done. Raises: TimeoutError when that does not come in time."""
        self._wait(lambda: id in self._done, within_s)
        return self._done[id]

    def wait_refused(self, id: str | None, within_s: float = 10) -> Refusal:
        """Return the refusal of this id. Raises: TimeoutError when none comes in time."""
        self._wait(lambda: (id or "") in self._refusals, within_s)
        return self._refusals[id or ""]

    def _wait(self, fact: Callable[[], bool], within_s: float) -> None:
        with self._news:
            if not self._news.wait_for(fact, within_s):
                raise TimeoutError(f"{self.id}: not within {within_s:g} s")

    def _do(self, step: Callable[[], Any]) -> None:
        self._todo.append(step)
        self._link.bell.ring()

    # The participant's own thread

    def _run(self) -> None:
        while not self._stop.is_set():
            self._link.turn(self._turn_s())
            self._notice_line()
            for arrived in self._link.take(1_000):
                self._hear(arrived)
                self._link.ack(arrived)
            while self._todo:
                self._todo.popleft()()
            self._tick()
            self._tell()
        if self._link.ready:
            self._say_presence(AgentState.OFFLINE)
        self._link.close()

    def _tell(self) -> None:
        with self._news:
            self._news.notify_all()

    def _turn_s(self) -> float:
        if self._todo:
            return 0
        due = [wakes for outbox in (*self._outboxes.values(), self._orders) if (wakes := outbox.wakes_ms()) is not None]
        due += self._composing.values()
        if self._roll_due_s is not None:
            due.append(int(self._roll_due_s * 1000))
        return max(0.0, min([TURN_S, *((wakes - _now_ms()) / 1000 for wakes in due)]))

    def _tick(self) -> None:
        now_ms, jitter = _now_ms(), random.random()
        for client, outbox in self._outboxes.items():
            self._send(topics.msg(client, self.id if self._desk else None), outbox.tick(now_ms, jitter))
        if self._desk:
            self._send(topics.desk_do(self.id), self._orders.tick(now_ms, jitter))
        for client, due_ms in list(self._composing.items()):
            if due_ms <= now_ms:
                self._compose(client, True)
        if self._roll_due_s is not None and self._roll_due_s * 1000 <= now_ms:
            self._roll_due_s = None
            self._say_presence(AgentState.ONLINE)

    def _notice_line(self) -> None:
        ready = self._link.ready
        if self._was_ready and (not ready or self._link.greeted != self._greeted):
            for outbox in (*self._outboxes.values(), self._orders):
                outbox.down(_now_ms())
            self._was_ready = False
        if ready and not self._was_ready:
            self._greeted = self._link.greeted
            self._say_presence(AgentState.ONLINE)
            self._forget_old_connection()
            for client in list(self._logs) if self._desk else [self.id]:
                self._catch_up(client)
            self._come_up()
            self._was_ready = True
            self._call(self.on_ready)

    def _come_up(self) -> None:
        for client, outbox in self._outboxes.items():
            self._send(topics.msg(client, self.id if self._desk else None), outbox.up(_now_ms(), random.random()))
        if self._desk:
            self._send(topics.desk_do(self.id), self._orders.up(_now_ms(), random.random()))

    def _make_will(self) -> Will:
        self._old_conn, self._conn = self._conn, secrets.token_hex(8)
        topic, payload = self._presence(AgentState.OFFLINE, self._conn, None)
        return Will(topic, encode(payload))

    def _presence(self, state: AgentState, conn: str, viewing: str | None) -> tuple[str, Payload]:
        if self._desk:
            return topics.desk_presence(self.id), AgentPresence(state=state, conn=conn, viewing=viewing)
        return topics.presence(self.id), Presence(online=state is AgentState.ONLINE, conn=conn)

    def _say_presence(self, state: AgentState, viewing: str | None = None) -> None:
        topic, payload = self._presence(state, self._conn, viewing)
        self._link.publish(topic, encode(payload))

    def _forget_old_connection(self) -> None:
        """Said after the new connection is announced, so that nobody sees a gap when credentials are renewed."""
        if self._old_conn:
            topic, payload = self._presence(AgentState.OFFLINE, self._old_conn, None)
            self._link.publish(topic, encode(payload))

    def _outbox(self, client: str) -> Outbox:
        outbox = self._outboxes.get(client)
        if outbox is None:
            outbox = self._outboxes[client] = Outbox(window=self._window, online=self._was_ready)
        return outbox

    def _send(self, topic: str, messages: list[Outgoing]) -> None:
        for message in messages:
            self._link.publish(topic, encode(message))

    def _compose(self, client: str, on: bool) -> None:
        if on:
            self._composing[client] = _now_ms() + TYPING_EVERY_MS
        else:
            self._composing.pop(client, None)
        self._link.publish(topics.typing(client, self.id if self._desk else None), encode(Typing(on=on)), Typing.qos)

    def _raise_marker(self, client: str, marker: Marker) -> None:
        known = self._read.get(client, Marker(delivered=0, read=0))
        raised = Marker(delivered=max(known.delivered, marker.delivered), read=max(known.read, marker.read))
        if raised != known:
            self._read[client] = raised
            self._link.publish(topics.read(client, self.id if self._desk else None), encode(raised))

    def _hear(self, arrived: Arrived) -> None:
        try:
            address = topics.parse(arrived.topic)
            match address.kind:
                case Kind.LOG if address.client is not None:
                    self._hear_entry(address.client, decode(Entry, arrived.payload))
                case Kind.REFUSED | Kind.DESK_REFUSED:
                    self._hear_refusal(decode(Refusal, arrived.payload))
                case Kind.DESK_INBOX:
                    self._hear_summary(decode(Summary, arrived.payload))
                case Kind.NOTICE_DESK if arrived.payload:
                    self._hear_desk(decode(DeskNotice, arrived.payload))
                case Kind.TYPING if address.sender not in (None, self.id):
                    self._call(self.on_typing, address.client, address.sender, decode(Typing, arrived.payload).on)
                case Kind.READ if address.sender not in (None, self.id):
                    self._call(self.on_marker, address.client, address.sender, decode(Marker, arrived.payload))
                case _:
                    pass
        except (BadTopic, BadPayload) as fault:
            log.info("participant.ignored", why=fault.why)

    def _hear_entry(self, client: str, entry: Entry) -> None:
        known = self._logs.get(client)
        if known is None or (self._api is None and entry.seq > known.last + 1):
            # The first that is heard of it, or a gap that nobody can fill: go on from here.
            known = Log(last=entry.seq - 1, epoch=known.epoch if known else None)
        self._take(client, merge_live(known, entry))

    def _take(self, client: str, merged: Merged) -> None:
        self._logs[client] = merged.log
        if merged.dropped:
            self._entries.pop(client, None)
        for entry in merged.shown:
            self._entries.setdefault(client, deque(maxlen=KEPT_ENTRIES)).append(entry)
            if entry.sender == self.id:
                self._stored[entry.id] = entry
                self._unticked.pop(entry.id, None)
                self._send(
                    topics.msg(client, self.id if self._desk else None),
                    self._outbox(client).stored(entry.id, _now_ms(), random.random()),
                )
            else:
                self._raise_marker(client, Marker(delivered=entry.seq, read=0))
            self._call(self.on_entry, client, entry)
        if merged.fetch_after is not None and self._api is not None:
            self._fetch(client, merged.fetch_after)

    def _catch_up(self, client: str) -> None:
        """Subscribed first, then the snapshot: what came in between is merged by seq."""
        if self._api is not None:
            self._fetch(client, self._logs[client].last if client in self._logs else 0)

    def _fetch(self, client: str, after: int) -> None:
        assert self._api is not None
        try:
            page = self._api.page_after(client, after)
        except Unavailable as fault:
            # The next entry, or the next connect, shows the gap again.
            log.warning("participant.no_history", client=client, why=fault.why)
            return
        merged = merge_page(self._logs.get(client, Log()), page.epoch, page.first, page.last, page.entries)
        if merged.fetch_after is not None and merged.fetch_after <= after and not merged.dropped:
            merged = Merged(merged.log, merged.shown, None, merged.dropped)
        self._take(client, merged)

    def _hear_refusal(self, refusal: Refusal) -> None:
        self._refusals[refusal.id or ""] = refusal
        for client, outbox in self._outboxes.items():
            sent = outbox.refused(refusal, _now_ms(), random.random())
            self._send(topics.msg(client, self.id if self._desk else None), sent)
        if self._desk:
            self._send(topics.desk_do(self.id), self._orders.refused(refusal, _now_ms(), random.random()))
        self._call(self.on_refusal, refusal)

    def _hear_summary(self, summary: Summary) -> None:
        for name in summary.did:
            agent, _, id = name.partition("/")
            if agent == self.id:
                self._done[id] = summary
                self._unticked.pop(id, None)
                self._send(topics.desk_do(self.id), self._orders.stored(id, _now_ms(), random.random()))
        self._call(self.on_summary, summary)

    def _hear_desk(self, notice: DeskNotice) -> None:
        if notice.roll != self._roll:
            # The first one too: what we said at connect may have been said before the bridge was there to hear it.
            self._roll_due_s = time.time() + random.uniform(0, ROLL_WITHIN_S)
            self._roll = notice.roll
            self._send_again()
        self._call(self.on_desk, notice)

    def _send_again(self) -> None:
        now_ms, jitter = _now_ms(), random.random()
        for client, outbox in self._outboxes.items():
            self._send(topics.msg(client, self.id if self._desk else None), outbox.rolled(now_ms, jitter))
        if self._desk:
            self._send(topics.desk_do(self.id), self._orders.rolled(now_ms, jitter))

    def _call(self, callback: Callable[..., None], *arguments: Any) -> None:
        """A callback that fails costs its own call; the line goes on."""
        try:
            callback(*arguments)
        except Exception as fault:  # noqa: BLE001 - somebody else's code; what fails in it is not the line's affair
            log.error("participant.callback", fault=type(fault).__name__, callback=getattr(callback, "__name__", "?"))
