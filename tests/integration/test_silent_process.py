"""Our programs where neither systemd nor `wattline up` listens for their beats, as in a container."""

import os
import signal
from pathlib import Path

import pytest

from tests.real.parts import REPOSITORY
from tests.real.wattline import ProductProcess, run_cli
from tests.waiting import wait_until

HANGS_AT_A_SIGNAL = """
import signal, sys, time
from chat_core.runtime import heartbeat
heartbeat.SILENT_S = 2.0
def hang(*_):
    if "web.pulse" in sys.modules:
        sys.modules["web.pulse"].PATIENCE_S = 1.0
    time.sleep(600)
signal.signal(signal.SIGUSR1, hang)
"""
WORKS = {"broker": "broker ready", "bridge": "greeted", "web": "serving"}


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Of processes whose loop can be made to hang, and for which two seconds without a beat are silence."""
    (tmp_path / "sitecustomize.py").write_text(HANGS_AT_A_SIGNAL)
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    path = (str(tmp_path), str(REPOSITORY), os.environ.get("PYTHONPATH", ""))
    return {"PYTHONPATH": os.pathsep.join(part for part in path if part)}


def test_a_program_that_hangs_ends_itself(tmp_path: Path, settings: dict[str, str]) -> None:
    """Broker, bridge and web each end with a failure when their loop hangs, and say where it does."""
    data = tmp_path / "data"
    data.mkdir()
    run_cli(data, "migrate")
    with (
        ProductProcess("broker", data, settings=settings) as broker,
        ProductProcess("bridge", data, settings=settings) as bridge,
        ProductProcess("web", data, settings=settings) as web,
    ):
        for process in (broker, bridge, web):
            wait_until(lambda process=process: WORKS[process.name] in process.log(), 30, why=process.log)  # type: ignore[misc]
        for process in (broker, bridge, web):
            os.kill(process.pid, signal.SIGUSR1)
        for process in (broker, bridge, web):
            wait_until(lambda process=process: not process.child.is_running(), 30, why=process.log)  # type: ignore[misc]
            assert process.child.process.returncode == 1
            assert "Timeout (0:00:02)!" in process.log() and "sitecustomize.py" in process.log()
