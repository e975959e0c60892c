"""The product as README says: a fresh clone, a fresh environment, `make run`."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.real.parts import REPOSITORY, Child, short_dir
from tests.real.wattline import environment
from tests.waiting import wait_until

PACKAGE_FOLDERS = ("chat_core", "broker", "bridge", "web")
SET_UP_WITHIN_S = 280  # from an empty machine to the first message: under 5 minutes
SECOND_START_WITHIN_S = 30  # 3 s alone, over 10 at a load of 20; with the set-up done again it would be minutes


@pytest.fixture(scope="module")
def clone() -> Iterator[Path]:
    """
    The committed state of this checkout, as anybody gets it; what `make run` made in it stays for the next test.

    The browser side is built in it too: a copy of this checkout's would hide a build that fails or takes too long.
    """
    folder = short_dir("clone")
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(REPOSITORY), str(folder / "wattline")], check=True)
    yield folder / "wattline"
    shutil.rmtree(folder, ignore_errors=True)


def own_environment(data: Path) -> dict[str, str]:
    """A newcomer's: nothing of the environment that pytest runs in."""
    env = environment(data)
    for name in ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
        env.pop(name, None)
    inside = os.environ.get("VIRTUAL_ENV") or str(REPOSITORY / ".venv")
    env["PATH"] = os.pathsep.join(part for part in env["PATH"].split(os.pathsep) if not part.startswith(inside))
    return env


def listener_line(clone: Path, data: Path, typed: str) -> str:
    """Return the mosquitto_sub line that the third line's command prints, typed where `make run` was."""
    env = own_environment(data)
    done = subprocess.run(["sh", "-c", typed], env=env, cwd=clone, capture_output=True, text=True, timeout=30)
    assert done.stdout.startswith("mosquitto_sub "), done.stdout + done.stderr
    return done.stdout.strip()


def run_until_ready(clone: Path, data: Path, start: str, within_s: float) -> dict[str, str]:
    """`make run` until its three lines are there, each tried, then Ctrl-C. Returns what they say."""
    with Child(["make", "run"], log=data.with_name(f"{start}.log"), env=own_environment(data), cwd=clone) as make:

        def three_lines() -> dict[str, str]:
            if not make.is_running():
                pytest.fail(f"make run has ended:\n{make.log()}")  # waiting on would not help
            log = make.log()
            found = {
                "portal": re.search(r"http://localhost:\d+/(?=\s|$)", log, re.M),
                "board": re.search(r"http://localhost:\d+/(?:board|setup)\S*", log),
                "listen": re.search(r"(?<=^Listen:  ).+$", log, re.M),
            }
            return {name: match[0] for name, match in found.items() if match} if all(found.values()) else {}

        lines = wait_until(three_lines, within_s, why=make.log)

        def has_widget() -> bool:
            with urllib.request.urlopen(lines["portal"], timeout=5) as portal:
                return bool(portal.status == 200) and b"/widget.js" in portal.read()

        wait_until(has_widget, why=make.log)
        heard_by = listener_line(clone, data, lines["listen"])
        with Child(["sh", "-c", f"exec {heard_by}"], log=data.with_name(f"{start}.heard")) as listener:
            # The demo's clients and meters are never silent for long.
            wait_until(lambda: "support/" in listener.log(), 20, why=listener.log)
        family = psutil.Process(make.pid).children(recursive=True)
        # As the terminal does on Ctrl-C: the whole group hears it.
        os.killpg(make.pid, signal.SIGINT)
        make.process.wait(timeout=20)
        assert psutil.wait_procs(family, timeout=5)[1] == [], "Ctrl-C stops all of it"
    return lines


@pytest.mark.timeout(SET_UP_WITHIN_S + 120)
def test_make_run_from_a_fresh_clone(clone: Path, tmp_path: Path) -> None:
    """`make run` in a fresh clone prints the three lines and serves the portal; a second start takes seconds."""
    first = run_until_ready(clone, tmp_path / "data", "first", SET_UP_WITHIN_S)
    assert "localhost" in first["portal"]
    run_until_ready(clone, tmp_path / "data", "second", SECOND_START_WITHIN_S)
    dirty = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert dirty.stdout == "", "make run leaves nothing that git would pick up"


@pytest.mark.timeout(SET_UP_WITHIN_S)  # begins next to the other, whose browser side it packs
def test_a_wheel_is_complete(clone: Path) -> None:
    """The built package has every module, page and translation of the repository, and the browser side built."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", "wheels", "."]
    done = subprocess.run(command, cwd=clone, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    [wheel] = (clone / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        manifest = json.loads(packed.read("web/static/dist/manifest.json"))
    listed = subprocess.run(
        ["git", "ls-files", *PACKAGE_FOLDERS], cwd=clone, capture_output=True, text=True, check=True
    )
    assert {name for name in listed.stdout.split() if not name.startswith("web/frontend/")} - names == set()
    assert {f"web/static/dist/{file}" for file in manifest.values()} - names == set()
    assert not [name for name in names if name.startswith(("tests/", "web/frontend/"))]
