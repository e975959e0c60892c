"""
Let others of the same machine go first: bridge and broker before web, and web's main loop before its worker threads.

A page then delays no tick, and eight busy workers delay neither a new connection nor /healthz.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from waitress.task import ThreadedTaskDispatcher

PROCESS_NICENESS: Final = 5
THREAD_NICENESS: Final = 10
# sched(7): Linux divides a processor by session first, then by niceness within the session.
AUTOGROUP: Final = Path("/proc/self/autogroup")


def process_gives_way() -> None:
    """Lower the process's share where it leads its session; else the session is a shell's, and stays as it is."""
    if os.getsid(0) == os.getpid():
        with suppress(OSError):  # a kernel without autogroups
            AUTOGROUP.write_text(str(PROCESS_NICENESS))


def thread_gives_way() -> None:
    """Lower the calling thread's priority below the main loop's: on Linux, setpriority(2) is about one thread."""
    niceness = os.getpriority(os.PRIO_PROCESS, os.getpid()) + THREAD_NICENESS  # not its own: it may have inherited it
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)


class Workers(ThreadedTaskDispatcher):
    """Waitress's threads for requests, which give way to its main loop."""

    def start_new_thread(self, target: Callable[[int], object], thread_no: int) -> None:
        """Begin a thread that gives way."""

        def work(number: int) -> None:
            thread_gives_way()
            target(number)

        super().start_new_thread(work, thread_no)
