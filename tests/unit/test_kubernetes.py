"""The manifests in deploy/kubernetes, against the schemas of a Kubernetes release."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from broker.rabbitmq.files import setups_for
from chat_core.runtime.config import PREFIX, Config, load
from chat_core.runtime.keys import Keys
from tests.real.parts import REPOSITORY

VERSION = "1.30.0"
FILES = sorted((REPOSITORY / "deploy" / "kubernetes").glob("*.yaml"))


def documents(file: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_manifest_is_valid(file: Path) -> None:
    """Each object fits its kind's schema, without a field that the kind does not have."""
    for document in documents(file):
        kubernetes_validate.validate(document, VERSION, strict=True)


def test_services_set_no_variables() -> None:
    """No pod gets variables for services: WATTLINE_AUTH_PORT=tcp://… would be a setting."""
    found = [document for file in FILES for document in documents(file)]
    pods = [one["spec"]["template"]["spec"] for one in found if one["kind"] in ("Deployment", "Job")]
    assert pods and all(pod["enableServiceLinks"] is False for pod in pods)
    assert not {one["kind"] for one in found} & {"CronJob", "StatefulSet", "DaemonSet", "Pod"}


def test_rabbitmq_listens_beyond_its_pod(tmp_path: Path) -> None:
    """Rendered with the manifests' settings, RabbitMQ listens on all addresses."""
    [settings] = [one["data"] for file in FILES for one in documents(file) if one["kind"] == "ConfigMap"]
    chosen = load({**settings, "WATTLINE_DATA": str(tmp_path)})
    setups = setups_for(chosen, tmp_path, Keys.open(tmp_path), 3, lambda: ())
    assert [setup.bind for setup in setups] == ["0.0.0.0"] * 3


def test_what_manifests_name_exists() -> None:
    """Settings, modules and services that the manifests name exist."""
    known = {PREFIX + name.upper() for name in Config.model_fields}
    found = [document for file in FILES for document in documents(file)]
    services = {one["metadata"]["name"] for one in found if one["kind"] == "Service"}
    [settings] = [one["data"] for one in found if one["kind"] == "ConfigMap"]
    assert set(settings) <= known
    assert settings["WATTLINE_AUTH_HOST"].split(".")[0] in services
    for one in found:
        if one["kind"] == "Deployment":
            [container] = one["spec"]["template"]["spec"]["containers"]
            assert {variable["name"] for variable in container["env"]} <= known
            assert container["command"][:2] == ["python", "-m"] and find_spec(container["command"][2])
