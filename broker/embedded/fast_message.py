"""Encode a PUBLISH once, however many receive it. The plain way is amqtt's `PublishPacket.build`, once a receiver."""

from dataclasses import dataclass, field

from amqtt.mqtt import PublishPacket


@dataclass(slots=True, eq=False)
class Message:
    """
    Hold a message for its receivers.

    Args: retained: send it with the retain flag; answers: it answers a SUBSCRIBE, and the broker stores it anyway.
    """

    topic: str
    payload: bytes
    qos: int
    retained: bool = False
    answers: bool = False
    _frames: dict[int, bytes] = field(default_factory=dict)

    def frame(self, qos: int, packet_id: int = 0, *, again: bool = False) -> bytes:
        """Return the PUBLISH at this QoS, with DUP when sent again; encoded once for all receivers."""
        made = self._frames.get(qos)
        if made is None:
            number = 0 if qos else None
            made = PublishPacket.build(self.topic, self.payload, number, False, qos, self.retained).to_bytes()
            self._frames[qos] = made
        if not qos:
            return made
        at = len(made) - len(self.payload) - 2
        head = bytes((made[0] | PublishPacket.DUP_FLAG,)) if again else made[:1]
        return head + made[1:at] + packet_id.to_bytes(2, "big") + made[at + 2 :]
