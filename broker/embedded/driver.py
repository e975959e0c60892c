"""The embedded broker's driver: it serves; there are no files of it."""

from pathlib import Path

from broker.embedded import server
from chat_core.contract.errors import Refused
from chat_core.runtime.config import Config
from chat_core.runtime.heartbeat import Heartbeat


def serve(config: Config, heart: Heartbeat) -> int:
    """Run the embedded broker. Raises: OSError when a port is taken; StoreDown."""
    server.run(config, heart)
    return 0


def render(config: Config, folder: Path) -> None:
    """Raises: Refused, always: it is configured by the settings alone."""
    raise Refused("The embedded broker has no configuration to write.")
