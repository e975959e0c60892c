"""
A bot that repeats what clients say: `python examples/echo_bot.py b-echo`, on the machine where `wattline up` runs.

Its answer's id follows from what it answers, so an entry that is heard twice is answered once.
"""

import json
import subprocess
import sys
import time

from bridge.mqtt.link import Login
from bridge.participant import Participant, login_of
from chat_core.contract.ids import Role, role_of
from chat_core.contract.payloads import Entry

me = sys.argv[1]
started_ms = time.time_ns() // 1_000_000


def login() -> Login:
    """Fresh credentials for each connection: a token ends after a while."""
    return login_of(json.loads(subprocess.check_output(["wattline", "token", me])))


def answer(client: str, entry: Entry) -> None:
    """Answer a client's new text; what was said before we came, others have answered."""
    if entry.kind == "text" and role_of(entry.sender) is Role.CLIENT and entry.at >= started_ms:
        bot.say(f"You said: {entry.text}"[:4000], client, id=f"echo-{entry.seq}")


bot = Participant(me, login)
bot.on_entry = answer
with bot:
    bot.wait_closed()
