"""Take part in conversations from Python: as a client, an agent or a bot."""

from bridge.mqtt.given_login import login_of
from bridge.participant.participant import Participant

__all__ = ["Participant", "login_of"]
