"""Write what is flashed onto, or configured in, each kind of device."""

import json
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from chat_core.runtime.brokers import BrokerProfile
from chat_core.runtime.tokens import Credentials


class Setup(NamedTuple):
    """
    Hold the lines for one kind of device. `{tls}` in them is replaced by `tls` if the broker uses TLS.

    A field with `_q` is quoted; `ca` is mosquitto's option for the authority's file, and `authority` names it in words.
    `topics`: on which the device publishes its meter's readings; `{name}` is the device's id without `d-`.
    """

    lines: str
    tls: str
    topics: tuple[str, ...] = ()


KINDS: Final[Mapping[str, Setup]] = {
    "micropython": Setup(
        "# config.py, beside main.py and wattline.py of examples/micropython\n"
        "HOST = {host_q}\nPORT = {port}\nUSER = {user_q}\nPASSWORD = {password_q}\nCLIENT = {client_q}\n{tls}",
        "# The broker is reached by TLS, which this example does not speak: give it a listener without.\n",
    ),
    "esphome": Setup(
        "# secrets.yaml, beside display.yaml of examples/esphome\n"
        "mqtt_host: {host_q}\nmqtt_port: {port}\nmqtt_username: {user_q}\nmqtt_password: {password_q}\n"
        "mqtt_client_id: {client_id_q}\nwattline_client: {client_q}\n{tls}",
        "# TLS: put {authority} into display.yaml, as certificate_authority of mqtt\n",
    ),
    "tasmota": Setup(
        "Backlog MqttHost {host}; MqttPort {port}; MqttUser {user}; MqttPassword {password}; "
        "MqttClient {client_id}{own_topic}; SetOption3 1; SetOption103 {tls_on}\n"
        "{tls}# then the rules of examples/tasmota, with {client} for CLIENT\n",
        "# SetOption103 is TLS, which only Tasmota's builds with TLS have\n",
        ("tele/{name}/SENSOR",),
    ),
    "homeassistant": Setup(
        "# for the home's own mosquitto.conf, beside examples/homeassistant\n"
        "connection wattline\naddress {host}:{port}\n"
        "remote_username {user}\nremote_password {password}\nremote_clientid {client_id}\n"
        "local_clientid wattline\nbridge_protocol_version {bridging}\n"
        "{tls}notifications true\nnotifications_local_only true\nnotification_topic wattline/{client}/linked\n"
        "cleansession true\nrestart_timeout 1 30\n"
        "topic {display} in 1\ntopic {display}/unread in 1\ntopic {display}/text in 1\ntopic {display}/ack out 1\n"
        "topic meter/{client}/+/reading out 1\n",
        "bridge_{ca}\n",
    ),
    "nodered": Setup(
        "# Node-RED's environment for examples/nodered/flow.json; user and password go into its broker's dialogue\n"
        "WATTLINE_HOST={host}\nWATTLINE_MQTT_PORT={port}\nWATTLINE_CLIENT_ID={client_id}\n"
        "WATTLINE_TEXT={display}/text\nWATTLINE_UNREAD={display}/unread\nWATTLINE_ACK={display}/ack\n"
        "# user {user}\n# password {password}\n{tls}",
        "# TLS is on, with {authority}: enable it there too\n",
    ),
    "shelly": Setup(
        "# Shelly of {owner}, second generation or later: Settings, MQTT\n"
        "Server: {host}:{port}\nClient ID: {client_id}\nUsername: {user}\nPassword: {password}\n"
        "MQTT prefix: {name}\nGeneric status update over MQTT: on\n{tls}",
        "Connection type: TLS, with {authority}\n",
        tuple(f"{{name}}/status/{part}" for part in ("em:0", "emdata:0", "em1:0", "em1data:0", "pm1:0", "switch:0")),
    ),
    "p1": Setup(
        "# DSMR-reader at the meter of {owner}: Configuration, MQTT\n"
        "Host: {host}\nPort: {port}\nUsername: {user}\nPassword: {password}\nClient ID: {client_id}\n{tls}"
        "# Telegram: JSON, topic {name}/json\n",
        "Secure: TLS, with {authority}\n",
        ("{name}/json",),
    ),
    "sml": Setup(
        "# Tasmota with an infrared head at the meter of {owner}: console, then the script of Scripting\n"
        "Backlog MqttHost {host}; MqttPort {port}; MqttUser {user}; MqttPassword {password}; "
        "MqttClient {client_id}{own_topic}; TelePeriod 60; SetOption103 {tls_on}\n{tls}"
        ">D\n>B\n=>sensor53 r\n>M 1\n+1,3,s,0,9600,SML\n"
        "1,77070100010800ff@1000,Total in,kWh,Total_in,4\n1,77070100100700ff@1,Power,W,Power_curr,0\n#\n",
        "# SetOption103 is TLS, which only Tasmota's builds with TLS have\n",
        ("tele/{name}/SENSOR",),
    ),
    "shell": Setup(
        "mosquitto_sub {tls}-h {host} -p {port} -u {user} -P '{password}' -i {client_id} -q 1 -t {display}/text\n",
        "--{ca} ",
    ),
}


def topics_of(kind: str, device: str) -> list[str]:
    """Return the topics of a device's meter, by its kind; none for a display."""
    return [topic.format(name=device.removeprefix("d-")) for topic in KINDS[kind].topics]


def readings_of(
    kind: str | None, device: str, forms: Mapping[str, str], meter: str | None
) -> tuple[dict[str, str], str | None]:
    """
    Return the device's further topics with their formats, and the meter whose readings they are.

    These are the given ones; without topics, the kind's own and, without a meter, one of the device's name.
    """
    own = topics_of(kind, device) if kind is not None and not forms else []
    if not own:
        return dict(forms), meter
    return dict.fromkeys(own, "json"), meter or f"m-{device.removeprefix('d-')}"


def what_to_flash(
    kind: str,
    client: str,
    credentials: Credentials,
    broker: BrokerProfile,
    authority: str = "",
    topics: Collection[str] = (),
    owner: str = "",
) -> str:
    """
    Return the lines for a device of this kind.

    Args: kind: one of KINDS; client: the device's client; authority: the file of the authority that signed the broker's
        certificate, "" for one that every device knows; topics: the device's further ones. Where the kind's own are
        among them, the lines of a Tasmota set its name. owner: the client's name, for the lines' title.
    """
    url = urlsplit(credentials.url)
    has_tls = url.scheme == "mqtts"
    facts = {
        "host": url.hostname or "",
        "user": credentials.username,
        "password": credentials.password,
        "client": client,
        "owner": owner or client,
        "name": credentials.username.removeprefix("d-"),
        "client_id": credentials.client_id,
    }
    facts |= {f"{name}_q": json.dumps(value) for name, value in facts.items()}
    named = set(topics_of(kind, credentials.username))
    facts |= {
        "own_topic": f"; Topic {facts['name']}" if named and named <= set(topics) else "",
        "port": str(url.port or (8883 if has_tls else 1883)),
        "tls_on": str(int(has_tls)),
        "display": f"support/{client}/display",
        "bridging": broker.bridging,
        "authority": authority or "the authority of the broker's certificate",
        "ca": f"cafile {authority}" if authority else "capath /etc/ssl/certs",
    }
    setup = KINDS[kind]
    return setup.lines.format(tls=setup.tls.format(**facts) if has_tls else "", **facts)
