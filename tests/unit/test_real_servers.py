"""Servers of the tests that stop and start again."""

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.real.parts import accepts
from tests.real.smtp import SmtpServer, smtp_server
from tests.real.webhook_receiver import WebhookReceiver


@pytest.mark.parametrize("server", [smtp_server, WebhookReceiver])
def test_a_stopped_server_keeps_its_port(
    server: Callable[[], AbstractContextManager[SmtpServer | WebhookReceiver]],
) -> None:
    """A stopped server refuses connections, nobody else gets its port, and it starts there again."""
    with server() as running:
        running.stop()
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", running.port))
        assert not accepts(running.port)
        running.start()
        assert accepts(running.port)
