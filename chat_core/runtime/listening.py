"""`wattline listen`: a credential for minutes that hears conversations and says nothing. Touches the store."""

import re
import secrets
import shlex
from typing import Final

from chat_core.contract import ids
from chat_core.runtime import tokens
from chat_core.runtime.config import Config
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Holder
from chat_core.store import Store

DEFAULT: Final = "15m"
AT_MOST_S: Final = 3_600
SECONDS: Final = {"s": 1, "m": 60, "h": 3_600}
_DURATION: Final = re.compile(r"([1-9]\d{0,4})([smh])")


def parse_duration(text: str) -> int:
    """
    Return the seconds of `90s`, `15m` or `1h`.

    Raises: ValueError for anything else, and for more than an hour.
    """
    found = _DURATION.fullmatch(text)
    if not found:
        raise ValueError("write it as 90s, 15m or 1h")
    duration_s = int(found[1]) * SECONDS[found[2]]
    if duration_s > AT_MOST_S:
        raise ValueError("at most 1h")
    return duration_s


def add_listener(config: Config, store: Store, client: str | None, duration_s: int, now_s: float) -> str:
    """
    Return a mosquitto_sub command that hears the client, or everybody, until the time is over.

    Args: config: with its ports known.
    Raises: BadId.
    """
    now_ms = int(now_s * 1000)
    id = store.registry.listeners.add(client, now_ms + duration_s * 1000, now_ms)
    password = tokens.mqtt_password(config, Keys.open(config.data), Holder(id, 0), duration_s, now_s)
    words = ["mosquitto_sub", "-h", config.mqtt_host or config.near_host, "-p", str(config.mqtt_port)]
    words += ["--cafile", str(config.tls_ca or config.tls_cert)] if config.tls else []
    words += ["-i", ids.new_client_id(id, secrets.token_bytes(16)), "-u", id, "-P", password]
    words += ["-q", "1", "-v", "-t", f"support/{client or '+'}/#"]
    return shlex.join(words)
