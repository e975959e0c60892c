"""docker-compose.yml, Dockerfile and deploy/nginx.conf say the same; no container runs here."""

import re
from typing import Any

import pytest
import yaml

from chat_core.config import Config
from tests.real import nginx
from tests.real.parts import REPOSITORY

ROOMS = ("broker", "bridge", "web")
WATTLINE_IMAGE = {"secrets", "migrate", *ROOMS}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())
    return found


def upstreams() -> dict[str, tuple[str, int]]:
    """Upstream name → (service, port), as nginx.conf has them."""
    text = nginx.COMMITTED.read_text()
    found = re.findall(r"upstream (\w+) \{\s+server (\w+):(\d+);", text)
    return {name: (service, int(port)) for name, service, port in found}


def test_all_rooms_a_database_and_a_proxy(compose: dict[str, Any]) -> None:
    """broker, bridge, web, database and proxy are services, each with a health check and started again when it ends."""
    for name in (*ROOMS, "database", "proxy"):
        service = compose["services"][name]
        assert service["healthcheck"]["test"], name
        assert service["restart"] == "unless-stopped", name


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_run_as_on_one_machine(compose: dict[str, Any], room: str) -> None:
    """Each room is the very module that `wattline up` starts."""
    assert compose["services"][room]["command"] == ["python", "-m", room]
    assert (REPOSITORY / room / "__main__.py").is_file()


@pytest.mark.parametrize("room", ROOMS)
def test_settings_are_known_and_good(compose: dict[str, Any], room: str) -> None:
    """Every WATTLINE_ setting of a room is one the product knows, and its values are accepted."""
    given = {
        key: value for key, value in compose["services"][room]["environment"].items() if key.startswith("WATTLINE_")
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
    assert {services[name]["environment"]["WATTLINE_MQTT_HOST"] for name in ("bridge", "web")} == {"broker"}
    assert re.search(r"apt-get install .*\bmosquitto\b", (REPOSITORY / "Dockerfile").read_text())


def test_proxy_points_at_the_rooms(compose: dict[str, Any]) -> None:
    """nginx's upstreams are the services and ports that the settings name."""
    settings = {name: compose["services"][name]["environment"] for name in ROOMS}
    assert upstreams() == {
        "web": ("web", int(settings["web"]["WATTLINE_HTTP_PORT"])),
        "broker_websocket": ("broker", int(settings["broker"]["WATTLINE_WS_PORT"])),
    }


def test_one_origin(compose: dict[str, Any]) -> None:
    """The proxy alone is published to the network, on port 3001; browsers are told /mqtt of the page's own origin."""
    published = {
        name: service.get("ports", []) for name, service in compose["services"].items() if service.get("ports")
    }
    assert published["proxy"] == ["3001:3001"]
    assert nginx.LISTEN == "listen 3001;"
    assert all(port.startswith("127.0.0.1:") for name in published if name != "proxy" for port in published[name])
    assert compose["services"]["web"]["environment"]["WATTLINE_WS_URL"] == "/mqtt"
    assert "location = /mqtt {" in nginx.COMMITTED.read_text()


def test_no_secret_in_the_file(compose: dict[str, Any]) -> None:
    """No setting whose name speaks of a secret has a value of its own."""
    for name, service in compose["services"].items():
        for key, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|TOKEN|KEY", key):
                assert key.endswith("_FILE") or str(value).startswith("${"), f"{name}: {key}"
        assert not re.search(r"://[^/\s:@]+:[^/\s@]+@", str(service)), name


def test_the_database_keeps_its_word(compose: dict[str, Any]) -> None:
    """The password's maker writes the two files that the server and its clients read, from one secret."""
    services = compose["services"]
    script = services["secrets"]["command"][-1]
    compile(script, "secrets", "exec")
    assert services["database"]["environment"]["POSTGRES_PASSWORD_FILE"] in script
    assert all(services[room]["environment"]["PGPASSFILE"] in script for room in ROOMS)
    assert services["database"]["depends_on"] == {"secrets": {"condition": "service_completed_successfully"}}


def test_volumes_are_named(compose: dict[str, Any]) -> None:
    """What must outlive a container lies in named volumes; the rest that is mounted is read-only."""
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
