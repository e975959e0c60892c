"""Replies by mail: a real IMAP server's mailbox becomes messages of conversations, once and in order."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from chat_core.cli.check import find_mail_servers
from chat_core.contract.errors import Unavailable
from chat_core.store.models.web import SubmittedRow
from chat_core.store.submitted import WAITING_OF_CLIENT, SubmissionKey
from tests.integration.conftest import StartWeb
from tests.integration.test_mail_out import ADDRESS, CLIENT, URL
from tests.integration.test_web_decoding import AS_ALWAYS
from tests.integration.web_under_test import WebUnderTest, json_of
from tests.real.dovecot import PASSWORD, Dovecot, dovecot
from tests.real.smtp import smtp_server
from tests.unit.test_mail_reply import REPORT
from tests.waiting import wait_until
from web.outbound import mail_taken
from web.outbound.mail_inbox import MailInbox
from web.outbound.mail_taken import INCOMING, MailTaker, MailWaits

TAKEN, REFUSED = "Wattline.Taken", "Wattline.Refused"
TEXT = {"kind": "text", "text": "Hello."}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f6"
    "45400000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def imap() -> Iterator[Dovecot]:
    with dovecot() as server:
        yield server


@pytest.fixture
def replies(start_web: StartWeb, imap: Dovecot) -> Iterator[WebUnderTest]:
    """Web that reads the mailbox; its client's address is verified."""
    with reading(start_web, imap) as web:
        yield web


@contextmanager
def reading(
    start_web: StartWeb, imap: Dovecot, *, is_watched: bool = True, smtp_url: str = "smtp://127.0.0.1:1"
) -> Iterator[WebUnderTest]:
    with imap.mailbox() as mailbox:
        for folder in ("INBOX", TAKEN, REFUSED):
            if mailbox.folder_exists(folder):
                mailbox.select_folder(folder)
                mailbox.delete_messages(mailbox.search("ALL"))
                mailbox.expunge()
    web = start_web(
        smtp_url=smtp_url,
        imap_url=f"imap://reply:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{imap.port}",
        mail_from="support@energy.example",
        mail_reply="reply@energy.example",
        url=URL,
    )
    web.store.registry.ensure_client(CLIENT, lang="ro")
    web.store.registry.mail_addresses.vouch(CLIENT, ADDRESS, web.clock.ms)
    with MailInbox(web.app, idle_s=0.1, pauses_s=(0.1,)) if is_watched else nullcontext():
        yield web


def token(web: WebUnderTest, client: str = CLIENT, ago_s: int = 0) -> str:
    row = web.store.registry.mail_addresses.find(client)
    assert row is not None
    return web.context.mail_tokens.reply(row.ref, "msg_1", web.clock.s - ago_s)


def mail(web: WebUnderTest, text: str = "Thank you!", **headers: str) -> EmailMessage:
    """Return the client's reply. Args: headers: with _ for -, in place of its own."""
    message = EmailMessage(policy=SMTP)
    told = {"From": f"Maria <{ADDRESS.upper()}>", "To": f"reply+{token(web)}@energy.example"}
    told["Message-ID"] = f"<m{text.encode().hex()[:40]}@example.org>"
    for name, value in {**told, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        message[name] = value
    message.set_content(f"{text}\n\n> ##- Write your answer above this line -##\n> Ana: The boiler.\n")
    return message


def submitted(web: WebUnderTest) -> list[Any]:
    """Return what waits for the bridge, in order: texts, and the names of files."""
    rows = web.store.web.fetch("SELECT body, client FROM submitted ORDER BY num")
    return [(client, body) for body, client in rows]


def said(web: WebUnderTest) -> list[str]:
    bodies = [json.loads(body) for _, body in submitted(web)]
    return [body.get("text") or body["file"]["name"] for body in bodies]


def counted(why: str) -> float:
    return INCOMING.labels(why)._value.get()


def test_replies_become_messages(replies: WebUnderTest, imap: Dovecot) -> None:
    """Replies are submitted as the client's words, in their order, soon after they come, and moved."""
    imap.deliver(mail(replies, "One.").as_bytes(), mail(replies, "Two.").as_bytes())
    wait_until(lambda: imap.count(TAKEN) == 2)
    imap.deliver(mail(replies, "Three.").as_bytes())  # while the inbox waits by IDLE
    wait_until(lambda: imap.count(TAKEN) == 3)
    assert said(replies) == ["One.", "Two.", "Three."]
    assert {client for client, _ in submitted(replies)} == {CLIENT}
    assert (imap.count("INBOX"), imap.count(REFUSED)) == (0, 0)
    row = replies.store.registry.mail_addresses.find(CLIENT)
    assert row is not None and row.last_id == mail(replies, "Three.")["Message-ID"]


def test_files_follow_the_rules_of_uploads(replies: WebUnderTest, imap: Dovecot) -> None:
    """Attached files are stored as uploads are; one of a wrong type is named in the message instead."""
    message = mail(replies, "See the meter.")
    message.add_attachment(PNG, "image", "png", filename="meter.png")
    message.add_attachment(b"MZ\x00\x00", "application", "octet-stream", filename="run.exe")
    imap.deliver(message.as_bytes())
    wait_until(lambda: imap.count(TAKEN) == 1)
    assert said(replies) == ["See the meter.\n\n(Fișierul run.exe nu a fost acceptat.)", "meter.png"]
    [file] = replies.store.files.of_client(CLIENT)
    assert file.sender == CLIENT and replies.context.files.path(file.id).is_file()


def test_what_is_too_much_is_told(replies: WebUnderTest) -> None:
    """A file past the tenth is named among the refused, and a text that is too long says that it is cut."""
    message = mail(replies, "Long words. " * 1_500)
    for n in range(11):
        message.add_attachment(b"%PDF-1.7\n%%EOF\n", "application", "pdf", filename=f"{n}.pdf")
    assert MailTaker(replies.app).take(message.as_bytes())
    *_, last = texts = said(replies)[:4]
    assert last.endswith("(scurtat)\n\n(Fișierul 10.pdf nu a fost acceptat.)") and len("".join(texts)) <= 16_000
    assert said(replies)[4:] == [f"{n}.pdf" for n in range(10)]


def test_a_repeat_is_stored_once(replies: WebUnderTest, imap: Dovecot) -> None:
    """A mail that comes twice, or is taken again after a kill before it was moved, is stored once."""
    raw = mail(replies, "Once.").as_bytes()
    imap.deliver(raw, raw)
    wait_until(lambda: imap.count(TAKEN) == 2)
    assert MailTaker(replies.app).take(raw) and said(replies) == ["Once."]


def test_what_is_refused(replies: WebUnderTest, imap: Dovecot) -> None:
    """Forged, expired, foreign, unverified and automatic mails are refused, counted, and left in their folder."""
    other = "c-43"
    replies.store.registry.ensure_client(other)
    replies.store.registry.mail_addresses.ask(other, "eve@example.org", replies.clock.ms)
    good = token(replies)
    old = token(replies, ago_s=91 * 86_400)
    refused = {
        "forged": mail(replies, To=f"reply+{good[:-1]}{'a' if good[-1] != 'a' else 'b'}@energy.example"),
        "expired": mail(replies, To=f"reply+{old}@energy.example"),
        "no_token": mail(replies, To="reply@energy.example"),
        "other_sender": mail(replies, From="eve@example.org"),
        "not_verified": mail(replies, From="eve@example.org", To=f"reply+{token(replies, other)}@energy.example"),
        "automatic": mail(replies, Auto_Submitted="auto-replied"),
        "empty": mail(replies, ""),
    }
    before = {why: counted(why) for why in refused}
    imap.deliver(*(message.as_bytes() for message in refused.values()))
    wait_until(lambda: imap.count(REFUSED) == len(refused))
    assert {why: counted(why) - before[why] for why in refused} == dict.fromkeys(refused, 1.0)
    assert submitted(replies) == []


def test_an_unsubscribed_or_replaced_address(replies: WebUnderTest, imap: Dovecot) -> None:
    """After the client removed the address its old replies are refused; so are those of one that unsubscribed."""
    addresses, raw = replies.store.registry.mail_addresses, mail(replies).as_bytes()
    addresses.stop(replies.context.mail_tokens.mark_of(ADDRESS), replies.clock.ms)
    assert not MailTaker(replies.app).take(raw)
    addresses.remove(CLIENT, replies.clock.ms)
    assert not MailTaker(replies.app).take(raw) and submitted(replies) == []


def test_a_bounce_marks_the_address(replies: WebUnderTest, imap: Dovecot) -> None:
    """A report that the address failed for good ends mail to it; a forged one, or of another address, does not."""
    for sign, state in (("a" * 48, "verified"), (token(replies), "bounced")):
        imap.deliver(REPORT.format(token=sign, action="failed", status="5.1.1").replace("\n", "\r\n").encode())
        wait_until(lambda: imap.count("INBOX") == 0)
        assert json_of(replies.get(f"/api/clients/{CLIENT}/mail", CLIENT))["state"] == state
    assert (imap.count(TAKEN), imap.count(REFUSED)) == (1, 1)


def test_too_many_mails(replies: WebUnderTest) -> None:
    """One client's mails are taken ten a minute at most; the rest is refused."""
    taker = MailTaker(replies.app)
    assert [taker.take(mail(replies, f"Mail {n}.").as_bytes()) for n in range(11)] == [True] * 10 + [False]


def test_a_mail_that_waits(replies: WebUnderTest, imap: Dovecot) -> None:
    """A mail that cannot be taken now holds up only its client's later ones, and is counted as one, however often."""
    registry, eve = replies.store.registry, "eve@example.org"
    registry.ensure_client("c-43")
    registry.mail_addresses.vouch("c-43", eve, replies.clock.ms)
    for n in range(WAITING_OF_CLIENT):
        registry.submitted.say(SubmissionKey("api", str(n)), CLIENT, CLIENT, TEXT, replies.clock.ms)
    first = mail(replies, "First.").as_bytes()
    other = mail(replies, "Other.", From=eve, To=f"reply+{token(replies, 'c-43')}@energy.example")
    imap.deliver(first, mail(replies, "Second.").as_bytes(), other.as_bytes())
    wait_until(lambda: imap.count(TAKEN) == 1)
    taker = MailTaker(replies.app)
    for _ in range(11):  # more mails than a minute allows (limits.MAIL_CLIENT)
        with pytest.raises(MailWaits):
            taker.take(first)
    replies.store.web.change(SubmittedRow.delete().where(SubmittedRow.source == "api"))
    wait_until(lambda: imap.count("INBOX") == 0)
    assert said(replies) == ["Other.", "First.", "Second."] and taker.take(first)


def test_a_lost_lease_ends_the_taking(start_web: StartWeb, imap: Dovecot) -> None:
    """A process whose lease of the mailbox is over takes no further mail from it."""
    with reading(start_web, imap, is_watched=False) as web:
        imap.deliver(mail(web).as_bytes())
        assert web.store.registry.leases.hold("mailbox", "another", 60_000)
        with imap.mailbox() as mailbox:
            MailInbox(web.app)._take_all(mailbox)
        assert imap.count("INBOX") == 1 and submitted(web) == []


def test_a_fault_costs_one_mail(replies: WebUnderTest, imap: Dovecot) -> None:
    """A mail that no part of ours can read is refused as unreadable, and the next one is taken."""
    before = counted("unreadable")
    broken = REPORT.format(token=token(replies), action="failed", status="5.1.1")
    broken = broken.replace("rfc822; ", "=?utf-7?q?+2AA-?=")  # raises inside Python's email
    imap.deliver(broken.replace("\n", "\r\n").encode(), mail(replies, "After.").as_bytes())
    wait_until(lambda: imap.count(TAKEN) == 1)
    assert (imap.count(REFUSED), counted("unreadable") - before) == (1, 1)


def test_a_mail_that_takes_its_reader_too_long(
    replies: WebUnderTest, imap: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail whose recipients take hours to parse is refused after its seconds of a processor; the next is taken."""
    script, before = tmp_path / "reader.py", counted("too_complex")
    script.write_text(AS_ALWAYS.format(script=str(mail_taken.READER), change="parts.update(CPU_S=1)"))
    monkeypatch.setattr(mail_taken, "READER", script)
    dear = mail(replies).as_bytes().replace(b"\r\n", b"\r\nCc: " + b"a," * 500_000 + b"\r\n", 1)
    imap.deliver(dear, mail(replies, "After.").as_bytes())
    wait_until(lambda: imap.count(TAKEN) == 1, 30)
    assert (imap.count(REFUSED), counted("too_complex") - before) == (1, 1)


def test_a_mail_that_takes_its_reader_too_much_memory(
    replies: WebUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail for which its reader's memory is too small is refused as too complex."""
    script, before = tmp_path / "reader.py", counted("too_complex")
    script.write_text(AS_ALWAYS.format(script=str(mail_taken.READER), change="parts.update(MEMORY_BYTES=64 << 20)"))
    monkeypatch.setattr(mail_taken, "READER", script)
    assert not MailTaker(replies.app).take(mail(replies).as_bytes() + b"word\r\n" * 2_000_000)
    assert counted("too_complex") - before == 1


def test_a_reader_that_does_not_start(replies: WebUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail waits while the machine starts no process, or the process finds no program."""
    raw = mail(replies, "Later.").as_bytes()
    for part, name in ((mail_taken, "READER"), (sys, "executable")):
        with monkeypatch.context() as patch, pytest.raises(Unavailable):
            patch.setattr(part, name, tmp_path / "missing")
            MailTaker(replies.app).take(raw)
    assert MailTaker(replies.app).take(raw)


def test_the_server_away(replies: WebUnderTest, imap: Dovecot) -> None:
    """While the IMAP server is away nothing is lost, and its mails are taken when it is back."""
    imap.deliver(mail(replies, "Before.").as_bytes())
    wait_until(lambda: imap.count(TAKEN) == 1)
    imap.stop()
    imap.start()
    imap.deliver(mail(replies, "After.").as_bytes())
    wait_until(lambda: imap.count(TAKEN) == 2)
    assert said(replies) == ["Before.", "After."]


def test_folders_below_a_prefix(start_web: StartWeb) -> None:
    """Our folders begin with the prefix that an account's own ones have; `wattline check` creates them."""
    with dovecot("INBOX.") as imap, reading(start_web, imap, is_watched=False) as web:
        _smtp, found = find_mail_servers(web.config)
        with imap.mailbox() as mailbox:
            assert found.good and mailbox.folder_exists(f"INBOX.{REFUSED}")
        imap.deliver(mail(web).as_bytes())
        with MailInbox(web.app, idle_s=0.1):
            wait_until(lambda: imap.count(f"INBOX.{TAKEN}") == 1)


def test_wattline_check_signs_in(replies: WebUnderTest) -> None:
    """`wattline check` tells which mail server lets us in, and names the setting of one that does not."""
    smtp, imap = find_mail_servers(replies.config)
    assert imap.good and not smtp.good
    assert smtp.text.startswith("WATTLINE_SMTP_URL: 127.0.0.1:1 does not let us in (") and "docs/mail.md" in smtp.text


def test_wattline_check_asks_for_the_sender(start_web: StartWeb, imap: Dovecot) -> None:
    """`wattline check` tells when the SMTP server takes no mail from the addresses that replies go to."""
    with (
        smtp_server() as smtp,
        reading(start_web, imap, is_watched=False, smtp_url=f"smtp://127.0.0.1:{smtp.port}") as web,
    ):
        smtp.answers["MAIL"] = ["553 5.7.1 Sender not owned"]
        refused, _imap = find_mail_servers(web.config)
        assert "takes no mail from reply+check@energy.example (553 5.7.1 Sender not owned)" in refused.text
        good, _imap = find_mail_servers(web.config)
        assert good.good and not refused.good and smtp.messages == []
