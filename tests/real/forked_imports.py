"""Import all that Wattline's programs import: the server of `tests.real.forked` does it once, for its forks."""

import sys
from importlib import import_module

# Each fork runs one of these.
for _program in ("bridge", "bridge.demo", "bridge.rules", "broker", "chat_core", "web"):
    import_module(f"{_program}.__main__")
    del sys.modules[f"{_program}.__main__"]
# Imported where they are needed.
for _module in (
    "broker.embedded.driver",
    "broker.mosquitto.child",
    "broker.rabbitmq.server",
    "chat_core.cli.up",
    "web.outbound.mail_inbox",
):
    import_module(_module)
