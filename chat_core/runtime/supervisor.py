"""
Start child processes, restart one that dies or sends no beat, and stop all in order. Touches processes and signals.

It has one thread, which signals wake. Each child leads its own process group, so a Ctrl-C at the terminal reaches only
the supervisor. The kernel kills the children with the supervisor, so no orphan holds a port or the bridge's lock.
"""

import ctypes
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from prometheus_client.multiprocess import mark_process_dead

from chat_core.contract.errors import WattlineError
from chat_core.runtime.backoff import Backoff
from chat_core.runtime.heartbeat import NOTIFY_SOCKET, SILENT_S, Ear

STOP_WITHIN_S: Final = 4.0  # of one rank; then SIGKILL
QUICK_DEATH_S: Final = 3.0  # a child that lived shorter did not really start
RESTART_S: Final = 0.1  # before a child that had worked starts again
PAUSES_S: Final = (0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 15.0)  # after quick deaths in a row
GIVE_UP_AFTER: Final = 5  # quick deaths in a row of one process, before all were ever ready
LOOK_EVERY_S: Final = 0.1  # for readiness
SLOW_START_S: Final = 30.0  # before a line says that the start is slow
EXTRAS_AFTER_S: Final = 5.0  # if the others do not work by then
FIRST_BEAT_WITHIN_S: Final = 60.0  # of a start on a slow machine
RENEWED_WITHIN_S: Final = 10.0  # before the next process restarts, even if this one does not work yet
TRACEBACK_S: Final = 1.0  # to print where it hangs (SIGABRT, faulthandler) before SIGKILL

_PR_SET_PDEATHSIG: Final = 1  # prctl(2)
_LIBC: Final = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Process:
    """
    Describe a child: `python -m <module>`. A lower rank stops first; an `extra` may fail to start.

    Extras start when the others work, so that these are ready sooner.
    """

    module: str
    rank: int
    extra: bool = False


@dataclass
class _Child:
    program: Process
    process: subprocess.Popen[bytes] | None = None
    started_s: float = 0
    beat_s: float | None = None  # the time of its last beat
    kill_at_s: float | None = None  # it was told to end, since it was silent or is to restart
    renewed: bool = False  # it was told to end, to restart
    quick_deaths: Backoff = field(default_factory=lambda: Backoff(*PAUSES_S))
    start_at_s: float = 0


def die_with(parent: int, sig: signal.Signals) -> Callable[[], None]:
    """
    Return a function for a child before exec: the kernel then sends it `sig` when its parent ends.

    Args: parent: the parent's pid, to notice one that ended before the call. Source: prctl(2), PR_SET_PDEATHSIG.
    """

    def tie() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(sig))
            if os.getppid() != parent:
                os._exit(1)

    return tie


def explain_end(status: int) -> str:
    """Return how a process ended, in words. Args: status: as Popen's returncode, negative for a signal."""
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


class Supervisor:
    """
    Keep these processes alive until SIGINT or SIGTERM. SIGHUP restarts them, one after the other.

    Args: environ: of the children; is_ready: called until it returns True, must be quick; announce: called then, once;
        say: prints a line for the operator; check_settings: raises WattlineError if a restart would fail.
    """

    def __init__(
        self,
        processes: Sequence[Process],
        environ: Mapping[str, str],
        *,
        is_ready: Callable[[], bool],
        announce: Callable[[], None],
        say: Callable[[str], None],
        check_settings: Callable[[], None],
    ) -> None:
        self._children = [_Child(process) for process in processes]
        self._environ = dict(environ)
        self._is_ready = is_ready
        self._announce = announce
        self._say = say
        self._check_settings = check_settings
        self._asked_to_stop = 0
        self._asked_to_renew = False
        self._to_renew: deque[_Child] = deque()
        self._terminal = _terminal()
        self._ear = Ear.open()
        self._wakes_s = float("inf")  # the latest time of the next turn
        self._environ.pop(NOTIFY_SOCKET, None)  # ours, if we run under systemd ourselves
        if self._ear is not None:
            self._environ[NOTIFY_SOCKET] = self._ear.address

    def run(self) -> int:
        """Run until the end, and return the exit status: 0, or 1 if a process does not start at all."""
        with self._signals() as wake:
            try:
                return self._keep_alive(wake)
            finally:
                self._stop_all(wake)
                if self._ear is not None:
                    self._ear.close()

    def _keep_alive(self, wake: socket.socket) -> int:
        began_s, ready, told_slow = time.monotonic(), False, False
        extras = [child for child in self._children if child.program.extra]
        for child in extras:
            child.start_at_s = began_s + EXTRAS_AFTER_S
        while not self._asked_to_stop:
            now_s = time.monotonic()
            self._hear(now_s)
            self._renew(now_s)
            for child in self._children:
                self._look_after(child, now_s)
                if not ready and not child.program.extra and child.quick_deaths.failures >= GIVE_UP_AFTER:
                    self._say(f"{child.program.module} does not start: giving up")
                    return 1
            if not ready and self._is_ready():
                ready = True
                self._announce()
                for child in extras:
                    if not child.started_s:
                        child.start_at_s = now_s
            elif not ready and not told_slow and now_s - began_s > SLOW_START_S:
                told_slow = True
                self._say(f"not ready after {SLOW_START_S:g} s; still trying")
            heard = [] if self._ear is None else [self._ear.socket]
            wait_s = self._wait_s(ready, time.monotonic())
            self._wakes_s = float("inf") if wait_s is None else time.monotonic() + wait_s
            _sleep_until_signal(wake, wait_s, heard)
        return 0

    def _renew(self, now_s: float) -> None:
        """Restart each child after SIGHUP, the next one when the one before works."""
        if self._asked_to_renew:
            self._asked_to_renew = False
            try:
                self._check_settings()
            except WattlineError as err:
                self._say(f"nothing is read anew: {err.text}")
                return
            self._say("SIGHUP: each process begins anew, with its settings and certificates as they are now")
            self._to_renew = deque(sorted(self._children, key=lambda child: child.program.rank))
        if not self._to_renew:
            return
        child = self._to_renew[0]
        if child.renewed and child.process is not None and child.kill_at_s is None:
            if child.beat_s is not None or now_s - child.started_s > RENEWED_WITHIN_S:
                child.renewed = False
                self._to_renew.popleft()
        elif not child.renewed:
            child.renewed = True
            if child.process is not None:
                child.kill_at_s = now_s + STOP_WITHIN_S
                child.process.terminate()

    def _hear(self, now_s: float) -> None:
        """Note the children's beats. After a pause of the supervisor itself, all deadlines start again."""
        heard = self._ear.hear() if self._ear is not None else set()
        was_away = now_s - self._wakes_s > SILENT_S / 2
        for child in self._children:
            if child.process is None:
                continue
            if child.process.pid in heard or (was_away and child.beat_s is not None):
                child.beat_s = now_s
            elif was_away:
                child.started_s = now_s

    def _wait_s(self, ready: bool, now_s: float) -> float | None:
        """Return how long there is nothing to do; None: until a signal arrives."""
        waits = [
            (child.start_at_s if child.process is None else self._ends_at_s(child)) - now_s for child in self._children
        ]
        if not ready or self._to_renew:
            waits.append(LOOK_EVERY_S)
        soonest_s = min(waits, default=float("inf"))
        return None if soonest_s == float("inf") else max(0, soonest_s)

    def _look_after(self, child: _Child, now_s: float) -> None:
        if child.process is not None and (status := child.process.poll()) is not None:
            self._end(child, status, now_s)
        if child.process is None and now_s >= child.start_at_s:
            self._start(child, now_s)
        elif child.process is not None and now_s >= self._ends_at_s(child):
            self._end_silent(child, child.process.pid, now_s)

    def _ends_at_s(self, child: _Child) -> float:
        """Return when a child without a beat is told to end, or is killed if it was told."""
        if child.kill_at_s is not None:
            return child.kill_at_s
        if self._ear is None:
            return float("inf")
        return child.started_s + FIRST_BEAT_WITHIN_S if child.beat_s is None else child.beat_s + SILENT_S

    def _end_silent(self, child: _Child, pid: int, now_s: float) -> None:
        """Tell a child that hangs to print where and to end; kill it at the second call."""
        if child.kill_at_s is None:
            since_s = now_s - (child.started_s if child.beat_s is None else child.beat_s)
            self._say(f"{child.program.module} was silent for {since_s:.0f} s: ending it")
            child.kill_at_s = now_s + TRACEBACK_S
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGABRT)
                os.kill(pid, signal.SIGCONT)  # a stopped one prints and ends too
        else:
            child.kill_at_s = float("inf")
            _signal_group(pid, signal.SIGKILL)

    def _end(self, child: _Child, status: int, now_s: float) -> None:
        """Note a child's end, and when it starts again."""
        assert child.process is not None
        lived_s = now_s - child.started_s
        # A killed child did not fail, so it restarts at once, however often. One without a first beat did not really
        # start, however long it took on a slow machine.
        never_worked = self._ear is not None and child.beat_s is None
        failed_at_once = (lived_s < QUICK_DEATH_S or never_worked) and status != -signal.SIGKILL
        if child.renewed and child.kill_at_s is not None:
            child.quick_deaths.succeed()
            child.start_at_s = now_s
        else:
            pause_s = child.quick_deaths.fail() if failed_at_once else RESTART_S
            if not failed_at_once:
                child.quick_deaths.succeed()
            child.start_at_s = now_s + pause_s
            self._say(f"{child.program.module} {explain_end(status)}; starting it again in {pause_s:.1f} s")
        self._forget(child.process.pid)
        child.process = None

    def _forget(self, pid: int) -> None:
        _signal_group(pid, signal.SIGTERM)  # its own children
        metrics = self._environ.get("PROMETHEUS_MULTIPROC_DIR")
        if metrics:
            mark_process_dead(pid, metrics)  # type: ignore[no-untyped-call]

    def _start(self, child: _Child, now_s: float) -> None:
        child.process = subprocess.Popen(
            [sys.executable, "-m", child.program.module],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),  # standard output has only the three lines of `up`
            env=self._environ,
            start_new_session=True,
            # Safe: this process has one thread. SIGKILL, so that no process that hangs outlives this one.
            preexec_fn=die_with(os.getpid(), signal.SIGKILL),
        )
        child.started_s, child.beat_s, child.kill_at_s = now_s, None, None

    def _stop_all(self, wake: socket.socket) -> None:
        """Stop all processes, rank by rank; a second signal kills them at once."""
        self._say("stopping; Ctrl-C again does not wait")
        for rank in sorted({child.program.rank for child in self._children}):
            processes = [c.process for c in self._children if c.program.rank == rank and c.process is not None]
            for process in processes:
                with suppress(ProcessLookupError):
                    process.terminate()
            deadline = time.monotonic() + STOP_WITHIN_S
            while any(process.poll() is None for process in processes):
                left_s = deadline - time.monotonic()
                if left_s <= 0 or self._asked_to_stop > 1:
                    break
                _sleep_until_signal(wake, left_s)
            for process in processes:
                if process.poll() is None:
                    _signal_group(process.pid, signal.SIGKILL)
                process.wait()
                _signal_group(process.pid, signal.SIGTERM)

    @contextmanager
    def _signals(self) -> Iterator[socket.socket]:
        """Handle signals during the block; each makes the given socket readable."""

        def stop(*_: object) -> None:
            self._asked_to_stop += 1

        wake, waker = socket.socketpair()
        wake.setblocking(False)
        waker.setblocking(False)

        def hang_up(*_: object) -> None:
            # A closed terminal sends the same signal; then the supervisor ends.
            if self._terminal is not None and _is_gone(self._terminal):
                stop()
            else:
                self._asked_to_renew = True

        handlers = {signal.SIGINT: stop, signal.SIGTERM: stop, signal.SIGHUP: hang_up, signal.SIGCHLD: lambda *_: None}
        before = {sig: signal.signal(sig, handler) for sig, handler in handlers.items()}
        old_waker = signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        try:
            yield wake
        finally:
            signal.set_wakeup_fd(old_waker)
            for sig, handler in before.items():
                signal.signal(sig, handler)
            wake.close()
            waker.close()


def _terminal() -> int | None:
    """Return a descriptor of the terminal of this process, if any."""
    return next((fileno for fileno in (0, 1, 2) if os.isatty(fileno)), None)


def _is_gone(terminal: int) -> bool:
    try:
        os.tcgetpgrp(terminal)
    except OSError:
        return True
    return False


def _sleep_until_signal(wake: socket.socket, at_most_s: float | None, heard: Sequence[socket.socket] = ()) -> None:
    select.select([wake, *heard], [], [], at_most_s)
    with suppress(BlockingIOError):
        wake.recv(4096)


def _signal_group(leader: int, sig: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, sig)
