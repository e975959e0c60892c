"""Webhooks: what a receiver gets and can verify, where nothing is sent, and what an administrator does with them."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import jsonschema_rs
import pytest
import standardwebhooks

from chat_core.contract.delivery_reasons import reason
from chat_core.contract.outside import Outside
from chat_core.contract.payloads import EventKind, Origin, OutageNotice, Rating, Said, SaidKind
from chat_core.domain.conversation import Event
from chat_core.store.deliveries import DeliveryState
from tests.contract.stores import AGENT, CLIENT, T0, committed, say
from tests.integration.conftest import StartWeb
from tests.integration.web_under_test import AdminSession, WebUnderTest, json_of, problem_of
from tests.real.certificate import self_made
from tests.real.webhook_receiver import Answer, WebhookReceiver
from tests.waiting import wait_until
from web.outbound import channels
from web.outbound.addresses import AddressRule, parse_url
from web.outbound.channel import NotSent, Rejected
from web.outbound.http import MOST_ANSWER_BYTES, Sender
from web.outbound.webhook_payloads import schema
from web.outbound.worker import OutboundWorker

HERE = "127.0.0.0/8"
ALL = [event.value for event in Outside if event is not Outside.MENTIONED]


@pytest.fixture
def system(start_web: StartWeb) -> WebUnderTest:
    return start_web(outbound_networks=HERE)


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as receiver:
        yield receiver


@contextmanager
def worker_of(system: WebUnderTest) -> Iterator[None]:
    with OutboundWorker(system.store, channels(system.app), pauses_s=(0.01,), look_every_s=0.02):
        wait_until(lambda: system.store.outbox.asked_for() != [])
        system.store.outbox.refresh()
        yield


def add(admin: AdminSession, url: str, *events: str) -> tuple[str, str]:
    """Return the id and the secret of a new webhook."""
    made = json_of(admin.send("POST", "/api/webhooks", {"url": url, "events": list(events) or ALL}))
    return made["webhook"]["id"], made["secret"]


def states(system: WebUnderTest, state: DeliveryState) -> list[str | None]:
    return [one.error for one in system.store.deliveries.page(state)]


def test_every_event_arrives(system: WebUnderTest, admin: AdminSession, receiver: WebhookReceiver) -> None:
    """Each event arrives once, signed, in order, with the entry as it is now, and passes the published schema."""
    published = json_of(system.browser().get("/docs/webhooks.schema.json"))
    assert published == schema()
    validator = jsonschema_rs.validator_for(published)
    _, secret = add(admin, receiver.url)
    with worker_of(system):
        system.store.registry.ensure_client(CLIENT, name="Maria", lang="ro", area="north")
        say(system.store, "m1", "Why 40 kWh?")
        with committed(system.store) as tx:
            tx.append(CLIENT, AGENT, Event(EventKind.ASSIGNED, AGENT, to=AGENT), T0)
            tx.append(CLIENT, AGENT, Event(EventKind.RESOLVED, AGENT), T0)
            tx.append(CLIENT, CLIENT, Said(id="r1", kind=SaidKind.RATING, rating=Rating(score=4), sent=T0), T0)
            alarm = Said(id="al", kind=SaidKind.TEXT, text="40 kWh", sent=T0, origin=Origin.ALARM)
            tx.append(CLIENT, "s-bridge", alarm, T0)
            tx.tell_mention(CLIENT, AGENT, "n1", ["a-bob"], T0)
            notice = OutageNotice(id="n1", text={"en": "No power."}, until=T0, began=T0 - 1, ends=T0 + 1)
            tx.put_notice("north", notice, T0)
        wait_until(lambda: len(receiver.got) == 8)
    for got in receiver.got:
        validator.validate(got.json)
        standardwebhooks.Webhook(secret).verify(got.body, got.headers)
        assert got.path == "/in" and got.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert len({got.id for got in receiver.got}) == 8
    told = [got.json for got in receiver.got]
    of_client = [one["type"] for one in told if one["type"] != Outside.INCIDENT]
    assert of_client == [Outside.CLIENT, *(event for event in ALL if event not in (Outside.CLIENT, Outside.INCIDENT))]
    first, message = (next(one for one in told if one["type"] == event) for event in (Outside.CLIENT, Outside.MESSAGE))
    assert message["timestamp"].endswith("Z") and first["data"]["name"] == "Maria"
    assert message["data"]["entry"]["text"] == "Why 40 kWh?"
    (incident,) = (one["data"] for one in told if one["type"] == Outside.INCIDENT)
    assert incident["text"]["en"].startswith("No power. We expect power back by ")
    assert (incident["began"], incident["ends"]) == (T0 - 1, T0 + 1)


def test_words_that_are_gone_are_not_sent(system: WebUnderTest, admin: AdminSession, receiver: WebhookReceiver) -> None:
    """A message that was deleted, or whose client was erased, before it was sent never leaves."""
    add(admin, receiver.url)
    system.store.outbox.ask_for(ALL)
    system.store.outbox.refresh()
    say(system.store, "m1", "secret")
    with committed(system.store) as tx:
        tx.amend(CLIENT, 2, None)
    say(system.store, "m2", "hello", client="c-7")
    with worker_of(system):
        wait_until(lambda: len(receiver.got) == 3)
        wait_until(lambda: states(system, DeliveryState.DROPPED) == ["It was deleted before it was sent."])
    assert all(b"secret" not in got.body for got in receiver.got)


def test_a_new_secret(system: WebUnderTest, admin: AdminSession, receiver: WebhookReceiver) -> None:
    """A secret that was replaced verifies for a day beside the new one, and no longer; neither is stored."""
    id, old = add(admin, receiver.url)
    new = json_of(admin.send("POST", f"/api/webhooks/{id}/rotate", {}))["secret"]
    assert new != old and new.startswith("whsec_")
    with system.store.web.writing():
        system.store.web.execute(f"UPDATE webhook SET rotated = {system.store.web.dialect.now_ms}")
    with worker_of(system):
        for rotated_ago, verify in ((86_340_000, (old, new)), (60_000, (new,))):
            with system.store.web.writing():
                system.store.web.execute("UPDATE webhook SET rotated = rotated - ?", (rotated_ago,))
            receiver.got.clear()
            json_of(admin.send("POST", f"/api/webhooks/{id}/test", {}))
            wait_until(lambda: receiver.got)
            (got,) = receiver.got
            assert len(got.headers["webhook-signature"].split()) == len(verify)
            for secret in verify:
                standardwebhooks.Webhook(secret).verify(got.body, got.headers)
    assert got.json["type"] == "webhook.test"
    stored = b"".join(file.read_bytes() for file in system.config.data.glob("*.db*"))
    assert old[6:].encode() not in stored and new[6:].encode() not in stored


def test_what_the_receiver_answers(system: WebUnderTest, admin: AdminSession, receiver: WebhookReceiver) -> None:
    """An error and a redirect are tried again, and not followed; 410 switches the webhook off and says so."""
    id, _ = add(admin, receiver.url)
    answers: list[Answer] = [(410, {}), (500, {}), (307, {"Location": f"{receiver.url}/other"})]
    receiver.answer = lambda _: answers.pop()
    with worker_of(system):
        json_of(admin.send("POST", f"/api/webhooks/{id}/test", {}))
        wait_until(lambda: states(system, DeliveryState.FAILED))
    assert not answers and not receiver.got
    (webhook,) = admin.get("/api/webhooks")["webhooks"]
    assert webhook["off"] == "The receiver answered 410 Gone."
    assert webhook["off_reason"] == {"code": "off_gone", "values": {}}
    assert problem_of(admin.send("POST", f"/api/webhooks/{id}/test", {}), 409, "webhook_off")
    (failed,) = admin.get("/api/outbound/deliveries?state=failed")["deliveries"]
    assert failed["tries"] == 3 and "410" in failed["error"] and failed["reason"]["code"] == "gone"
    assert admin.get("/api/outbound")["queues"][0]["failed"] == 1
    metrics = system.browser().get("/metrics").text
    assert 'wattline_outbound_failed{channel="webhook"} 1.0' in metrics
    json_of(admin.send("PUT", f"/api/webhooks/{id}", {"url": receiver.url, "events": ALL, "on": True}))
    receiver.answer = lambda _: (204, {})
    again = json_of(admin.send("POST", f"/api/outbound/deliveries/{failed['num']}/again", {}))
    assert (again["state"], again["tries"], again["error"], again["reason"]) == ("waiting", 0, None, None)
    with worker_of(system):
        wait_until(lambda: [got.id for got in receiver.got] == [failed["id"]])
        wait_until(lambda: not admin.get("/api/outbound")["queues"])
        span = {"from": failed["at"], "to": failed["at"] + 1}
        assert json_of(admin.send("POST", f"/api/webhooks/{id}/replay", span)) == {"deliveries": 1}
        wait_until(lambda: [got.id for got in receiver.got] == [failed["id"]] * 2)
        wait_until(lambda: not admin.get("/api/outbound")["queues"])
    assert problem_of(admin.send("POST", f"/api/outbound/deliveries/{failed['num']}/drop", {}), 409, "not_waiting")
    json_of(admin.send("POST", f"/api/webhooks/{id}/remove", {}))
    assert admin.get("/api/outbound/deliveries?state=sent")["deliveries"] == []


def test_who_may_have_webhooks(system: WebUnderTest, admin: AdminSession) -> None:
    """Only an administrator sees or changes them; a URL that may not be sent to is refused with the reason."""
    other = AdminSession(system.agent("a-bob"))
    for method, path in (("GET", "/api/webhooks"), ("GET", "/api/outbound"), ("POST", "/api/webhooks")):
        body = {"url": "https://hooks.example/", "events": ALL}
        problem_of(other.send(method, path, body if method == "POST" else None), 403, "not_admin")
    for url in ("https://10.0.0.1/", "https://localhost:1@hooks.example/", "http://[::ffff:7f00:1]/"):
        refused = problem_of(admin.send("POST", "/api/webhooks", {"url": url, "events": ALL}), 422, "bad_url")
        assert refused["detail"].startswith("url: ")
    problem_of(admin.send("POST", "/api/webhooks", {"url": "https://a.example", "events": ["x"]}), 422, "bad_request")
    assert admin.get("/api/webhooks") == {"webhooks": []}


# The connection


@contextmanager
def peer(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that reads one request and then talks as it likes; returns its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with listening.accept()[0] as connection:
                connection.recv(65_536)
                talk(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        thread.join(5)


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    try:
        while True:
            connection.sendall(b"X-A: b\r\n")
            threading.Event().wait(0.05)
    except OSError:
        pass


def flood(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 200_000)


def test_a_receiver_that_never_ends() -> None:
    """An answer that comes byte by byte is given up in time; of a long one only the beginning is read."""
    sender = Sender(AddressRule([HERE]), most_s=0.4)
    with peer(drip) as url, pytest.raises(NotSent, match=r"within 0\.4 s"):
        sender.post(url, b"{}", {})
    with peer(flood) as url:
        assert sender.post(url, b"{}", {}).text == "x" * MOST_ANSWER_BYTES


def test_the_address_is_resolved_once(receiver: WebhookReceiver) -> None:
    """The connection goes to the address that was checked, though the name has another one a moment later."""
    told = [["127.0.0.1"], ["10.255.255.1"]]
    rule = AddressRule([HERE], lambda _host, _port: told.pop(0))
    sender = Sender(rule, most_s=5)
    answer = sender.post(f"http://hooks.example:{receiver.port}/in", b"{}", {"webhook-id": "1"})
    assert answer.status == 204 and len(told) == 1
    assert receiver.got[0].headers["host"] == f"hooks.example:{receiver.port}"
    with pytest.raises(Rejected, match=r"10\.255\.255\.1"):
        sender.post(f"http://hooks.example:{receiver.port}/in", b"{}", {})
    assert len(receiver.got) == 1


def test_the_receivers_certificate(tmp_path: Path) -> None:
    """TLS goes to the pinned address and checks the certificate against the URL's name; the reason says what failed."""
    certificate = self_made(tmp_path)
    with WebhookReceiver(certificate) as receiver:
        rule = AddressRule([HERE], lambda _host, _port: ["127.0.0.1"])
        trusting = Sender(rule, most_s=5, ca_file=str(certificate[0]))
        assert trusting.post(receiver.url, b"{}", {}).status == 204
        for sender, host, code in (
            (trusting, "hooks.example", "certificate_name"),
            (Sender(rule, most_s=5), "127.0.0.1", "certificate_untrusted"),
        ):
            url = f"https://{host}:{receiver.port}/"
            assert parse_url(url).host == host
            with pytest.raises(NotSent) as refused:
                sender.post(url, b"{}", {})
            assert refused.value.reason == reason(code, host=host)
    assert [got.path for got in receiver.got] == ["/in"]


def test_why_no_connection_came_about(tmp_path: Path, receiver: WebhookReceiver) -> None:
    """An expired certificate, plain HTTP, a connection that ends early, and a closed port each have their reason."""
    rule = AddressRule([HERE], lambda _host, _port: ["127.0.0.1"])
    expired = self_made(tmp_path, lives=timedelta(hours=-1), begins=timedelta(days=-2))
    with WebhookReceiver(expired) as old, pytest.raises(NotSent) as refused:
        Sender(rule, most_s=5, ca_file=str(expired[0])).post(old.url, b"{}", {})
    assert refused.value.reason == reason("certificate_expired", host="127.0.0.1")
    with pytest.raises(NotSent) as refused:
        Sender(rule, most_s=5).post(f"https://127.0.0.1:{receiver.port}/", b"{}", {})
    assert refused.value.reason == reason("no_tls", host="127.0.0.1", port=receiver.port)
    with socket.create_server(("127.0.0.1", 0)) as ends:
        threading.Thread(target=_end_after_hello, args=(ends,), daemon=True).start()
        with pytest.raises(NotSent) as refused:
            Sender(rule, most_s=5).post(f"https://127.0.0.1:{ends.getsockname()[1]}/", b"{}", {})
    assert refused.value.reason == reason("no_answer", said="unexpected eof while reading")
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotSent) as refused:
        Sender(rule, most_s=5).post(f"https://127.0.0.1:{port}/", b"{}", {})
    assert refused.value.reason == reason("refused_connection", host="127.0.0.1", port=port)


def _end_after_hello(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65_536)
