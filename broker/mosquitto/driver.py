"""Run Mosquitto as a child process, or write the files of one that runs elsewhere. Touches processes and files."""

from pathlib import Path

from broker.mosquitto import child, files
from chat_core.contract.errors import Refused
from chat_core.runtime import clock
from chat_core.runtime.config import Config
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.runtime.keys import Keys
from chat_core.store import Store


def serve(config: Config, heart: Heartbeat) -> int:
    """Run Mosquitto as this process's child. Raises: BrokerDown, StoreDown."""
    return child.run(config, heart)


def render(config: Config, folder: Path, nodes: int) -> None:
    """Write password file, ACL and configuration. Raises: Refused, StoreDown, OSError."""
    if nodes != 1:
        raise Refused("--nodes: Mosquitto has no cluster; RabbitMQ has one.")
    with Store.open(config, migrate=True) as store:
        accounts = files.Accounts(store, Keys.open(config.data))
        accounts.prepare(clock.now_ms())
        setup = files.setup_for(config, folder, config.mqtt_port or 1883, config.ws_port or 9001)
        files.write(setup, accounts.read(clock.now_ms()))
