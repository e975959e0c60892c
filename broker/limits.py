"""Hold what all brokers bound alike; raise this process's limit of open files. Touches its limits."""

import resource
from typing import Final

from chat_core.contract.payloads import MAX_BYTES

FILES_KEPT: Final = 128  # of the process, for everything but connections
SESSIONS_PER_PERSON: Final = 8  # which wait for somebody; on Mosquitto, connected or not
GUEST_SESSIONS: Final = 1_000  # of all guests together
MAX_PACKET_BYTES: Final = MAX_BYTES + 1_024  # a payload, and a topic or a CONNECT's names and token


def ask_for_files(wanted: int) -> int:
    """Raise the file limit for so many connections; return how many it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted + FILES_KEPT if hard == resource.RLIM_INFINITY else min(hard, wanted + FILES_KEPT)
    if most > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(most, soft) - FILES_KEPT if most < wanted + FILES_KEPT else wanted
