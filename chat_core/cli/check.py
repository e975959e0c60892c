"""
Check from outside that this installation works, for `wattline check`. Touches the database and the network.

The message that is followed end to end is the bridge's echo: received from the broker, and stored in the database.
"""

import queue
import secrets
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException
from smtplib import SMTPException
from typing import Any, Final

import paho.mqtt.client as mqtt
from imapclient.exceptions import IMAPClientError
from paho.mqtt.enums import CallbackAPIVersion

from chat_core.contract import ids, topics
from chat_core.contract.errors import Refused, StoreDown
from chat_core.runtime import clock, ports, preflight, readiness, tokens
from chat_core.runtime.config import Config
from chat_core.runtime.keys import Keys
from chat_core.runtime.mail_connections import open_folders, open_imap, open_smtp
from chat_core.runtime.mail_servers import MailServer
from chat_core.runtime.tokens import Holder
from chat_core.store import Store

CONNECT_WITHIN_S: Final = 5.0
ECHO_WITHIN_S: Final = 15.0
HTTP_WITHIN_S: Final = 5.0
NOT_RUNNING: Final = "nobody listens there. Does Wattline run?"


@dataclass(frozen=True)
class Finding:
    """Hold the result of one check."""

    what: str
    good: bool
    text: str


def examine(config: Config) -> Iterator[Finding]:
    """Yield the findings; checks that need a broken part are skipped."""
    yield Finding("configuration", True, f"data in {config.data}, broker {config.broker}")
    if config.bind not in ("127.0.0.1", "::1", "localhost") and not config.tls:
        yield Finding(
            "listeners", True, f"open on {config.bind} without TLS: only behind a proxy, or inside a private network"
        )
    for what, look in preflight.CHECKS.items():
        try:
            look(config)
        except Refused as err:
            yield Finding(what, False, err.text)
            return
    try:
        with Store.open(config) as store:
            yield Finding("database", True, "answers, and is of this version")
            store.registry.ensure_identity(ids.CHECK, clock.now_ms())
            ports.wait_until_applied(config, store.registry.version())
            known = ports.resolved(config)
            yield _web(known)
            if config.url is not None:
                yield _public(config.url)
            yield from find_mail_servers(config)
            for host in known.broker_hosts:
                yield _echo(known, host, store)
            yield find_outbound(store)
            # The bridge's heartbeat also after a failure, since it may explain it.
            yield _stored(known, store)
    except StoreDown as err:
        yield Finding("database", False, err.text)


def _web(config: Config) -> Finding:
    if not config.http_port:
        return Finding("web", False, "does not run: nobody has told its port")
    address = f"{ports.near_url(config)}/healthz"
    try:
        with urllib.request.urlopen(address, timeout=HTTP_WITHIN_S) as answer:
            return Finding("web", answer.status == 200, f"{address} answers {answer.status}")
    except (OSError, HTTPException):
        taken = preflight.who_listens(config.http_port)
        why = f"{address} is not answered as web does; the port is taken{taken}" if taken else NOT_RUNNING
        return Finding("web", False, f"WATTLINE_HTTP_PORT={config.http_port}: {why}")


def _public(url: str) -> Finding:
    """Check that the pages are at WATTLINE_URL."""
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/healthz", timeout=HTTP_WITHIN_S) as answer:
            if b'"alive"' in answer.read(1_000):
                return Finding("public address", True, f"{url} leads to web")
            cause = "something else answers there"
    except (OSError, HTTPException) as err:
        cause = str(getattr(err, "reason", err))
    text = f"WATTLINE_URL={url}: does not lead to web ({cause}). Is it the proxy's address, and does that run?"
    return Finding("public address", False, text)


def find_mail_servers(config: Config) -> Iterator[Finding]:
    """Yield, for each configured mail server, whether it lets us in and do what mails need."""
    if config.smtp_server is not None:
        yield _mail_server("WATTLINE_SMTP_URL", config.smtp_server, lambda server: _sending(config, server))
    if config.imap_server is not None:
        yield _mail_server("WATTLINE_IMAP_URL", config.imap_server, lambda server: _reading(config, server))


def _mail_server(setting: str, server: MailServer, visit: Callable[[MailServer], str | None]) -> Finding:
    at, see = f"{server.host}:{server.port}", "See docs/mail.md#set-up"
    try:
        fault = visit(server)
    except (OSError, SMTPException, IMAPClientError) as err:
        return Finding("mail", False, f"{setting}: {at} does not let us in ({err}). {see}")
    if fault is not None:
        return Finding("mail", False, f"{setting}: {at} {fault}. {see}")
    return Finding("mail", True, f"{at} lets us in")


def _sending(config: Config, server: MailServer) -> str | None:
    """Return what keeps mails from going out, without sending one; None for nothing."""
    with closing(open_smtp(server, config.mail_ca)) as smtp:
        if config.mail_reply is None:
            return None
        local, _at, domain = config.mail_reply.rpartition("@")
        address = f"{local}+check@{domain}"
        # Postfix refuses a sender only after the recipient is named.
        for what, ask in (("from", smtp.mail), ("to", smtp.rcpt)):
            code, said = ask(address)
            if code >= 400:
                return f"takes no mail {what} {address} ({code} {said.decode('utf-8', 'replace')})"
    return None


def _reading(config: Config, server: MailServer) -> str | None:
    mailbox = open_imap(server, config.mail_ca)
    try:
        open_folders(mailbox)
    except IMAPClientError as err:
        return f"does not give us the folders Wattline/Taken and Wattline/Refused ({err})"
    finally:
        mailbox.shutdown()
    return None


def _echo(config: Config, host: str, store: Store) -> Finding:
    if not config.mqtt_port:
        return Finding("broker", False, "does not run: nobody has told its port")
    at = f"{host}:{config.mqtt_port}"
    where = f"WATTLINE_MQTT_PORT={config.mqtt_port}: {at}"
    connected: queue.SimpleQueue[str] = queue.SimpleQueue()  # "", or why not
    echoes: queue.SimpleQueue[None] = queue.SimpleQueue()
    client = _client(config, store, connected, echoes)
    try:
        client.connect(host, config.mqtt_port)
        client.loop_start()
        try:
            refused = connected.get(timeout=CONNECT_WITHIN_S)
        except queue.Empty:
            taken = preflight.who_listens(config.mqtt_port) if config.own_broker else ""
            return Finding("broker", False, f"{where} takes connections and does not answer as a broker does{taken}")
        if refused:
            return Finding("broker", False, f"{where} {refused}. Is it another broker than Wattline's?")
        began_s = time.monotonic()
        echoes.get(timeout=ECHO_WITHIN_S)
        took_s = time.monotonic() - began_s
        return Finding("message", True, f"the bridge's echo came through {at} after {took_s:.1f} s")
    except ConnectionRefusedError:
        return Finding("broker", False, f"{where}: {NOT_RUNNING}")
    except OSError as err:  # ssl.SSLError among them
        return Finding("broker", False, f"{where}: {err.strerror or err}")
    except queue.Empty:
        return Finding("message", False, f"no echo of the bridge on {at} in {ECHO_WITHIN_S:g} s: does it run?")
    finally:
        client.disconnect()
        client.loop_stop()


def _client(
    config: Config, store: Store, connected: queue.SimpleQueue[str], echoes: queue.SimpleQueue[None]
) -> mqtt.Client:
    """Return a client that signs in as `s-check` and subscribes to the echo."""
    holder = Holder(ids.CHECK, store.registry.generation(ids.CHECK) or 0)
    password = tokens.mqtt_password(config, Keys.open(config.data), holder, 60, time.time())
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=ids.new_client_id(ids.CHECK, secrets.token_bytes(16)))
    client.username_pw_set(ids.CHECK, password)
    if config.tls:
        client.tls_set(ca_certs=str(config.tls_ca or config.tls_cert))

    def on_connect(link: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if not reason.is_failure:
            link.subscribe(topics.DESK_ECHO, qos=1)
        connected.put(f"refuses us: {reason}" if reason.is_failure else "")

    client.on_connect = on_connect
    client.on_message = lambda *_: echoes.put(None)
    return client


def find_outbound(store: Store) -> Finding:
    """Tell what waits for mail, push and webhooks: a dead receiver is no fault of this installation."""
    queues = store.deliveries.queues()
    waiting, failed = sum(queue.waiting for queue in queues), sum(queue.failed for queue in queues)
    return Finding("outbound", True, f"{waiting:,} deliveries wait, {failed:,} failed (Settings → Outbound)")


def _stored(config: Config, store: Store) -> Finding:
    beat = store.bridge.beat()
    fault = readiness.find_fault(config, beat)
    if fault is not None:
        return Finding(fault.code, False, fault.text)
    age_ms = (beat and beat.age_ms) or 0
    return Finding("kept", True, f"the last echo was stored {age_ms / 1000:.1f} s ago")
