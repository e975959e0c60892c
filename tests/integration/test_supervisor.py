"""`wattline up`'s supervision of processes, by stand-ins; test_up has the real ones."""

import os
import re
import signal
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.real.parts import REPOSITORY, Child
from tests.real.wattline import modules_below
from tests.waiting import wait_until

RUN = """
import os, sys
from chat_core.runtime import supervisor
from chat_core.contract.errors import Refused
from chat_core.runtime.supervisor import Process, Supervisor
supervisor.SILENT_S = float(os.environ.get("SILENT_S", supervisor.SILENT_S))
supervisor.EXTRAS_AFTER_S = float(os.environ.get("EXTRAS_AFTER_S", supervisor.EXTRAS_AFTER_S))
processes = [Process(name, rank, extra=name.startswith("extra")) for rank, name in enumerate(sys.argv[1:])]
say = lambda line: print(line, flush=True)
ready = lambda: all(os.path.exists(one.module + ".up") for one in processes if not one.extra)
def check():
    if os.path.exists("bad"): raise Refused("a setting is bad")
ask = dict(is_ready=ready, announce=lambda: say("READY"), say=say, check_settings=check)
sys.exit(Supervisor(processes, os.environ, **ask).run())
"""
STEADY = """
import os, signal
name = os.path.basename(__file__)[:-3]
def end(*_):
    with open("ended", "a") as f: f.write(name + "\\n")
    raise SystemExit(0)
signal.signal(signal.SIGTERM, end)
open(name + ".up", "w").close()
while True: signal.pause()
"""
LATE = """
import os, signal, threading
open("begun", "w").close()
while not os.path.exists("go"): threading.Event().wait(0.02)
open(os.path.basename(__file__)[:-3] + ".up", "w").close()
while True: signal.pause()
"""
DEAF = """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(os.path.basename(__file__)[:-3] + ".up", "w").close()
while True: signal.pause()
"""
BROKEN = "raise SystemExit('this process does not start')"
PARENT = """
import os, signal, subprocess, sys
grandchild = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
open(os.path.basename(__file__)[:-3] + ".up", "w").write(str(grandchild.pid))
while True: signal.pause()
"""

WORKS = """
import os, threading
from chat_core.runtime.heartbeat import Heartbeat
heart = Heartbeat.from_environment()
name = os.path.basename(__file__)[:-3]
with open("began", "a") as f: f.write(name + "\\n")
open(name + ".up", "w").close()
while True:
    heart.beat()
    threading.Event().wait(0.1)
"""
HANGS = """
import os, threading
from chat_core.runtime.heartbeat import Heartbeat
heart = Heartbeat.from_environment()
name = os.path.basename(__file__)[:-3]
for _ in range(1 if not os.path.exists(name + ".up") else 1_000_000):
    heart.beat()
    open(name + ".up", "w").close()
    threading.Event().wait(0.1)
def where_it_hangs():
    threading.Event().wait()
where_it_hangs()
"""

Start = Callable[..., Child]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a supervisor over processes given as name=source, the first to be stopped first."""
    started: list[Child] = []

    def begin(extras_after_s: float = 60, **processes: str) -> Child:
        for name, source in processes.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(source))
        env = {**os.environ, "PYTHONPATH": str(REPOSITORY), "SILENT_S": "2", "EXTRAS_AFTER_S": str(extras_after_s)}
        started.append(Child([sys.executable, "-c", RUN, *processes], log=tmp_path / "log", env=env, cwd=tmp_path))
        return started[-1]

    yield begin
    for child in started:
        child.stop()


def await_ready(supervisor: Child) -> dict[str, psutil.Process]:
    wait_until(lambda: "READY" in supervisor.log(), 10, supervisor.log)
    return modules_below(supervisor.pid)


def test_extras_start_when_the_others_work(start: Start, tmp_path: Path) -> None:
    """Bots and the demo take no processor time from the others' start."""
    supervisor = start(web=LATE, extra=STEADY)
    wait_until((tmp_path / "begun").exists)
    assert "extra" not in modules_below(supervisor.pid)
    (tmp_path / "go").touch()
    wait_until((tmp_path / "extra.up").exists, 10, supervisor.log)


def test_extras_do_not_wait_for_ever(start: Start, tmp_path: Path) -> None:
    """Bots and the demo start also where another process never works."""
    supervisor = start(0.2, web=LATE, extra=STEADY)
    wait_until((tmp_path / "extra.up").exists, 10, supervisor.log)


def test_killed_process_comes_back_alone(start: Start) -> None:
    """A process that is killed is there again within 3 s, a line says what happened, and the others never notice."""
    supervisor = start(one=STEADY, two=STEADY)
    before = await_ready(supervisor)
    before["one"].kill()
    wait_until(lambda: modules_below(supervisor.pid).get("one", before["one"]).pid != before["one"].pid, 3)
    assert modules_below(supervisor.pid)["two"].pid == before["two"].pid
    assert re.search(r"^one was killed by SIGKILL; starting it again in 0\.\d s$", supervisor.log(), re.M)
    assert supervisor.log().count("READY") == 1


def test_process_killed_again_and_again_comes_back_as_soon(start: Start) -> None:
    """A killed process did not fail by itself: the eighth kill in a row is mended within 3 s too."""
    supervisor = start(one=STEADY)
    await_ready(supervisor)
    fallen = -1
    for _ in range(8):
        fallen = _await_another(supervisor, "one", fallen)
        os.kill(fallen, signal.SIGKILL)
    _await_another(supervisor, "one", fallen)


def _await_another(supervisor: Child, name: str, fallen: int) -> int:
    """The pid of the process that stands in for the fallen one within 3 s."""

    def another() -> int | None:
        process = modules_below(supervisor.pid).get(name)
        return process.pid if process is not None and process.pid != fallen else None

    return wait_until(another, 3, supervisor.log)


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_all_in_order(start: Start, tmp_path: Path, sig: signal.Signals) -> None:
    """Ctrl-C, and its relatives, end every process by rank, with status 0."""
    supervisor = start(web=STEADY, bridge=STEADY, broker=STEADY)
    processes = await_ready(supervisor)
    assert supervisor.stop(sig, within_s=5) == 0
    assert (tmp_path / "ended").read_text().split() == ["web", "bridge", "broker"]
    assert not psutil.wait_procs(processes.values(), timeout=1)[1]


def test_deaf_process_is_killed(start: Start) -> None:
    """A process that does not listen to SIGTERM delays the end by seconds, not for ever."""
    supervisor = start(deaf=DEAF, steady=STEADY)
    processes = await_ready(supervisor)
    assert supervisor.stop(signal.SIGTERM, within_s=8) == 0
    assert not psutil.wait_procs(processes.values(), timeout=1)[1]


def test_second_signal_makes_it_quick(start: Start) -> None:
    """A second Ctrl-C does not wait for a process that ignores signals."""
    supervisor = start(deaf=DEAF)
    await_ready(supervisor)
    os.kill(supervisor.pid, signal.SIGINT)
    wait_until(lambda: "stopping" in supervisor.log())
    assert supervisor.stop(signal.SIGINT, within_s=2) == 0


def test_no_orphans_after_kill(start: Start) -> None:
    """A killed supervisor leaves no process, not even one that ignores SIGTERM."""
    supervisor = start(steady=STEADY, deaf=DEAF)
    processes = await_ready(supervisor)
    supervisor.kill()
    assert not psutil.wait_procs(processes.values(), timeout=3)[1]


def test_what_a_dead_process_started_is_ended(start: Start, tmp_path: Path) -> None:
    """A killed process leaves nothing behind that it had started itself."""
    supervisor = start(parent=PARENT)
    processes = await_ready(supervisor)
    grandchild = psutil.Process(int((tmp_path / "parent.up").read_text()))
    processes["parent"].kill()
    assert not psutil.wait_procs([grandchild], timeout=3)[1]


def test_process_that_never_starts_ends_the_start(start: Start) -> None:
    """A process that dies at once again and again is tried after growing pauses; then the start is given up."""
    supervisor = start(steady=STEADY, broken=BROKEN)
    wait_until(lambda: not supervisor.is_running(), 15, supervisor.log)
    assert supervisor.process.returncode == 1
    pauses = [
        float(found)
        for found in re.findall(r"broken ended with status 1; starting it again in (\S+) s", supervisor.log())
    ]
    assert pauses == sorted(pauses)
    assert len(set(pauses)) > 2
    assert "broken does not start: giving up" in supervisor.log()
    assert "this process does not start" in supervisor.log()


def test_process_that_breaks_later_is_tried_for_ever(start: Start, tmp_path: Path) -> None:
    """Once all processes are ready, one that breaks does not take the others down."""
    supervisor = start(steady=STEADY, fragile=STEADY)
    processes = await_ready(supervisor)
    (tmp_path / "fragile.py").write_text(BROKEN)
    processes["fragile"].kill()
    wait_until(lambda: supervisor.log().count("fragile ended with status 1") >= 3, 10, supervisor.log)
    assert supervisor.is_running()
    assert modules_below(supervisor.pid)["steady"].pid == processes["steady"].pid


def test_process_that_falls_silent_is_ended_and_replaced(start: Start) -> None:
    """A process that is alive and does nothing is ended and started again; the log names it, and says where it hung."""
    supervisor = start(hangs=HANGS, steady=STEADY)
    before = await_ready(supervisor)
    wait_until(lambda: "starting it again" in supervisor.log(), 10, supervisor.log)
    _await_another(supervisor, "hangs", before["hangs"].pid)
    assert re.search(r"^hangs was silent for 2 s: ending it$", supervisor.log(), re.M)
    assert "in where_it_hangs" in supervisor.log()
    assert modules_below(supervisor.pid)["steady"].pid == before["steady"].pid, (
        "who never said that it works is given a minute"
    )


def test_process_that_works_on_is_left_alone(start: Start) -> None:
    """After the supervisor was itself stopped, a process that worked meanwhile is not taken for silent."""
    supervisor = start(hangs=HANGS)
    await_ready(supervisor)
    wait_until(lambda: "starting it again" in supervisor.log(), 10, supervisor.log)
    process = wait_until(lambda: modules_below(supervisor.pid).get("hangs"), 5)
    os.kill(supervisor.pid, signal.SIGSTOP)
    threading.Event().wait(2.5)  # longer than the silence allowed here
    os.kill(supervisor.pid, signal.SIGCONT)
    wait_until(lambda: psutil.Process(supervisor.pid).status() == psutil.STATUS_SLEEPING, 5)
    assert modules_below(supervisor.pid)["hangs"].pid == process.pid
    assert supervisor.log().count("starting it again") == 1


def test_hang_up_has_each_begin_anew(start: Start, tmp_path: Path) -> None:
    """SIGHUP restarts the processes one after the other, and none where a setting is bad; the supervisor stays."""
    supervisor = start(web=WORKS, broker=WORKS)
    before = await_ready(supervisor)
    (tmp_path / "began").unlink()
    (tmp_path / "bad").touch()
    os.kill(supervisor.pid, signal.SIGHUP)
    wait_until(lambda: "nothing is read anew: a setting is bad" in supervisor.log(), 5, supervisor.log)
    (tmp_path / "bad").unlink()
    os.kill(supervisor.pid, signal.SIGHUP)
    wait_until(lambda: (tmp_path / "began").read_text().split() == ["web", "broker"], 20, supervisor.log)
    wait_until(lambda: len(modules_below(supervisor.pid)) == 2, 5)
    after = {process.pid for process in modules_below(supervisor.pid).values()}
    assert after.isdisjoint(process.pid for process in before.values())
    assert "starting it again" not in supervisor.log()
    assert supervisor.stop(signal.SIGTERM, within_s=5) == 0
