"""RabbitMQ's driver: it answers one that runs elsewhere, and writes its files. Touches sockets, files, the store."""

from pathlib import Path

from broker.rabbitmq import files, server
from chat_core.runtime.config import Config
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.runtime.keys import Keys


def serve(config: Config, heart: Heartbeat) -> int:
    """Answer RabbitMQ's questions about sign-ins and topics. Raises: OSError when the port is taken; StoreDown."""
    return server.run(config, heart)


def render(config: Config, folder: Path) -> None:
    """Write configuration, definitions and plugins. Raises: OSError."""
    files.write(files.setup_for(config, folder, Keys.open(config.data)))
