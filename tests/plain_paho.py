"""Drive paho as it comes, with the interface of bridge.mqtt.fast_paho: its plain way, for tests and the ablation."""

from collections.abc import Callable

from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion


class PlainPaho(Client):
    """Hand each PUBLISH to `hear`; acknowledge when told to."""

    def __init__(self, client_id: str, *, hear: Callable[[MQTTMessage], None]) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id, protocol=MQTTv311, manual_ack=True)
        self.max_inflight_messages_set(0)
        self.on_message = lambda _client, _user, message: hear(message)

    def say(self, topic: str, payload: bytes, qos: int, retain: bool) -> bool:
        """Queue one message; return whether it was taken."""
        return not self.publish(topic, payload, qos, retain).rc
