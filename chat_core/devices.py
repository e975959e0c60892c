"""Devices beyond their credentials: the mapping of native topics, and what is flashed onto each kind. Pure."""

import json
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from chat_core.tokens import Credentials

# The setting that says as which meter's readings a device's own topics are read:
# {device: {"meter": "m-…", "forms": {topic: "json" | "kwh" | "wh" | "kw" | "w"}}}
NATIVE_METERS: Final = "native_meters"


def _micropython(client: str, c: Credentials, host: str, port: int) -> str:
    return (
        "# config.py, beside main.py and wattline.py of examples/micropython\n"
        f"HOST = {json.dumps(host)}\nPORT = {port}\nUSER = {json.dumps(c.username)}\n"
        f"PASSWORD = {json.dumps(c.password)}\nCLIENT = {json.dumps(client)}\n"
    )


def _esphome(client: str, c: Credentials, host: str, port: int) -> str:
    return (
        "# secrets.yaml, beside display.yaml of examples/esphome\n"
        f"mqtt_host: {json.dumps(host)}\nmqtt_port: {port}\nmqtt_username: {json.dumps(c.username)}\n"
        f"mqtt_password: {json.dumps(c.password)}\nmqtt_client_id: {json.dumps(c.client_id)}\n"
        f"wattline_client: {json.dumps(client)}\n"
    )


def _tasmota(client: str, c: Credentials, host: str, port: int) -> str:
    return (
        f"Backlog MqttHost {host}; MqttPort {port}; MqttUser {c.username}; MqttPassword {c.password}; "
        f"MqttClient {c.client_id}; SetOption3 1\n"
        f"# then the rules of examples/tasmota, with {client} for CLIENT\n"
    )


def _homeassistant(client: str, c: Credentials, host: str, port: int) -> str:
    display = f"support/{client}/display"
    return (
        "# for the home's own mosquitto.conf, beside examples/homeassistant\n"
        f"connection wattline\naddress {host}:{port}\nremote_username {c.username}\nremote_password {c.password}\n"
        f"remote_clientid {c.client_id}\nlocal_clientid wattline\nbridge_protocol_version mqttv311\n"
        "try_private false\nnotifications false\ncleansession true\nrestart_timeout 1 30\n"
        f"topic {display} in 1\ntopic {display}/unread in 1\ntopic {display}/text in 1\ntopic {display}/ack out 1\n"
    )


def _nodered(client: str, c: Credentials, host: str, port: int) -> str:
    display = f"support/{client}/display"
    return (
        "# Node-RED's environment for examples/nodered/flow.json; user and password go into its broker's dialogue\n"
        f"WATTLINE_HOST={host}\nWATTLINE_MQTT_PORT={port}\nWATTLINE_CLIENT_ID={c.client_id}\n"
        f"WATTLINE_TEXT={display}/text\nWATTLINE_UNREAD={display}/unread\nWATTLINE_ACK={display}/ack\n"
        f"# user {c.username}\n# password {c.password}\n"
    )


def _shell(client: str, c: Credentials, host: str, port: int) -> str:
    login = f"-h {host} -p {port} -u {c.username} -P '{c.password}' -i {c.client_id}"
    return f"mosquitto_sub {login} -q 1 -t support/{client}/display/text\n"


KINDS: Final[Mapping[str, Callable[[str, Credentials, str, int], str]]] = {
    "micropython": _micropython,
    "esphome": _esphome,
    "tasmota": _tasmota,
    "homeassistant": _homeassistant,
    "nodered": _nodered,
    "shell": _shell,
}


def what_to_flash(kind: str, client: str, credentials: Credentials) -> str:
    """The lines for a device of this kind. Args: kind: one of KINDS; client: whose device it is."""
    at = urlsplit(credentials.url)
    return KINDS[kind](client, credentials, at.hostname or "", at.port or 1883)
