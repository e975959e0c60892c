"""Start a real RabbitMQ with its own ports and epmd, as the user who runs the tests."""

import secrets
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from broker.rabbitmq.render import node_name
from tests.real.network import Host
from tests.real.parts import ATTEMPTS, Child, Server, accepts, free_port, missing, reserve_port, short_dir
from tests.real.wattline import run_cli
from tests.waiting import wait_until

# Debian's own `rabbitmq-server` is a wrapper that changes to the user `rabbitmq`.
PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_WITHIN_S = 60.0  # 5 s where nothing else runs


@dataclass(frozen=True)
class Ports:
    """The ports of one RabbitMQ; `dist` and `epmd` are Erlang's, `auth` is where the product answers it."""

    mqtt: int
    ws: int
    api: int
    dist: int
    epmd: int
    auth: int


USUAL = Ports(1883, 9001, 15672, 25672, 4369, 3002)
Write = Callable[[Path, Ports], Path]


def find_rabbitmq() -> str:
    """Return the server's start script: the packaged one, without Debian's wrapper."""
    return (
        str(PROGRAM) if PROGRAM.exists() else shutil.which("rabbitmq-server") or missing("RabbitMQ", "rabbitmq-server")
    )


class RabbitMQ(Server):
    """
    A running RabbitMQ with its epmd.

    Args: write: called with (folder, ports), writes a complete configuration there and returns the path of its
        rabbitmq-env.conf. Called again with other ports if a port is in use. host: where it runs as a node of a
        cluster, with the usual ports; None: alone, on this machine.
    """

    def __init__(self, write: Write, host: Host | None = None) -> None:
        self.host, self.address = host, "127.0.0.1" if host is None else host.address
        self.program = find_rabbitmq()
        self.epmd_program = shutil.which("epmd") or missing("epmd", "erlang-base")
        self.directory = short_dir("rmq", 0o755)
        self.write = write
        self.node = f"wl{secrets.token_hex(4)}@localhost" if host is None else node_name(host.address)
        self.ports = Ports(0, 0, 0, 0, 0, 0) if host is None else USUAL
        self._auth = reserve_port()  # the product takes it seconds later, when this server has come up
        self.epmd: Child | None = None
        if host is not None:
            cookie = self.directory / ".erlang.cookie"
            cookie.write_text(host.switch)  # the same for all nodes
            cookie.chmod(0o400)
        self.child = self._start()

    def _start(self) -> Child:
        for _ in range(ATTEMPTS):
            ports = self.ports if self.ports.mqtt else self._free_ports()
            child = self._try(ports)
            if self._comes_up(child, ports):
                self.ports = ports
                return child
            said = child.log()
            child.kill()
            self._stop_epmd()
        raise AssertionError(f"RabbitMQ does not start:\n{said}")

    def _free_ports(self) -> Ports:
        mqtt, ws, api, dist, epmd = (free_port() for _ in range(5))
        return Ports(mqtt, ws, api, dist, epmd, self._auth.getsockname()[1])

    def _try(self, ports: Ports) -> Child:
        environment_file = self.write(self.directory, ports)
        erlang = {"ERL_EPMD_PORT": str(ports.epmd), "ERL_EPMD_ADDRESS": self.address, "HOME": str(self.directory)}
        if self.epmd is None:  # RabbitMQ would start one by itself, and leave it
            command = [self.epmd_program, "-address", self.address, "-port", str(ports.epmd)]
            self.epmd = Child(self._inside(command), log=self.directory / "epmd.out", env={"PATH": "/usr/bin:/bin"})
            wait_until(lambda: accepts(ports.epmd, self.address), why=self.epmd.log)
        interface = self.address.replace(".", ",")
        return Child(
            self._inside([self.program]),
            log=self.directory / "rabbitmq.out",
            cwd=self.directory,
            env={
                **erlang,
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "LANG": "C.UTF-8",
                "RABBITMQ_NODENAME": self.node,
                "RABBITMQ_CONF_ENV_FILE": str(environment_file),
                "RABBITMQ_DIST_PORT": str(ports.dist),
                "RABBITMQ_MNESIA_BASE": str(self.directory / "data"),
                "RABBITMQ_LOG_BASE": str(self.directory / "log"),
                "RABBITMQ_LOGS": "-",
                "RABBITMQ_PID_FILE": str(self.directory / "pid"),
                # The shell script becomes the server, so the child's pid is the server's.
                "RUNNING_UNDER_SYSTEMD": "1",
                "ERL_CRASH_DUMP_SECONDS": "0",
                # Distribution on loopback; and idle schedulers sleep, since others need the cores too.
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel inet_dist_use_interface {{{interface}}}"
                " +sbwt none +sbwtdcpu none +sbwtdio none",
            },
        )

    def _inside(self, command: list[str]) -> list[str]:
        return command if self.host is None else self.host.inside(*command)

    def _comes_up(self, child: Child, ports: Ports) -> bool:
        def listens() -> bool:
            return all(accepts(port, self.address) for port in (ports.mqtt, ports.ws, ports.api))

        # The last listener opens a moment before the node has started and accepts sign-ins.
        wait_until(
            lambda: not child.is_running() or (listens() and "completed with" in child.log()), START_WITHIN_S, child.log
        )
        return child.is_running()

    @property
    def port(self) -> int:
        return self.ports.mqtt

    @property
    def ws_port(self) -> int:
        return self.ports.ws

    def control(self, *words: str, program: str = "rabbitmqctl") -> str:
        """Return what `rabbitmqctl` or another program of its kind says to this node, which must succeed."""
        command = [str(PROGRAM.with_name(program)), "--longnames", "-n", self.node, *words]
        environ = {"PATH": "/usr/bin:/bin", "HOME": str(self.directory), "LANG": "C.UTF-8"}
        environ |= {"ERL_EPMD_PORT": str(self.ports.epmd)}
        done = subprocess.run(self._inside(command), env=environ, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def kill(self) -> None:
        """Kill it with SIGKILL, like a crash."""
        self.child.kill()

    def restart(self) -> None:
        """Start it again with the same ports and data."""
        self.child.stop(within_s=30)
        self.child.log_path.unlink()
        self.child = self._start()

    def _stop_epmd(self) -> None:
        if self.epmd is not None:
            self.epmd.stop()
            self.epmd = None

    def close(self) -> None:
        self.child.stop(within_s=30)
        self._stop_epmd()
        self._auth.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def settings_of(chosen: Ports) -> dict[str, str]:
    """Return the product's settings beside this RabbitMQ."""
    return {
        "WATTLINE_BROKER": "rabbitmq",
        "WATTLINE_MQTT_HOST": "127.0.0.1",
        "WATTLINE_MQTT_PORT": str(chosen.mqtt),
        "WATTLINE_WS_PORT": str(chosen.ws),
        "WATTLINE_API_PORT": str(chosen.api),
        "WATTLINE_AUTH_PORT": str(chosen.auth),
    }


def rendered(data: Path, directory: Path, settings: dict[str, str]) -> Path:
    """Render the product's files for RabbitMQ; return the path of its rabbitmq-env.conf."""
    out = directory / "rendered"
    run_cli(data, "broker", "render", "rabbitmq", "--out", str(out), settings=settings)
    return out / "rabbitmq-env.conf"
