"""Make the login in credentials that the server gave. Reads the clocks."""

import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from bridge.mqtt.connection import Login

RENEW_AT: Final = 0.8  # of a token's life (docs/contract.md#credentials)
PORTS: Final = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}


def login_of(credentials: Mapping[str, Any], ca_file: str | None = None) -> Login:
    """
    Return the login in one line of `wattline token`, or in an answer of `POST /api/session`.

    Each line has its own client id, so it serves one connection at a time.
    Args: credentials: `url` may also be a WebSocket's; ca_file: CA certificates in PEM; None uses this machine's.
    Raises: ValueError for a URL of another scheme.
    """
    url = urlsplit(str(credentials["url"]))
    if url.scheme not in PORTS:
        raise ValueError(f"{url.scheme}:// is no way to a broker here")
    now_s = time.time()
    renew_at_s = ends_at_s = None
    if credentials.get("expires") is not None:
        # An answer of the server says what its clock says; ours may be wrong by days.
        life_s = int(credentials["expires"]) / 1000 - int(credentials.get("now", now_s * 1000)) / 1000
        here_s = time.monotonic()
        renew_at_s, ends_at_s = here_s + RENEW_AT * life_s, here_s + life_s
    return Login(
        host=url.hostname or "127.0.0.1",
        port=url.port or PORTS[url.scheme],
        username=str(credentials["username"]),
        password=str(credentials["password"]),
        client_id=str(credentials["client_id"]),
        renew_at_s=renew_at_s,
        ca_file=ca_file,
        tls=url.scheme in {"mqtts", "wss"},
        ends_at_s=ends_at_s,
        path=(url.path or "/") if url.scheme in {"ws", "wss"} else None,
    )
