"""Define web's metrics, and collect those of all processes from DATA/run/metrics."""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

REQUESTS: Final = Counter(
    "wattline_web_requests_total", "Requests answered, by route, method and status.", ["route", "method", "status"]
)
SECONDS: Final = Histogram(
    "wattline_web_request_seconds", "How long an answer took, by route.", ["route"], buckets=BUCKETS_S
)
SIGN_INS: Final = Counter("wattline_web_sign_ins_total", "Attempts to sign in, by outcome.", ["outcome"])
SESSIONS: Final = Counter("wattline_web_sessions_total", "Credentials handed out, by kind.", ["kind"])
FAULTS: Final = Counter("wattline_web_faults_total", "Answers that failed through a fault of ours.")


class RequestMetrics:
    """
    Count and time every response under its route's rule, never under the requested path.

    This wraps the app because hooks would look up the request four times.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app
        self._counters: dict[tuple[str, str, str], tuple[Counter, Histogram]] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        began_s = time.perf_counter()

        def start(status: str, headers: list[tuple[str, str]], *fault: Any) -> Any:
            answered, took = self._of(environ, status[:3])
            answered.inc()
            took.observe(time.perf_counter() - began_s)
            return start_response(status, headers, *fault)

        return self._app(environ, start)

    def _of(self, environ: "WSGIEnvironment", status: str) -> tuple[Counter, Histogram]:
        rule = environ["werkzeug.request"].url_rule
        route = rule.rule if rule else "(none)"
        asked = environ["REQUEST_METHOD"]
        key = (route, asked if asked in _METHODS else "other", status)
        found = self._counters.get(key)
        if found is None:
            found = self._counters[key] = (REQUESTS.labels(*key), SECONDS.labels(key[0]))
        return found


class _AllProcesses(Collector):
    """Collect what all processes have written below the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """Return sums over all processes."""
        files = [str(path) for path in self._folder.rglob("*.db") if not self._is_left(path)]
        merged: Iterable[Metric] = MultiProcessCollector.merge(files)
        return merged

    def _is_left(self, path: Path) -> bool:
        """Return whether a live gauge is of a killed process; those in subfolders have process ids of their own."""
        if path.parent != self._folder or not path.name.startswith("gauge_live"):
            return False
        try:
            os.kill(int(path.stem.rpartition("_")[2]), 0)
        except ProcessLookupError:
            return True
        except PermissionError:  # of another user
            return False
        return False


def render(now: Collector) -> bytes:
    """
    Return all processes' metrics in Prometheus' text format; without the folder only this process's.

    Each container has a subfolder, since files are named by process id and every container counts from 1.
    Args: now: collects what is measured at this moment.
    """
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    together = CollectorRegistry()
    together.register(now)
    if not folder or not Path(folder).is_dir():
        return generate_latest(REGISTRY) + generate_latest(together)
    together.register(_AllProcesses(Path(folder)))
    return generate_latest(together)


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
