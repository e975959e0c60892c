"""One MQTT connection of a test's own, on paho, that tells what it heard and whether it was sent away."""

import secrets
import threading
from contextlib import suppress
from pathlib import Path
from typing import Literal

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from chat_core.contract import ids
from tests.waiting import WITHIN_S, wait_until


def end_loop(client: mqtt.Client) -> None:
    """Disconnect, and wait for the client's own thread, which ends then."""
    client.disconnect()
    with suppress(AttributeError):  # the thread sets itself to None, also between paho's look at it and its join
        client.loop_stop()


class MqttPeer:
    """Connected, or refused, when made; never reconnects. `heard` is what it received. Args: ca_file: turns TLS on."""

    def __init__(
        self,
        port: int,
        username: str,
        password: str,
        transport: Literal["tcp", "websockets"] = "tcp",
        host: str = "127.0.0.1",
        ca_file: Path | None = None,
    ) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.gone = threading.Event()
        self._answers: list[int] = []
        self.link = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=ids.new_client_id(username, secrets.token_bytes(16)),
            transport=transport,
            reconnect_on_failure=False,
        )
        self.link.username_pw_set(username, password)
        if ca_file:
            self.link.tls_set(str(ca_file))
        self.link.on_connect = lambda _c, _d, _f, reason, _p: self._answers.append(reason.value)
        self.link.on_message = lambda _c, _d, message: self.heard.append((message.topic, bytes(message.payload)))
        self.link.on_disconnect = lambda *_: self.gone.set()
        self.link.connect(host, port)
        self.link.loop_start()
        wait_until(lambda: self._answers or self.gone.is_set())

    @property
    def accepted(self) -> bool:
        return self._answers[:1] == [0]

    def hear(self, *topic_filters: str) -> "MqttPeer":
        """Subscribed, QoS 1; the broker has answered, whatever it granted."""
        done = threading.Event()
        self.link.on_subscribe = lambda *_: done.set()
        self.link.subscribe([(topic_filter, 1) for topic_filter in topic_filters])
        assert done.wait(WITHIN_S)
        return self

    def say(self, topic: str, payload: bytes = b"x", *, retain: bool = False) -> None:
        self.link.publish(topic, payload, qos=1, retain=retain).wait_for_publish(WITHIN_S)

    def close(self) -> None:
        end_loop(self.link)
