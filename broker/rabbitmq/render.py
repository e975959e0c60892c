"""
Render the configuration of a RabbitMQ 4.

RabbitMQ holds no rule and no password: it asks `python -m broker` (broker.rabbitmq.authority).
"""

import json
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

from broker.limits import MAX_PACKET_BYTES
from chat_core.contract.topics import BRIDGE_FILTERS
from chat_core.runtime.tokens import MAX_TOKEN_CHARS, Audience

CONF, ADVANCED, DEFINITIONS, PLUGINS, ENVIRONMENT = (
    "rabbitmq.conf",
    "advanced.config",
    "definitions.json",
    "enabled_plugins",
    "rabbitmq-env.conf",
)
WS_PATH: Final = "/mqtt"
NODE_SILENCE_S: Final = 8  # of a node, until the others give it up
TICKS: Final = 10  # of a node within this time: it is given up after 0.9 to 1.1 of it
GROUP: Final = 3  # nodes that keep a session
METADATA_MS: Final = 5_000  # for a change of queues or bindings, until it fails
RECONCILE_MS: Final = 10_000  # between two looks whether a session is on as many nodes
SESSION_S: Final = 86_400  # that a session outlives its connection
KEYS: Final = "keys"  # the last part of the path under which the signing keys are asked for

_ENABLED: Final = (
    "rabbitmq_mqtt",
    "rabbitmq_web_mqtt",
    "rabbitmq_management",
    "rabbitmq_auth_backend_oauth2",
    "rabbitmq_auth_backend_http",
)
# What may wait for whom is away or slow. Beyond it a message for the bridge is refused: its sender gets no PUBACK. Of
# others' the oldest goes, as the history is the database's; a refusal would stop the bridge, which sends it.
# The embedded broker's bounds (sessions.py), but for the bridge, which may be away for long.
_QUEUES: Final = (
    ("services", "^mqtt-subscription-s-", 100_000, 256 << 20, "reject-publish"),
    ("desk", "^mqtt-subscription-[ab]-", 10_000, 16 << 20, "drop-head"),
    ("clients", "^mqtt-subscription-[cgdl]-", 1_000, 8 << 20, "drop-head"),
)


@dataclass(frozen=True)
class RabbitSetup:
    """
    Hold this RabbitMQ's addresses.

    `authority`: the base URL with the secret as its path, for the signing keys; `hosts`: of the cluster's nodes, none
    without a cluster; `host`: its own among them; `sessions`: the bridge's MQTT client ids, one a slot, in a cluster.
    """

    directory: PurePath
    authority: str
    bind: str = "127.0.0.1"
    mqtt_port: int = 1883
    ws_port: int = 9001
    api_port: int = 15672
    api_bind: str = "127.0.0.1"
    certificate: PurePath | None = None
    key: PurePath | None = None
    hosts: tuple[str, ...] = ()
    host: str = ""
    sessions: tuple[str, ...] = ()


def render_conf(setup: RabbitSetup) -> str:
    kind = "ssl" if setup.certificate else "tcp"
    tls = ws_tls = ""
    if setup.certificate:
        tls = f"ssl_options.certfile = {setup.certificate}\nssl_options.keyfile = {setup.key}\n"
        ws_tls = f"web_mqtt.ssl.certfile = {setup.certificate}\nweb_mqtt.ssl.keyfile = {setup.key}\n"
    return f"""\
# Wattline's RabbitMQ (4.0), written by `wattline broker render rabbitmq`; changes made here are lost.
#   RABBITMQ_CONF_ENV_FILE={setup.directory / ENVIRONMENT} rabbitmq-server
# It lets nobody in while `python -m broker` (WATTLINE_BROKER=rabbitmq) does not answer. These files hold that answer's
# secret address: mode 0600, owned by whom RabbitMQ runs as.

# MQTT. Not loopback? Then with TLS (WATTLINE_TLS_CERT, WATTLINE_TLS_KEY).
mqtt.listeners.{kind}.1 = {setup.bind}:{setup.mqtt_port}
mqtt.listeners.{"tcp" if kind == "ssl" else "ssl"} = none
{tls}
# MQTT over WebSocket. RabbitMQ lets a page of any origin in: keep it on loopback behind the reverse proxy (deploy/),
# which serves it as {WS_PATH} and refuses foreign origins. A frame's size is bounded here, else it is not.
web_mqtt.{kind}.ip = {setup.bind}
web_mqtt.{kind}.port = {setup.ws_port}
{"web_mqtt.tcp.listener = none" if kind == "ssl" else ""}
web_mqtt.ws_path = {WS_PATH}
web_mqtt.ws_opts.compress = false
web_mqtt.ws_opts.max_frame_size = {MAX_PACKET_BYTES}
{ws_tls}
# No AMQP: our rules are about topics.
listeners.tcp = none

# What `python -m broker` closes the connections of a disabled agent or a removed device through. Without statistics.
management.tcp.ip = {setup.api_bind}
management.tcp.port = {setup.api_port}
management.disable_stats = true
management_agent.disable_metrics_collector = true

# Nobody is anonymous, no name is built in, nothing is left to a default user.
mqtt.allow_anonymous = false
anonymous_login_user = none
mqtt.vhost = /
mqtt.exchange = amq.topic
load_definitions = {setup.directory / DEFINITIONS}

# Payloads up to 64 KiB; before the sign-in no more than a CONNECT with a token and a will needs.
mqtt.max_packet_size_unauthenticated = {2 * MAX_TOKEN_CHARS}
mqtt.max_packet_size_authenticated = {MAX_PACKET_BYTES}

# How many messages may be on their way to one connection unacknowledged: also the largest batch that the bridge sees.
mqtt.prefetch = 1000
# Retained messages in memory: the store on disk leaves the words of a cleared message in its file. The bridge publishes
# what is retained again at each connect.
mqtt.retained_message_store = rabbit_mqtt_retained_msg_store_ets
mqtt.max_session_expiry_interval_seconds = {SESSION_S}

# Who may sign in and what each may do then is asked of `python -m broker`: one table
# (chat_core/contract/policy.py) decides, level by level. The order of who is asked stands in {ADVANCED}, which alone
# can write it.
auth_http.http_method = post
auth_http.user_path = {setup.authority}/user
auth_http.vhost_path = {setup.authority}/vhost
auth_http.resource_path = {setup.authority}/resource
auth_http.topic_path = {setup.authority}/topic
auth_http.request_timeout = 5000
auth_http.connection_timeout = 2000

# A token's signature and its end are checked by RabbitMQ itself, which closes the connection at `exp`.
auth_oauth2.resource_server_id = {Audience.MQTT}
auth_oauth2.preferred_username_claims.1 = sub
auth_oauth2.additional_scopes_key = aud

# At `debug` it would log tokens and keys.
log.console = true
log.console.level = warning
log.file = false
{_render_cluster(setup) if setup.hosts else ""}"""


def _render_cluster(setup: RabbitSetup) -> str:
    """Return what a node of a cluster has beyond a single RabbitMQ."""
    nodes = "".join(
        f"cluster_formation.classic_config.nodes.{number} = {node_name(host)}\n"
        for number, host in enumerate(setup.hosts, start=1)
    )
    return f"""
# The cluster: its nodes find each other by this list. Enable its Raft-based metadata once all run, on any one of them:
#   rabbitmqctl enable_feature_flag --experimental khepri_db
# Without it a node that was cut off never joins again by itself; the setting below then stops it in time, mostly.
cluster_name = wattline
cluster_formation.peer_discovery_backend = classic_config
{nodes}cluster_formation.target_cluster_size_hint = {len(setup.hosts)}
cluster_partition_handling = pause_minority

# A node that does not answer is given up after so many seconds (of 60). Until then whoever needs it waits, such as a
# client who says something for the first time, when the node led the bridge's session. Its clients' queues are deleted.
# When it goes on, nothing reaches who is still connected there, so `python -m broker` closes those connections.
net_ticktime = {NODE_SILENCE_S}
# A change that was asked of a leader who is cut off is not asked of the next one. By default it waits for 30 s, and the
# queue of a client who leaves takes nothing meanwhile: at 400 messages for it RabbitMQ reads no more from the bridge.
metadata_store.khepri.default_timeout = {METADATA_MS}
raft.adaptive_failure_detector.poll_interval = 1000

# Sessions that outlive their connection are kept by a majority of the nodes, also those from before the others joined.
mqtt.durable_queue_type = quorum
quorum_queue.continuous_membership_reconciliation.enabled = true
quorum_queue.continuous_membership_reconciliation.interval = {RECONCILE_MS}
quorum_queue.continuous_membership_reconciliation.target_group_size = {min(len(setup.hosts), GROUP)}
"""


def node_name(host: str) -> str:
    return f"rabbit@{host}"


def render_advanced(setup: RabbitSetup) -> str:
    """
    Return the whole advanced.config.

    A token needs both its own scopes (OAuth 2) and our answer (HTTP); a device's password needs our answer. The scopes
    are the same for everybody and narrow nothing.
    """
    kernel = f" {{kernel, [{{net_tickintensity, {TICKS}}}]}},\n" if setup.hosts else ""
    scopes = ", ".join(f'<<"{Audience.MQTT}.{what}:*/*/*">>' for what in ("read", "write", "configure"))
    return f"""\
%% Wattline's RabbitMQ: what rabbitmq.conf cannot say. Written by `wattline broker render rabbitmq`.
[
{kernel} {{rabbit, [{{auth_backends, [
   {{rabbit_auth_backend_oauth2, [rabbit_auth_backend_oauth2, rabbit_auth_backend_http]}},
   rabbit_auth_backend_http
 ]}}]}},
 {{rabbitmq_auth_backend_oauth2, [
   %% The keys by their kid, asked for when a token names one that is not known yet: a rotation needs no restart.
   {{key_config, [{{jwks_url, "{setup.authority}/{KEYS}"}}, {{algorithms, [<<"HS256">>]}}]}},
   {{scope_aliases, #{{<<"{Audience.MQTT}">> => [{scopes}]}}}}
 ]}}
].
"""


def render_definitions(setup: RabbitSetup) -> str:
    """
    Return the whole definitions.json: a virtual host without users, its queues' bounds, and the bridge's sessions.

    A session is there before the bridge connects for the first time: what clients say until then waits in it. It is
    what RabbitMQ itself would make.
    """
    known: dict[str, object] = {"vhosts": [{"name": "/"}], "users": [], "permissions": [], "topic_permissions": []}
    if setup.sessions:
        known |= {
            "queues": [_session(client_id) for client_id in setup.sessions],
            "bindings": [_binding(client_id, one) for client_id in setup.sessions for one in BRIDGE_FILTERS],
        }
    policies = _policies("queues", "", {})
    if setup.hosts:
        # By default a quorum queue drops a message that it has handed out 20 times: a bridge may fail more often.
        policies += _policies("quorum_queues", "-kept", {"delivery-limit": -1})
    return json.dumps(known | {"policies": policies}, indent=1) + "\n"


def _session(client_id: str) -> dict[str, object]:
    return {
        "vhost": "/",
        "name": session_queue(client_id),
        "durable": True,
        "auto_delete": False,
        "arguments": {"x-queue-type": "quorum", "x-expires": SESSION_S * 1_000},
    }


def _binding(client_id: str, topic_filter: str) -> dict[str, object]:
    return {
        "vhost": "/",
        "source": "amq.topic",
        "destination": session_queue(client_id),
        "destination_type": "queue",
        "routing_key": topic_filter.replace("/", ".").replace("+", "*"),
        "arguments": {},
    }


def session_queue(client_id: str) -> str:
    """Return the name that RabbitMQ gives the queue of a kept session."""
    return f"mqtt-subscription-{client_id}qos1"


def _policies(kind: str, suffix: str, more: dict[str, object]) -> list[dict[str, object]]:
    """Return the bounds for one kind of queues. Of two that fit, RabbitMQ takes the one with `more`."""
    return [
        {
            "vhost": "/",
            "name": f"wattline-{name}{suffix}",
            "pattern": pattern,
            "apply-to": kind,
            "priority": len(more),
            "definition": {"max-length": messages, "max-length-bytes": size_bytes, "overflow": overflow, **more},
        }
        for name, pattern, messages, size_bytes, overflow in _QUEUES
    ]


def render_plugins() -> str:
    return f"[{', '.join(_ENABLED)}].\n"


def render_environment(setup: RabbitSetup) -> str:
    files = {"CONFIG_FILE": CONF, "ADVANCED_CONFIG_FILE": ADVANCED, "ENABLED_PLUGINS_FILE": PLUGINS}
    lines = {name: str(setup.directory / file) for name, file in files.items()}
    if setup.hosts:
        lines |= {"NODENAME": node_name(setup.host), "USE_LONGNAME": str("." in setup.host).lower()}
    return "".join(f"{name}={value}\n" for name, value in lines.items())
