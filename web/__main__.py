"""Run the app behind waitress until SIGTERM or Ctrl-C: `python -m web`."""

import signal
import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Final

import structlog
from flask import Flask
from waitress.server import create_server

from chat_core.contract.errors import StoreDown
from chat_core.runtime import config, fast_gc, logs, ports
from chat_core.runtime.addresses import Networks
from chat_core.runtime.config import Config
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.runtime.keys import KeyRing
from chat_core.store import Store
from web import create_app
from web.app_context import EXTENSION, AppContext
from web.connections import BACKLOG, CHECK_EVERY_S, SPARE, HttpConnections
from web.draining import Drain
from web.giving_way import Workers, process_gives_way
from web.measures import POOL
from web.outbound import channels
from web.outbound.worker import OutboundWorker
from web.pulse import Pulse

THREADS: Final = 8
MAX_REQUEST_BYTES: Final = 11 << 20  # an upload, which web.api.files limits
MAX_HEADER_BYTES: Final = 32 << 10
IDLE_S: Final = 30
NAME: Final = "http"
# The main loop makes many short calls, and may wait this long after each. With Python's default of 5 ms and eight busy
# threads, accepting a connection takes seconds.
SWITCH_S: Final = 0.0005

log = structlog.get_logger("web")


def _mail_inbox(app: Flask, settings: Config) -> AbstractContextManager[object]:
    """Return what watches the mailbox of replies. Without one its libraries, 1.5 MB, stay out of memory."""
    if settings.imap_server is None:
        return nullcontext()
    from web.outbound.mail_inbox import MailInbox

    return MailInbox(app)


def main() -> None:
    """Serve until told to stop. Raises: SystemExit with one line for a bad setting, database or port."""
    settings = config.load()
    logs.configure()
    heart = Heartbeat.from_environment()
    process_gives_way()
    try:
        keys, store = KeyRing(settings.data), Store.open(settings)
    except (StoreDown, ValueError) as err:
        raise SystemExit(f"wattline web: {err}") from None
    with store:
        app = create_app(settings, store, keys.now)
        wiring: AppContext = app.extensions[EXTENSION]
        wiring.passwords.prepare()
        connections = HttpConnections(Networks(settings.trusted_proxies))
        server = listen(app, settings, connections)
        app.extensions[POOL] = server.task_dispatcher
        drain = Drain(server, connections)
        signal.signal(signal.SIGTERM, drain.begin)
        signal.signal(signal.SIGINT, drain.end)  # a shell ignores SIGINT in background jobs
        ports.remember(settings.data, NAME, int(server.effective_port))
        fast_gc.freeze_loaded()
        sys.setswitchinterval(SWITCH_S)
        try:
            with OutboundWorker(store, channels(app)), _mail_inbox(app, settings), Pulse(server, heart):
                log.info("serving", host=server.effective_host, port=int(server.effective_port))
                server.run()  # ends its own threads on SystemExit
        finally:
            server.close()
    log.info("stopped")


def listen(app: Any, settings: Config, connections: HttpConnections) -> Any:
    """
    Return a server on the configured port; for port 0 on its last port, else on one from the kernel.

    Raises: SystemExit if the port is taken.
    """
    wishes = [settings.http_port] if settings.http_port else [ports.recall(settings.data, NAME) or 0, 0]
    fault: OSError | None = None
    for port in wishes:
        sockets: dict[int, Any] = {}
        workers = Workers()
        workers.set_thread_count(THREADS)
        try:
            server = create_server(
                app,
                map=sockets,
                _dispatcher=workers,
                host=settings.bind,
                port=port,
                backlog=BACKLOG,
                ident=None,
                channel_timeout=IDLE_S,
                max_request_body_size=MAX_REQUEST_BYTES,
                max_request_header_size=MAX_HEADER_BYTES,
                connection_limit=connections.at_most + SPARE,
                cleanup_interval=CHECK_EVERY_S,
                asyncore_use_poll=True,  # select() takes no file descriptor above 1,023
                clear_untrusted_proxy_headers=False,  # web.security decides which to trust
            )
        except OSError as err:
            fault = err
        else:
            connections.guard(sockets)
            return server
    raise SystemExit(f"wattline web: cannot listen on {settings.bind}:{settings.http_port}: {fault}")


if __name__ == "__main__":
    main()
