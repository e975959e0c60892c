"""Define the bridge's metrics of ticks, of its own probe and of its backlog, for `/metrics`."""

from bisect import bisect_left
from typing import Final

from prometheus_client import Gauge, Histogram

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0)


class BatchHistogram(Histogram):
    """Observe all messages of a batch at once. Knows the inside of prometheus_client's Histogram."""

    def observe_batch(self, amount: float, times: int) -> None:
        """Observe the amount so many times, at the cost of one observation."""
        self._sum.inc(amount * times)
        self._buckets[bisect_left(self._upper_bounds, amount)].inc(times)


TICK_S: Final = BatchHistogram(
    "wattline_tick_seconds", "From a message's read from the socket until its entry was announced", buckets=SECONDS
)
ECHO_S: Final = Histogram(
    "wattline_echo_seconds", "From the bridge's publish of its probe until the probe was committed", buckets=SECONDS
)
WRITER: Final = Gauge(
    "wattline_bridge_writer", "Slots for which a bridge holds the lock and writes", multiprocess_mode="livesum"
)
SLOTS: Final = Gauge(
    "wattline_bridge_slots", "Sessions of the bridges, among which the shards are divided", multiprocess_mode="livemax"
)
SHARDS: Final = Gauge(
    "wattline_bridge_shards", "Shards of the clients for which the slot works", ["slot"], multiprocess_mode="livesum"
)
LEASE: Final = Gauge(
    "wattline_bridge_lease", "1 where this process has the slot's lease", ["slot"], multiprocess_mode="livesum"
)
BACKLOG: Final = Gauge(
    "wattline_bridge_backlog_messages",
    "Messages that the bridge has read and not committed",
    ["slot"],
    multiprocess_mode="livesum",
)
UNCONFIRMED: Final = Gauge(
    "wattline_bridge_unconfirmed_messages",
    "The bridge's publishes without a PUBACK",
    ["slot"],
    multiprocess_mode="livesum",
)
