"""
Connect to PostgreSQL: set up sessions, and bound the wait for a vanished or hung server.

The kernel gives up a host that vanished: after `tcp_user_timeout` while an answer is due, else after the keep-alives.
`Connection` gives up a server that hangs.
"""

import time
from collections.abc import Generator
from typing import Any, Final, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict

from chat_core.contract.errors import StoreDown
from chat_core.store.faults import OPTION

BUSY_TIMEOUT_MS: Final = 5_000  # how long a writer waits for the one before it
CONNECT_TIMEOUT_S: Final = 5  # of one host; of several they share ALL_HOSTS_S
ALL_HOSTS_S: Final = 8  # less than heartbeat.SILENT_S: who waits for hosts cannot beat
LEAST_CONNECT_S: Final = 2  # libpq's least
STATEMENT_TIMEOUT_MS: Final = 30_000  # the server ends what takes longer
PATIENCE_S: Final = 40.0  # a server that did not end it by then hangs

SETTINGS: Final = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "synchronous_commit": "on",
        "lock_timeout": BUSY_TIMEOUT_MS,
        "statement_timeout": STATEMENT_TIMEOUT_MS,
        "idle_in_transaction_session_timeout": 60_000,
        "timezone": "UTC",
        "tcp_keepalives_idle": 5,  # the server's end: what a vanished client has locked is free again
        "tcp_keepalives_interval": 2,
        "tcp_keepalives_count": 3,
        "tcp_user_timeout": 8_000,  # the same, where an answer of the server is not acknowledged
    }.items()
)
# The client's parameters (libpq, "Parameter Key Words"): 3 + 3 × 1 s of silence, or 6 s without acknowledgement. Either
# is less than heartbeat.SILENT_S, since a process that waits here cannot beat.
PARAMETERS: Final[dict[str, Any]] = {
    "options": SETTINGS,
    "keepalives": 1,
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 6_000,
}

NOW_MS: Final = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"  # the server's clock

Result = TypeVar("Result")
_Waiting = Generator[Any, Any, Result]


class Connection(psycopg.Connection[Any]):
    """Bound every call of psycopg's connection."""

    patience_s: float | None = PATIENCE_S  # None: no bound, for a migration

    def wait(self, gen: "_Waiting[Result]", *args: Any, **kwargs: Any) -> Result:
        """
        Wait as psycopg does, for at most `patience_s`.

        Raises: psycopg.OperationalError when the server hangs; the connection is closed then.
        """
        if self.patience_s is None:
            return super().wait(gen, *args, **kwargs)
        try:
            return super().wait(_until(time.monotonic() + self.patience_s, gen), *args, **kwargs)
        except TimeoutError:
            self.close()
            raise psycopg.OperationalError("the server hangs: timeout expired") from None


def _until(end_s: float, waiting: "_Waiting[Result]") -> "_Waiting[Result]":
    """Pass the steps on until then. psycopg asks ten times a second while nothing happens."""
    try:
        wanted = next(waiting)
        while True:
            ready = yield wanted
            if not ready and time.monotonic() > end_s:
                raise TimeoutError
            wanted = waiting.send(ready)
    except StopIteration as done:
        result: Result = done.value
        return result


def parameters_of(url: str) -> dict[str, str]:
    """Return the URL's parameters. Of several hosts they choose the one that takes writes. Raises: StoreDown."""
    try:
        asked = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    except psycopg.ProgrammingError:
        raise StoreDown(OPTION) from None  # its text may quote the password
    return {"target_session_attrs": "read-write", **asked} if "," in asked.get("host", "") else asked


def connect(url: str, name: str, patience_s: float = PATIENCE_S) -> Connection:
    """
    Return a connection to the URL's database; of several hosts to the first that takes writes.

    Args: name: what the server shows it as; patience_s: how long to wait for a hung server.
    Raises: StoreDown for a wrong URL; psycopg.Error.
    """
    asked = parameters_of(url)
    hosts = asked.get("host", "").count(",") + 1
    own = {
        **PARAMETERS,
        "connect_timeout": max(LEAST_CONNECT_S, min(CONNECT_TIMEOUT_S, ALL_HOSTS_S // hosts)),
        "application_name": name,
        **asked,
        "options": f"{SETTINGS} {asked.get('options', '')}".strip(),
    }
    connection = Connection.connect("", autocommit=True, **own)
    connection.patience_s = patience_s
    return connection
