"""docker-compose.yml, Dockerfile, deploy/nginx.conf and deploy/systemd say the same; no container runs here."""

import configparser
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from chat_core.runtime import heartbeat
from chat_core.runtime.config import Config
from tests.real import nginx
from tests.real.parts import REPOSITORY, find_program

MODULES = {"broker": "broker", "bridge": "bridge", "web": "web", "bot": "bridge.rules"}
SERVICES = tuple(MODULES)
ONCE = ("secrets", "migrate")
WATTLINE_IMAGE = {*ONCE, *SERVICES}
PROXIES = ("proxy", "proxy-tls")
SYSTEMD = REPOSITORY / "deploy" / "systemd"
UNITS = sorted(path.name for path in SYSTEMD.glob("*.service"))


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    return found


def resolved(*arguments: str, **environment: str) -> dict[str, Any]:
    """docker-compose.yml as Compose itself understands it; it needs no engine for that."""
    program = find_program("docker-compose", "docker-compose")
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", **environment}
    command = [program, "-f", str(REPOSITORY / "docker-compose.yml"), *arguments, "config", "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd="/")
    assert done.returncode == 0, done.stderr
    assert "level=warning" not in done.stderr, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_compose_itself_accepts_the_file() -> None:
    """`docker-compose config` takes the file without a warning, with and without the TLS profile."""
    plain, tls = resolved()["services"], resolved("--profile", "tls")["services"]
    assert set(plain) == {*WATTLINE_IMAGE, "database", "proxy"}
    assert set(tls) - set(plain) == {"proxy-tls"}


def test_published_ports() -> None:
    """Port 3001 of the proxy is all that is published; the TLS profile adds 443 and 8883."""

    def published(*arguments: str, **environment: str) -> list[tuple[str, str, str]]:
        services = resolved(*arguments, **environment)["services"]
        return sorted(
            (name, port.get("host_ip", ""), port["published"])
            for name, service in services.items()
            for port in service.get("ports", [])
        )

    assert published() == [("proxy", "", "3001")]
    assert published("--profile", "tls", PUBLISH="127.0.0.1:3001") == [
        ("proxy", "127.0.0.1", "3001"),
        ("proxy-tls", "", "443"),
        ("proxy-tls", "", "8883"),
    ]


def test_every_container_is_confined() -> None:
    """No service is root, has a capability, may gain one, or writes to its own file system; each has its limits."""
    for name, service in resolved("--profile", "tls")["services"].items():
        user, _, group = service["user"].partition(":")
        assert int(user) > 0 and int(group) > 0, name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"] and "cap_add" not in service, name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name
        limits = service["deploy"]["resources"]["limits"]
        assert limits["cpus"] and int(limits["memory"]) > 0 and limits["pids"] > 0, name
        assert any(place.startswith("/tmp:") for place in service["tmpfs"]), name


def test_the_inside_has_no_way_out() -> None:
    """Proxies alone are on a network that leads outside; processes and database are on an inner one."""
    whole = resolved("--profile", "tls")
    assert whole["networks"]["inside"]["internal"] is True
    for name, service in whole["services"].items():
        wanted = {"inside", "outside"} if name in PROXIES else {"inside"}
        assert set(service["networks"]) == wanted, name


def test_secrets_come_from_files() -> None:
    """A portal's key and TLS's two files are mounted for those who need them, and no environment holds them."""
    whole = resolved("--profile", "tls", PORTAL_KEY_FILE="/k/portal", TLS_CERT_FILE="/k/crt", TLS_KEY_FILE="/k/key")
    files = {name: secret["file"] for name, secret in whole["secrets"].items()}
    assert files == {"portal-key": "/k/portal", "tls-cert": "/k/crt", "tls-key": "/k/key"}
    mounted = {
        name: {one["source"]: one["target"] for one in service["secrets"]}
        for name, service in whole["services"].items()
        if "secrets" in service
    }
    assert set(mounted) == {"web", "proxy-tls"}
    assert whole["services"]["web"]["environment"]["WATTLINE_PORTAL_KEY"] == f"@{mounted['web']['portal-key']}"
    text = "".join(path.read_text() for path in (REPOSITORY / "deploy" / "tls").glob("*.conf"))
    used = set(re.findall(r"ssl_certificate(?:_key)? (\S+);", text))
    assert used == set(mounted["proxy-tls"].values())
    assert resolved()["services"]["web"]["environment"]["WATTLINE_PORTAL_KEY"] == ""


def test_services_count_where_web_looks() -> None:
    """Each process counts in a folder of its own below web's, in a volume of memory that all of them have."""
    whole = resolved()
    services = whole["services"]
    folders = {name: services[name]["environment"]["PROMETHEUS_MULTIPROC_DIR"] for name in SERVICES}
    assert len(set(folders.values())) == len(SERVICES)
    assert all(Path(folders["web"]) in Path(folders[name]).parents for name in SERVICES if name != "web")
    for name in SERVICES:
        volumes = {one["target"]: whole["volumes"][one["source"]] for one in services[name]["volumes"]}
        memory = volumes[folders["web"]]["driver_opts"]
        user, group = services[name]["user"].split(":")
        assert memory["type"] == "tmpfs"
        assert {f"uid={user}", f"gid={group}", "mode=0700"} < set(memory["o"].split(","))


def test_the_tls_proxy_points_at_the_services_and_ports(compose: dict[str, Any]) -> None:
    """The TLS profile publishes the ports of deploy/tls, and devices reach the broker's own port."""
    text = "".join(path.read_text() for path in sorted((REPOSITORY / "deploy" / "tls").glob("*.conf")))
    inside = {port.rpartition(":")[2] for port in compose["services"]["proxy-tls"]["ports"]}
    assert set(re.findall(r"listen (\d+) ssl;", text)) == inside
    assert all(int(port) > 1023 for port in inside)  # no capability is left to bind a lower one
    assert f"server broker:{compose['services']['broker']['environment']['WATTLINE_MQTT_PORT']};" in text
    assert "./deploy/tls:/etc/nginx/tls:ro" in compose["services"]["proxy-tls"]["volumes"]
    assert not any("tls" in volume for volume in compose["services"]["proxy"]["volumes"])


def upstreams(text: str) -> dict[str, tuple[str, int]]:
    """Upstream name → (service, port), as an nginx.conf has them."""
    found = re.findall(r"upstream (\w+) \{\s+server ([\w.]+):(\d+);", text)
    return {name: (service, int(port)) for name, service, port in found}


def test_all_services_a_database_and_a_proxy(compose: dict[str, Any]) -> None:
    """Every service has a health check and is started again when it ends."""
    for name in (*SERVICES, "database", *PROXIES):
        service = compose["services"][name]
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name


@pytest.mark.parametrize("service_name", SERVICES)
def test_services_run_as_on_one_machine(compose: dict[str, Any], service_name: str) -> None:
    """Each process, and the bot, is the very module that `wattline up` starts."""
    module = MODULES[service_name]
    assert compose["services"][service_name]["command"] == ["python", "-m", module]
    place = REPOSITORY / module.replace(".", "/")
    assert (place / "__main__.py").is_file() or place.with_suffix(".py").is_file()


@pytest.mark.parametrize("service_name", SERVICES)
def test_settings_are_known_and_good(compose: dict[str, Any], service_name: str) -> None:
    """Every WATTLINE_ setting of a service is known, and its value is accepted."""
    given = {
        key: value
        for key, value in compose["services"][service_name]["environment"].items()
        if key.startswith("WATTLINE_")
    }
    fields = {key.removeprefix("WATTLINE_").lower(): value for key, value in given.items()}
    assert set(fields) <= set(Config.model_fields)
    config = Config.model_validate({key: value for key, value in fields.items() if not value.startswith("${")})
    assert config.broker == "mosquitto"
    assert config.db.startswith("postgresql://")


def test_mosquitto_is_the_brokers_child(compose: dict[str, Any]) -> None:
    """The broker service runs its own Mosquitto, which the image has; bridge and web connect to that service."""
    services = compose["services"]
    assert "WATTLINE_MQTT_HOST" not in services["broker"]["environment"]
    assert {services[name]["environment"]["WATTLINE_MQTT_HOST"] for name in SERVICES if name != "broker"} == {"broker"}
    assert re.search(r"apt-get install .*\bmosquitto\b", (REPOSITORY / "Dockerfile").read_text())


def test_the_image_can_back_the_database_up(compose: dict[str, Any]) -> None:
    """The image has pg_dump, at least as new as the server; the documents' command writes where a volume is."""
    (server,) = re.findall(r"postgres:(\d+)", compose["services"]["database"]["image"])
    (client,) = re.findall(r"apt-get install .*\bpostgresql-client-(\d+)\b", (REPOSITORY / "Dockerfile").read_text())
    assert int(client) >= int(server)
    command = r"docker compose exec -T (\w+) wattline backup (\S+)"
    ((service_name, target),) = re.findall(command, (REPOSITORY / "docs" / "operating.md").read_text())
    mounted = [volume.split(":")[1] for volume in compose["services"][service_name]["volumes"]]
    assert str(Path(target).parent) in mounted


def test_proxy_points_at_the_services(compose: dict[str, Any]) -> None:
    """nginx's upstreams are the services and ports that the settings name."""
    settings = {name: compose["services"][name]["environment"] for name in SERVICES}
    assert upstreams(nginx.COMMITTED.read_text()) == {
        "web": ("web", int(settings["web"]["WATTLINE_HTTP_PORT"])),
        "broker_websocket": ("broker", int(settings["broker"]["WATTLINE_WS_PORT"])),
    }


def test_one_origin(compose: dict[str, Any]) -> None:
    """The proxy listens on the port that is published; browsers are told /mqtt of the page's own origin."""
    assert compose["services"]["proxy"]["ports"] == ["${PUBLISH:-3001}:3001"]
    assert nginx.LISTEN == "listen 3001;"
    assert compose["services"]["web"]["environment"]["WATTLINE_WS_URL"] == "/mqtt"
    assert "location = /mqtt {" in nginx.COMMITTED.read_text()


def test_no_secret_in_the_file(compose: dict[str, Any]) -> None:
    """No setting whose name speaks of a secret has a value of its own."""
    for name, service in compose["services"].items():
        for key, value in (service.get("environment") or {}).items():
            if re.search(r"PASSWORD|SECRET|TOKEN|KEY", key):
                assert key.endswith("_FILE") or str(value).startswith("${"), f"{name}: {key}"
        assert not re.search(r"://[^/\s:@]+:[^/\s@]+@", str(service)), name


def test_the_database_keeps_its_word(compose: dict[str, Any]) -> None:
    """The password's maker writes the two files that the server and its clients read, from one secret."""
    services = compose["services"]
    script = services["secrets"]["command"][-1]
    compile(script, "secrets", "exec")
    assert services["database"]["environment"]["POSTGRES_PASSWORD_FILE"] in script
    assert all(services[service_name]["environment"]["PGPASSFILE"] in script for service_name in SERVICES)
    assert services["database"]["depends_on"] == {"secrets": {"condition": "service_completed_successfully"}}


def test_volumes_are_named(compose: dict[str, Any]) -> None:
    """Data lies in named volumes; other mounts are read-only."""
    named = set(compose["volumes"])
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            source, _, mode = volume.split(":")[0], volume.split(":")[1], volume.split(":")[2:]
            assert source in named or mode == ["ro"]


def test_dockerfile_has_a_base_to_choose_and_a_user(compose: dict[str, Any]) -> None:
    """One Dockerfile, its base chosen by ARG BASE in every stage, the last stage running as nobody special."""
    lines = (REPOSITORY / "Dockerfile").read_text().splitlines()
    [base] = [line.removeprefix("ARG BASE=") for line in lines if line.startswith("ARG")]
    assert all(compose["services"][name]["build"]["args"] == {"BASE": f"${{BASE:-{base}}}"} for name in WATTLINE_IMAGE)
    assert all(line.startswith("FROM ${BASE}") for line in lines if line.startswith("FROM"))
    assert [line for line in lines if line.startswith("USER")] == ["USER wattline"]


def test_images_are_pinned_to_a_version(compose: dict[str, Any]) -> None:
    """Every image of others is named with a version."""
    for name, service in compose["services"].items():
        if name not in WATTLINE_IMAGE:
            assert re.search(r":\d", service["image"]), name


def test_the_image_has_what_compose_mounts(compose: dict[str, Any]) -> None:
    """User and group are the numbers that compose names, and own the folders that volumes are put over."""
    text = (REPOSITORY / "Dockerfile").read_text()
    user, group = compose["services"]["web"]["user"].split(":")
    assert f"--uid {user} --gid {group} " in text and f"groupadd --system --gid {group} " in text
    assert compose["services"]["database"]["group_add"] == [group]
    owned = {
        path for line in text.splitlines() if "install -d -o wattline" in line for path in re.findall(r" (/\w+)", line)
    }
    mounted = {volume.split(":")[1] for name in WATTLINE_IMAGE for volume in compose["services"][name]["volumes"]}
    assert owned == mounted


# Without containers


def unit(name: str) -> dict[str, list[str]]:
    """The [Service] section: setting → its values, in order."""
    found: dict[str, list[str]] = {}
    section = ""
    for line in (SYSTEMD / name).read_text().splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.parametrize("name", UNITS)
def test_units_are_confined(name: str) -> None:
    """Each unit runs as a user of ours, who can write to its state and runtime folders and gain nothing."""
    said = unit(name)
    if "proxy" in name:
        own = {"DynamicUser": "yes", "RuntimeDirectory": "wattline-proxy"}
    else:
        own = {"User": "wattline", "StateDirectory": "wattline", "RuntimeDirectory": "wattline"}
    for key, value in {
        **own,
        "NoNewPrivileges": "yes",
        "CapabilityBoundingSet": "",
        "ProtectSystem": "strict",
        "ProtectHome": "yes",
        "PrivateTmp": "yes",
        "UMask": "0077",
    }.items():
        assert said[key] == [value], key
    assert said["MemoryMax"] and said["TasksMax"]


def test_units_run_the_services() -> None:
    """The target wants the proxy and a unit a process: the module that `up` starts, after the migration."""
    target = configparser.ConfigParser(interpolation=None)
    target.read(SYSTEMD / "wattline.target")
    assert target["Unit"]["Wants"].split() == [
        *(f"wattline@{module}.service" for module in MODULES.values()),
        "wattline-proxy.service",
    ]
    assert unit("wattline@.service")["ExecStart"] == ["/opt/wattline/bin/python -m %i"]
    assert unit("wattline@.service")["Restart"] == ["always"]
    assert unit("wattline-migrate.service")["ExecStart"][-1] == "/opt/wattline/bin/wattline migrate"
    assert unit("wattline-migrate.service")["TimeoutStartSec"] == ["infinity"]  # large databases take what they take
    assert "Requires=wattline-migrate.service" in (SYSTEMD / "wattline@.service").read_text()


def local_proxy(source: Path = nginx.COMMITTED) -> str:
    """Return what deploy/systemd/nginx.sed makes of an nginx file."""
    command = ["sed", "-f", str(SYSTEMD / "nginx.sed"), str(source)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_proxy_s_unit_has_a_configuration_that_nginx_takes(tmp_path: Path) -> None:
    """nginx accepts what nginx.sed makes, with TLS too; its log goes where a unit can write."""
    own_ca = [str(REPOSITORY / "deploy" / "own-ca.sh"), str(tmp_path / "made"), "localhost"]
    subprocess.run(own_ca, check=True)
    (tmp_path / "nginx.conf").write_text(local_proxy())
    program = find_program("nginx", "nginx-light")
    given = [line for line in unit("wattline-proxy-tls.conf")["ExecStart"] if line]
    for setting in (*unit("wattline-proxy.service")["ExecStart"], *given):
        command = [program, "-t", *shlex.split(setting)[1:]]
        command[command.index("-p") + 1] = f"{tmp_path}/"
        command[command.index("-c") + 1] = str(tmp_path / "nginx.conf")
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0 and "[warn]" not in done.stderr, done.stderr
        (tmp_path / "tls").mkdir(exist_ok=True)  # for the second round
        for path in (REPOSITORY / "deploy" / "tls").glob("*.conf"):
            text = local_proxy(path)
            assert "/dev/stdout" not in text and "broker:" not in text
            for name, file in (("tls-cert", "tls.crt"), ("tls-key", "tls.key")):
                text = text.replace(f"/run/credentials/wattline-proxy.service/{name}", str(tmp_path / "made" / file))
            (tmp_path / "tls" / path.name).write_text(text)
    assert "/dev/stdout" not in local_proxy()
    assert local_proxy().count("syslog:server=unix:/dev/log") == 1


def test_units_have_settings_that_are_known() -> None:
    """The example of their settings is one that the product accepts, and leaves port 3001 to the proxy."""
    lines = [line for line in (SYSTEMD / "env.example").read_text().splitlines() if line and not line.startswith("#")]
    fields = {key.removeprefix("WATTLINE_").lower(): value for key, _, value in (line.partition("=") for line in lines)}
    assert set(fields) <= set(Config.model_fields)
    config = Config.model_validate(fields)
    assert config.http_port != 3001
    assert upstreams(local_proxy())["web"] == ("127.0.0.1", config.http_port)
    assert upstreams(local_proxy())["broker_websocket"] == ("127.0.0.1", config.ws_port)
    assert f"WATTLINE_DATA={config.data}" in unit("wattline@.service")["Environment"]


def test_systemd_ends_who_is_silent_as_long_as_up_does() -> None:
    """The units' watchdog waits as long as `wattline up` does."""
    unit = (SYSTEMD / "wattline@.service").read_text()
    assert f"\nType=notify\nWatchdogSec={heartbeat.SILENT_S:g}s\n" in unit


def test_systemd_accepts_the_units(tmp_path: Path) -> None:
    """`systemd-analyze verify` has nothing to say about the units, and `security` calls their exposure small."""
    program = find_program("systemd-analyze", "systemd")
    for path in SYSTEMD.glob("wattline*"):
        text = re.sub(r"/opt/wattline/bin/(python|wattline)", sys.executable, path.read_text())
        text = text.replace("/usr/sbin/nginx", sys.executable)
        (tmp_path / path.name).write_text(text.replace("=/etc/wattline\n", "=/\n"))
    instances = [f"wattline@{module}.service" for module in MODULES.values()]
    done = subprocess.run(
        [program, "verify", "--man=no", "wattline.target", "wattline-migrate.service", *instances],
        capture_output=True,
        text=True,
        env={**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    for name in UNITS:
        done = subprocess.run(
            [program, "security", "--offline=true", "--no-pager", "--threshold=20", str(tmp_path / name)],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-500:] + done.stderr
