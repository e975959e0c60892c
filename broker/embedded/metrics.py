"""Define the broker's counters for `/metrics`. Labels come from fixed sets, never from a peer's input."""

from prometheus_client import Counter, Gauge

CONNECTIONS = Gauge("wattline_broker_connections", "Open connections, signed in or not", multiprocess_mode="livesum")
SESSIONS = Gauge("wattline_broker_sessions", "Sessions, connected or waiting", multiprocess_mode="livesum")
BRIDGE_QUEUE = Gauge(
    "wattline_broker_bridge_queue_messages",
    "QoS 1 messages of services' sessions, waiting and in flight",
    multiprocess_mode="livesum",
)
SIGNED_IN = Counter("wattline_broker_signed_in", "CONNECTs accepted")
PUBLISHED = Counter("wattline_broker_published", "PUBLISHes taken, wills among them")
UNROUTED = Counter(
    "wattline_broker_unrouted", "PUBLISHes and wills of devices' firmware, taken and passed on to nobody"
)
DELIVERED = Counter("wattline_broker_delivered", "Messages handed to a session")
REFUSED = Counter("wattline_broker_refused", "What the guard refused, by reason", ["why"])
ENDED = Counter("wattline_broker_ended", "Connections ended, by reason", ["why"])
DROPPED = Counter("wattline_broker_dropped", "What was given up, by reason", ["why"])
