"""Write what is flashed onto, or configured in, each kind of device."""

import json
from collections.abc import Collection, Mapping
from importlib.resources import files
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from chat_core.runtime.brokers import BrokerProfile
from chat_core.runtime.tokens import Credentials


class DevicePart(NamedTuple):
    """
    Hold one text for a device: it is pasted or saved as it is, without a word of instruction.

    `name`: where it belongs, such as a file's name; the board has a sentence for each. `{tls}` in `lines` is replaced
    by the setup's `tls` if the broker uses TLS. A field with `_q` is quoted; `ca` is mosquitto's option for the
    authority's file, and `authority` names it in words. `fields`: pairs of label and value to enter one by one,
    instead of lines. `example`: the file of examples/ that it is, instead of lines.
    """

    name: str
    lines: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    example: str = ""


class Setup(NamedTuple):
    """
    Hold the parts for one kind of device, and the comments around them on the command line.

    `printed`: how many of the parts are printed there; the others are files of examples/. `tls_note`: a comment
    printed if the broker uses TLS. `topics`: on which the device publishes its meter's readings; `{name}` is the
    device's id without `d-`.
    """

    title: str
    parts: tuple[DevicePart, ...]
    printed: int = 1
    tls: str = ""
    tls_note: str = ""
    note: str = ""
    topics: tuple[str, ...] = ()


class FilledPart(NamedTuple):
    """Hold a part's text for one device, and its pairs of label and value if it has any."""

    name: str
    text: str
    fields: tuple[tuple[str, str], ...] = ()


# A Tasmota's build with TLS is needed for SetOption103.
_TASMOTA_TLS: Final = "# SetOption103 is TLS, which only Tasmota's builds with TLS have\n"
_BACKLOG: Final = (
    "Backlog MqttHost {host}; MqttPort {port}; MqttUser {user}; MqttPassword {password}; "
    "MqttClient {client_id}{own_topic}"
)
_LOGIN: Final = (("Username", "{user}"), ("Password", "{password}"), ("Client ID", "{client_id}"))

KINDS: Final[Mapping[str, Setup]] = {
    "micropython": Setup(
        "# config.py, beside main.py and wattline.py of examples/micropython\n",
        (
            DevicePart(
                "config.py",
                "HOST = {host_q}\nPORT = {port}\nUSER = {user_q}\nPASSWORD = {password_q}\nCLIENT = {client_q}\n",
            ),
            DevicePart("main.py", example="micropython-main.txt"),
            DevicePart("wattline.py", example="micropython-wattline.txt"),
        ),
        tls_note="# The broker is reached by TLS, which this example does not speak: give it a listener without.\n",
    ),
    "esphome": Setup(
        "# secrets.yaml, beside display.yaml of examples/esphome\n",
        (
            DevicePart(
                "secrets.yaml",
                "mqtt_host: {host_q}\nmqtt_port: {port}\nmqtt_username: {user_q}\nmqtt_password: {password_q}\n"
                "mqtt_client_id: {client_id_q}\nwattline_client: {client_q}\n",
            ),
            DevicePart("display.yaml", example="esphome-display.txt"),
        ),
        tls_note="# TLS: put {authority} into display.yaml, as certificate_authority of mqtt\n",
    ),
    "tasmota": Setup(
        "",
        (
            DevicePart("console", f"{_BACKLOG}; SetOption3 1; SetOption103 {{tls_on}}\n"),
            DevicePart("rules", example="tasmota-rules.txt"),
        ),
        printed=2,
        tls_note=_TASMOTA_TLS,
        topics=("tele/{name}/SENSOR",),
    ),
    "homeassistant": Setup(
        "# for the home's own mosquitto.conf, beside examples/homeassistant\n",
        (
            DevicePart(
                "mosquitto.conf",
                "connection wattline\naddress {host}:{port}\n"
                "remote_username {user}\nremote_password {password}\nremote_clientid {client_id}\n"
                "local_clientid wattline\nbridge_protocol_version {bridging}\n"
                "{tls}notifications true\nnotifications_local_only true\nnotification_topic wattline/{client}/linked\n"
                "cleansession true\nrestart_timeout 1 30\n"
                "topic {display} in 1\ntopic {display}/unread in 1\ntopic {display}/text in 1\n"
                "topic {display}/ack out 1\ntopic meter/{client}/+/reading out 1\n",
            ),
            DevicePart("configuration.yaml", example="homeassistant-discovery.txt"),
        ),
        tls="bridge_{ca}\n",
    ),
    "nodered": Setup(
        "# Node-RED's environment for examples/nodered/flow.json; user and password go into its broker's dialogue\n",
        (
            DevicePart(
                "environment",
                "WATTLINE_HOST={host}\nWATTLINE_MQTT_PORT={port}\nWATTLINE_CLIENT_ID={client_id}\n"
                "WATTLINE_TEXT={display}/text\nWATTLINE_UNREAD={display}/unread\nWATTLINE_ACK={display}/ack\n",
            ),
        ),
        tls_note="# TLS is on, with {authority}: enable it there too\n",
        note="# user {user}\n# password {password}\n",
    ),
    "shelly": Setup(
        "# Shelly of {owner}, second generation or later: Settings, MQTT\n",
        (DevicePart("shelly", fields=(("Server", "{host}:{port}"), *_LOGIN, ("MQTT prefix", "{name}"))),),
        tls_note="Connection type: TLS, with {authority}\n",
        note="Generic status update over MQTT: on\n",
        topics=tuple(
            f"{{name}}/status/{part}" for part in ("em:0", "emdata:0", "em1:0", "em1data:0", "pm1:0", "switch:0")
        ),
    ),
    "p1": Setup(
        "# DSMR-reader at the meter of {owner}: Configuration, MQTT\n",
        (
            DevicePart(
                "p1",
                fields=(("Host", "{host}"), ("Port", "{port}"), *_LOGIN, ("Telegram: JSON, topic", "{name}/json")),
            ),
        ),
        tls_note="Secure: TLS, with {authority}\n",
        topics=("{name}/json",),
    ),
    "sml": Setup(
        "# Tasmota with an infrared head at the meter of {owner}: console, then the script of Scripting\n",
        (
            DevicePart("console", f"{_BACKLOG}; TelePeriod 60; SetOption103 {{tls_on}}\n"),
            DevicePart(
                "script",
                ">D\n>B\n=>sensor53 r\n>M 1\n+1,3,s,0,9600,SML\n"
                "1,77070100010800ff@1000,Total in,kWh,Total_in,4\n1,77070100100700ff@1,Power,W,Power_curr,0\n#\n",
            ),
        ),
        printed=2,
        tls_note=_TASMOTA_TLS,
        topics=("tele/{name}/SENSOR",),
    ),
    "shell": Setup(
        "",
        (
            DevicePart(
                "shell",
                "mosquitto_sub {tls}-h {host} -p {port} -u {user} -P '{password}' -i {client_id} "
                "-q 1 -t {display}/text\n",
            ),
        ),
        tls="--{ca} ",
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


class Flash(NamedTuple):
    """
    Hold what a device is given.

    `printed`: the parts that are filled in for it, with comments that say where they go. `parts`: all, without them.
    `certificate`: the file of the authority that signed the broker's certificate, "" for one that every device knows,
    None without TLS.
    """

    printed: str
    parts: tuple[FilledPart, ...]
    certificate: str | None


def what_to_flash(
    kind: str,
    client: str,
    credentials: Credentials,
    broker: BrokerProfile,
    authority: str = "",
    topics: Collection[str] = (),
    owner: str = "",
) -> Flash:
    """
    Return what a device of this kind is given.

    Args: kind: one of KINDS; client: the device's client; authority: the file of the authority that signed the broker's
        certificate, "" for one that every device knows; topics: the device's further ones. Where the kind's own are
        among them, the lines of a Tasmota set its name. owner: the client's name, for the printed title.
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
    facts["tls"] = setup.tls.format(**facts) if has_tls else ""
    parts = tuple(_filled(part, facts) for part in setup.parts)
    comments = (setup.tls_note if has_tls else "") + setup.note
    lines = "".join(part.text for part in parts[: setup.printed])
    printed = setup.title.format(**facts) + lines + comments.format(**facts)
    return Flash(printed, parts, authority if has_tls else None)


def _filled(part: DevicePart, facts: Mapping[str, str]) -> FilledPart:
    """Return a part with the device's facts in it."""
    if part.example:
        return FilledPart(part.name, _example(part.example, facts["client"]))
    fields = tuple((label, value.format(**facts)) for label, value in part.fields)
    text = "".join(f"{label}: {value}\n" for label, value in fields) or part.lines.format(**facts)
    return FilledPart(part.name, text, fields)


def _example(name: str, client: str) -> str:
    """Return a file of examples/ for the client: rules without their comments, discovery messages as YAML."""
    text = (files("chat_core") / "defaults" / "devices" / name).read_text(encoding="utf-8")
    if name == "tasmota-rules.txt":
        rules = [line for line in text.splitlines(keepends=True) if not line.startswith("#")]
        return "".join(rules).replace("CLIENT", client)
    if name == "homeassistant-discovery.txt":
        found = json.loads(text.replace("CLIENT", client)).items()
        # The meter's messages need its name, which is not known here. A value of JSON is one of YAML.
        entities = [(topic.split("/")[1], config) for topic, config in found if "METER" not in topic]
        return "mqtt:\n" + "".join(
            f"  - {platform}:\n" + "".join(f"      {key}: {json.dumps(value)}\n" for key, value in config.items())
            for platform, config in entities
        )
    return text
