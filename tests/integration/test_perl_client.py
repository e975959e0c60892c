"""examples/perl/chat.pl, written from the documents alone: sign-in, say, tick, catch-up, upload, and a kill."""

import io
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.integration.bridge_system import BridgeSystem, system_fixture
from tests.real.parts import REPOSITORY, Child, find_program
from tests.real.wattline import ProductProcess
from tests.waiting import wait_until

CHAT = str(REPOSITORY / "examples" / "perl" / "chat.pl")

system = system_fixture("embedded")


@pytest.fixture
def command(system: BridgeSystem, tmp_path: Path) -> Iterator[list[str]]:
    with ProductProcess("web", system.data, settings=system.settings, at_once=True) as web:
        yield [find_program("perl", "perl"), CHAT, f"http://127.0.0.1:{web.port('http')}", str(tmp_path / "state.json")]


def said(command: list[str], *words: str) -> list[str]:
    return subprocess.run([*command, *words], capture_output=True, text=True, timeout=30, check=True).stdout.split("\n")


def test_a_client_from_the_documents_alone(system: BridgeSystem, command: list[str], tmp_path: Path) -> None:
    """It says words and a picture, ticks them, shows what came meanwhile, and loses nothing when it is killed."""
    shown = said(command, "Why 24 kWh — șțăîâ?")
    guest = shown[0].split()[1]
    assert shown == [f"1 {guest} (opened) ✓", f"2 {guest} Why 24 kWh — șțăîâ? ✓", ""]
    ana = system.person("a-ana")
    ana.wait_stored(ana.say("It was the heater.", guest))
    picture = io.BytesIO()
    Image.new("RGB", (4, 3)).save(picture, "PNG")
    (tmp_path / "my meter.png").write_bytes(picture.getvalue())
    shown = said(command, "--file", str(tmp_path / "my meter.png"))
    assert [line.split(" ", 2)[2] for line in shown[:-1]][-2:] == ["It was the heater.", "[my meter.png] ✓"]
    assert system.log(guest)[-1]["file"]["width"] == 4

    system.bridge.kill()
    with Child([*command, "and now?"], log=tmp_path / "out") as killed:
        wait_until(lambda: json.loads((tmp_path / "state.json").read_text())["outbox"], 20, killed.log)
        killed.kill()
    system.bridge.restart()
    with Child(command, log=tmp_path / "again") as again:
        wait_until(lambda: "and now? ✓" in again.log(), 30, again.log)
        os.kill(again.pid, signal.SIGPIPE)  # as a write to a connection that the broker closed
        ana.wait_stored(ana.say("Off now?", guest))
        wait_until(lambda: "Off now?" in again.log(), 30, again.log)
    assert system.words(guest).count("and now?") == 1
