"""Make the credentials of each connection. Touches files."""

import secrets
import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from bridge.mqtt.given_login import RENEW_AT
from bridge.mqtt.link import Login
from chat_core.contract.errors import BadId, BrokerDown, NotAllowed
from chat_core.contract.ids import BRIDGE, new_client_id, username_of
from chat_core.runtime import ports, tokens
from chat_core.runtime.config import Config
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Holder
from chat_core.store import Store

TOKEN_S: Final = 24 * 3_600
PORT_WAIT_S: Final = 0.5


def bridge_client_id(store: Store, data: Path, slot: int = 0) -> str:
    """
    Return the MQTT client id that all owners of this slot share, one at a time: its session passes from one to the
    next. It is a secret. Release 0.1 kept it in a file, which moves into the database.
    """
    path = data / "keys" / "bridge-client-id"
    made = new_client_id(BRIDGE, secrets.token_bytes(16))
    if slot:
        return store.bridge.keep_mqtt_client_id(made, slot)
    try:
        before = path.read_text(encoding="ascii").strip()
        made = before if username_of(before) == BRIDGE else made
    except (OSError, UnicodeDecodeError, BadId):
        pass  # not there, or not ours
    kept = store.bridge.keep_mqtt_client_id(made)
    with suppress(OSError):
        path.unlink()
    return kept


def hosts_of(config: Config) -> list[str]:
    """Return the broker's hosts, this one first: a bridge that takes over from a lost host waits for no dead one."""
    return sorted(config.broker_hosts, key=lambda host: host not in (config.bind, socket.gethostname()))


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
    first, *others = hosts_of(config)
    return Login(
        host=first,
        other_hosts=tuple(others),
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
