"""
The ports that this start's processes really listen on: DATA/run/ports.json, merged atomically. Touches that file.

A process told port 0 first tries the port it had before (`recall`), so a restarted broker is found where it was, and
else takes one from the kernel; then it says so with `remember`. Those who connect to it call `wait_for` or `resolved`.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chat_core.runtime import atomic
from chat_core.runtime.addresses import bracketed
from chat_core.runtime.config import Config
from chat_core.runtime.file_lock import locked

LOOK_EVERY_S = 0.05
APPLIED_WITHIN_S = 3.0
APPLIED = "credentials"  # not a port: the version of the credentials that a broker which applies them late has read
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
    """The port stands in ports.json under the name; what others wrote there stays, and no reader sees half a file."""
    with _locked(data):
        known = {**_read(data), name: port}
        atomic.write_file(_file(data), json.dumps(known), mode=0o644)  # no secret, and scripts of other users read it


def recall(data: Path, name: str) -> int | None:
    """The port last remembered under the name since `wattline up` began; None if there is none."""
    return _read(data).get(name)


def forget(data: Path) -> None:
    """No port of an earlier start is left to mislead anybody."""
    with _locked(data):
        _file(data).unlink(missing_ok=True)


def wait_for(data: Path, name: str, within_s: float) -> int:
    """
    The port remembered under the name, waited for if need be.

    Raises: TimeoutError when nobody has remembered one within that time.
    """
    deadline = time.monotonic() + within_s
    while (port := recall(data, name)) is None:
        if time.monotonic() >= deadline:
            raise TimeoutError(f"no {name} port in {_file(data)} after {within_s:g} s")
        time.sleep(LOOK_EVERY_S)
    return port


def resolved(config: Config, within_s: float = 0) -> Config:
    """
    The same settings with every port 0 replaced by the port really taken, as far as it is known within that time.

    For those who name addresses to others (credentials, pages) and those who connect. A port still unknown stays 0.
    """
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
    """
    Wait until a broker of ours that applies credentials late knows this version of them; else return at once.

    It reads its files again within a second: what is handed to a person is to work as typed.
    """
    if not config.broker_profile.applies_late or not config.own_broker:
        return
    deadline = time.monotonic() + APPLIED_WITHIN_S
    while (applied := recall(config.data, APPLIED)) is not None and applied < version:
        if time.monotonic() >= deadline:
            break
        time.sleep(LOOK_EVERY_S)


def site_url(config: Config) -> str:
    """
    The address at which people reach the pages, without a slash at its end: WATTLINE_URL, else this machine's own.

    Args: config: with its ports known.
    """
    if config.url is not None:
        return config.url
    host = "localhost" if config.near_host in ("127.0.0.1", "::1") else config.near_host
    return f"http://{bracketed(host)}:{config.http_port}"


def near_url(config: Config) -> str:
    """
    Return the address at which this machine reaches web, without a slash at its end.

    Args: config: with its ports known.
    """
    return f"http://{bracketed(config.near_host)}:{config.http_port}"


def mqtt_address(config: Config, within_s: float) -> tuple[str, int]:
    """
    Host and port at which this machine reaches the broker by TCP.

    Raises: TimeoutError when the port is the kernel's to choose and nobody has told it within that time.
    """
    host = config.mqtt_host or config.near_host
    return host, config.mqtt_port or wait_for(config.data, "mqtt", within_s)
