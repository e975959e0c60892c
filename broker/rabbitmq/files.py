"""Write RabbitMQ's files atomically, with mode 0600. Touches files."""

import base64
import hmac
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from broker.rabbitmq import render
from broker.rabbitmq.render import RabbitSetup
from chat_core.contract.errors import Refused
from chat_core.runtime import atomic
from chat_core.runtime.addresses import bracketed, find_address
from chat_core.runtime.config import Config
from chat_core.runtime.keys import Keys


def secret(keys: Keys) -> str:
    """Return the 256-bit secret that RabbitMQ and `python -m broker` share, derived from the data folder's keys."""
    return base64.urlsafe_b64encode(hmac.digest(keys.password, b"rabbitmq", "sha256")).rstrip(b"=").decode()


def setups_for(
    config: Config, folder: Path, keys: Keys, nodes: int, sessions: Callable[[], tuple[str, ...]]
) -> list[RabbitSetup]:
    """
    Return one setup for each node.

    Args: sessions: returns the bridge's MQTT client ids, for a cluster.
    Raises: Refused when WATTLINE_MQTT_HOST does not name as many hosts.
    """
    if nodes == 1:
        return [_setup_for(config, folder, keys, config.bind, 0)]
    hosts = config.mqtt_host
    if len(hosts) != nodes or len(set(hosts)) != nodes:
        named = ",".join(hosts) or "no host"
        raise Refused(f"WATTLINE_MQTT_HOST names {named}; {nodes} nodes need {nodes} different hosts.")
    setups, kept = [], sessions()
    for number, host in enumerate(hosts):
        bind = host if find_address(host) else config.bind
        setup = _setup_for(config, folder / host, keys, bind, number)
        setups.append(replace(setup, hosts=hosts, host=host, sessions=kept))
    return setups


def _setup_for(config: Config, directory: Path, keys: Keys, bind: str, number: int) -> RabbitSetup:
    hosts = config.auth_host or (config.near_host,)
    return RabbitSetup(
        directory,
        f"http://{bracketed(hosts[number % len(hosts)])}:{config.auth_port}/{secret(keys)}",
        bind,
        config.mqtt_port or 1883,
        config.ws_port or 9001,
        config.api_port,
        bind,
        config.tls_cert,
        config.tls_key,
    )


def write(setup: RabbitSetup) -> None:
    directory = Path(setup.directory)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    texts = {
        render.CONF: render.render_conf(setup),
        render.ADVANCED: render.render_advanced(setup),
        render.DEFINITIONS: render.render_definitions(setup),
        render.PLUGINS: render.render_plugins(),
        render.ENVIRONMENT: render.render_environment(setup),
    }
    atomic.write_files({directory / name: text for name, text in texts.items()})
