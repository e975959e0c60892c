"""
Take the client's address from a reverse proxy of WATTLINE_TRUSTED_PROXIES only. Touches the WSGI environment.

Without this, everybody behind the proxy would share one rate limit. If every peer were trusted, each could invent
addresses.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from werkzeug.middleware.proxy_fix import ProxyFix

from chat_core.runtime.addresses import Networks

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class TrustedProxies:
    """
    The app behind proxies of the given networks: X-Forwarded-For, -Proto and -Host of one hop count from them alone.
    """

    def __init__(self, app: "WSGIApplication", networks: Sequence[str]) -> None:
        self._plain = app
        self._fixed = ProxyFix(app, x_for=1, x_proto=1, x_host=1)
        self._trusted = Networks(networks)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        app: Any = self._fixed if environ.get("REMOTE_ADDR", "") in self._trusted else self._plain
        answer: Iterable[bytes] = app(environ, start_response)
        return answer
