"""Devices beyond their credentials: the mapping of native topics, and what is flashed onto each kind."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from chat_core.runtime.brokers import BrokerProfile
from chat_core.runtime.tokens import Credentials


@dataclass(frozen=True, slots=True)
class At:
    """
    Hold the broker's address for a device, and whether it uses TLS.

    Args: bridging: what the mosquitto.conf of a home says to connect to it; authority: the file of
        who signed the broker's certificate; "" for one that every device knows.
    """

    host: str
    port: int
    bridging: str
    tls: bool = False
    authority: str = ""

    @property
    def whom_to_believe(self) -> str:
        """The authority in words, for kinds into which it is put by hand."""
        return self.authority or "the authority of the broker's certificate"


def _micropython(client: str, c: Credentials, at: At) -> str:
    return (
        "# config.py, beside main.py and wattline.py of examples/micropython\n"
        f"HOST = {json.dumps(at.host)}\nPORT = {at.port}\nUSER = {json.dumps(c.username)}\n"
        f"PASSWORD = {json.dumps(c.password)}\nCLIENT = {json.dumps(client)}\n"
        + (
            "# The broker is reached by TLS, which this example does not speak: give it a listener without.\n"
            if at.tls
            else ""
        )
    )


def _esphome(client: str, c: Credentials, at: At) -> str:
    return (
        "# secrets.yaml, beside display.yaml of examples/esphome\n"
        f"mqtt_host: {json.dumps(at.host)}\nmqtt_port: {at.port}\nmqtt_username: {json.dumps(c.username)}\n"
        f"mqtt_password: {json.dumps(c.password)}\nmqtt_client_id: {json.dumps(c.client_id)}\n"
        f"wattline_client: {json.dumps(client)}\n"
        + (f"# TLS: put {at.whom_to_believe} into display.yaml, as certificate_authority of mqtt\n" if at.tls else "")
    )


def _tasmota(client: str, c: Credentials, at: At) -> str:
    return (
        f"Backlog MqttHost {at.host}; MqttPort {at.port}; MqttUser {c.username}; MqttPassword {c.password}; "
        f"MqttClient {c.client_id}; SetOption3 1; SetOption103 {int(at.tls)}\n"
        + ("# SetOption103 is TLS, which only Tasmota's builds with TLS have\n" if at.tls else "")
        + f"# then the rules of examples/tasmota, with {client} for CLIENT\n"
    )


def _homeassistant(client: str, c: Credentials, at: At) -> str:
    display = f"support/{client}/display"
    tls = ""
    if at.tls:
        tls = f"bridge_cafile {at.authority}\n" if at.authority else "bridge_capath /etc/ssl/certs\n"
    return (
        "# for the home's own mosquitto.conf, beside examples/homeassistant\n"
        f"connection wattline\naddress {at.host}:{at.port}\n"
        f"remote_username {c.username}\nremote_password {c.password}\nremote_clientid {c.client_id}\n"
        f"local_clientid wattline\nbridge_protocol_version {at.bridging}\n"
        f"{tls}notifications false\ncleansession true\nrestart_timeout 1 30\n"
        f"topic {display} in 1\ntopic {display}/unread in 1\ntopic {display}/text in 1\ntopic {display}/ack out 1\n"
    )


def _nodered(client: str, c: Credentials, at: At) -> str:
    display = f"support/{client}/display"
    return (
        "# Node-RED's environment for examples/nodered/flow.json; user and password go into its broker's dialogue\n"
        f"WATTLINE_HOST={at.host}\nWATTLINE_MQTT_PORT={at.port}\nWATTLINE_CLIENT_ID={c.client_id}\n"
        f"WATTLINE_TEXT={display}/text\nWATTLINE_UNREAD={display}/unread\nWATTLINE_ACK={display}/ack\n"
        f"# user {c.username}\n# password {c.password}\n"
        + (f"# TLS is on, with {at.whom_to_believe}: enable it there too\n" if at.tls else "")
    )


def _shell(client: str, c: Credentials, at: At) -> str:
    believed = f"--cafile {at.authority} " if at.authority else "--capath /etc/ssl/certs "
    login = f"{believed if at.tls else ''}-h {at.host} -p {at.port} -u {c.username} -P '{c.password}' -i {c.client_id}"
    return f"mosquitto_sub {login} -q 1 -t support/{client}/display/text\n"


KINDS: Final[Mapping[str, Callable[[str, Credentials, At], str]]] = {
    "micropython": _micropython,
    "esphome": _esphome,
    "tasmota": _tasmota,
    "homeassistant": _homeassistant,
    "nodered": _nodered,
    "shell": _shell,
}


def what_to_flash(kind: str, client: str, credentials: Credentials, broker: BrokerProfile, authority: str = "") -> str:
    """
    Return the lines for a device of this kind.

    Args: kind: one of KINDS; client: whose device it is; broker: which one it connects to; authority: as of At,
        where there is TLS.
    """
    url = urlsplit(credentials.url)
    tls = url.scheme == "mqtts"
    at = At(url.hostname or "", url.port or (8883 if tls else 1883), broker.bridging, tls, authority if tls else "")
    return KINDS[kind](client, credentials, at)
