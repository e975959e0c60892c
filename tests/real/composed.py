"""
Run the services of docker-compose.yml: PostgreSQL, Mosquitto as the broker's child, nginx in front.

Hosts, folders and ports of containers are replaced by this machine's; commands and settings come from the file.
"""

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from tests.real import nginx
from tests.real.nginx import Nginx
from tests.real.parts import REPOSITORY, Closing, find_program, free_port, missing
from tests.real.wattline import ProductProcess, run_cli
from tests.waiting import wait_until

ROOMS = {"broker": "broker", "bridge": "bridge", "web": "web", "bot": "bridge.rules"}  # service → module
TLS = REPOSITORY / "deploy" / "tls"


def service(name: str) -> dict[str, Any]:
    """Return the service's part of docker-compose.yml."""
    found: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"][name]
    return found


def make_secrets(folder: Path) -> None:
    """Run the command of the `secrets` service, with a folder as its volume."""
    python, flag, script = service("secrets")["command"]
    assert (python, flag) == ("python", "-c")
    (folder / "secrets").mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-c", script.replace('"/secrets/', f'"{folder}/secrets/')], check=True)


class Composed(Closing):
    """
    Everything up; `url` is the proxy's origin.

    Args: folder: of data, metrics and secrets; dsn: of an empty database; settings: on top of the file's.
    """

    def __init__(self, folder: Path, dsn: str, settings: Mapping[str, str] | None = None) -> None:
        self.folder, self.dsn, self.more = folder, dsn, dict(settings or {})
        self.data = folder / "data"
        self.data.mkdir()
        self.processes: dict[str, ProductProcess] = {}
        self._stack = ExitStack()
        try:
            self._start()
        except BaseException:
            self._stack.close()
            raise

    def _start(self) -> None:
        make_secrets(self.folder)
        command = service("migrate")["command"]
        assert command[0] == "wattline"
        run_cli(self.data, *command[1:], settings=self.settings("migrate"))
        for name, module in ROOMS.items():
            assert service(name)["command"] == ["python", "-m", module]
            settings = self.settings(name)
            entrypoint = [part.replace("$$", "$") for part in service(name)["entrypoint"]]
            subprocess.run([*entrypoint, "true"], check=True, env={"PATH": os.environ["PATH"], **settings})
            process = ProductProcess(module, self.data, settings=settings, at_once=True)
            self.processes[name] = self._stack.enter_context(process)
        self.proxy = self._stack.enter_context(nginx.committed(self.http_port, self.ws_port))
        # The same as the health checks of bridge, web and proxy.
        wait_until(lambda: status(f"{self.url}/readyz") == 200, 20, why=self.log)
        assert status(f"{self.url}/healthz") == 200

    def settings(self, name: str) -> dict[str, str]:
        """Return the service's settings with hosts, folders and ports of this machine."""
        given = {key: str(value) for key, value in service(name)["environment"].items()}
        given = {key: "" if value.startswith("${") else value for key, value in given.items()}
        given |= {"WATTLINE_DB": self.dsn, "WATTLINE_BIND": "127.0.0.1", "WATTLINE_TRUSTED_PROXIES": "127.0.0.1"}
        given |= {f"WATTLINE_{port}_PORT": "0" for port in ("HTTP", "MQTT", "WS")}
        if "WATTLINE_MQTT_HOST" in given:
            given["WATTLINE_MQTT_HOST"] = "127.0.0.1"
        if "PROMETHEUS_MULTIPROC_DIR" in given:
            given["PROMETHEUS_MULTIPROC_DIR"] = f"{self.folder}{given['PROMETHEUS_MULTIPROC_DIR']}"
        replaced = {"WATTLINE_DATA", "PGPASSFILE"}
        return {key: value for key, value in given.items() if key not in replaced} | self.more

    @property
    def url(self) -> str:
        """The address without a final slash. Browsers treat the name `localhost` as secure."""
        return f"http://localhost:{self.proxy.port}"

    @property
    def http_port(self) -> int:
        return self.processes["web"].port("http")

    @property
    def mqtt_port(self) -> int:
        return self.processes["broker"].port("mqtt")

    @property
    def ws_port(self) -> int:
        return self.processes["broker"].port("ws")

    def cli(self, *arguments: str, stdin: str = "") -> str:
        """Run `docker compose exec web wattline ARGUMENTS`."""
        return run_cli(self.data, *arguments, stdin=stdin, settings=self.settings("web"))

    def log(self) -> str:
        return "\n".join(f"--- {name}\n{process.log()}" for name, process in self.processes.items())

    def close(self) -> None:
        self._stack.close()


class TlsProxy(Closing):
    """
    The `proxy-tls` service: the committed nginx.conf with deploy/tls, listening on `https_port` and `mqtts_port`.

    Args: system: the services behind it; certificate, key: the operator's two files.
    """

    def __init__(self, system: Composed, certificate: Path, key: Path) -> None:
        self.https_port, self.mqtts_port = free_port(), free_port()
        replaced = {
            "listen 8443 ssl;": f"listen 127.0.0.1:{self.https_port} ssl;",
            "listen 8883 ssl;": f"listen 127.0.0.1:{self.mqtts_port} ssl;",
            "server broker:1883;": f"server 127.0.0.1:{system.mqtt_port};",
            "/run/secrets/tls-cert;": f"{certificate};",
            "/run/secrets/tls-key;": f"{key};",
        }
        files, seen = {}, set()
        for path in TLS.glob("*.conf"):
            text = path.read_text()
            for old, new in replaced.items():
                seen |= {old} & {old if old in text else ""}
                text = text.replace(old, new)
            files[f"tls/{path.name}"] = text
        assert seen == set(replaced)
        self.proxy: Nginx = nginx.committed(system.http_port, system.ws_port, files=files, head=_load_stream())

    def close(self) -> None:
        self.proxy.close()


def _load_stream() -> str:
    """Return the line that Debian's nginx needs for `stream`; the official image includes the module."""
    program = find_program("nginx", "nginx-light")
    built = subprocess.run([program, "-V"], capture_output=True, text=True, check=True).stderr
    if "--with-stream=dynamic" not in built:
        return ""
    found = re.search(r"--modules-path=(\S+)", built)
    module = Path(found[1] if found else "/usr/lib/nginx/modules") / "ngx_stream_module.so"
    if not module.exists():
        missing("nginx's stream module", "libnginx-mod-stream")
    return f"load_module {module};\n"


def status(url: str) -> int:
    """Return the HTTP status of a GET."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as err:
        return err.code
