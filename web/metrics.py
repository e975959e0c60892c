"""
What this room counts, and all rooms' numbers together. Touches prometheus-client's files under DATA/run/metrics.
"""

import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from flask import Flask, Response, g, request
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

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


def init_app(app: Flask) -> None:
    """Every answer of the app is counted and timed under its route's rule, never under the path somebody typed."""

    counters: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    @app.before_request
    def _start() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def _count(response: Response) -> Response:
        rule, asked = request.url_rule, request.method
        route = rule.rule if rule else "(none)"
        method = asked if asked in _METHODS else "other"
        found = counters.get(key := (route, method, response.status_code))
        if found is None:
            found = counters[key] = (
                REQUESTS.labels(route, method, str(response.status_code)),
                SECONDS.labels(route),
            )
        answered, took = found
        answered.inc()
        took.observe(time.perf_counter() - g.get("started", time.perf_counter()))
        return response


class _Everybody(Collector):
    """What every process has written below the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """Counters and histograms are sums over processes."""
        files = [str(path) for path in self._folder.rglob("*.db")]
        merged: Iterable[Metric] = MultiProcessCollector.merge(files)
        return merged


def render() -> bytes:
    """
    All rooms' metrics in Prometheus' text format; this process's own when it runs alone.

    Folders in the shared folder count too: rooms in containers have one each, since every container numbers its
    processes from 1 and files are named after them.
    """
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder or not Path(folder).is_dir():
        return generate_latest(REGISTRY)
    together = CollectorRegistry()
    together.register(_Everybody(Path(folder)))
    return generate_latest(together)


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
