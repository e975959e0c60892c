"""RabbitMQ's authorization server, without a RabbitMQ: silent peers cost no threads and no time."""

import http.client
import secrets
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlencode

import pytest

from broker.rabbitmq import answers
from broker.rabbitmq.answers import AnswerServer
from broker.rabbitmq.authority import ALLOW, DENY, Authority, Question
from broker.rabbitmq.server import LIST_EVERY_S, PER_PERSON, Watch
from chat_core.contract.ids import new_client_id
from chat_core.contract.policy import Identity
from chat_core.runtime.keys import Keys
from tests.conformance.brokers import TableCredentials
from tests.waiting import wait_until

SECRET = "secret"
SILENT = 300
SLOWEST_S = 2.0  # a question takes 1 ms; one that waits for a silent peer takes its whole deadline


@pytest.fixture
def table() -> TableCredentials:
    return TableCredentials()


@pytest.fixture
def asked(table: TableCredentials, tmp_path: Path) -> Iterator[AnswerServer]:
    authority = Authority(table, table.generations.get, SECRET)
    with AnswerServer(authority, lambda: Keys.open(tmp_path), SECRET, "127.0.0.1", 0) as server:
        yield server


def _ask(link: http.client.HTTPConnection, path: str, **fields: str) -> tuple[int, str]:
    link.request("POST", path, urlencode(fields))
    answer = link.getresponse()
    return answer.status, answer.read().decode()


def test_silent_peers(asked: AnswerServer, table: TableCredentials) -> None:
    """With 300 peers that say nothing, or half a question, questions are answered at once, by no more threads."""
    password = table.put(Identity("c-1"))
    question = {"username": "c-1", "client_id": new_client_id("c-1", secrets.token_bytes(16)), "vhost": "/"}
    with ExitStack() as opened:
        link = opened.enter_context(_linked(asked))
        assert _ask(link, f"/{SECRET}/user", password=password, **question) == (200, ALLOW)
        before = threading.active_count()
        silent = [opened.enter_context(socket.create_connection(("127.0.0.1", asked.port))) for _ in range(SILENT)]
        for one in silent[::2]:
            one.sendall(f"POST /{SECRET}/user HTTP/1.1\r\nContent-Length: 100\r\n\r\nuser".encode())
        began_s = time.monotonic()
        with _linked(asked) as another:
            for path in ("user", "nothing"):
                assert _ask(another, f"/{SECRET}/{path}", password="x", **question)[0] in (200, 404)
        assert _ask(link, f"/{SECRET}/user", password="x", **question) == (200, DENY)
        assert time.monotonic() - began_s < SLOWEST_S
        assert threading.active_count() == before


def test_deadline_of_a_question(asked: AnswerServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer with no or half a question is closed at the deadline; one that has asked may be idle."""
    monkeypatch.setattr(answers, "QUESTION_WITHIN_S", 0.5)
    with ExitStack() as opened:
        link = opened.enter_context(_linked(asked))
        assert _ask(link, "/elsewhere/user")[0] == 404
        silent, dribbling = (
            opened.enter_context(socket.create_connection(("127.0.0.1", asked.port), 10)) for _ in range(2)
        )
        dribbling.sendall(b"POST /")

        def is_closed() -> bool:
            try:
                dribbling.sendall(b"x")
            except OSError:
                return True
            return False

        wait_until(is_closed)
        assert silent.recv(1) == b""
        assert _ask(link, "/elsewhere/user")[0] == 404


def test_too_large_a_question(asked: AnswerServer) -> None:
    """A question of more than 64 KiB is refused."""
    with _linked(asked) as link:
        assert _ask(link, f"/{SECRET}/user", password="x" * 70_000)[0] == 413


class _Management:
    def __init__(self, connected: dict[str, int]) -> None:
        self.connected, self.closed = Counter(connected), list[str]()
        self.with_sessions, self.dropped = set[str](), list[str]()

    def count_connections(self) -> Counter[str]:
        return self.connected

    def close(self, username: str) -> None:
        self.closed.append(username)

    def list_agents_with_sessions(self) -> set[str]:
        return self.with_sessions

    def drop_sessions(self, username: str) -> None:
        self.dropped.append(username)


def test_too_many_connections_of_one_person(table: TableCredentials) -> None:
    """A person over the limit loses all connections; a service, and what is no id, does not."""
    crowd = PER_PERSON + 1
    management = _Management({"g-1": crowd, "c-2": PER_PERSON, "s-3": crowd, "wattline": crowd})
    for id in ("g-1", "c-2", "s-3"):
        table.put(Identity(id))
        table.generations[id] = 0
    authority = Authority(table, table.generations.get, SECRET)
    Watch(authority, table.version, management).look(time.monotonic())  # type: ignore[arg-type]
    assert management.closed.count("g-1") == 1
    assert "c-2" not in management.closed and "s-3" not in management.closed


def test_sessions_of_agents_who_are_away(table: TableCredentials, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent's kept session is dropped when its teams change, it leaves for a minute, or this process is new."""
    management = _Management({})
    management.with_sessions = {"a-before", "c-before"}
    authority = Authority(table, table.generations.get, SECRET)
    watch = Watch(authority, table.version, management)  # type: ignore[arg-type]

    def sign_in(id: str, *teams: str) -> None:
        password = table.put(Identity(id, teams=teams))
        client_id = new_client_id(id, secrets.token_bytes(16))
        assert authority.answer(Question.USER, {"username": id, "password": password, "client_id": client_id}) == ALLOW

    watch.look(0.0)
    assert management.dropped == ["a-before"]
    sign_in("a-moves", "t-north")
    sign_in("a-moves", "t-south")  # before `ended` looks
    sign_in("c-42")
    watch.look(1.0)
    assert management.dropped == ["a-before", "a-moves"] == [*dict.fromkeys(management.closed)]
    monkeypatch.setattr("broker.rabbitmq.authority.FORGET_AFTER_S", 0.0)
    management.connected = Counter({"a-stays": 1})
    sign_in("a-stays")
    watch.look(LIST_EVERY_S)
    assert management.dropped == ["a-before", "a-moves", "a-moves"]


def _linked(server: AnswerServer) -> closing[http.client.HTTPConnection]:
    return closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10))
