"""
Take part in Wattline's conversations from Python, and use its REST API.

    from wattline_client import Client

    with Client.as_guest("https://chat.example") as guest:
        id = guest.say("Why 40 kWh yesterday?")
        print(guest.wait_stored(id).seq)  # on the server's disk
"""

from bridge.mqtt.given_login import login_of
from bridge.participant.participant import Participant
from chat_core.contract.errors import NotAllowed, NotSignedIn, Unavailable, WattlineError
from chat_core.contract.payloads import Command, Do, Entry, EventKind, Marker, Refusal, Said, SaidKind, Summary
from wattline_client.client import Client
from wattline_client.disk_outbox import DiskOutbox
from wattline_client.rest import Rest, ServerRefusal
from wattline_client.session import ClientSession

__all__ = [
    "Client",
    "ClientSession",
    "Command",
    "DiskOutbox",
    "Do",
    "Entry",
    "EventKind",
    "Marker",
    "NotAllowed",
    "NotSignedIn",
    "Participant",
    "Refusal",
    "Rest",
    "Said",
    "SaidKind",
    "ServerRefusal",
    "Summary",
    "Unavailable",
    "WattlineError",
    "login_of",
]
