"""The priority of a process that stands for other people's machines."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

NICENESS: Final = 10
GROUP: Final = Path("/proc/self/autogroup")  # sched(7): Linux divides a processor by session first, then by niceness


def give_way() -> None:
    os.nice(NICENESS)
    with suppress(OSError):  # already the first of a session
        os.setsid()
    with suppress(OSError):  # a kernel without autogroups, for which the niceness alone counts
        GROUP.write_text(str(NICENESS))
