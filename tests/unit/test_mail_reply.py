"""Mails that come in: what they are, whose they are, and what the sender wrote."""

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from chat_core.domain.mail_reply import MailKind, answer_in, read_mail

REPLY = "reply@energy.example"
TOKEN = "a2" * 24


def mail(text: str = "Thank you!\n", **headers: str) -> EmailMessage:
    """Return a client's mail. Args: headers: with _ for -, in place of its own."""
    message = EmailMessage(policy=SMTP)
    told = {"From": "Maria <maria@example.org>", "To": f"reply+{TOKEN}@energy.example", "Message-ID": "<1@example.org>"}
    for name, value in {**told, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        message[name] = value
    message.set_content(text)
    return message


QUOTED = "##- Write your answer above this line -##\n\nAna:\n\nThe boiler ran all night.\n"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Yes, it did.\n\nThanks\n", "Yes, it did.\n\nThanks"),
        (f"Yes.\n\nOn Mon, 30 Nov 2026 at 10:12, Energy <{REPLY}>\nwrote:\n\n> {QUOTED}", "Yes."),
        (f"Da.\n\nÎn lun., 30 nov. 2026 la 10:12, Energy\n<{REPLY}> a scris:\n\n> Ana:\n> Boilerul.\n", "Da."),
        (f"Ja.\n\nAm Mo., 30. Nov. 2026 um 10:12 Uhr schrieb Energy <{REPLY}>:\n\n> Ana:\n> Der Boiler.\n", "Ja."),
        ("Da.\n\n##- Scrieți răspunsul deasupra acestei linii -##\nAna: Boilerul.\n", "Da."),
        ("So.\n\nVon: Energy\nGesendet: Montag\nAn: Maria\nBetreff: x\n\n##- Antwort -##\nAna: Boiler.", "So."),
        ("Yes.\n\n-- \nMaria Pop\nRiver Street 1", "Yes."),
        (
            "Below?\n-----Original Message-----\nFrom: Energy\nSent: Monday\nTo: Maria\nSubject: x\n\nAna: boiler",
            "Below?",
        ),
        ("Line one\r\n\r\n\r\n\r\nLine two \x07", "Line one\n\nLine two"),
        ("> only a quotation\n> of yours\n", ""),
    ],
)
def test_the_quoted_mail_is_cut_off(written: str, kept: str) -> None:
    """The sender's words stay, without the mail that they answer, in the product's languages."""
    assert answer_in(written) == kept


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("utf-8''m%01et%0Aer.png", "met er.png"),
        ("utf-8''%01", "file"),
        ("utf-8''" + "x" * 300, "x" * 200),
    ],
)
def test_names_of_files_are_made_plain(told: str, name: str) -> None:
    """A file's name has no control characters, and the length that a message may name."""
    disposition = f"Content-Disposition: attachment; filename*={told}"
    raw = f"From: m@example.org\r\nContent-Type: image/png\r\n{disposition}\r\n\r\nx".encode()
    assert [file.name for file in read_mail(raw, REPLY).files] == [name]


def test_a_page_is_read_as_text() -> None:
    """A mail that has only HTML gives its words: without styles and scripts, one block a line."""
    page = "<html><head><style>p{}</style></head><body><p>Yes,&nbsp;<b>it</b> did</p><div>twice<br>a day</div></body>"
    message = mail()
    message.set_content(f"{page}<div>{QUOTED}</div>", subtype="html")
    assert read_mail(message.as_bytes(), REPLY).text == "Yes, it did\n\ntwice\na day"


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-2", "windows-1250", "no-such-charset"])
def test_charsets(charset: str) -> None:
    """Words are read in the charset that the mail names; an unknown one costs letters, not the mail."""
    known = charset != "no-such-charset"
    body = "Țara și factură".encode("utf-8" if known is False or charset == "utf-8" else charset, "replace")
    raw = f"From: m@example.org\r\nContent-Type: text/plain; charset={charset}\r\n\r\n".encode() + body
    assert read_mail(raw, REPLY).text.endswith("factură")


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; type=x"},
        {"Precedence": "bulk"},
        {"X_Auto_Response_Suppress": "All"},
        {"List_Id": "<news.example.org>"},
        {"Return_Path": "<>"},
        {"From": "MAILER-DAEMON@mail.example.org"},
    ],
)
def test_machines_mails_are_known(headers: dict[str, str]) -> None:
    """Replies of machines, lists and null senders are automatic; a person's mail is not."""
    assert read_mail(mail(**headers).as_bytes(), REPLY).kind is MailKind.AUTOMATIC
    assert read_mail(mail(Auto_Submitted="no").as_bytes(), REPLY).kind is MailKind.REPLY


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        ({}, TOKEN),
        ({"To": f"REPLY+{TOKEN.upper()}@Energy.Example"}, TOKEN),
        ({"To": "other@example.org", "Delivered_To": f"reply+{TOKEN}@energy.example"}, TOKEN),
        ({"To": f"someone@example.org, Energy <reply+{TOKEN}@energy.example>"}, TOKEN),
        ({"To": f"reply+{TOKEN}@elsewhere.example"}, None),
        ({"To": REPLY}, None),
    ],
)
def test_the_token_is_found(headers: dict[str, str], token: str | None) -> None:
    """The token is read from any header that names a recipient, at the configured mailbox alone."""
    assert read_mail(mail(**headers).as_bytes(), REPLY).token == token


def test_the_sender_is_one_address() -> None:
    """A mail with no From, or with two addresses in it, has no sender."""
    assert read_mail(mail().as_bytes(), REPLY).sender == "maria@example.org"
    assert read_mail(mail(From="a@example.org, b@example.org").as_bytes(), REPLY).sender is None
    assert read_mail(b"Subject: x\r\n\r\nhello", REPLY).sender is None


def test_files() -> None:
    """Attached files are taken with their names; a picture that the page shows by its id is not."""
    message = mail()
    message.add_attachment(b"%PDF-1.7", "application", "pdf", filename="bill.pdf")
    message.add_attachment(b"\x89PNG", "image", "png", filename="meter.png", disposition="inline")
    message.add_attachment(b"\x89PNG", "image", "png", filename="logo.png", disposition="inline", cid="<l@example.org>")
    assert [(file.name, file.content) for file in read_mail(message.as_bytes(), REPLY).files] == [
        ("bill.pdf", b"%PDF-1.7"),
        ("meter.png", b"\x89PNG"),
    ]


REPORT = """From: mailer-daemon@mail.example.org
To: reply+{token}@energy.example
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It failed.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; maria@example.org
Action: {action}
Status: {status}

--b--
"""


def test_bounces() -> None:
    """A report of a mailbox that does not exist names its recipient (RFC 3464); one of another failure names none."""
    for status in ("5.1.1", "5.1.10", "5.2.1"):
        found = read_mail(REPORT.format(token=TOKEN, action="failed", status=status).encode(), REPLY)
        assert (found.kind, found.token, found.failed) == (MailKind.BOUNCE, TOKEN, "maria@example.org")
    others = {"delayed": ("4.4.1", "5.1.1"), "failed": ("4.1.1", "5.2.2", "5.7.1")}  # late; soon over, full, policy
    for action, status in ((action, status) for action, several in others.items() for status in several):
        assert read_mail(REPORT.format(token=TOKEN, action=action, status=status).encode(), REPLY).failed is None


@pytest.mark.parametrize(
    "raw", [b"", b"\x00\xff" * 50, b"Content-Type: multipart/mixed\r\n\r\nno boundary", b"To: <<<>>\r\n"]
)
def test_nonsense(raw: bytes) -> None:
    """Bytes that are no mail have no token and no files."""
    found = read_mail(raw, REPLY)
    assert (found.token, found.files) == (None, ())
