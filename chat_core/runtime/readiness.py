"""
Judge by the bridge's heartbeat whether messages are stored and delivered, for /readyz and `wattline check`.

Touches the disk and, if the heartbeat is late, the broker's port.
"""

import shutil
import socket
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chat_core.runtime import ports
from chat_core.runtime.config import Config
from chat_core.runtime.preflight import SPACE_BYTES
from chat_core.store.results import Beat

LATE_MS: Final = 10_000  # the bridge sends an echo every 2 s
SKEWED_MS: Final = 30_000  # a larger difference of clocks makes misleading logs
PROBE_WITHIN_S: Final = 1.0


@dataclass(frozen=True)
class NotReady:
    """Describe why messages are not stored or delivered. `code` goes into problem+json."""

    code: str
    text: str


def find_fault(config: Config, beat: Beat | None) -> NotReady | None:
    """Return the fault, the cause before its consequence, or None."""
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
    if (full := _find_full_folder(config)) is not None:
        return NotReady("disk_full", f"The disk of {full} is full: nothing is stored until there is room.")
    known = ports.resolved(config)
    if not any(_accepts(host, known.mqtt_port) for host in known.broker_hosts):
        where = f"{', '.join(known.broker_hosts)}, port {known.mqtt_port}" if known.mqtt_port else "any port yet"
        return NotReady("broker_down", f"The broker does not answer at {where} (WATTLINE_MQTT_PORT).")
    if age_ms is None:
        return NotReady("no_echo", "The bridge has not been heard yet.")
    return NotReady("echo_late", f"The bridge was last heard {age_ms // 1000} s ago. Does it run? Its log says why.")


def _find_full_folder(config: Config) -> Path | None:
    for folder in config.written_folders:
        with suppress(OSError):  # a folder that cannot be measured does not count as full
            if shutil.disk_usage(folder).free < SPACE_BYTES:
                return folder
    return None


def _accepts(host: str, port: int) -> bool:
    if port:
        with suppress(OSError), socket.create_connection((host, port), timeout=PROBE_WITHIN_S):
            return True
    return False
