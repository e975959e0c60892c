"""
What a reverse proxy says of the client, believed only from WATTLINE_TRUSTED_PROXIES. Touches the WSGI environment.

Without this everybody behind the proxy would share one address, and one rate limit; believed from anybody, nobody would
have one.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REMEMBERED: Final = 1_024  # addresses; the same ones ask again


class TrustedProxies:
    """
    The app behind proxies of the given networks: X-Forwarded-For, -Proto and -Host of one hop count from them alone.
    """

    def __init__(self, app: "WSGIApplication", networks: Sequence[str]) -> None:
        self._plain = app
        self._fixed = ProxyFix(app, x_for=1, x_proto=1, x_host=1)
        self._networks = tuple(ipaddress.ip_network(network) for network in networks)
        self._trusts = lru_cache(REMEMBERED)(self._is_ours)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        app: Any = self._fixed if self._trusts(environ.get("REMOTE_ADDR", "")) else self._plain
        answer: Iterable[bytes] = app(environ, start_response)
        return answer

    def _is_ours(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._networks)
