"""
Judge by the bridge's heartbeat whether messages go all the way, in one sentence for /readyz and `wattline check`.
Touches the data folder's disk and, where the heartbeat is late, the broker's port.
"""

import shutil
import socket
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chat_core.runtime import ports
from chat_core.runtime.config import Config
from chat_core.runtime.preflight import SPACE_BYTES
from chat_core.store.results import Beat

LATE_MS: Final = 10_000  # the bridge's echo goes every 2 s
SKEWED_MS: Final = 30_000  # clocks so far apart put times into logs that mislead people
PROBE_WITHIN_S: Final = 1.0
SQLITE: Final = "sqlite:///"


@dataclass(frozen=True)
class NotReady:
    """Why messages do not go all the way. `code` goes into problem+json."""

    code: str
    text: str


def find_fault(config: Config, beat: Beat | None) -> NotReady | None:
    """Return what is wrong, the cause before its consequence; None where all is well."""
    age_ms = None if beat is None else beat.age_ms
    if beat is None or age_ms is None or age_ms > LATE_MS:
        return _cause_of_silence(config, age_ms)
    if beat.failing:
        return NotReady("bridge_faults", f"The bridge fails at: {', '.join(beat.failing)}. Its log says why.")
    for whose, skew_ms in (("the bridge", beat.skew_ms), ("web's machine", beat.here_skew_ms)):
        if abs(skew_ms) > SKEWED_MS:
            off = f"{abs(skew_ms) // 1000} s {'ahead of' if skew_ms > 0 else 'behind'} the database's"
            return NotReady("clock_skew", f"The clock of {whose} is {off}. Set both by NTP.")
    return None


def _cause_of_silence(config: Config, age_ms: int | None) -> NotReady:
    full = _find_full(config)
    if full is not None:
        return NotReady("disk_full", f"The disk of {full} is full: nothing is stored until there is room.")
    known = ports.resolved(config)
    host = known.mqtt_host or known.near_host
    if not _accepts(host, known.mqtt_port):
        where = f"{host}:{known.mqtt_port}" if known.mqtt_port else "any port yet"
        return NotReady("broker_down", f"The broker does not answer at {where} (WATTLINE_MQTT_PORT).")
    if age_ms is None:
        return NotReady("no_echo", "The bridge has not been heard yet.")
    return NotReady("echo_late", f"The bridge was last heard {age_ms // 1000} s ago. Does it run? Its log says why.")


def _find_full(config: Config) -> Path | None:
    folders = [config.data]
    if config.db.startswith(SQLITE):
        folders.append(Path(config.db.removeprefix(SQLITE)).parent)
    for folder in folders:
        try:
            if shutil.disk_usage(folder).free < SPACE_BYTES:
                return folder
        except OSError:  # what cannot be measured is not called full
            continue
    return None


def _accepts(host: str, port: int) -> bool:
    if not port:
        return False
    try:
        with closing(socket.create_connection((host, port), timeout=PROBE_WITHIN_S)):
            return True
    except OSError:
        return False
