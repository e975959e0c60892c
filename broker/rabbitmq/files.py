"""Write RabbitMQ's files atomically, with mode 0600. Touches files."""

import base64
import hmac
from pathlib import Path

from broker.rabbitmq import render
from broker.rabbitmq.render import RabbitSetup
from chat_core.runtime import atomic
from chat_core.runtime.addresses import bracketed
from chat_core.runtime.config import Config
from chat_core.runtime.keys import Keys


def secret(keys: Keys) -> str:
    """Return the 256-bit secret that RabbitMQ and `python -m broker` share, derived from the data folder's keys."""
    return base64.urlsafe_b64encode(hmac.digest(keys.password, b"rabbitmq", "sha256")).rstrip(b"=").decode()


def setup_for(config: Config, directory: Path, keys: Keys) -> RabbitSetup:
    host = config.auth_host or config.near_host
    return RabbitSetup(
        directory,
        f"http://{bracketed(host)}:{config.auth_port}/{secret(keys)}",
        config.bind,
        config.mqtt_port or 1883,
        config.ws_port or 9001,
        config.api_port,
        config.bind,
        config.tls_cert,
        config.tls_key,
    )


def write(setup: RabbitSetup) -> None:
    directory = Path(setup.directory)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    texts = {
        render.CONF: render.render_conf(setup),
        render.ADVANCED: render.render_advanced(setup),
        render.DEFINITIONS: render.render_definitions(),
        render.PLUGINS: render.render_plugins(),
        render.ENVIRONMENT: render.render_environment(setup),
    }
    atomic.write_files({directory / name: text for name, text in texts.items()})
