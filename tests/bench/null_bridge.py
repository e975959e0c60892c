"""
Repeat on `log` what arrives on `msg`: the basis that the real bridge is measured against; stores nothing.

Takes one argument: a line of `wattline token` for the bridge's own identity.
"""

import json
import sys
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion


def answer(client: paho.Client, _user: object, message: paho.MQTTMessage) -> None:
    client.publish(message.topic.removesuffix("msg") + "log", message.payload, 1)


def ready(*_: object) -> None:
    sys.stdout.write("ready\n")


def main(credentials: dict[str, str]) -> None:
    url = urlsplit(credentials["url"])
    client = paho.Client(CallbackAPIVersion.VERSION2, credentials["client_id"], protocol=paho.MQTTv311)
    client.username_pw_set(credentials["username"], credentials["password"])
    client.max_inflight_messages_set(0)
    client.on_connect = lambda connected, *_: connected.subscribe("support/+/msg", 1)
    client.on_subscribe = ready
    client.on_message = answer
    client.connect(url.hostname or "127.0.0.1", url.port or 1883)
    client.loop_forever()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
