"""
Define what `python -m broker` asks of a broker: serve, and write files. Imports only the configured broker.

What the rest of the product must know of a broker is data: `chat_core.runtime.brokers`.
"""

from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from chat_core.runtime.config import Config
from chat_core.runtime.heartbeat import Heartbeat


class BrokerDriver(Protocol):
    """The module `broker/<name>/driver.py` of a broker in `chat_core.runtime.brokers.BROKERS`."""

    def serve(self, config: Config, heart: Heartbeat) -> int:
        """
        Run the broker, or what stands beside one that runs elsewhere, until SIGTERM or SIGINT; return the exit status.

        Raises: WattlineError, OSError when it cannot start.
        """

    def render(self, config: Config, folder: Path) -> None:
        """
        Write a complete configuration for one that runs elsewhere, where the profile says `is_rendered`.

        Raises: WattlineError, OSError.
        """


def find_driver(name: str) -> BrokerDriver:
    """Return the driver of the broker. Args: name: one of BROKERS. Only this broker's packages are imported."""
    return cast(BrokerDriver, import_module(f"broker.{name}.driver"))
