"""
Render the policy and the credentials for Mosquitto 2.0: mosquitto.conf, acl_file, password_file.

The texts themselves explain each line and its measurements to an operator.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from broker.limits import MAX_PACKET_BYTES
from chat_core.contract import ids, policy
from chat_core.contract.ids import Role
from chat_core.contract.payloads import MAX_BYTES
from chat_core.contract.policy import RULES, SELF, Action, Identity

CONF, ACL, PASSWORDS, PERSISTENCE = "mosquitto.conf", "acl_file", "password_file", "persistence"

_SPACE_OR_CONTROL: Final = re.compile(r"[\s\x00-\x1f\x7f]")


@dataclass(frozen=True)
class MosquittoSetup:
    """
    Hold this Mosquitto's addresses and files.

    Args: user: the account that root changes to; None: no change; notices: whether the log says who connects, which a
        parent reads and does not show.
    """

    directory: PurePath
    bind: str = "127.0.0.1"
    mqtt_port: int = 1883
    ws_port: int = 9001
    certificate: PurePath | None = None
    key: PurePath | None = None
    user: str | None = None
    notices: bool = False


@dataclass(frozen=True)
class Account:
    """Hold an account: `line` is its salted hash, as Mosquitto writes it."""

    identity: Identity
    line: str


def render_conf(setup: MosquittoSetup) -> str:
    tls = f"certfile {setup.certificate}\nkeyfile {setup.key}\n" if setup.certificate else ""
    user = (
        f"\n# Started by root it stays this user, who owns the files below.\nuser {setup.user}\n" if setup.user else ""
    )
    log = (
        """\
# No $SYS topics. The log says who connects, which `python -m broker` reads to bound the sessions of each person. It
# shows no client id.
sys_interval 0
connection_messages true
log_type notice
"""
        if setup.notices
        else """\
# No $SYS topics, and no client ids in the log (notices have them): their random part is shown to nobody.
sys_interval 0
connection_messages false
"""
    )
    return f"""\
# Wattline's Mosquitto (2.0), written by `wattline broker render mosquitto`; changes made here are lost.
# `mosquitto -c mosquitto.conf` starts it. SIGHUP reads {ACL} and {PASSWORDS} again.

# One set of rules for both listeners. Must stand before every other security setting; with `true`, the settings
# above the first `listener` line would not apply to the listeners and nobody could sign in.
per_listener_settings false
{user}
# Who may connect, and what each may do: rendered from the database and from chat_core/contract/policy.py.
# Everything that is not listed in {ACL} is denied; a denied publish is acknowledged and dropped.
allow_anonymous false
allow_zero_length_clientid false
password_file {setup.directory / PASSWORDS}
acl_file {setup.directory / ACL}

# Payloads up to 64 KiB. On TCP a larger packet closes the connection; on WebSocket it is acknowledged and dropped.
message_size_limit {MAX_BYTES}
max_packet_size {MAX_PACKET_BYTES}

# A bridge that was away finds what was said meanwhile; what does not fit is unticked and is sent again. These bounds
# are everybody's: Mosquitto has none for one user or class of users.
max_inflight_messages 1000
max_queued_messages 100000
max_queued_bytes 268435456
queue_qos0_messages false
persistent_client_expiration 30d

# Sessions and retained messages are saved every 30 s and at the end. Saving at every change costs 7 ms a message at
# 10,000 retained topics; a kill loses at most 30 s of what the outboxes send again and the bridge retains again.
persistence true
persistence_location {setup.directory / PERSISTENCE}/
autosave_interval 30
autosave_on_changes false

# Without it some deliveries take 41 ms.
set_tcp_nodelay true

{log}log_dest stderr
log_type error
log_type warning
log_timestamp_format %Y-%m-%dT%H:%M:%S

# MQTT. Not loopback? Then with TLS (WATTLINE_TLS_CERT, WATTLINE_TLS_KEY).
listener {setup.mqtt_port} {setup.bind}
protocol mqtt
max_connections 20000
{tls}
# MQTT over WebSocket. Mosquitto lets a page of any origin in: keep it on loopback behind the reverse proxy
# (deploy/), which serves it as /mqtt, refuses foreign origins and bounds the connections of one address: of WebSockets
# Mosquitto ignores max_connections.
listener {setup.ws_port} {setup.bind}
protocol websockets
{tls}"""


def render_acl(identities: Iterable[Identity]) -> str:
    """
    Return the whole acl_file.

    Patterns cover clients. Mosquitto applies them to every user, so all others are denied their `support/<self>`.
    """
    everybody = list(identities)
    own_topics = sorted(
        {topic for one in everybody if one.role is Role.DEVICE for topic in one.topics if _is_safe(topic)}
    )
    blocks = [
        "# Rendered from chat_core/contract/policy.py. Clients and guests: what lies under their own name, and the",
        "# notices, which are everybody's (so Mosquitto's warning about a pattern without %u is no fault).",
        *_patterns(),
    ]
    for one in sorted(everybody, key=lambda identity: identity.id):
        if one.role is not Role.CLIENT:
            blocks += ["", *_block(one, own_topics)]
    return "\n".join(blocks) + "\n"


def render_passwords(accounts: Iterable[Account]) -> str:
    lines = sorted(f"{ids.check_id(account.identity.id)}:{account.line}" for account in accounts)
    return "".join(f"{line}\n" for line in lines)


def _patterns() -> list[str]:
    rules = [rule for rule in RULES if rule.role is Role.CLIENT]
    return [f"pattern {_access(rule.action)} {rule.topic_filter.replace(SELF, '%u')}" for rule in rules]


def _block(identity: Identity, own_topics: Sequence[str]) -> list[str]:
    if identity.id == ids.BRIDGE:
        identity = Identity(identity.id, topics=tuple(own_topics))
    lines = [f"user {identity.id}", *(f"topic deny {topic_filter}" for topic_filter in _taken_back(identity))]
    for action in (Action.PUBLISH, Action.SUBSCRIBE):
        safe = (topic_filter for topic_filter in policy.filters(identity, action) if _is_safe(topic_filter))
        lines += [f"topic {_access(action)} {topic_filter}" for topic_filter in safe]
    if identity.id == ids.BRIDGE:
        # Mosquitto cannot let in empty messages alone, so here the bridge may write more than `allows` says.
        lines += [f"topic write {topic_filter}" for topic_filter in policy.left_by_others(tuple(own_topics))]
    return lines


def _taken_back(identity: Identity) -> list[str]:
    """Return the client patterns' rights that this user, who is no client, must not get."""
    rules = [rule for rule in RULES if rule.role is Role.CLIENT]
    own = {f"{rule.topic_filter.partition(SELF)[0]}{identity.id}/#" for rule in rules if SELF in rule.topic_filter}
    shared = {
        rule.topic_filter
        for rule in rules
        if SELF not in rule.topic_filter and rule.topic_filter not in policy.filters(identity, rule.action)
    }
    return sorted(own | shared)


def _access(action: Action) -> str:
    return "write" if action is Action.PUBLISH else "read"


def _is_safe(topic_filter: str) -> bool:
    """Return whether a line of the file can express it; otherwise it is left out, and so denied."""
    return not _SPACE_OR_CONTROL.search(topic_filter)
