"""Logging: a line that cannot be written costs no process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chat_core.runtime import logs

ON_TERMINAL = """
import os, pty, sys
child, terminal = pty.fork()
if child == 0:
    from chat_core.runtime import logs
    import structlog
    logs.configure()
    structlog.get_logger().info("goes well")
    structlog.get_logger().warning("must be known")
    sys.exit(0)
said = b""
try:
    while part := os.read(terminal, 4096):
        said += part
except OSError:
    pass
print(said.decode())
"""
LOGS = """
import structlog
from chat_core.runtime import logs
logs.configure()
structlog.get_logger().warning("store.down")
"""
TELLS = "from chat_core.cli import base; base.say('Portal: …'); base.tell('bridge ended')"


@pytest.mark.parametrize("says", [LOGS, TELLS])
def test_log_on_a_full_disk(says: str) -> None:
    """A full disk costs log lines, and no process."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", f"import os\n{says}\n{says}\nos._exit(7)"], stdout=full, stderr=full, timeout=30
        )
    assert done.returncode == 7


PROGRAM = """
import gc
import structlog
from chat_core.runtime import logs
log = structlog.get_logger("program")
def main():
    logs.configure()
    gc.collect()
    gc.freeze()
    log.warning("store.down")
main()
"""


def test_a_process_that_logs_ends_in_silence() -> None:
    """A process that has logged and frozen its objects, as each of ours does, ends without a word on standard error."""
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    assert "store.down" in done.stdout


@pytest.mark.parametrize("under_up", [True, False])
def test_terminal_of_up_shows_what_must_be_known(under_up: bool) -> None:
    """On the terminal of `wattline up` a line is for reading, and is at least a warning; a process alone says all."""
    env = {**os.environ, **({logs.UNDER_UP: "1"} if under_up else {})}
    said = subprocess.run(
        [sys.executable, "-c", ON_TERMINAL], capture_output=True, text=True, timeout=30, env=env
    ).stdout
    assert "must be known" in said and "{" not in said
    assert ("goes well" in said) is not under_up
