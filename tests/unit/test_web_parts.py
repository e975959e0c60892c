"""Small parts of web, without a request of their own."""

import threading

import pytest
from argon2 import PasswordHasher
from flask import Flask, request

from chat_core.contract.errors import TooFast
from web.limits import address
from web.passwords import Passwords
from web.security import HOST, is_same_origin
from web.sign_in import local_path

QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def test_password_round() -> None:
    """A password matches its hash and no other, and nothing matches where none is set."""
    passwords = Passwords(QUICK)
    stored = passwords.hash("four small words")
    assert passwords.matches(stored, "four small words")
    assert not passwords.matches(stored, "four small word")
    assert not passwords.matches(None, "")
    assert not passwords.matches("not a hash", "x")
    assert not passwords.outdated(stored) and Passwords().outdated(stored)


def test_hashes_at_once_are_bounded() -> None:
    """While every turn is taken, the next one is told to come later, and gets its turn when one ends."""
    entered, leave = threading.Event(), threading.Event()

    class Slow(PasswordHasher):
        def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
            entered.set()
            leave.wait(5)
            return "hash"

    passwords = Passwords(Slow(), at_once=1, wait_s=0.05)
    first = threading.Thread(target=passwords.hash, args=("a",))
    first.start()
    assert entered.wait(5)
    with pytest.raises(TooFast) as refused:
        passwords.hash("b")
    assert refused.value.retry_ms
    leave.set()
    first.join(5)
    assert passwords.hash("c") == "hash"


def test_address() -> None:
    """An IPv6 site counts as one, since its owner can take any address in it."""
    with Flask("x").test_request_context(environ_base={"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}):
        assert address() == "2001:db8:1:2::/64"


@pytest.mark.parametrize("host", ["localhost", "localhost:3001", "127.0.0.1:3001", "[::1]:80", "chat.example", "a"])
def test_hosts(host: str) -> None:
    """Names and addresses with or without a port are hosts."""
    assert HOST.fullmatch(host)


@pytest.mark.parametrize(
    "origin", ["", "null", "file://", "http://", "http://a:b", "https://localhost", "http://localhost.", "localhost"]
)
def test_foreign_origins(origin: str) -> None:
    """An origin that is not exactly this host is another origin."""
    with Flask("x").test_request_context(base_url="http://localhost:3001"):
        assert not is_same_origin(request, origin)


@pytest.mark.parametrize(
    ("wish", "path"),
    [("/board?client=c-42", "/board?client=c-42"), (None, "/board"), ("//x", "/board"), ("x", "/board")],
)
def test_local_path(wish: str | None, path: str) -> None:
    """A wish to go on somewhere counts when it stays on this site."""
    assert local_path(wish) == path
