"""
Send one request to somebody outside, to an address that was checked, within a bounded time.

The name is resolved once, and the connection goes to that very address; TLS checks the name. Redirects are not
followed. No proxy of the environment is used.
"""

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Final, NamedTuple

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_match_hostname import CertificateError

from chat_core.contract.delivery_reasons import DeliveryReason, reason
from web.outbound.addresses import AddressRule, UrlParts, parse_url
from web.outbound.channel import NotSent

CONNECT_S: Final = 5.0
MOST_S: Final = 15.0  # the whole exchange
MOST_ANSWER_BYTES: Final = 4_096
USER_AGENT: Final = "Wattline"
_CERTIFICATE_CODES: Final = {  # of OpenSSL's verification (openssl/x509_vfy.h)
    10: "certificate_expired",
    18: "certificate_untrusted",  # signed by itself
    19: "certificate_untrusted",  # signed by an authority that signed itself
    20: "certificate_untrusted",  # its authority is not known
    21: "certificate_untrusted",  # its chain is not whole
    62: "certificate_name",
    64: "certificate_name",  # of an address
}

# What OpenSSL says of an answer that is no TLS record (openssl/sslerr.h), such as one in plain HTTP.
_NOT_TLS: Final = {"WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"}


class HttpAnswer(NamedTuple):
    """Hold the answer: its body is cut."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def retry_s(self) -> float | None:
        """Return the seconds that `Retry-After` asks for, which holds them or a date (RFC 9110 §10.2.3)."""
        after = self.headers.get("retry-after", "")
        if after.isdecimal():
            return float(after)
        try:
            at = parsedate_to_datetime(after)
        except ValueError:
            return None
        return at.replace(tzinfo=at.tzinfo or UTC).timestamp() - time.time()


class Sender:
    """Send requests. For any thread."""

    def __init__(self, rule: AddressRule, *, most_s: float = MOST_S, ca_file: str | None = None) -> None:
        """Args: most_s: seconds for the whole exchange; ca_file: certificates to trust instead of the system's."""
        self._rule = rule
        self._most_s = most_s
        self._ca_file = ca_file

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> HttpAnswer:
        """
        Send the body. Any status is an answer, also a redirect.

        Raises: BadPayload for a URL that cannot be used; Rejected for an address that may not; NotSent.
        """
        target = parse_url(url)
        connection = self._connection(target, self._rule.choose(target))
        fields = {**headers, "Host": target.authority, "User-Agent": USER_AGENT, "Connection": "close"}
        with _Deadline(connection, self._most_s) as deadline:
            try:
                deadline.connect()
                connection.request("POST", target.path, body=body, headers=fields, preload_content=False)
                answer = connection.getresponse()
                text = answer.read(MOST_ANSWER_BYTES, decode_content=False).decode("utf-8", "replace")
            except (urllib3.exceptions.HTTPError, HTTPException, OSError, ValueError) as fault:
                deadline.check()
                raise NotSent(_reason_of(fault, target)) from fault
            deadline.check()
        return HttpAnswer(answer.status, {name.lower(): value for name, value in answer.headers.items()}, text)

    def _connection(self, target: UrlParts, address: str) -> HTTPConnection:
        if target.scheme == "http":
            return HTTPConnection(address, target.port, timeout=CONNECT_S)
        return HTTPSConnection(
            address,
            target.port,
            timeout=CONNECT_S,
            server_hostname=target.host,
            assert_hostname=target.host,
            cert_reqs="CERT_REQUIRED",
            ca_certs=self._ca_file,
        )


def _reason_of(fault: Exception, target: UrlParts) -> DeliveryReason:
    """Return why there was no answer. What the libraries say has their objects and line numbers in it."""
    match fault:
        case ssl.SSLCertVerificationError():
            code = _CERTIFICATE_CODES.get(fault.verify_code)
            if code is None:
                return reason("bad_certificate", host=target.host, said=fault.verify_message)
            return reason(code, host=target.host)
        case CertificateError():
            return reason("certificate_name", host=target.host)
        case ssl.SSLError(reason=said) if said in _NOT_TLS:
            return reason("no_tls", host=target.host, port=target.port)
        case ssl.SSLError(reason=str() as said):
            return reason("no_answer", said=said.replace("_", " ").lower())
        case urllib3.exceptions.NewConnectionError(__cause__=ConnectionRefusedError()):
            return reason("refused_connection", host=target.host, port=target.port)
        case urllib3.exceptions.NewConnectionError(__cause__=OSError() as cause):
            return reason("no_answer", said=cause.strerror or str(cause))
        case urllib3.exceptions.ConnectTimeoutError():
            return reason("too_slow", seconds=f"{CONNECT_S:g}")
    return reason("no_answer", said=str(fault))


class _Deadline:
    """Close the connection when its time is over: a peer that sends a byte now and then resets every other time-out."""

    def __init__(self, connection: HTTPConnection, most_s: float) -> None:
        self._is_over = False
        self._connection = connection
        self._most_s = most_s
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(most_s, self._end)
        self._timer.daemon = True

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        if self._socket is not None:  # the response has taken it over from the connection
            self._socket.close()
        self._connection.close()

    def connect(self) -> None:
        """Connect; afterwards only the deadline ends a wait."""
        self._connection.connect()
        self._socket = self._connection.sock
        self._connection.timeout = self._most_s

    def check(self) -> None:
        """Raise NotSent where the time is over: the end of the connection looks like the end of an answer."""
        if self._is_over:
            raise NotSent(reason("too_slow", seconds=f"{self._most_s:g}"))

    def _end(self) -> None:
        self._is_over = True
        open_socket = self._socket or self._connection.sock
        if open_socket is not None:
            with suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
