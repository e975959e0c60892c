"""
Run Mosquitto as this process's child and write its files from the database. Touches files, processes and sockets.

When Mosquitto ends or is silent, this process ends too, and its supervisor starts both again. When this process dies,
Mosquitto is ended.
"""

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO, Final

import structlog

from broker.mosquitto import files, render
from broker.mosquitto.files import Accounts
from broker.mosquitto.render import Account, MosquittoSetup
from broker.mosquitto.sessions import NOTICE, SessionEnder
from chat_core.contract.errors import BrokerDown, StoreDown
from chat_core.runtime import clock, ports
from chat_core.runtime.backoff import Backoff
from chat_core.runtime.config import Config
from chat_core.runtime.heartbeat import SILENT_S, Heartbeat
from chat_core.runtime.keys import Keys
from chat_core.runtime.supervisor import die_with, explain_end
from chat_core.store import Store

LOOK_EVERY_S: Final = 0.1  # at the version of the credentials, one small query
LOOK_AT_START_EVERY_S: Final = 0.02
# A reload stops everybody: for 8 ms with 10,000 clients. Agents have lines of their own, and Mosquitto compares each
# with all before: 0.4 s of a core with 6,500 of them.
RELOAD_EVERY_S: Final = 1.0
RELOADED_WITHIN_S: Final = 5.0
FILL_EVERY_S: Final = 60.0
END_EVERY_S: Final = 1.0  # a listener's account ends at most so much later
PORT_WITHIN_S: Final = 3.0  # a predecessor may still be saving
START_WITHIN_S: Final = 10.0
STOP_WITHIN_S: Final = 3.0
START_ATTEMPTS: Final = 5  # another process may take the kernel's port
RETRY_DATABASE_S: Final = 5.0
RETRY_FILES_S: Final = (1.0, 2.0, 5.0, 15.0)  # before each next try where the disk is full
ANSWER_WITHIN_S: Final = 1.0
PROBE_EVERY_S: Final = 2.0  # with one silent connection
# Its remarks about render.py's configuration are no faults: they are logged as information.
NOTES: Final = re.compile(
    r": (Note: It is recommended to replace `message_size_limit`"
    r"|Warning: Mosquitto should not be run as root"
    r"|Warning: ACL pattern '[^']*' does not contain '%c' or '%u')"
)

log = structlog.get_logger("broker.mosquitto")


def run(config: Config, heart: Heartbeat) -> int:
    """
    Run Mosquitto until SIGTERM or SIGINT (returns 0), or until it dies (1). Raises: BrokerDown when it does not start.
    """
    child = _MosquittoChild(find_program(), config, heart)
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, child.stop)
    return child.run()


def find_program() -> str:
    """Return Mosquitto's path, looked for beyond a plain user's PATH too. Raises: BrokerDown."""
    found = shutil.which("mosquitto") or shutil.which(
        "mosquitto", path="/usr/sbin:/usr/local/sbin:/sbin:/opt/homebrew/sbin"
    )
    if not found:
        raise BrokerDown("WATTLINE_BROKER=mosquitto: there is no Mosquitto here (Debian: apt-get install mosquitto).")
    return found


class _MosquittoChild:
    """Run one Mosquitto process, and track the version of the credentials it has read."""

    def __init__(self, program: str, config: Config, heart: Heartbeat) -> None:
        self._program = program
        self._config = config
        self._keys = Keys.open(config.data)
        self._directory = config.data / "mosquitto"
        self._version = -1
        self._stopping = False
        self._heart = heart
        self._reader: threading.Thread
        self._full_disk = Backoff(*RETRY_FILES_S)
        self._answered_s = 0.0
        self._probe_s = 0.0
        self._check_password = ""

    def stop(self, *_: object) -> None:
        """End `run` soon. Safe to call from a signal handler."""
        self._stopping = True

    def run(self) -> int:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The store is closed again before the start: it has threads, and a process is forked safely from one thread
        # only.
        with Store.open(self._config) as store:
            accounts = Accounts(store, self._keys)
            accounts.prepare(clock.now_ms())
            version, known = accounts.version(), accounts.read(clock.now_ms())
            self._check_password = accounts.check_password()
        started = self._start(known)
        if started is None:
            return 0
        process, setup = started
        try:
            self._note(version)
            with Store.open(self._config) as store:
                return self._keep(process, setup, Accounts(store, self._keys))
        finally:
            _end(process)
            self._reader.join(STOP_WITHIN_S)

    def _start(self, known: list[Account]) -> tuple[subprocess.Popen[bytes], MosquittoSetup] | None:
        """Start Mosquitto until both listeners accept and it handles SIGHUP; return None when asked to stop."""
        for attempt in range(START_ATTEMPTS):
            found = files.setup_for(self._config, self._directory, *self._choose_ports(attempt))
            setup = replace(found, notices=True)
            files.write(setup, known)
            process = subprocess.Popen(
                [self._program, "-c", str(self._directory / render.CONF)],
                stdin=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                preexec_fn=die_with(os.getpid(), signal.SIGTERM),  # SIGTERM, so that it saves
            )
            assert process.stderr is not None
            sessions = SessionEnder(
                self._config.near_host, setup.mqtt_port, lambda: self._check_password, tls=setup.certificate is not None
            )
            self._reader = threading.Thread(target=pass_on, args=(process.stderr, sessions.hear), daemon=True)
            self._reader.start()
            if self._comes_up(process, setup):
                ports.remember(self._config.data, "mqtt", setup.mqtt_port)
                ports.remember(self._config.data, "ws", setup.ws_port)
                log.info("mosquitto listens", mqtt_port=setup.mqtt_port, ws_port=setup.ws_port)
                return process, setup
            _end(process)
            self._reader.join(STOP_WITHIN_S)  # its last output comes before the error below
            if self._stopping:
                return None
            if self._config.mqtt_port and self._config.ws_port:
                break
        raise BrokerDown("Mosquitto does not start; it says why above.")

    def _choose_ports(self, attempt: int) -> tuple[int, int]:
        return self._choose("mqtt", self._config.mqtt_port, attempt), self._choose("ws", self._config.ws_port, attempt)

    def _choose(self, name: str, wanted: int, attempt: int) -> int:
        """
        Return the configured port, else the previous one, else one from the kernel. Raises: BrokerDown when taken.
        """
        bind = self._config.bind
        port = wanted or (ports.recall(self._config.data, name) if attempt == 0 else None) or free_port(bind)
        deadline = time.monotonic() + PORT_WITHIN_S
        while not is_free(bind, port) and not self._stopping:
            if time.monotonic() >= deadline:
                if wanted:
                    raise BrokerDown(f"Port {port} on {bind} is taken (WATTLINE_{name.upper()}_PORT).")
                port = free_port(bind)
            time.sleep(LOOK_EVERY_S)
        return port

    def _comes_up(self, process: subprocess.Popen[bytes], setup: MosquittoSetup) -> bool:
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline and process.poll() is None and not self._stopping:
            host = self._config.near_host
            if _accepts(host, setup.ws_port) and answers(host, setup.mqtt_port, tls=setup.certificate is not None):
                return process.poll() is None
            time.sleep(LOOK_AT_START_EVERY_S)
        return False

    def _keep(self, process: subprocess.Popen[bytes], setup: MosquittoSetup, accounts: Accounts) -> int:
        next_reload_s = time.monotonic()
        next_fill_s, next_end_s = next_reload_s + FILL_EVERY_S, next_reload_s
        self._answered_s = next_reload_s
        while not self._stopping:
            self._heart.beat()
            status = process.poll()
            if status is not None:
                log.error("mosquitto ended", how=explain_end(status))
                return 1
            now_s = time.monotonic()
            if self._is_silent(setup, now_s):
                process.kill()
                return 1
            try:
                if now_s >= next_fill_s:
                    accounts.prepare(clock.now_ms())
                    next_fill_s = now_s + FILL_EVERY_S
                if now_s >= next_end_s:
                    accounts.end_due(clock.now_ms())
                    next_end_s = now_s + END_EVERY_S
                if now_s >= next_reload_s and (version := accounts.version()) != self._version:
                    accounts.prepare(clock.now_ms())
                    self._reload(process, setup, accounts.read(clock.now_ms()), version)
                    self._check_password = accounts.check_password()
                    self._await_answer(process, setup)
                    # Counted from its beginning, whatever writing and reading take.
                    next_reload_s = now_s + max(RELOAD_EVERY_S, 2 * (time.monotonic() - now_s))
            except StoreDown as err:
                log.warning("credentials unchanged: no database", why=err.text)
                next_reload_s = next_fill_s = next_end_s = now_s + RETRY_DATABASE_S
            except OSError as err:
                # Mosquitto runs on, on the files that it has read.
                pause_s = self._full_disk.fail()
                why = err.strerror or str(err)
                log.error("credentials unchanged: files not written", why=why, retry_s=round(pause_s, 1))
                next_reload_s = now_s + pause_s
            time.sleep(LOOK_EVERY_S)
        return 0

    def _is_silent(self, setup: MosquittoSetup, now_s: float) -> bool:
        """Return whether Mosquitto has answered nobody for 10 s. It is probed every 2 s."""
        if now_s >= self._probe_s:
            self._probe_s = now_s + PROBE_EVERY_S
            self._probe(setup)
        silent_s = now_s - self._answered_s
        if silent_s >= SILENT_S:
            log.error("mosquitto was silent: ending it", silent_s=round(silent_s))
        return silent_s >= SILENT_S

    def _probe(self, setup: MosquittoSetup) -> bool:
        """Return whether Mosquitto answers, and note when it did."""
        began_s = time.monotonic()
        is_alive = answers(self._config.near_host, setup.mqtt_port, tls=setup.certificate is not None)
        if is_alive:
            self._answered_s = began_s
        return is_alive

    def _await_answer(self, process: subprocess.Popen[bytes], setup: MosquittoSetup) -> None:
        """Wait until Mosquitto has read its files: who asks meanwhile finds it silent."""
        until_s = time.monotonic() + RELOADED_WITHIN_S
        while time.monotonic() < until_s and process.poll() is None and not self._probe(setup):
            self._heart.beat()

    def _reload(
        self, process: subprocess.Popen[bytes], setup: MosquittoSetup, known: list[Account], version: int
    ) -> None:
        """Args: version: as it was before `known` was read: later changes come with the next reload."""
        files.write(setup, known)
        process.send_signal(signal.SIGHUP)
        self._full_disk.succeed()
        self._note(version)
        log.info("credentials reloaded", accounts=len(known))

    def _note(self, version: int) -> None:
        self._version = version
        ports.remember(self._config.data, ports.APPLIED, version)


def pass_on(said: BinaryIO, hear: Callable[[bytes], None]) -> None:
    """Copy Mosquitto's output to stderr until its end; log its notes as information. Only `hear` gets its notices."""
    with said:
        for line in said:
            if NOTICE.match(line):
                hear(line)
                continue
            text = line.decode(errors="replace")
            with suppress(OSError):  # a full pipe would stop Mosquitto
                if NOTES.search(text):
                    log.info("mosquitto notes", text=text.partition(": ")[2].rstrip())
                else:
                    sys.stderr.write(text)
                    sys.stderr.flush()


def free_port(bind: str) -> int:
    """Return a port that the kernel had free a moment ago."""
    with _listening(bind, 0) as probe:
        return int(probe.getsockname()[1])


def is_free(bind: str, port: int) -> bool:
    """Return whether a listener could be opened there now."""
    try:
        _listening(bind, port).close()
    except OSError:
        return False
    return True


def _listening(bind: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(bind, port, type=socket.SOCK_STREAM)[0]
    probe = socket.socket(family, kind, protocol)
    try:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Mosquitto does
        probe.bind(address)
        probe.listen()
    except OSError:
        probe.close()
        raise
    return probe


def _accepts(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def answers(host: str, port: int, *, tls: bool = False) -> bool:
    """
    Return whether Mosquitto's loop answers: it closes a silent connection, or shakes hands.

    It listens before it handles signals: a SIGHUP in between ends it.
    """
    try:
        with socket.create_connection((host, port), timeout=ANSWER_WITHIN_S) as probe:
            if tls:
                return _shakes_hands(probe)
            probe.shutdown(socket.SHUT_WR)
            return probe.recv(1) == b""
    except OSError:
        return False


def _shakes_hands(probe: socket.socket) -> bool:
    """Complete a TLS handshake without checking the certificate, which the bridge checks. Raises: OSError."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(probe) as secured:
        with suppress(OSError):  # without it Mosquitto logs an error; its answer is not needed
            secured.unwrap().close()
        return True


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
