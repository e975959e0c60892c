"""Run all on one machine: prepare data, secrets and database, then supervise the processes. Touches both."""

import hashlib
import os
import shlex
import shutil
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from chat_core.cli.base import say, tell
from chat_core.contract.errors import Refused, WrongState
from chat_core.runtime import clock, logs, ports, preflight
from chat_core.runtime.config import Config, load
from chat_core.runtime.file_lock import FileLock
from chat_core.runtime.keys import Keys
from chat_core.runtime.supervisor import Process, Supervisor
from chat_core.store import Store

PROGRAM: Final = "wattline"
PROBE_WITHIN_S: Final = 1.0
MEMORY_FOLDERS: Final = (Path("/dev/shm"),)  # tmpfs on Linux; sticky, so that other users cannot remove our files

# They stop by rank, lowest first, so that none talks to a process that has ended.
WEB, BRIDGE, BROKER = Process("web", 0), Process("bridge", 1), Process("broker", 2)
RULES, DEMO = Process("bridge.rules", 0, extra=True), Process("bridge.demo", 0, extra=True)


def start_all(config: Config) -> int:
    """Run all processes until SIGINT or SIGTERM, and return the exit status. Raises: WrongState, Refused."""
    if config.own_broker and not config.broker_profile.is_started:
        raise Refused(
            f"WATTLINE_BROKER={config.broker}: `up` starts no {config.broker_profile.title}; "
            "set WATTLINE_MQTT_HOST to a running one."
        )
    preflight.check_data(config)
    with only_one(config), _metrics_folder(config) as metrics:
        preflight.check_all(config)
        ports.forget(config.data)
        Keys.open(config.data)  # created before any process needs them
        setup_token = _prepare(config)

        def announce() -> None:
            for line in describe(ports.resolved(config), setup_token):
                say(line)

        environ = {
            **os.environ,
            "WATTLINE_DATA": str(config.data),
            "WATTLINE_DEMO": "on" if config.demo else "off",
            "PROMETHEUS_MULTIPROC_DIR": str(metrics),
            logs.UNDER_UP: "1",
        }
        return Supervisor(
            processes_of(config),
            environ,
            is_ready=lambda: is_ready(config),
            announce=announce,
            say=tell,
            check_settings=_check_settings,
        ).run()


def _check_settings() -> None:
    """Check the settings of the environment and `.env`. Raises: Refused."""
    try:
        changed = load()
    except SystemExit as err:
        raise Refused(str(err.code).removeprefix("wattline: ")) from None
    for check in preflight.CHECKS.values():
        check(changed)


def processes_of(config: Config) -> list[Process]:
    """Return the processes to run."""
    processes = [BROKER] if config.own_broker or config.broker_profile.has_helper else []
    return [*processes, BRIDGE, WEB, *([RULES] if config.rules else []), *([DEMO] if config.demo else [])]


@contextmanager
def only_one(config: Config) -> Iterator[None]:
    """Be the only `wattline up` or `wattline move` of the data folder. Raises: WrongState where another is."""
    config.run_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(config.run_dir / "up.lock") as lock:
        if not lock.try_take():
            raise WrongState(f"Another `wattline up` is using {config.data}.")
        yield


@contextmanager
def _metrics_folder(config: Config) -> Iterator[Path]:
    """
    Create a folder for the processes' metrics, in memory if there is such a file system.

    Their files are mapped and sparse: on a full disk SIGBUS would kill the process that counts.
    """
    place = next((place for place in MEMORY_FOLDERS if place.is_dir() and os.access(place, os.W_OK)), config.run_dir)
    prefix = f"wattline-{hashlib.sha256(os.fsencode(config.data)).hexdigest()[:12]}-"
    for left in place.glob(f"{prefix}*"):  # of a start that was killed
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))  # mkdtemp makes it 0700
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(config: Config) -> tuple[str, str] | None:
    """Migrate the database, and return (administrator, setup link's token) while none of them has a password."""
    with Store.open(config, migrate=True) as store:
        registry = store.registry
        administrators = [agent for agent in registry.list_agents() if agent.admin and not agent.disabled]
        if any(agent.password_hash for agent in administrators):
            return None
        if administrators:
            first = administrators[0].id
        else:
            first, name = ("a-ana", "Ana Ionescu") if config.demo else ("a-admin", "Admin")
            registry.add_agent(first, name, admin=True)
        return first, registry.make_setup_link(first, clock.now_ms())


def is_ready(config: Config) -> bool:
    """Return whether web's /readyz has found the bridge's echo in the database."""
    known = ports.resolved(config)
    if not known.http_port or (config.own_broker and not (known.mqtt_port and known.ws_port)):
        return False
    with suppress(OSError), urllib.request.urlopen(f"{ports.near_url(known)}/readyz", timeout=PROBE_WITHIN_S) as answer:
        return bool(answer.status == 200)
    return False


def describe(config: Config, setup: tuple[str, str] | None) -> list[str]:
    """Return the lines to print. Args: setup: who has no password yet, and the token of the one-time link."""
    shown = ports.site_url(config)
    board = f"Board:   {shown}/board"
    if setup:
        board += f"   set the password of {setup[0]}, once: {shown}/setup/{setup[1]}"
    return [f"Portal:  {shown}/", board, f"Listen:  {_program()} listen"]


def _program() -> str:
    """Return this command as it was typed."""
    typed = sys.argv[0]
    return shlex.quote(typed) if Path(typed).name == PROGRAM else PROGRAM
