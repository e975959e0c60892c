"""
Find the broker's WebSocket URL for a page. Touches the request and ports.json.
"""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from flask import request

from chat_core.contract.errors import BrokerDown
from chat_core.runtime import ports
from chat_core.runtime.addresses import bracketed
from chat_core.runtime.config import Config
from web.app_context import app_context

PATH: Final = "/mqtt"
RETRY_MS: Final = 1000


def connected_config() -> Config:
    """The settings with the ports that are really taken, as far as they are known now."""
    return ports.resolved(app_context().config)


def page_base() -> str:
    """
    Return the base of an absolute link to a page: WATTLINE_URL, or this machine's own name if the request used it.

    Without the setting any other Host proves nothing, and a link is a path, which the page that shows it completes.
    """
    config = app_context().config
    if config.url is not None:
        return config.url
    asked = urlsplit(f"//{request.host}").hostname or ""
    return request.host_url.rstrip("/") if is_loopback(asked) else ""


def ws_url(config: Config) -> str:
    """
    The address for `new WebSocket`: the configured one (a path is this origin's), else this page's host with the
    broker's port.

    Args: config: with its ports known (`connected_config`).
    Raises: BrokerDown while nobody knows the broker's port.
    """
    if config.ws_url is None and config.ws_port == 0:
        raise BrokerDown("The broker has not started yet.", retry_ms=RETRY_MS)
    return _origin(config) + PATH if config.ws_url is None else _configured(config.ws_url)


def ws_source() -> str:
    """
    Return the WebSocket's CSP source; any port while the broker's is unknown, since the page may live longer.
    """
    config = connected_config()
    if config.ws_url is not None:
        parts = urlsplit(_configured(config.ws_url))
        return f"{parts.scheme}://{parts.netloc}"
    return _origin(config) if config.ws_port else f"{_origin(config).removesuffix(':0')}:*"


def _configured(url: str) -> str:
    return f"{'wss' if request.is_secure else 'ws'}://{request.host}{url}" if url.startswith("/") else url


def _origin(config: Config) -> str:
    host = (
        config.mqtt_host
        if config.mqtt_host and not is_loopback(config.mqtt_host)
        else urlsplit(f"//{request.host}").hostname
    )
    scheme = "wss" if config.tls or request.is_secure else "ws"
    return f"{scheme}://{bracketed(host or '')}:{config.ws_port}"


def is_loopback(host: str) -> bool:
    """Return whether the name or address belongs to this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
