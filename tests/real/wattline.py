"""Start Wattline's processes as a person does, with ports from the kernel and their own data."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from chat_core.runtime import config
from chat_core.runtime.config import Config
from tests.real import forked
from tests.real.forked import ForkedChild
from tests.real.network import Host
from tests.real.parts import REPOSITORY, Child, Server, find_program
from tests.waiting import wait_until

ROOMS = ("broker", "bridge", "web")
FORKED = (*ROOMS, "bridge.rules", "bridge.demo")  # the names of forks that `up` started
PORT_NAMES = ("mqtt", "ws", "http")
STARTS_WITHIN_S = 60  # no promise: at a load of 20 on two cores a start took over 30 s


def environment(data: Path, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment with its WATTLINE_ settings replaced: `data`, ports 0, and `settings`."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("WATTLINE_")}
    env |= {"WATTLINE_DATA": str(data), "WATTLINE_HTTP_PORT": "0", "WATTLINE_MQTT_PORT": "0", "WATTLINE_WS_PORT": "0"}
    env["WATTLINE_RULES"] = "off"  # no automatic answers, unless a test wants them
    # Run the code of this checkout, wherever the package was installed from.
    env["PYTHONPATH"] = os.pathsep.join(part for part in (str(REPOSITORY), env.get("PYTHONPATH", "")) if part)
    return env | {"PYTHONUNBUFFERED": "1"} | dict(settings or {})


def with_command(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment with the program `wattline`, made in the folder, first on its PATH."""
    program = folder / "wattline"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m chat_core "$@"\n')
    program.chmod(0o755)
    return {**env, "PATH": f"{folder}{os.pathsep}{env['PATH']}"}


def config_of(data: Path, settings: Mapping[str, str] | None = None) -> Config:
    """Return the settings of a process that is started with these."""
    return config.load(environment(data, settings))


def read_ports(data: Path) -> dict[str, int]:
    """Return the content of WATTLINE_DATA/run/ports.json; empty if there is none yet."""
    try:
        found: dict[str, int] = json.loads((data / "run" / "ports.json").read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return found


def run_cli(
    data: Path, *arguments: str, stdin: str = "", settings: Mapping[str, str] | None = None, within_s: float = 30
) -> str:
    """Run `wattline ARGUMENTS`, which must succeed, and return its output."""
    env = environment(data, settings)
    run = forked.run if forked.can_be_forked(settings) else forked.run_anew
    done = run(arguments, env=env, cwd=data, stdin=stdin, within_s=within_s)
    assert done.status == 0, f"wattline {' '.join(arguments)}: {done.status}: {done.out}{done.err}"
    return done.out


def say_once(token: Mapping[str, str], topic: str, payload: bytes) -> int:
    """Publish by mosquitto_pub with QoS 1, and return its exit status."""
    host, port = token["url"].removeprefix("mqtt://").split(":")
    command = [find_program("mosquitto_pub", "mosquitto-clients"), "-h", host, "-p", port, "-i", token["client_id"]]
    command += ["-u", token["username"], "-P", token["password"], "-q", "1", "-t", topic, "-s"]
    return subprocess.run(command, input=payload, timeout=10, check=False).returncode


def modules_below(pid: int) -> dict[str, psutil.Process]:
    """Return a process's direct children that run `python -m NAME`, by name."""
    found = {}
    for child in psutil.Process(pid).children():
        try:
            words, name = child.cmdline(), child.name()
        except psutil.Error:
            continue
        if name in FORKED:
            found[name] = child
        elif "-m" in words:
            found[words[words.index("-m") + 1]] = child
    return found


class ProductProcess(Server):
    """
    One process alone: `python -m broker|bridge|web`.

    Args: at_once: forked (tests.real.forked), for tests that ask nothing of its start; `restart()` is a real one; host:
        where it runs, this machine if None.
    """

    def __init__(
        self,
        name: str,
        data: Path,
        *arguments: str,
        settings: Mapping[str, str] | None = None,
        at_once: bool = False,
        host: Host | None = None,
    ) -> None:
        self.name, self.data, self.host = name, data, host
        self.arguments, self.settings = arguments, dict(settings or {})
        data.mkdir(parents=True, exist_ok=True)
        self.child = self._start(at_once)

    def _start(self, at_once: bool = False) -> Child:
        if at_once and forked.can_be_forked(self.settings):
            env = environment(self.data, self.settings)
            return ForkedChild(self.name, self.arguments, log=self.data / f"{self.name}.out", env=env, cwd=self.data)
        command = [sys.executable, "-m", self.name, *self.arguments]
        return Child(
            command if self.host is None else self.host.inside(*command),
            log=self.data / f"{self.name}.out",
            env=environment(self.data, self.settings),
            cwd=self.data,
        )

    def port(self, name: str, within_s: float = STARTS_WITHIN_S) -> int:
        """Wait for its port in ports.json, and return it."""
        return wait_until(lambda: read_ports(self.data).get(name, 0), within_s, why=self.log)

    def kill(self) -> None:
        self.child.kill()

    def restart(self) -> None:
        """Stop it if it runs, and start it again."""
        self.child.stop()
        self.child = self._start()


class Wattline(Server):
    """
    A running `wattline up`, whose pid is the supervisor's, with its child processes.

    Args: data: WATTLINE_DATA, created if it is missing; arguments: of `up`, such as `--demo`; settings: others;
        at_once: forked (tests.real.forked), for tests that ask nothing of its start or its metrics.
    """

    def __init__(
        self, data: Path, *arguments: str, settings: Mapping[str, str] | None = None, at_once: bool = False
    ) -> None:
        self.data, self.settings = data, dict(settings or {})
        self.arguments = arguments
        self.at_once = at_once and forked.can_be_forked(settings)
        data.mkdir(parents=True, exist_ok=True)
        self.child = self._start()

    def _start(self) -> Child:
        env = environment(self.data, self.settings)
        if self.at_once:
            return ForkedChild("chat_core", ("up", *self.arguments), log=self.data / "up.out", env=env, cwd=self.data)
        return Child(
            [sys.executable, "-m", "chat_core", "up", *self.arguments],
            log=self.data / "up.out",
            env=env,
            cwd=self.data,
        )

    def ports(self, within_s: float = STARTS_WITHIN_S) -> dict[str, int]:
        """Wait until every process has written its port, and return all three."""

        def complete() -> dict[str, int]:
            if not self.child.is_running():  # waiting on would not help
                pytest.fail(f"wattline up ended with {self.child.process.returncode}:\n{self.log()}")
            found = read_ports(self.data)
            return found if all(found.get(name) for name in PORT_NAMES) else {}

        return wait_until(complete, within_s, why=self.log)

    @property
    def url(self) -> str:
        """The portal's address without a final slash. Browsers treat the name `localhost` as secure."""
        return f"http://localhost:{self.ports()['http']}"

    @property
    def mqtt_port(self) -> int:
        return self.ports()["mqtt"]

    @property
    def ws_port(self) -> int:
        return self.ports()["ws"]

    def cli(self, *arguments: str, stdin: str = "") -> str:
        """Run a `wattline` command with the same data and settings, and return its output."""
        return run_cli(self.data, *arguments, stdin=stdin, settings=self.settings)

    def token(self, identity: str, *arguments: str) -> dict[str, str]:
        """Return the credentials that `wattline token` prints for one id."""
        found: dict[str, str] = json.loads(self.cli("token", identity, *arguments))
        return found

    def children(self) -> dict[str, int]:
        """Return the pids of the supervisor's modules, by name."""
        return {name: process.pid for name, process in modules_below(self.pid).items()}

    def pid_of(self, name: str, within_s: float = 10) -> int:
        """Return the present pid of `broker`, `bridge`, `web` or another module that `up` runs."""
        return wait_until(lambda: self.children().get(name, 0), within_s, why=self.log)

    def kill(self, name: str) -> int:
        """Kill one process with SIGKILL and return its pid. The supervisor must start another."""
        pid = self.pid_of(name)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self.children().get(name) != pid)
        return pid

    def wait_restarted(self, name: str, old_pid: int, within_s: float = 3) -> int:
        """Wait for the replacement of a killed process, and return its pid."""

        def fresh() -> int:
            pid = self.children().get(name, 0)
            return pid if pid != old_pid else 0

        return wait_until(fresh, within_s, why=self.log)

    def stop(self, sig: signal.Signals = signal.SIGINT, within_s: float = 15) -> int:
        """End it as Ctrl-C does, and return the exit status. Processes that it leaves are killed and fail the test."""
        family = self._family()
        status = self.child.stop(sig, within_s)
        _, left = psutil.wait_procs(family, timeout=5)
        for process in left:
            process.kill()
        assert not left, f"left behind by wattline up: {left}\n{self.log()}"
        return status

    def _family(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def restart(self) -> None:
        """Stop it and start it again with the same data."""
        self.stop()
        (self.data / "run" / "ports.json").unlink(missing_ok=True)  # so that `ports()` waits for the new ones
        self.child = self._start()

    def close(self) -> None:
        self.stop()
