"""
Check the operator's setup before a start, for `wattline up` and `wattline check`. Touches files and ports.

Each error is one sentence with setting, cause and cure; docs/operating.md, "When it does not start", lists them.
"""

import errno
import os
import socket
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from chat_core.contract.errors import Refused
from chat_core.runtime.addresses import find_address
from chat_core.runtime.config import Config
from chat_core.runtime.keys import Keys

PORT_WITHIN_S: Final = 3.0  # a previous process may still be ending
LOOK_EVERY_S: Final = 0.1
SPACE_BYTES: Final = 1024 * 1024  # with less, the disk counts as full
_LISTENS: Final = "0A"  # proc(5), /proc/net/tcp: TCP_LISTEN


def check_data(config: Config) -> None:
    """Check that the data folder is writable. Raises: Refused."""
    setting = f"WATTLINE_DATA={config.data}"
    try:
        config.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=config.run_dir) as file:
            os.posix_fallocate(file.fileno(), 0, SPACE_BYTES)
    except OSError as err:
        if err.errno in (errno.ENOSPC, errno.EDQUOT):
            raise Refused(f"{setting}: the disk is full. Make room there, then start again.") from err
        raise Refused(
            f"{setting}: cannot be written ({err.strerror}). Give the folder to the user that runs Wattline,"
            f" who is number {os.geteuid()}."
        ) from err


def check_keys(config: Config) -> None:
    """Check that the keys are readable. Raises: DamagedKeys, which is a Refused."""
    Keys.open(config.data)


def check_tls(config: Config) -> None:
    """Check the files of TLS. Raises: Refused."""
    if config.tls_ca is not None:
        _certificate("WATTLINE_TLS_CA", config.tls_ca)
    if config.tls_cert is None or config.tls_key is None:
        return
    certificate = _certificate("WATTLINE_TLS_CERT", config.tls_cert)
    try:
        key = load_pem_private_key(config.tls_key.read_bytes(), None)
    except (OSError, TypeError, ValueError) as err:  # TypeError: it has a passphrase
        raise Refused(f"WATTLINE_TLS_KEY={config.tls_key}: not a private key in PEM without a passphrase.") from err
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise Refused(
            f"WATTLINE_TLS_KEY={config.tls_key}: not the key of WATTLINE_TLS_CERT={config.tls_cert}."
            " Name the two that were made together."
        )
    _check_names(config, certificate)


def _certificate(setting: str, path: Path) -> x509.Certificate:
    """Return the first certificate of the file. Raises: Refused if there is none, or it is not valid now."""
    try:
        certificate = x509.load_pem_x509_certificates(path.read_bytes())[0]
    except (OSError, ValueError) as err:
        raise Refused(f"{setting}={path}: not a certificate in PEM.") from err
    now = datetime.now(UTC)
    if now > certificate.not_valid_after_utc:
        raise Refused(
            f"{setting}={path}: expired on {certificate.not_valid_after_utc:%Y-%m-%d}. Renew the certificate."
        )
    if now < certificate.not_valid_before_utc:
        raise Refused(
            f"{setting}={path}: not valid before {certificate.not_valid_before_utc:%Y-%m-%d}, and this machine's clock"
            f" says {now:%Y-%m-%d}. Is the clock right?"
        )
    return certificate


def _check_names(config: Config, certificate: x509.Certificate) -> None:
    """Check that our own processes, which connect by TLS too, accept the certificate's names. Raises: Refused."""
    names: set[str] = set()
    with suppress(x509.ExtensionNotFound, ValueError):
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names |= set(alternatives.get_values_for_type(x509.DNSName))
        names |= {str(address) for address in alternatives.get_values_for_type(x509.IPAddress)}
    host = config.near_host
    wildcard = "*." + host.partition(".")[2]
    if host not in names and (find_address(host) is not None or wildcard not in names):
        raise Refused(
            f"WATTLINE_TLS_CERT={config.tls_cert}: does not name {host}, where our own processes reach the broker"
            " (WATTLINE_BIND). Add it as a subjectAltName."
        )


def check_ports(config: Config) -> None:
    """Check that our ports are free; only before a start. Raises: Refused."""
    wanted = {"WATTLINE_HTTP_PORT": config.http_port}
    if config.own_broker:
        wanted |= {"WATTLINE_MQTT_PORT": config.mqtt_port, "WATTLINE_WS_PORT": config.ws_port}
    deadline_s = time.monotonic() + PORT_WITHIN_S
    for setting, port in wanted.items():
        while (fault := _fault_at(config.bind, port)) is not None:
            if fault.errno != errno.EADDRINUSE:
                raise Refused(f"WATTLINE_BIND={config.bind}: cannot listen there ({fault.strerror}).") from fault
            if time.monotonic() >= deadline_s:
                raise Refused(
                    f"{setting}={port}: the port on {config.bind} is taken{who_listens(port)}."
                    " Stop that, or set another port."
                ) from fault
            time.sleep(LOOK_EVERY_S)


def _fault_at(bind: str, port: int) -> OSError | None:
    try:
        family, _, _, _, address = socket.getaddrinfo(bind, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as err:
        return err
    return None


def who_listens(port: int) -> str:
    """Return ` by NAME (process PID)`, or "" if the kernel does not tell. Source: proc(5)."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
        except OSError:
            continue
        inodes |= {row[9] for row in rows if row[3] == _LISTENS and int(row[1].rpartition(":")[2], 16) == port}
    links = {f"socket:[{inode}]" for inode in inodes}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # another user's process, or one that has just ended
            if any(_link_of(handle) in links for handle in (process / "fd").iterdir()):
                return f" by {(process / 'comm').read_text().strip()} (process {process.name})"
    return ""


def _link_of(handle: Path) -> str:
    """Return what a process's open file is; "" for one that has just been closed."""
    with suppress(OSError):
        return str(handle.readlink())
    return ""


# The checks that also work while Wattline runs, by the name that `wattline check` prints.
CHECKS: Final[Mapping[str, Callable[[Config], None]]] = {"data": check_data, "keys": check_keys, "tls": check_tls}


def check_all(config: Config) -> None:
    """Run all checks before a start. Raises: Refused."""
    for check in (*CHECKS.values(), check_ports):
        check(config)
