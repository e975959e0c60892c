"""Define what `python -m broker` asks of a broker. `chat_core.runtime.brokers` holds what others must know of it."""

from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from chat_core.runtime.config import Config
from chat_core.runtime.heartbeat import Heartbeat


class BrokerDriver(Protocol):
    """Describe the module `broker/<name>/driver.py` of a broker in `chat_core.runtime.brokers.BROKERS`."""

    def serve(self, config: Config, heart: Heartbeat) -> int:
        """
        Run the broker, or the process beside it, until SIGTERM or SIGINT; return the exit status.

        Raises: WattlineError, OSError when it cannot start.
        """

    def render(self, config: Config, folder: Path, nodes: int) -> None:
        """
        Write a complete configuration for one that runs elsewhere.

        Args: nodes: of its cluster. Raises: WattlineError, OSError.
        """


def find_driver(name: str) -> BrokerDriver:
    """Return the driver of one of BROKERS. Imports only this broker's packages."""
    return cast(BrokerDriver, import_module(f"broker.{name}.driver"))
