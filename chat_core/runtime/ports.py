"""
Exchange the ports on which the processes listen, through DATA/run/ports.json. Touches that file.

A process with port 0 first tries its previous port (`recall`), so that a restarted broker stays reachable, else one
from the kernel; then it calls `remember`. Those who connect call `wait_for` or `resolved`.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chat_core.runtime import atomic, clock
from chat_core.runtime.addresses import bracketed
from chat_core.runtime.config import Config
from chat_core.runtime.file_lock import locked

LOOK_EVERY_S = 0.05
APPLIED_WITHIN_S = 3.0
APPLIED = "credentials"  # not a port: the credentials' version that a broker with `applies_late` has read
NAMES = {"mqtt": "mqtt_port", "ws": "ws_port", "http": "http_port"}


def _file(data: Path) -> Path:
    return data / "run" / "ports.json"


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    folder = data / "run"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder / "ports.lock"):
        yield


def _read(data: Path) -> dict[str, int]:
    try:
        known = json.loads(_file(data).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return {str(name): port for name, port in known.items() if isinstance(port, int)} if isinstance(known, dict) else {}


def remember(data: Path, name: str, port: int) -> None:
    """Store the port under the name."""
    with _locked(data):
        known = {**_read(data), name: port}
        atomic.write_file(_file(data), json.dumps(known), mode=0o644)  # no secret; other users' scripts read it


def recall(data: Path, name: str) -> int | None:
    """Return the port stored under the name since `wattline up` started, or None."""
    return _read(data).get(name)


def forget(data: Path) -> None:
    """Remove the ports of an earlier start."""
    with _locked(data):
        _file(data).unlink(missing_ok=True)


def wait_for(data: Path, name: str, within_s: float) -> int:
    """Wait for the port stored under the name, and return it. Raises: TimeoutError."""
    port = clock.poll(lambda: recall(data, name), within_s, LOOK_EVERY_S)
    if port is None:
        raise TimeoutError(f"no {name} port in {_file(data)} after {within_s:g} s")
    return port


def resolved(config: Config, within_s: float = 0) -> Config:
    """Return the settings with each port 0 replaced by the real port, unless it stays unknown for that time."""
    deadline = time.monotonic() + within_s
    found: dict[str, int] = {}
    for name, field in NAMES.items():
        if getattr(config, field):
            continue
        try:
            found[field] = wait_for(config.data, name, max(0, deadline - time.monotonic()))
        except TimeoutError:
            continue
    return config.model_copy(update=found) if found else config


def wait_until_applied(config: Config, version: int) -> None:
    """Wait until our broker has applied this version of the credentials, so that a new one works at once."""
    if config.broker_profile.applies_late and config.own_broker:
        clock.poll(lambda: _is_applied(config.data, version), APPLIED_WITHIN_S, LOOK_EVERY_S)


def _is_applied(data: Path, version: int) -> bool:
    applied = recall(data, APPLIED)
    return applied is None or applied >= version


def site_url(config: Config) -> str:
    """Return the pages' address for people: WATTLINE_URL, else here. Args: config: from `resolved`."""
    if config.url is not None:
        return config.url
    host = "localhost" if config.near_host in ("127.0.0.1", "::1") else config.near_host
    return f"http://{bracketed(host)}:{config.http_port}"


def near_url(config: Config) -> str:
    """Return web's address for this machine, without a final slash. Args: config: from `resolved`."""
    return f"http://{bracketed(config.near_host)}:{config.http_port}"


def mqtt_port(config: Config, within_s: float) -> int:
    """Return the broker's TCP port, of each of its hosts. Raises: TimeoutError."""
    return config.mqtt_port or wait_for(config.data, "mqtt", within_s)
