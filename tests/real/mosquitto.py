"""Start a real Mosquitto on its own ports."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from tests.real.parts import ATTEMPTS, Child, Server, find_program, free_port, short_dir

OPEN_TO_ALL = """
listener {port} 127.0.0.1
allow_anonymous true
"""  # for tests of a client, not of rights

Write = Callable[[Path, int, int], Path]


class Mosquitto(Server):
    """
    A running Mosquitto that listens on `port` and `ws_port`.

    Args: write: called with (folder, MQTT port, WebSocket port), writes a complete configuration there and returns the
        path of its mosquitto.conf. Called again with other ports if a port is in use.
    """

    def __init__(self, write: Write) -> None:
        self.program = find_program("mosquitto", "mosquitto")
        self.directory = short_dir("mq", 0o755)
        self.write = write
        self.port = self.ws_port = 0
        self.child = self._start()

    def _start(self) -> Child:
        for _ in range(ATTEMPTS):
            port, ws_port = (self.port or free_port()), (self.ws_port or free_port())
            config = self.write(self.directory, port, ws_port)
            child = Child([self.program, "-c", str(config)], log=self.directory / "mosquitto.out")
            if child.wait_for_port(port):
                self.port, self.ws_port = port, ws_port
                return child
        raise AssertionError(f"Mosquitto does not start:\n{child.log()}")

    def reload(self) -> None:
        """Send SIGHUP, so that it reads the password and ACL files again."""
        os.kill(self.pid, signal.SIGHUP)

    def kill(self) -> None:
        self.child.kill()

    def restart(self) -> None:
        """Start it again with the same ports and folder."""
        self.child.stop()
        self.child = self._start()

    def close(self) -> None:
        super().close()
        shutil.rmtree(self.directory, ignore_errors=True)


def with_text(text: str = OPEN_TO_ALL) -> Mosquitto:
    """
    A Mosquitto with this configuration, in which `{port}`, `{ws_port}` and `{directory}` are filled in.

    Started by root it would drop to the user `mosquitto`, who cannot read temporary folders: a `user` line is added.
    """

    def write(directory: Path, port: int, ws_port: int) -> Path:
        config = directory / "mosquitto.conf"
        filled = (
            text.replace("{port}", str(port)).replace("{ws_port}", str(ws_port)).replace("{directory}", str(directory))
        )
        config.write_text(filled + ("\nuser root\n" if os.geteuid() == 0 else ""))
        return config

    return Mosquitto(write)
