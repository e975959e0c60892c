"""Measure at each scrape of /metrics what no process counts: the bridge's echo, conversations, sizes, threads."""

import os
import platform
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any, Final

from flask import current_app
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from chat_core.contract.errors import Unavailable
from chat_core.store import find_backend
from chat_core.store.measures import Measured
from web.app_context import AppContext, app_context

POOL: Final = "wattline.pool"  # of the app's extensions: waitress's task dispatcher

Figure = tuple[str, str, float | None]


class ScrapeCollector(Collector):
    """Collect for the app that handles the present request. What cannot be measured now is left out."""

    def collect(self) -> Iterable[Metric]:
        """Return gauges without labels, and the build."""
        context = app_context()
        for name, text, value in (*_of_database(context), *_of_disk(context), *_of_threads()):
            if value is not None:
                yield GaugeMetricFamily(f"wattline_{name}", text, value)
        yield from _of_queues(context)
        facts = {
            "version": version("wattline"),
            "python": platform.python_version(),
            "broker": context.config.broker,
            "database": find_backend(context.config).kind,
        }
        build = GaugeMetricFamily("wattline_build_info", "The running version; always 1", labels=list(facts))
        build.add_metric(list(facts.values()), 1)
        yield build


def _of_database(context: AppContext) -> Iterator[Figure]:
    try:
        beat, found = context.beat.answer(), context.measured.answer()
    except Unavailable:
        yield "database_up", "Whether the database answers", 0
        return
    yield "database_up", "Whether the database answers", 1
    age_ms = None if beat is None else beat.age_ms
    yield "echo_age_seconds", "Since the bridge's last echo was committed", None if age_ms is None else age_ms / 1000
    yield from _of_conversations(found, context.now_ms())
    sizes = found.sizes
    yield "database_bytes", "Size of the database without its WAL", sizes.database_bytes
    yield "database_wal_bytes", "Size of its WAL, if we may see it", sizes.wal_bytes
    yield "database_connections", "Connections to the database, on PostgreSQL", sizes.connections
    yield "database_connections_limit", "How many the server takes", sizes.connections_limit


def _of_queues(context: AppContext) -> Iterator[Metric]:
    """Yield what waits for somebody outside and what failed, by channel."""
    try:
        queues = context.queues.answer()
    except Unavailable:
        return
    waiting, failed = Counter[str](), Counter[str]()
    oldest: dict[str, int] = {}
    for queue in queues:
        channel = queue.destination.partition("/")[0]
        waiting[channel] += queue.waiting
        failed[channel] += queue.failed
        if queue.oldest is not None:
            oldest[channel] = min(oldest.get(channel, queue.oldest), queue.oldest)
    ages_s = {channel: max(0, context.now_ms() - since) / 1000 for channel, since in oldest.items()}
    for name, text, values in (
        ("waiting", "Deliveries to somebody outside that wait", waiting),
        ("failed", "Those that failed within 30 days", failed),
        ("oldest_seconds", "How long the first of those that wait has waited", ages_s),
    ):
        gauge = GaugeMetricFamily(f"wattline_outbound_{name}", text, labels=["channel"])
        for channel, value in values.items():
            gauge.add_metric([channel], value)
        yield gauge


def _of_conversations(found: Measured, now_ms: int) -> Iterator[Figure]:
    since_ms = found.waiting_since_ms
    yield "open_conversations", "Conversations that are open or assigned", found.open
    yield "waiting_conversations", "Those whose client waits for an answer", found.waiting
    waits_s = 0.0 if since_ms is None else max(0, now_ms - since_ms) / 1000
    yield "longest_wait_seconds", "How long the first of them has waited", waits_s


def _of_disk(context: AppContext) -> Iterator[Figure]:
    free = []
    for folder in context.config.written_folders:
        try:
            disk = os.statvfs(folder)
        except OSError:
            continue
        free.append(disk.f_bavail * disk.f_frsize)
    yield "disk_free_bytes", "Free on the fullest disk of data and database", min(free, default=None)


def _of_threads() -> Iterator[Figure]:
    pool: Any = current_app.extensions.get(POOL)
    if pool is not None:
        yield "web_threads", "Threads that answer requests", len(pool.threads)
        yield "web_busy_threads", "Those that answer one now, this one among them", pool.active_count
        yield "web_queued_requests", "Requests that wait for a thread", len(pool.queue)
