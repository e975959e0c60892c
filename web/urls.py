"""Find the broker's WebSocket URL and the site's base URL for a page."""

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
    """Return the configuration with the actual ports, as far as they are known."""
    return ports.resolved(app_context().config)


def page_base() -> str:
    """
    Return the base of absolute links: WATTLINE_URL, or a loopback Host of the request; else "".

    No other Host header can be trusted. A link is then a path, which the page completes.
    """
    config = app_context().config
    if config.url is not None:
        return config.url
    asked = urlsplit(f"//{request.host}").hostname or ""
    return request.host_url.rstrip("/") if is_loopback(asked) else ""


def ws_url(config: Config) -> str:
    """
    Return the URL for `new WebSocket`: the configured one, or the page's host with the broker's port.

    Args: config: of `connected_config`. Raises: BrokerDown while the broker's port is unknown.
    """
    if config.ws_url is None and config.ws_port == 0:
        raise BrokerDown("The broker has not started yet.", retry_ms=RETRY_MS)
    return _origin(config) + PATH if config.ws_url is None else _configured(config.ws_url)


def ws_source() -> str:
    """Return the WebSocket's CSP source. It allows any port while the broker's is unknown."""
    config = connected_config()
    if config.ws_url is not None:
        parts = urlsplit(_configured(config.ws_url))
        return f"{parts.scheme}://{parts.netloc}"
    return _origin(config) if config.ws_port else f"{_origin(config).removesuffix(':0')}:*"


def _configured(url: str) -> str:
    return f"{'wss' if request.is_secure else 'ws'}://{request.host}{url}" if url.startswith("/") else url


def _origin(config: Config) -> str:
    host = (
        config.broker_hosts[0]
        if not (config.own_broker or is_loopback(config.broker_hosts[0]))
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
