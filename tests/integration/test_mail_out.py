"""Answers by mail: addresses, their verification, what goes out when, and what ends it."""

import hashlib
import re
import secrets
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import dkim
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chat_core.contract.delivery_reasons import reason
from chat_core.contract.ids import new_message_id
from chat_core.contract.payloads import Marker, Said, SaidKind
from chat_core.runtime import mail_connections
from chat_core.runtime.mail_servers import parse_mail_server
from chat_core.store.deliveries import DeliveryState
from tests.contract.stores import committed
from tests.integration.conftest import StartWeb
from tests.integration.web_under_test import WebUnderTest, json_of, problem_of
from tests.real.certificate import self_made
from tests.real.portal import PORTAL_KEY
from tests.real.smtp import SmtpServer, smtp_server
from tests.waiting import wait_until
from web.outbound.channel import NotSent, Rejected
from web.outbound.mail import MOST_ANSWERS, MailChannel, verification_of
from web.outbound.mail_smtp import AddressRejected, send
from web.outbound.worker import OutboundWorker

CLIENT = "c-42"
ADDRESS = "maria@example.org"
URL = "https://chat.example"


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with smtp_server() as server:
        yield server


@pytest.fixture
def mailing(start_web: StartWeb, smtp: SmtpServer) -> Iterator[WebUnderTest]:
    """Web that sends at once, with its worker; the store acts for the bridge."""
    with started(start_web, smtp) as web:
        yield web


@contextmanager
def started(start_web: StartWeb, smtp: SmtpServer, **more: str) -> Iterator[WebUnderTest]:
    settings = {"smtp_url": f"smtp://127.0.0.1:{smtp.port}", "mail_from": "support@energy.example", "url": URL}
    web = start_web(**{**settings, "mail_after_s": "0", **more})
    web.store.registry.ensure_client(CLIENT, name="Maria Pop", lang="ro")
    with OutboundWorker(web.store, [MailChannel(web.app)], pauses_s=(0.05,)):
        wait_until(lambda: web.store.outbox.asked_for())
        web.store.outbox.refresh()
        yield web


def put(web: WebUnderTest, address: str | None, client: str = CLIENT) -> Any:
    return web.browser().put(f"/api/clients/{client}/mail", json={"address": address}, headers=web.bearer(client))


def words(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def link_in(message: EmailMessage, kind: str) -> str:
    found = re.search(rf"{URL}(/mail/{kind}/\S+)", words(message))
    assert found is not None
    return found[1]


def verified(web: WebUnderTest, smtp: SmtpServer, address: str = ADDRESS) -> None:
    """The client gives the address and presses the link's button; the mail of it is forgotten."""
    assert json_of(put(web, address))["state"] == "waiting"
    wait_until(lambda: smtp.messages)
    assert web.browser().post(link_in(smtp.messages[0], "confirm")).status_code == 200
    wait_until(lambda: not waiting(web))
    smtp.taken.clear()


def waiting(web: WebUnderTest) -> int:
    return len(web.store.outbox.next(1)) + sum(queue.waiting for queue in web.store.deliveries.queues())


def answer(web: WebUnderTest, *texts: str, sender: str = "a-ana", client: str = CLIENT) -> None:
    web.store.registry.add_agent("a-ana", "Ana Ionescu")
    for text in texts:
        with committed(web.store) as tx:
            id = new_message_id(web.clock.ms, hashlib.sha256(text.encode()).digest()[:10])
            said = Said(id=id, kind=SaidKind.TEXT, text=text, sent=web.clock.ms)
            tx.append(client, sender, said, web.clock.ms)


def dropped(web: WebUnderTest) -> list[str | None]:
    return [one.error for one in web.store.deliveries.page(DeliveryState.DROPPED)]


def test_an_answer_goes_out(mailing: WebUnderTest, smtp: SmtpServer) -> None:
    """An unread answer goes out threaded, in the client's language, as text and HTML, with one-click unsubscription."""
    verified(mailing, smtp)
    answer(mailing, "Why 40 kWh yesterday?", sender=CLIENT)
    answer(mailing, "The boiler ran <all> night.")
    envelope, first = wait_until(lambda: smtp.taken)[0]
    assert envelope.rcpt_tos == [ADDRESS]
    assert first["Subject"] == "Conversația dumneavoastră cu Wattline" and first["Auto-Submitted"] is None
    plain, page = words(first), words(first, "html")
    for shown in ("Ana", "Why 40 kWh yesterday?", "Deschideți conversația", "răspundeți în chat, nu prin"):
        assert shown in plain and shown in page
    assert "Ionescu" not in plain + page  # clients never see an agent's last name
    assert "The boiler ran <all> night." in plain and "ran &lt;all&gt; night" in page
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"\r\nList-Unsubscribe: <{URL}{link_in(first, 'stop')}>\r\n".encode() in (envelope.original_content or b"")
    answer(mailing, "Switch it off at night.")
    second = wait_until(lambda: smtp.messages[1:])[0]
    assert second["In-Reply-To"] == first["Message-ID"] and first["References"] in second["References"]
    assert "boiler" not in words(second)


def test_a_long_message_id(mailing: WebUnderTest, smtp: SmtpServer) -> None:
    """An answer to a client's mail names its Message-ID in plain ASCII, however long; what is none is not named."""
    verified(mailing, smtp)
    addresses, theirs = mailing.store.registry.mail_addresses, f"<{'a' * 120}@mail.example.org>"
    row = addresses.find(CLIENT)
    assert row is not None
    for message_id in (theirs, "<a b@example.org>", "<a\r\nBcc: eve@example.org>", "none"):
        addresses.note_reply(row.ref, message_id)
    answer(mailing, "One.")
    raw = wait_until(lambda: smtp.taken)[0][0].original_content or b""
    assert f"\r\nIn-Reply-To: {theirs}\r\n".encode() in raw
    assert f"@energy.example>\r\n {theirs}\r\n".encode() in raw  # References


def test_a_long_history(mailing: WebUnderTest, smtp: SmtpServer) -> None:
    """A client with a thousand read messages gets the next answer."""
    verified(mailing, smtp)
    with committed(mailing.store) as tx:
        for n in range(1_001):
            said = Said(id=new_message_id(n, bytes(10)), kind=SaidKind.TEXT, text="Old.", sent=1)
            tx.append(CLIENT, CLIENT, said, 1)
        tx.move_marker(CLIENT, CLIENT, Marker(delivered=1_001, read=1_001))
    answer(mailing, "New.")
    assert "New." in words(wait_until(lambda: smtp.messages)[0])


def test_several_answers_are_one_mail(start_web: StartWeb, smtp: SmtpServer) -> None:
    """Answers that come while one waits go out together, and none of them again."""
    with started(start_web, smtp, mail_after_s="1") as web:
        verified(web, smtp)
        answer(web, "One.", "Two, and")
        wait_until(lambda: smtp.messages)
        answer(web, "Three, later.")
        wait_until(lambda: smtp.messages[1:] and not waiting(web))
    texts = [words(message) for message in smtp.messages]
    assert [[word in text for word in ("One.", "Two, and", "Three")] for text in texts] == [
        [True, True, False],
        [False, False, True],
    ]


def test_many_unread_answers_when_an_address_is_verified(mailing: WebUnderTest, smtp: SmtpServer) -> None:
    """Of more unread answers than one mail holds, the rest follows at once in further mails."""
    answer(mailing, *(f"Answer {n}." for n in range(MOST_ANSWERS + 2)))
    put(mailing, ADDRESS)
    wait_until(lambda: smtp.messages)
    mailing.browser().post(link_in(smtp.messages[0], "confirm"))
    _confirm, first, second = wait_until(lambda: smtp.messages[2:] and smtp.messages)
    assert [f"Answer {n}." in words(first) for n in (0, 49, 50)] == [True, True, False]
    assert [f"Answer {n}." in words(second) for n in (49, 50, 51)] == [False, True, True]


def test_what_was_read_on_screen_is_not_sent(start_web: StartWeb, smtp: SmtpServer) -> None:
    """An answer that the client read, or the agent deleted, before the mail was due does not go out."""
    with started(start_web, smtp, mail_after_s="1") as web:
        verified(web, smtp)
        answer(web, "Read at once.")
        with committed(web.store) as tx:
            tx.move_marker(CLIENT, CLIENT, Marker(delivered=1, read=1))
        wait_until(lambda: dropped(web) and not waiting(web))
    assert smtp.messages == [] and dropped(web)[0] == "It was read on screen, or sent before."


def test_nothing_goes_to_an_unverified_address(mailing: WebUnderTest, smtp: SmtpServer) -> None:
    """Before the link's button is pressed nothing but the question itself goes out; what waited goes out then."""
    answer(mailing, "Personal words.")
    put(mailing, ADDRESS)
    question = wait_until(lambda: smtp.messages)[0]
    link = link_in(question, "confirm")
    assert "Personal" not in question.as_string() and "Maria" not in question.as_string()
    shown = mailing.browser().get(link)  # as a scanner of links does
    assert shown.status_code == 200 and "m…@example.org" in shown.text and ADDRESS not in shown.text
    answer(mailing, "More personal words.")
    wait_until(lambda: not waiting(mailing))
    assert len(smtp.messages) == 1
    mailing.browser().post(link)
    late = words(wait_until(lambda: smtp.messages[1:])[0])
    assert "Personal words." in late and "More personal words." in late
    assert mailing.browser().post(link).status_code == 200  # a second press changes nothing


def test_links_end(mailing: WebUnderTest, smtp: SmtpServer) -> None:
    """A link that is forged, replaced by a newer one, or older than 48 hours verifies nothing."""
    put(mailing, ADDRESS)
    old = link_in(wait_until(lambda: smtp.messages)[0], "confirm")
    put(mailing, "maria.pop@example.org")
    new = link_in(wait_until(lambda: smtp.messages[1:])[0], "confirm")
    token = new.split("?")[0]
    mailing.clock.forward(48 * 3600)
    for link in (old, new, token[:-1] + ("0" if token[-1] != "0" else "1"), "/mail/confirm/abc"):
        assert mailing.browser().post(link).status_code == 404
    row = mailing.store.registry.mail_addresses.find(CLIENT)
    assert row is not None and row.verified is None


@pytest.mark.parametrize("one_click", [True, False])
def test_unsubscribed_is_final(mailing: WebUnderTest, smtp: SmtpServer, one_click: bool) -> None:
    """After the unsubscription nothing goes to the address: no answer, and no question, whoever asks."""
    verified(mailing, smtp)
    answer(mailing, "One.")
    link = link_in(wait_until(lambda: smtp.messages)[0], "stop")
    browser = mailing.browser()
    assert browser.get(link).status_code == 200
    assert json_of(mailing.get(f"/api/clients/{CLIENT}/mail", CLIENT))["state"] == "verified"  # a GET acts not
    data = {"List-Unsubscribe": "One-Click"} if one_click else {}
    assert browser.post(link, data=data).status_code == 200
    answer(mailing, "Two.")
    mailing.store.registry.ensure_client("c-43")
    problem_of(put(mailing, "Maria@example.org", "c-43"), 409, "unsubscribed")
    wait_until(lambda: not waiting(mailing))
    assert len(smtp.messages) == 1
    assert json_of(mailing.get(f"/api/clients/{CLIENT}/mail", CLIENT))["state"] == "stopped"
    assert browser.post(link[:-12]).status_code == 404


def test_questions_end_with_an_unsubscription(mailing: WebUnderTest, smtp: SmtpServer) -> None:
    """A link of before the unsubscription verifies nothing, and a question that waits does not go out."""
    put(mailing, ADDRESS)
    link = link_in(wait_until(lambda: smtp.messages)[0], "confirm")
    addresses, now_ms = mailing.store.registry.mail_addresses, mailing.clock.ms
    addresses.stop(mailing.context.mail_tokens.mark_of(ADDRESS), now_ms)
    assert mailing.browser().post(link).status_code == 404
    mailing.store.deliveries.add([verification_of(addresses.ask("c-43", ADDRESS, now_ms), now_ms)])
    wait_until(lambda: dropped(mailing) == ["The address is unsubscribed."])
    assert len(smtp.messages) == 1


def test_a_busy_server_and_a_kill(mailing: WebUnderTest, smtp: SmtpServer) -> None:
    """4xx is tried again; a try after a kill repeats Message-ID and words, and takes no later answer along."""
    verified(mailing, smtp)
    smtp.answers["RCPT"] = ["451 4.3.0 Try later"]
    smtp.answers["DATA"] = ["452 4.3.1 No space"]
    answer(mailing, "One.")
    wait_until(lambda: smtp.messages)
    sent = wait_until(lambda: [one for one in mailing.store.deliveries.page(DeliveryState.SENT) if one.seq])
    channel, [done] = MailChannel(mailing.app), sent
    assert channel.unwanted(done) == reason("mail_read")
    with mailing.store.web.writing():  # as if killed between the server's answer and our note of it
        mailing.store.web.execute("UPDATE mail_address SET sent_seq = 0")
    answer(mailing, "Two.")
    channel.send(done)
    again = next(one for one in smtp.messages[1:] if one["Message-ID"] == smtp.messages[0]["Message-ID"])
    assert "One." in words(again) and "Two." not in words(again)


def test_nothing_is_left_to_say(mailing: WebUnderTest, smtp: SmtpServer) -> None:
    """A try whose claimed answer was deleted before it sends nothing; the newer answer has its own delivery."""
    verified(mailing, smtp)
    answer(mailing, "One.")
    sent = wait_until(lambda: [one for one in mailing.store.deliveries.page(DeliveryState.SENT) if one.seq])
    with mailing.store.web.writing():  # as if the first try failed
        mailing.store.web.execute("UPDATE mail_address SET sent_seq = 0")
    with committed(mailing.store) as tx:
        tx.amend(CLIENT, 1, None)
    answer(mailing, "Two.")
    wait_until(lambda: smtp.messages[1:] and not waiting(mailing))
    assert [("One." in words(mail), "Two." in words(mail)) for mail in smtp.messages] == [(True, False), (False, True)]
    with mailing.store.web.writing():
        claimed = "UPDATE mail_address SET sent_seq = 0, claim = ?, claim_seq = 1"
        mailing.store.web.execute(claimed, (sent[0].id,))
    assert MailChannel(mailing.app).send(sent[0]) is None and len(smtp.messages) == 2


def test_an_address_that_is_refused(mailing: WebUnderTest, smtp: SmtpServer) -> None:
    """A 5xx for the recipient ends the delivery with the server's reason and marks the address; a new one is taken."""
    verified(mailing, smtp)
    smtp.answers["RCPT"] = ["550 5.1.1 No such mailbox"]
    answer(mailing, "One.")
    [failed] = wait_until(lambda: mailing.store.deliveries.page(DeliveryState.FAILED))
    assert failed.error == "The mail server answers 550: 5.1.1 No such mailbox"
    assert json_of(mailing.get(f"/api/clients/{CLIENT}", "a-ana"))["mail"] == {
        "offered": True,
        "address": "m…@example.org",
        "state": "bounced",
    }
    answer(mailing, "Two.")
    assert json_of(put(mailing, ADDRESS))["state"] == "waiting"


def test_a_refusal_that_is_not_the_addresss() -> None:
    """A 5xx for the recipient that says nothing about its address ends the delivery, and leaves the address open."""
    others = ["554 5.7.1 Relay access denied", "550 5.7.1 Blocked", "552 5.2.2 Mailbox full", "554 Refused"]
    dead = ["550 No such user", "551 Moved", "553 No such name", "554 5.1.1 No such user"]
    with smtp_server() as server:
        server.answers["RCPT"] = [*others, *dead]
        to = parse_mail_server(f"smtp://127.0.0.1:{server.port}", "smtp")
        for said in (*others, *dead):
            with pytest.raises(Rejected) as refused:
                send(to, None, "a@example.org", ADDRESS, b"Subject: hello\r\n\r\nhello\r\n")
            assert isinstance(refused.value, AddressRejected) is (said in dead), said


def test_whose_address(mailing: WebUnderTest, smtp: SmtpServer) -> None:
    """Only the client gives and removes its address; questions are limited; erasing forgets it."""
    problem_of(put(mailing, "maria@nowhere"), 422, "bad_address")
    headers = mailing.bearer("a-ana")
    by_agent = mailing.browser().put(f"/api/clients/{CLIENT}/mail", json={"address": ADDRESS}, headers=headers)
    problem_of(by_agent, 403, "not_allowed")
    assert [put(mailing, ADDRESS).status_code for _ in range(3)] == [200, 200, 429]
    assert json_of(put(mailing, None)) == {"offered": True, "address": None, "state": "none"}
    mailing.clock.forward(60)
    mailing.store.registry.mail_addresses.ask(CLIENT, ADDRESS, 1)
    mailing.store.registry.forget_client(CLIENT)
    assert mailing.store.registry.mail_addresses.find(CLIENT) is None


def test_a_portals_word(mailing: WebUnderTest) -> None:
    """An address that the portal verified needs no link; one that the client removed does not come back."""

    def sign_in(**claims: Any) -> dict[str, Any]:
        told = {"aud": "wattline", "sub": CLIENT, "jti": secrets.token_hex(8), "exp": mailing.clock.s + 300, **claims}
        identity = jwt.encode(told, PORTAL_KEY, algorithm="HS256")
        json_of(mailing.browser().post("/api/session", json={"identity": identity}))
        return json_of(mailing.get(f"/api/clients/{CLIENT}/mail", CLIENT))

    assert sign_in(email=ADDRESS)["state"] == "none"  # the portal did not verify it
    assert sign_in(email="no address", email_verified=True)["state"] == "none"
    assert sign_in(email=ADDRESS, email_verified=True) == {"offered": True, "address": ADDRESS, "state": "verified"}
    put(mailing, None)
    assert sign_in(email=ADDRESS, email_verified=True)["state"] == "none"


def test_tls_is_checked(tmp_path: Path) -> None:
    """The certificate is checked, from the first byte or after STARTTLS; a wrong password tries again later."""
    certificate, key = self_made(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    for scheme, is_tls in (("smtp", False), ("smtps", True)):
        with smtp_server(tls=context, is_tls=is_tls) as server:
            server.users["me"] = "p@ss"
            good = parse_mail_server(f"{scheme}://me:p%40ss@127.0.0.1:{server.port}", "smtp")
            wrong = parse_mail_server(f"{scheme}://me:no@127.0.0.1:{server.port}", "smtp")
            mail = b"Subject: hello\r\n\r\nhello\r\n"
            with pytest.raises(NotSent, match="certificate verify failed"):
                send(good, None, "a@example.org", ADDRESS, mail)
            with pytest.raises(NotSent, match="does not let us in: The mail server answers 535"):
                send(wrong, certificate, "a@example.org", ADDRESS, mail)
            send(good, certificate, "a@example.org", ADDRESS, mail)
            assert [message["Subject"] for message in server.messages] == ["hello"]
    with pytest.raises(NotSent, match="Connection refused"):
        send(good, certificate, "a@example.org", ADDRESS, mail)


def test_dkim(start_web: StartWeb, smtp: SmtpServer, tmp_path: Path) -> None:
    """With a key each mail has a DKIM signature that the published key verifies."""
    key = rsa.generate_private_key(65537, 2048)
    file = tmp_path / "dkim.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    )
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + b"".join(public.splitlines()[1:-1])
    with started(start_web, smtp, dkim_key=str(file), dkim_selector="wattline") as web:
        put(web, ADDRESS)
        [(envelope, _)] = wait_until(lambda: smtp.taken)
    asked: list[bytes] = []

    def dns(name: bytes, timeout: float = 5) -> bytes:
        asked.append(name)
        return record

    assert dkim.verify(envelope.original_content, dnsfunc=dns)
    assert asked == [b"wattline._domainkey.energy.example."]


def test_a_server_that_looks_into_mails(smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server has longer for its answer to a mail than for its other ones: who gives up sends the mail again."""
    monkeypatch.setattr(mail_connections, "SMTP_WITHIN_S", 2.0)
    smtp.thought = threading.Event()
    server = parse_mail_server(f"smtp://127.0.0.1:{smtp.port}", "smtp")
    threading.Timer(3.0, smtp.thought.set).start()
    send(server, None, "support@energy.example", ADDRESS, b"Subject: x\r\n\r\nx\r\n")
    assert smtp.thought.is_set() and len(smtp.messages) == 1
    assert MailChannel.lease_ms >= mail_connections.SMTP_MOST_S * 1000


def test_an_address_that_the_portal_changes(mailing: WebUnderTest) -> None:
    """An address of the portal's follows it; one that the client chose or removed does not."""
    addresses = mailing.store.registry.mail_addresses
    for n, address in enumerate((ADDRESS, "maria@new.example")):
        found = addresses.vouch(CLIENT, address, n)
        assert found is not None and (found.address, found.verified) == (address, n)
    addresses.ask(CLIENT, "maria@work.example", 3)
    found = addresses.vouch(CLIENT, ADDRESS, 4)
    assert found is not None and found.address == "maria@work.example"
    addresses.remove(CLIENT, 5)
    found = addresses.vouch(CLIENT, ADDRESS, 6)
    assert found is not None and found.address is None
