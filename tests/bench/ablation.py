"""
Measure what each fast path saves: `python -m tests.bench.ablation [NAME …]`.

Each fast path is replaced by its plain way and put back, block by block, in one process. A figure is this thread's CPU
time, which other load disturbs less than the wall clock, and its calls. Prints the median ratio plain / fast of each
of three runs.
"""

import contextlib
import gc
import os
import socket
import statistics
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from amqtt.mqtt import PublishPacket
from paho.mqtt.client import Client
from spectree.plugins.flask_plugin import FlaskPlugin

import web
from bridge.mqtt.fast_paho import FastPaho
from bridge.mqtt.link import Arrived
from bridge.pipeline import effects, inbound, presence
from bridge.pipeline.group_commit import Writer
from bridge.pipeline.presence import People
from bridge.pipeline.rate_limits import Rates
from broker.embedded import driver, fast_message, sessions
from broker.mosquitto.files import Accounts
from chat_core.contract import fast_payloads, ids, topics
from chat_core.contract.payloads import AgentState
from chat_core.contract.policy import Action, Identity, allows
from chat_core.domain import firmware, standard_profile, time_steps
from chat_core.runtime import config, tokens
from chat_core.runtime.keys import Keys
from chat_core.store import Store, fast_recent, fast_sql
from tests.conformance import frames
from tests.plain_paho import PlainPaho
from web import auth
from web.api import contract as rest

PAIRS: Final = 25  # of one run
RUNS: Final = 3
PACKAGES: Final = ("bridge.", "broker.", "chat_core.", "web", "web.")
Work = Callable[[], object]


@contextlib.contextmanager
def swapped(*changes: tuple[object, str, object]) -> Iterator[None]:
    """Set attributes; an attribute of a module is set wherever it was imported under its own object."""
    undo: list[tuple[object, str, object]] = []
    for owner, name, plain in changes:
        fast = vars(owner)[name]
        undo.append((owner, name, fast))
        setattr(owner, name, plain)
        for module in list(sys.modules.values()) if not isinstance(owner, type) else ():
            if getattr(module, "__name__", "").startswith(PACKAGES):
                for key, value in list(vars(module).items()):
                    if value is fast:
                        undo.append((module, key, fast))
                        setattr(module, key, plain)
    try:
        yield
    finally:
        for owner, name, fast in reversed(undo):
            setattr(owner, name, fast)


def plain_frame(self: fast_message.Message, qos: int, packet_id: int = 0, *, again: bool = False) -> bytes:
    """Encode anew for each receiver."""
    build = PublishPacket.build
    return bytes(build(self.topic, self.payload, packet_id if qos else None, again, qos, self.retained).to_bytes())


def plain_become(self: sessions.Session, identity: Identity) -> None:
    """Ask the policy at each delivery."""
    self.identity, self.may = identity, partial(allows, identity)


def show(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def plain(owner: Any, name: str) -> tuple[Any, str, Any]:
    """Take away a function's cache."""
    return owner, name, vars(owner)[name].__wrapped__


FAST: Final[dict[str, tuple[str, list[tuple[Any, str, Any]]]]] = {
    "fast_payloads.to_json, from_json": (
        "message",
        [
            (fast_payloads, "to_json", lambda payload: payload.model_dump_json().encode()),
            (fast_payloads, "from_json", lambda model, wire: model.model_validate_json(wire, extra="ignore")),
        ],
    ),
    "fast_payloads.construct": (
        "message",
        [(fast_payloads, "construct", lambda model, fields: model.model_construct(**fields))],
    ),
    "ids.role_of cached": ("message", [plain(ids, "role_of")]),
    "inbound: parsed topics cached": ("message", [plain(inbound, "_parse")]),
    "effects: log topics cached": ("message", [(effects, "_log_of", topics.log)]),
    "fast_sql: a message's SQL cached": (
        "message",
        [plain(fast_sql, "select_conversations"), plain(fast_sql, "update_conversation")],
    ),
    "recent conversations cached": ("message", [(fast_recent.Recent, "find", lambda self, client: None)]),
    "os.sched_yield": ("message", [(os, "sched_yield", lambda: None)]),
    "web: bearers cached": (
        "page",
        [
            (
                web.fast_bearers.BearerCache,
                "verify",
                lambda self, keys, token, now_s: tokens.verify(tokens.Audience.API, keys, token, now_s),
            )
        ],
    ),
    "web: policy cached": ("page", [plain(auth, "_identity"), plain(auth, "may_read"), plain(auth, "is_desk")]),
    "web: request validation": (
        "page",
        [(rest.DescribedAnswers, "request_validation", FlaskPlugin.request_validation)],
    ),
    "time_steps.begins cached": ("readings", [plain(time_steps, "begins")]),
    "paho: _easy_log": ("wire", [(FastPaho, "_easy_log", Client._easy_log)]),
    "packets: one frame for all": ("fan-out", [(fast_message.Message, "frame", plain_frame)]),
    "sessions: policy cached": ("fan-out", [(sessions.Session, "become", plain_become)]),
    "firmware cached": ("device", [plain(firmware, "_firmwares")]),
}


class SilentOutlet:
    """Take what the writer publishes."""

    ready, connection, unconfirmed = True, 1, 0

    def publish(self, *_: Any, **__: Any) -> None: ...

    ack = publish

    def flush(self) -> None: ...


def message(store: Store) -> Work:
    """Return what commits and announces one message, of 20 clients in turn."""
    for number in range(20):
        store.registry.ensure_client(f"c-b{number}")
    writer, count = Writer(store, SilentOutlet(), Rates(None), People()), iter(range(10**9))

    def once() -> None:
        n = next(count)
        text = b'{"id":"m%d","kind":"text","sent":1,"text":"%s"}' % (n, b"x" * 250)
        writer.write([Arrived(topics.msg(f"c-b{n % 20}"), text, 1, False, n % 60_000 + 1, 1)])

    return once


def pages(store: Store, settings: config.Config, path: str) -> Work:
    """Return what answers one page of REST to a bearer."""
    keys = Keys.open(settings.data)
    app = web.create_app(settings, store, lambda: keys)
    store.registry.ensure_identity("a-ana", 1, name="Ana")
    holder = tokens.Holder("a-ana", store.registry.generation("a-ana") or 0)
    token = tokens.mint(tokens.Audience.API, keys, holder, 3_600, time.time())
    client, headers = app.test_client(), {"Authorization": f"Bearer {token}"}

    def once() -> None:
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200, answer.text

    return once


class SilentReceiver:
    """Take what a session sends."""

    full = False

    def send(self, frame: bytes) -> None: ...

    def end(self, why: str) -> None: ...


def fan_out() -> Work:
    """Return what routes one message to 20 boards, which acknowledge it."""
    boards = [sessions.Session(f"a-{n}:1", Identity(f"a-{n}"), True) for n in range(20)]
    log = iter(range(10**9))

    def once() -> None:
        packet = fast_message.Message(topics.log(f"c-{next(log) % 50}"), b"x" * 300, 1)
        for board in boards:
            assert board.may(Action.RECEIVE, packet.topic)
            board.deliver(packet, 1)
            board.acknowledged(board._last_id)

    for board in boards:
        board.attach(SilentReceiver(), board.identity)
    fan_out.boards = boards  # type: ignore[attr-defined]
    return once


def device() -> Work:
    """Return what checks a device's publish."""
    own = Identity("d-1", "c-1", ("shellies/a/emeter/0/total", "tele/b/SENSOR"))
    return lambda: firmware.publishes(own, "tele/b/STATE")


def readings(store: Store) -> Work:
    """Return what stores the next reading of each of 20 meters, a minute after the last."""
    count = iter(range(10**9))

    def once() -> None:
        n = next(count)
        with store.begin() as tx:
            for number in range(20):
                tx.add_reading(f"c-b{number}", "m", 1_764_050_400_000 + n * 60_000, n * 10, None)
            tx.commit()

    return once


def works(store: Store, settings: config.Config) -> dict[str, Work]:
    """Return each figure's work."""
    say, heard = message(store), list[Any]()
    for _ in range(2_000):
        say()
    return {
        "message": say,
        "page": pages(store, settings, "/api/clients/c-b1/log?limit=50"),
        "inbox": pages(store, settings, "/api/inbox?limit=20"),
        "fan-out": fan_out(),
        "device": device(),
        "readings": readings(store),
        "wire": connection(FastPaho("s-bridge:w", clean=True, hear=heard.append), heard, 30),
    }


def spent_us(work: Work, times: int) -> float:
    """Return the CPU time of the thread for one call, in µs."""
    began = time.thread_time_ns()
    for _ in range(times):
        work()
    return (time.thread_time_ns() - began) / 1000 / times


def calls(work: Work, times: int = 50) -> float:
    """Return the Python and C calls of one call."""
    count = 0

    def profile(_frame: object, event: str, _arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    for _ in range(times):
        work()
    sys.setprofile(None)
    return count / times


def ratios(work: Work, changes: list[tuple[Any, str, Any]]) -> tuple[list[float], float, float, float]:
    """Return each run's median of plain / fast, the fast time in µs, and calls fast and plain."""

    def renew() -> None:
        for board in getattr(fan_out, "boards", ()):
            board.become(board.identity)  # its function is made when its rights are
        for _ in range(60):  # caches are warm, as in a process that runs
            work()

    medians, fast_us = [], []
    times = max(1, round(4_000 / spent_us(work, 5)))
    for _ in range(RUNS):
        found = []
        for _ in range(PAIRS):
            with swapped(*changes):
                renew()
                slow = spent_us(work, times)
            renew()
            fast_us.append(spent_us(work, times))
            found.append(slow / fast_us[-1])
        medians.append(statistics.median(found))
    with swapped(*changes):
        renew()
        plain_calls = calls(work)
    renew()
    return medians, statistics.median(fast_us), calls(work), plain_calls


def connection(wire: Any, heard: list[Any], batch: int) -> Work:
    """Return what reads a batch of messages, replies to each, acknowledges it and reads the PUBACKs."""
    ours, broker = socket.socketpair()
    for end in (ours, broker):
        end.setblocking(False)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    wire._sock, wire._state = ours, 2
    spoken = b"".join(frames.publish("support/c-1/msg", b"x" * 300, qos=1, packet_id=n) for n in range(1, batch + 1))

    def once() -> None:
        heard.clear()
        broker.send(spoken)
        while len(heard) < batch:
            wire.loop_read()
        for one in heard:
            wire.say("support/c-1/log", b"x" * 300, 1, False)
            wire.ack(one.mid, 1)
        while wire.want_write():
            wire.loop_write()
        with contextlib.suppress(BlockingIOError):
            while broker.recv(1 << 20):
                pass
        last = wire._last_mid
        broker.send(b"".join(frames.puback((last - n - 1) % 65_535 + 1) for n in range(batch)))
        for _ in range(batch):
            wire.loop_read()

    return once


def show_paho() -> None:
    """Print what a connection costs with paho as it comes and with ours."""
    for batch in (1, 30):
        works: list[Work] = []
        for kind in (PlainPaho, partial(FastPaho, clean=True)):
            heard: list[Any] = []
            wire = kind(f"s-bridge:{batch}", hear=heard.append)
            works.append(connection(wire, heard, batch))
        found = []
        for _ in range(RUNS):
            pairs = [(spent_us(works[0], 5), spent_us(works[1], 5)) for _ in range(PAIRS)]
            found.append(statistics.median(slow / fast for slow, fast in pairs))
        show(
            f"paho, {batch} at once: {[round(one, 2) for one in found]} of {pairs[-1][1] / batch:.0f} µs; "
            f"calls {calls(works[1], 5) / batch:.0f} → {calls(works[0], 5) / batch:.0f}"
        )


def show_memory() -> None:
    """Print the memory of 10,000 clients with one connection each, and a full garbage collection's time."""
    for kind in ("fast", "plain"):
        tracemalloc.start()
        if kind == "fast":
            people = People()
            for n in range(10_000):
                people.heard(f"c-{n:08}", f"{n:016x}", AgentState.ONLINE)
        else:
            plainly = {f"c-{n:08}": presence.NOBODY.heard(n << 40, AgentState.ONLINE) for n in range(10_000)}
        show(f"presence, {kind}: {tracemalloc.get_traced_memory()[0] / 10_000:.0f} bytes a client")
        tracemalloc.stop()
    del people, plainly
    gc.collect()
    for name, act in (("plain", gc.unfreeze), ("frozen", gc.freeze)):
        act()
        took = [-time.thread_time_ns() + (gc.collect() * 0 + time.thread_time_ns()) for _ in range(5)]
        show(f"garbage collection, {name}: {statistics.median(took) / 1e6:.1f} ms")
    gc.unfreeze()


def show_accounts(store: Store, settings: config.Config) -> None:
    """Print what reading Mosquitto's accounts costs with their lines computed before, and without."""
    store.registry.fill_guest_pool(1_000, 1)
    accounts = Accounts(store, Keys.open(settings.data))
    for run in range(RUNS):
        cold, warm = spent_us(partial(Accounts(store, Keys.open(settings.data)).read, 1), 1), 0.0
        accounts.read(1)
        warm = spent_us(partial(accounts.read, 1), 1)
        show(f"Mosquitto's account lines, {run}: {cold / warm:.1f} of {warm / 1000:.1f} ms for 1,000")


def show_standard() -> None:
    """Print what a month of the standard household costs with the year's sums computed before, and without."""
    month = partial(standard_profile.share, 1_764_050_400_000, 1_766_642_400_000, ZoneInfo("Europe/Bucharest"))
    for run in range(RUNS):
        standard_profile.sums_of.cache_clear()
        cold, warm = spent_us(month, 1), spent_us(month, 50)
        show(f"standard_profile: a year's sums cached, {run}: {cold / 1000:.1f} ms → {warm:.0f} µs")


def show_switching() -> None:
    """Print how long a thread that wakes each ms waits for another that computes."""
    is_over = threading.Event()

    def compute() -> None:
        while not is_over.is_set():
            sum(range(1_000))

    busy = threading.Thread(target=compute)
    busy.start()
    before_s = sys.getswitchinterval()
    for _ in range(RUNS):
        for name, interval_s in (("plain", before_s), ("fast", driver.SWITCH_S)):
            sys.setswitchinterval(interval_s)
            late = []
            for _ in range(200):
                due_s = time.perf_counter() + 0.001
                time.sleep(0.001)
                late.append(time.perf_counter() - due_s)
            show(f"setswitchinterval, {name}: {statistics.median(late) * 1000:.2f} ms late")
    sys.setswitchinterval(before_s)
    is_over.set()
    busy.join()


def main(names: list[str]) -> None:
    """Print one line a fast path."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as data:
        settings = config.load({"WATTLINE_DATA": data, "WATTLINE_RATE": "off"})
        with Store.open(settings, migrate=True) as store:
            by_figure = works(store, settings)
            for name, (figure, changes) in FAST.items():
                if names and not any(one in name for one in names):
                    continue
                found, us, fast, slow = ratios(by_figure[figure], changes)
                turns = ", ".join(f"{one:.2f}" for one in found)
                show(f"{name} | {figure} | {turns} of {us:.0f} µs | calls {fast:.0f} → {slow:.0f}")
            if not names or "accounts" in names:
                show_accounts(store, settings)
    if not names or "standard" in names:
        show_standard()
    if not names or "switching" in names:
        show_switching()
    if not names:
        show_paho()
        show_memory()


if __name__ == "__main__":
    gc.disable()
    main(sys.argv[1:])
