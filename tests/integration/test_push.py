"""Notifications on their way to a push service of the test's own, which decrypts them as a browser would."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from chat_core.contract.payloads import Marker, Mention
from chat_core.store.deliveries import DeliveryState
from chat_core.store.push_subscriptions import PushSubscription, id_of
from tests.contract.stores import committed, end_leases, say
from tests.integration.conftest import StartWeb
from tests.integration.web_under_test import WebUnderTest
from tests.waiting import wait_until
from web import push_crypto
from web.outbound import push
from web.outbound.addresses import AddressRule
from web.outbound.http import Sender
from web.outbound.push import PushChannel
from web.outbound.worker import OutboundWorker

BROWSER = ec.derive_private_key(7, push_crypto.CURVE)
AUTH = b"a browser's key!"


@dataclass
class PushedRequest:
    headers: dict[str, str]
    content: dict[str, Any]


@dataclass
class PushService:
    origin: str = ""
    status: int = 201
    retry_after: str = ""
    received: list[PushedRequest] = field(default_factory=list)

    def bodies(self) -> list[str]:
        return [one.content["body"] for one in self.received]


@pytest.fixture
def service() -> Iterator[PushService]:
    """A push service and the browser behind it."""
    known = PushService()

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            content = http_ece.decrypt(body, private_key=BROWSER, auth_secret=AUTH)
            known.received.append(PushedRequest(dict(self.headers), json.loads(content)))
            self.send_response(known.status)
            self.send_header("Content-Length", "0")
            self.send_header("Retry-After", known.retry_after)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        known.origin = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield known
        server.shutdown()
        thread.join()


@dataclass
class PushDesk:
    """Web with its worker, and what the bridge stores meanwhile."""

    web: WebUnderTest
    service: PushService
    channel: PushChannel
    said: int = 0

    def notify(self, person: str, lang: str = "en") -> str:
        endpoint = f"{self.service.origin}/{person}"
        p256dh = push_crypto.encode(push_crypto.public_bytes(BROWSER))
        new = PushSubscription(
            id_of(endpoint), person, "", endpoint, p256dh, push_crypto.encode(AUTH), lang, "Chrome on Linux", 1
        )
        self.web.store.registry.push.put(new)
        self.web.store.outbox.ask_for(self.channel.events())
        self.web.store.outbox.refresh()
        return new.id

    def say(self, sender: str, text: str = "It is the boiler.") -> int:
        self.said += 1
        return say(self.web.store, f"m-{self.said}", text, sender=sender).seq

    @contextmanager
    def working(self) -> Iterator[None]:
        with OutboundWorker(self.web.store, [self.channel], pauses_s=(0.01,), look_every_s=0.02):
            yield

    def work(self) -> None:
        """All that is stored was sent, or was not wanted."""
        with self.working():
            wait_until(lambda: not self.web.store.outbox.next(1) and not self.states(DeliveryState.WAITING))

    def states(self, state: DeliveryState) -> list[str | None]:
        return [one.error for one in self.web.store.deliveries.page(state)]


@pytest.fixture
def make(start_web: StartWeb, service: PushService, monkeypatch: pytest.MonkeyPatch) -> Callable[..., PushDesk]:
    """Return how to start web with these settings."""
    monkeypatch.setattr(push, "DELAY_MS", 0)

    def start(**settings: str) -> PushDesk:
        web = start_web(push_services=service.origin, **settings)
        for agent in ("a-ana", "a-radu"):
            web.store.registry.add_agent(agent, agent)
        web.store.registry.ensure_client("c-42", name="Maria Pop")
        return PushDesk(web, service, PushChannel(web.context, Sender(AddressRule(["127.0.0.0/8"]))))

    return start


@pytest.fixture
def desk(make: Callable[..., PushDesk]) -> PushDesk:
    return make()


@pytest.mark.parametrize(
    ("lang", "body"),
    [("en", "You have a new answer."), ("ro", "Aveți un răspuns nou."), ("de", "Sie haben eine neue Antwort.")],
)
def test_an_answer_reaches_who_left(desk: PushDesk, lang: str, body: str) -> None:
    """The client is told once of several answers, in its language, without words, by a signed and sealed request."""
    id = desk.notify("c-42", lang)
    for text in ("It is the boiler.", "Since Saturday."):
        desk.say("a-ana", text)
    desk.work()
    (told,) = desk.service.received
    assert told.content == {
        "title": "Wattline",
        "body": body,
        "lang": lang,
        "tag": "wattline",
        "icon": "/icon-192.png",
        "client": None,
    }
    wanted = {"Content-Encoding": "aes128gcm", "TTL": "259200", "Urgency": "normal"}
    assert wanted.items() <= told.headers.items() and len(told.headers["Topic"]) == 32
    token, key = told.headers["Authorization"].removeprefix("vapid t=").split(", k=")
    public = ec.EllipticCurvePublicKey.from_encoded_point(push_crypto.CURVE, push_crypto.decode(key))
    claims = jwt.decode(token, public, ["ES256"], audience=desk.service.origin, options={"verify_exp": False})
    assert claims["exp"] - desk.web.clock.s == push_crypto.TOKEN_S
    found = desk.web.store.registry.push.find(id)
    assert found is not None and found.succeeded == desk.web.clock.ms


def test_words_only_where_they_are_allowed(make: Callable[..., PushDesk]) -> None:
    """With WATTLINE_PUSH_WORDS=on a notification has the words, at most 120 characters, and agents see the name."""
    desk = make(push_words="on")
    for person in ("c-42", "a-ana"):
        desk.notify(person)
    desk.say("c-42", "Why 40 kWh?")
    with committed(desk.web.store) as tx:
        tx.put(tx.conversation("c-42")._replace(name="Maria Pop"))
    desk.work()
    desk.say("a-ana", "x" * 200)
    desk.work()
    assert [(one.content["title"], one.content["body"]) for one in desk.service.received] == [
        ("Maria Pop", "Why 40 kWh?"),
        ("Wattline", "x" * 120 + "…"),
    ]


def test_what_was_read_is_not_sent(desk: PushDesk) -> None:
    """Nothing is sent of an answer that was read on screen, or of a message that an agent has read or deleted."""
    for person in ("c-42", "a-ana"):
        desk.notify(person)
    asked, answered = desk.say("c-42"), desk.say("a-ana")
    with committed(desk.web.store) as tx:
        for reader, seq in (("c-42", answered), ("a-ana", asked)):
            tx.move_marker("c-42", reader, Marker(delivered=seq, read=seq))
    desk.work()
    assert desk.service.received == []
    assert set(desk.states(DeliveryState.DROPPED)) == {
        "The answer was read on screen.",
        "The message was read on screen.",
    }


def test_whom_a_clients_words_reach(desk: PushDesk) -> None:
    """Words reach the assignee, or who of the team is notified while there is none; bots' answers reach nobody."""
    for person in ("c-42", "a-ana", "a-radu"):
        desk.notify(person)
    desk.say("c-42")
    desk.work()
    assert sorted(desk.service.bodies()) == ["New message from c-42."] * 2
    assert {one.content["tag"] for one in desk.service.received} == {"wattline/c-42"}
    assert {one.headers["Urgency"] for one in desk.service.received} == {"high"}
    desk.service.received.clear()
    desk.say("b-rules")
    with committed(desk.web.store) as tx:
        tx.put(tx.conversation("c-42")._replace(assignee="a-radu"))
    desk.say("c-42")
    desk.work()
    assert desk.service.bodies() == ["New message from c-42."]
    last = desk.web.store.deliveries.page(DeliveryState.SENT)[0]
    assert last.key == f"c-42/{id_of(desk.service.origin + '/a-radu')}"


def test_a_mention_reaches_who_is_mentioned(desk: PushDesk) -> None:
    """A mention reaches that agent, in a colleague's conversation too, until it was seen."""
    desk.say("c-42")
    for agent in ("a-ana", "a-radu"):
        desk.notify(agent, "de")
    for note, is_open in (("n-1", True), ("n-2", False)):
        with committed(desk.web.store) as tx:
            tx.tell_mention("c-42", "a-ana", note, ["a-radu"], 1)
            mentions = (Mention(agent="a-radu", by="a-ana", id=note),) if is_open else ()
            tx.put(tx.conversation("c-42")._replace(mentions=mentions, assignee="a-ana"))
        desk.work()
    assert desk.service.bodies() == ["Sie wurden in einer Notiz zu c-42 erwähnt."]
    assert desk.states(DeliveryState.DROPPED) == ["The mention was seen."]


def test_not_while_a_board_is_visible(desk: PushDesk) -> None:
    """Nothing is sent to an agent who looks at a board, in whatever browser, and everything afterwards."""
    desk.notify("a-ana")
    desk.web.store.registry.push.watch("a-ana", 60_000)
    desk.say("c-42")
    desk.work()
    assert (desk.service.bodies(), desk.states(DeliveryState.DROPPED)) == ([], ["A board of the agent is visible."])
    desk.web.store.registry.push.watch("a-ana", 0)
    desk.say("c-42")
    desk.work()
    assert len(desk.service.received) == 1


def test_not_at_a_service_that_was_removed(desk: PushDesk) -> None:
    """Nothing is sent to a browser whose push service the operator no longer lists."""
    desk.notify("c-42")
    desk.say("a-ana")
    other = desk.web.context.config.model_copy(update={"push_services": ("fcm.googleapis.com",)})
    here = replace(desk.web.context, config=other)
    PushDesk(desk.web, desk.service, PushChannel(here, Sender(AddressRule(["127.0.0.0/8"])))).work()
    assert desk.service.received == []
    assert desk.states(DeliveryState.DROPPED) == [
        "The browser's push service is not one of WATTLINE_PUSH_SERVICES any more."
    ]


@pytest.mark.parametrize(("status", "stays"), [(404, False), (410, False), (413, True)])
def test_a_dead_browser_is_removed(desk: PushDesk, status: int, stays: bool) -> None:
    """A browser that its push service no longer knows is removed; another refusal removes none; nothing is repeated."""
    desk.notify("c-42")
    desk.service.status = status
    desk.say("a-ana")
    desk.work()
    assert desk.web.store.registry.push.any() is stays
    assert len(desk.service.received) == 1 and len(desk.states(DeliveryState.FAILED)) == 1


def test_a_push_service_in_trouble_is_asked_again(desk: PushDesk) -> None:
    """A message that the push service could not take is sent again, and arrives once it can."""
    desk.notify("c-42")
    desk.service.status = 503
    desk.say("a-ana")
    with desk.working():
        wait_until(lambda: len(desk.service.received) >= 2)
        desk.service.status = 201
        wait_until(lambda: desk.states(DeliveryState.SENT))


def test_a_push_service_says_when(desk: PushDesk) -> None:
    """A push service that names a time in Retry-After is not asked before it."""
    desk.notify("c-42")
    desk.service.status, desk.service.retry_after = 429, formatdate(time.time() + 600, usegmt=True)
    desk.say("a-ana")
    with desk.working():
        wait_until(lambda: desk.states(DeliveryState.WAITING) == ["The push service answered 429."])
    [waiting] = desk.web.store.deliveries.page(DeliveryState.WAITING)
    assert waiting.due - waiting.since > 500_000


def test_a_kill_after_sending_repeats_it_once_under_the_same_topic(
    desk: PushDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between the request and the note of it, the next worker repeats it once, and replaces the first."""
    desk.notify("c-42")
    desk.say("a-ana")
    killed = threading.Event()

    def never_comes_back(*_: object) -> None:
        killed.set()
        threading.Event().wait()

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(desk.web.store.deliveries, "note_sent", never_comes_back)
        with desk.working():
            assert killed.wait(30)
    end_leases(desk.web.store)
    desk.work()
    desk.work()
    first, second = desk.service.received
    assert first.headers["Topic"] == second.headers["Topic"] and first.content == second.content


def test_who_signed_out_is_not_notified(desk: PushDesk) -> None:
    """Deliveries that wait when the agent signs out are dropped."""
    desk.notify("a-ana")
    desk.say("c-42")
    desk.web.store.registry.disable_agent("a-ana")
    desk.work()
    assert desk.service.received == [] and not desk.web.store.registry.push.any()
