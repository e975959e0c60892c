"""A system with a faulty network before its broker, whose queues can be filled."""

import json
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

from chat_core.contract import topics
from tests.chaos.proxy import Proxy
from tests.chaos.systems import STOPPED_S, SmallSystem, broker_address, signal_all, stop_for_a_while, web_url
from tests.conformance import frames
from tests.real.wattline import ProductProcess, run_cli

FLOODER: Final = "c-flooder"
FLOOD: Final = 12_000  # the embedded broker holds 10,000 for a bridge
AT_ONCE: Final = 500
AWAY_S: Final = 1.5  # the agent says something to each client about four times a second
PUBACK_BYTES: Final = 4
NOTHING: Final = b'{"delivered":0,"read":0}'  # a marker that moves nothing


class SystemBehindProxy(SmallSystem):
    """
    Broker, bridge and web, with a faulty network between the broker and everybody else.

    Faults: `lines reset`, `lines stalled`, `lines half-open`; `bridge stopped`, `broker stopped`; `partner away`;
    `queue overrun`: more is said than the broker may queue for a stopped bridge; kill -9 of a process.
    """

    def __init__(self, data: Path, settings: Mapping[str, str]) -> None:
        self.proxy = Proxy(lambda: broker_address(data))
        self.lane = Proxy(self.proxy.address)
        super().__init__(data, settings)
        self.processes["web"] = ProductProcess("web", data, settings=self._inside())
        self.processes["web"].port("http")

    def _inside(self) -> dict[str, str]:
        return {**self.settings, "WATTLINE_MQTT_HOST": "127.0.0.1", "WATTLINE_MQTT_PORT": str(self.proxy.port)}

    def url(self) -> str:
        return web_url(self.data)

    def address(self) -> tuple[str, int]:
        return self.proxy.address()

    def partner_address(self) -> tuple[str, int]:
        return self.lane.address()

    def strike(self, blow: str, random: Random) -> None:
        what, _, how = blow.partition(" ")
        match how:
            case "reset":
                self.proxy.reset()
            case "half-open":
                self.proxy.forget()
            case "stalled":
                with self.proxy.stalled():
                    threading.Event().wait(random.uniform(*STOPPED_S))
            case "stopped":
                stop_for_a_while(self.processes[what].pid, random)
            case "away":
                with self.lane.shut():
                    threading.Event().wait(AWAY_S)
            case "overrun":
                self._overrun()
            case _:
                super().strike(blow, random)

    def _overrun(self) -> None:
        """More than a bridge's queue holds, of what nobody needs: markers that move nothing."""
        told = run_cli(self.data, "token", FLOODER, settings=self.settings)
        pids = [self.processes["bridge"].pid]
        signal_all(pids, signal.SIGSTOP)
        try:
            flood(broker_address(self.data), json.loads(told), FLOOD)
        finally:
            signal_all(pids, signal.SIGCONT)

    def close(self) -> None:
        super().close()
        self.lane.close()
        self.proxy.close()


def flood(address: tuple[str, int], credentials: Mapping[str, Any], count: int) -> None:
    """So many QoS 1 messages of one client, each acknowledged by the broker; a closed line ends it."""
    name = str(credentials["username"])
    topic = topics.read(name).encode()
    hello = frames.connect(str(credentials["client_id"]), name, str(credentials["password"]))
    with socket.create_connection(address, timeout=10) as line:
        line.sendall(hello)
        line.recv(4)
        for start in range(1, count, AT_ONCE):
            packets = (frames.publish(topic, NOTHING, qos=1, packet_id=n) for n in range(start, start + AT_ONCE))
            line.sendall(b"".join(packets))
            acked = 0
            while acked < AT_ONCE * PUBACK_BYTES:
                got = line.recv(65_536)
                if not got:
                    return
                acked += len(got)


@contextmanager
def system_behind_proxy(data: Path, settings: Mapping[str, str]) -> Iterator[SystemBehindProxy]:
    with closing(SystemBehindProxy(data, settings)) as system:
        yield system
