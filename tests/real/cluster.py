"""
Run Wattline as a cluster on this machine, without a single point of failure.

Three hosts (`tests.real.network`) with a RabbitMQ node, what answers it, a bridge and a web each; PostgreSQL with a
synchronous standby; nginx in front. `make cluster` starts it for people to try; `make chaos CLUSTER=1` strikes it.
"""

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests.real.composed import status
from tests.real.network import Host, small_network
from tests.real.nginx import BROKER, COMMITTED, LISTEN, WEB, Nginx
from tests.real.parts import Closing
from tests.real.postgres import USER, Postgres
from tests.real.rabbitmq import USUAL, RabbitMQ
from tests.real.wattline import ProductProcess, run_cli
from tests.waiting import wait_until

NODES = 3
HTTP_PORT = 3001
MODULES = ("broker", "bridge", "web")  # of ours, on each host
READY_WITHIN_S = 90.0
DATABASE = "wattline"


@dataclass
class Member:
    """One host with all that runs on it."""

    host: Host
    data: Path
    rabbit: RabbitMQ
    processes: dict[str, ProductProcess] = field(default_factory=dict)

    def log(self) -> str:
        return "\n".join(f"--- {name}\n{process.log()[-3_000:]}" for name, process in self.processes.items())


class DatabasePair(Closing):
    """A primary, its synchronous standby, and the URL that names both."""

    def __init__(self, near: str) -> None:
        self.near = near
        self.primary = Postgres(near=near)
        self.primary.database(DATABASE)
        with psycopg.connect(self.primary.dsn("postgres"), autocommit=True) as server:  # each standby copies it
            server.execute("ALTER SYSTEM SET wal_retrieve_retry_interval = '500ms'")
        self.standby = self.primary.standby()
        self._be_synchronous()

    @property
    def url(self) -> str:
        """Name both; each keeps its address while they exchange their parts."""
        ports = sorted((self.primary.port, self.standby.port))
        return f"postgresql://{USER}@{','.join(f'{self.near}:{port}' for port in ports)}/{DATABASE}"

    def _be_synchronous(self) -> None:
        with psycopg.connect(self.primary.dsn("postgres"), autocommit=True) as server:
            server.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            server.execute("SELECT pg_reload_conf()")
            is_sync = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
            wait_until(lambda: server.execute(is_sync).fetchone() == (1,), 30, why=self.standby.log)

    def lose_primary(self) -> None:
        """Kill the primary, promote the standby, and make a new standby at the lost one's address."""
        lost, self.primary = self.primary, self.standby
        lost.kill()
        with psycopg.connect(self.primary.dsn("postgres"), autocommit=True) as server:
            server.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            server.execute("SELECT pg_reload_conf()")
            server.execute("SELECT pg_promote()")
        lost.close()
        shutil.rmtree(lost.data, ignore_errors=True)
        self.standby = self.primary.standby(lost.port)
        self._be_synchronous()

    def close(self) -> None:
        for server in (self.standby, self.primary):
            server.close()
            shutil.rmtree(server.data, ignore_errors=True)


class Cluster(Closing):
    """
    Everything up; `url` is nginx's origin.

    Args: folder: for the data of all; settings: on top of the cluster's own; port: nginx's, 0 for any.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None, port: int = 0) -> None:
        self.folder = folder
        self._stack = ExitStack()
        try:
            hosts = self._stack.enter_context(small_network(NODES))
            self.database = self._stack.enter_context(DatabasePair(hosts[0].near))
            self.settings = self._common(hosts) | dict(settings or {})
            self._migrate(hosts)
            self.members = self._start_brokers(hosts)
            for member in self.members:
                for name in MODULES:
                    member.processes[name] = self._stack.enter_context(self._process(member, name))
            self.nginx = self._stack.enter_context(self._start_nginx(port))
            wait_until(lambda: status(f"{self.url}/readyz") == 200, READY_WITHIN_S, why=self.log)
        except BaseException:
            self.close()
            raise

    def _common(self, hosts: Sequence[Host]) -> dict[str, str]:
        addresses = ",".join(host.address for host in hosts)
        return {
            "WATTLINE_DB": self.database.url,
            "WATTLINE_BROKER": "rabbitmq",
            "WATTLINE_MQTT_HOST": addresses,
            "WATTLINE_MQTT_PORT": str(USUAL.mqtt),
            "WATTLINE_WS_PORT": str(USUAL.ws),
            "WATTLINE_API_PORT": str(USUAL.api),
            "WATTLINE_AUTH_HOST": addresses,
            "WATTLINE_AUTH_PORT": str(USUAL.auth),
            "WATTLINE_HTTP_PORT": str(HTTP_PORT),
            "WATTLINE_WS_URL": "/mqtt",
            "WATTLINE_TRUSTED_PROXIES": hosts[0].near,
        }

    def data(self, host: Host) -> Path:
        return self.folder / host.address

    def _migrate(self, hosts: Sequence[Host]) -> None:
        """Make the tables, RabbitMQ's files, and a data folder with the same keys for each host."""
        self.any_data = self.folder / "all"
        self.any_data.mkdir(parents=True)
        run_cli(self.any_data, "migrate", settings=self.settings)
        render = ("broker", "render", "rabbitmq", "--nodes", str(len(hosts)), "--out", str(self.folder / "rendered"))
        run_cli(self.any_data, *render, settings=self.settings)
        (self.any_data / "files").mkdir(exist_ok=True)
        for host in hosts:
            self.data(host).mkdir(mode=0o700)
            shutil.copytree(self.any_data / "keys", self.data(host) / "keys")
            (self.data(host) / "files").symlink_to(self.any_data / "files")

    def _start_brokers(self, hosts: Sequence[Host]) -> list[Member]:
        with ThreadPoolExecutor(len(hosts)) as starters:
            members = list(starters.map(self._start_broker, hosts))
        for member in members:
            self._stack.enter_context(member.rabbit)
            self._stack.callback(member.rabbit.kill)  # a last node without its majority takes half a minute to end
        members[0].rabbit.control("enable_feature_flag", "--experimental", "khepri_db")
        return members

    def _start_broker(self, host: Host) -> Member:
        environment_file = self.folder / "rendered" / host.address / "rabbitmq-env.conf"
        return Member(host, self.data(host), RabbitMQ(lambda _directory, _ports: environment_file, host))

    def _process(self, member: Member, name: str) -> ProductProcess:
        settings = self.settings | {"WATTLINE_BIND": member.host.address}
        return ProductProcess(name, member.data, settings=settings, host=member.host)

    def _start_nginx(self, port: int) -> Nginx:
        text = COMMITTED.read_text()
        for one, theirs in ((WEB, HTTP_PORT), (BROKER, USUAL.ws)):
            assert text.count(one) == 1, one
            all_of_them = (f"server {member.host.address}:{theirs} fail_timeout=2s;" for member in self.members)
            text = text.replace(one, " ".join(all_of_them))
        return Nginx(lambda chosen: text.replace(LISTEN, f"listen 127.0.0.1:{chosen};"), port=port)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.nginx.port}"

    def cli(self, *arguments: str, stdin: str = "") -> str:
        return run_cli(self.any_data, *arguments, stdin=stdin, settings=self.settings)

    def log(self) -> str:
        return "\n".join(member.log() for member in self.members)

    def close(self) -> None:
        self._stack.close()


def main() -> None:
    """Start a cluster for people to try, until Ctrl-C."""
    if os.geteuid() != 0:
        raise SystemExit("cluster: hosts are network namespaces, which need root: sudo make cluster")
    stop = threading.Event()
    for sig in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sig, lambda *_: stop.set())
    sys.stdout.write(f"Starting {NODES} hosts, PostgreSQL with its standby, and nginx: half a minute.\n")
    settings = {"WATTLINE_URL": f"http://localhost:{HTTP_PORT}", "WATTLINE_DEMO": "on"}
    with (
        tempfile.TemporaryDirectory(prefix="wl-cluster-") as folder,
        Cluster(Path(folder), settings, HTTP_PORT) as cluster,
    ):
        sys.stdout.write(f"Portal: {cluster.url}/  Board: {cluster.url}/board\n")
        sys.stdout.write(cluster.cli("agent", "add", "a-admin", "--name", "Admin", "--admin"))
        for member in cluster.members:
            pids = [f"{name} {process.pid}" for name, process in member.processes.items()]
            sys.stdout.write(f"{member.host.address}: RabbitMQ {member.rabbit.pid}, {', '.join(pids)}\n")
        servers = cluster.database
        sys.stdout.write(f"PostgreSQL: primary {servers.primary.pid}, standby {servers.standby.pid}\n")
        sys.stdout.write("Kill or stop any of them and watch. Ctrl-C ends everything.\n")
        sys.stdout.flush()
        stop.wait()
        sys.stdout.write("Ending.\n")


if __name__ == "__main__":
    main()
