"""Make the credentials of each connection. Touches files."""

import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from bridge.mqtt.link import Login
from chat_core.contract.errors import BadId, BrokerDown, NotAllowed
from chat_core.contract.ids import BRIDGE, new_client_id, username_of
from chat_core.contract.shards import ALL, Shard
from chat_core.runtime import ports, tokens
from chat_core.runtime.config import Config
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Holder
from chat_core.store import Store

TOKEN_S: Final = 24 * 3_600
RENEW_AT: Final = 0.8  # of a token's life (docs/contract.md#credentials)
PORT_WAIT_S: Final = 0.5
PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


def bridge_client_id(store: Store, data: Path, shard: Shard = ALL) -> str:
    """
    Return the MQTT client id that all owners of this shard share, one at a time: its session passes from one to the
    next. It is a secret. Release 0.1 kept it in a file, which moves into the database.
    """
    path = data / "keys" / "bridge-client-id"
    made = new_client_id(BRIDGE, secrets.token_bytes(16))
    if shard.n:
        return store.bridge.keep_mqtt_client_id(made, shard)
    try:
        before = path.read_text(encoding="ascii").strip()
        made = before if username_of(before) == BRIDGE else made
    except (OSError, UnicodeDecodeError, BadId):
        pass  # not there, or not ours
    kept = store.bridge.keep_mqtt_client_id(made)
    with suppress(OSError):
        path.unlink()
    return kept


def login_as(config: Config, store: Store, id: str, client_id: str | None = None) -> Login:
    """
    Return a login for one connection of this id, with a fresh token.

    Args: client_id: a stored one; None makes a new one.
    Raises: BrokerDown while the broker's port is unknown; NotAllowed for an unknown or disabled id; StoreDown.
    """
    try:
        port = ports.mqtt_port(config, PORT_WAIT_S)
    except TimeoutError:
        raise BrokerDown("The broker has not said where it listens.") from None
    generation = store.registry.generation(id)
    if generation is None:
        raise NotAllowed(f"{id} may not connect.")
    now_s = time.time()
    return Login(
        host=config.broker_hosts[0],
        other_hosts=config.broker_hosts[1:],
        port=port,
        username=id,
        # Read anew each time: a rotation of the signing keys is seen at the next connect.
        password=tokens.mqtt_password(
            config,
            Keys.open(config.data),
            Holder(id, generation, sign_outs=store.registry.sign_ins.count_ended(id)),
            TOKEN_S,
            now_s,
        ),
        client_id=client_id or new_client_id(id, secrets.token_bytes(16)),
        renew_at_s=time.monotonic() + RENEW_AT * TOKEN_S if config.broker_profile.renews else None,
        ca_file=str(config.tls_ca or config.tls_cert) if config.tls else None,
    )


def login_of(credentials: Mapping[str, Any], ca_file: str | None = None) -> Login:
    """
    Return the login in one line of `wattline token`, or in an answer of `POST /api/session`.

    Each line has its own client id, so it serves one connection at a time.
    Args: ca_file: CA certificates in PEM; None uses this machine's.
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
        tls=url.scheme == "mqtts",
        ends_at_s=ends_at_s,
    )
