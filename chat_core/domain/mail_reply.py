"""Read a mail that came in: what it is, whose it is, and what it says. Touches nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from enum import StrEnum
from typing import Final

import quotequail

from chat_core.domain.html_text import text_of

MOST_NAME: Final = 200  # characters of a file's
RECIPIENTS: Final = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
MARKER: Final = "##-"  # begins the line above which people answer (web/templates/mail)
MOST_CHARACTERS: Final = 100_000  # that are read of a text
MOST_LINES: Final = 2_000
MOST_INTRO: Final = 400  # characters of a line that leads to the quoted mail
# quotequail knows no Romanian: "În lun., 30 nov. 2026 la 10:12, Ana <…> a scris:", perhaps over two lines
_WROTE_RO: Final = re.compile(r"(?:În|In|Pe|La) .* a scris:")
# Outlook's headers, in the product's languages, and what others put before the quoted mail
_LEADS: Final = re.compile(
    r"[*_-]{3,}|.*:$|\*?(?:From|Sent|To|Cc|Subject|Date|Von|Gesendet|An|Betreff|Datum"
    r"|De la|Trimis|Către|Subiect|Data)\s?:"
)
_LISTS: Final = ("List-Id", "List-Post", "X-Auto-Response-Suppress", "X-Autoreply", "X-Autorespond")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NO_MAILBOX: Final = re.compile(r"5\.1\.\d+|5\.2\.1")
_BLANK_LINES: Final = re.compile(r"\n{3,}")


class MailKind(StrEnum):
    """Name what a mail is."""

    REPLY = "reply"
    BOUNCE = "bounce"
    AUTOMATIC = "automatic"


@dataclass(frozen=True)
class Attachment:
    """Hold a file of a mail."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Incoming:
    """
    Hold a mail. `token`: from the address that it went to; `sender`: its only From, or None.

    `failed`: of a bounce, the address that takes no mail for good.
    """

    kind: MailKind
    message_id: str
    token: str | None
    sender: str | None
    failed: str | None
    text: str
    files: tuple[Attachment, ...]


def read_mail(raw: bytes, reply_address: str) -> Incoming:
    """Return the mail. Args: reply_address: as configured, without a token."""
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)
    kind = _kind_of(message)
    return Incoming(
        kind=kind,
        message_id=_header(message, "Message-ID").strip()[:300],
        token=_token_of(message, reply_address),
        sender=_sender_of(message),
        failed=_failed_recipient(message) if kind is MailKind.BOUNCE else None,
        text=answer_in(_text_of(message)),
        files=tuple(_files_of(message)),
    )


def _header(message: EmailMessage, name: str) -> str:
    return str(message.get(name, ""))


def _kind_of(message: EmailMessage) -> MailKind:
    """Return the kind by RFC 3834 §2 and the headers in use before it; a null sender is a bounce's or a machine's."""
    report = message.get_content_type() == "multipart/report"
    if report and str(message.get_param("report-type", "")).lower() == "delivery-status":
        return MailKind.BOUNCE
    submitted = _header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    by_machine = (
        submitted not in ("", "no")
        or _header(message, "Precedence").strip().lower() in ("bulk", "list", "junk", "auto_reply")
        or any(name in message for name in _LISTS)
        or _header(message, "Return-Path").strip() == "<>"
        or (_sender_of(message) or "").lower().startswith(("mailer-daemon@", "postmaster@"))
    )
    return MailKind.AUTOMATIC if by_machine else MailKind.REPLY


def _token_of(message: EmailMessage, reply_address: str) -> str | None:
    local, _at, domain = reply_address.lower().rpartition("@")
    wanted = re.compile(rf"{re.escape(local)}\+([a-z2-7]+)@{re.escape(domain)}")
    told = [str(value) for name in RECIPIENTS for value in message.get_all(name, [])]
    for _name, address in getaddresses(told):
        if found := wanted.fullmatch(address.strip().lower()):
            return found[1]
    return None


def _sender_of(message: EmailMessage) -> str | None:
    """Return the one address of the one From; None for several or none."""
    told = message.get_all("From", [])
    found = [address for _name, address in getaddresses([str(value) for value in told]) if address]
    return found[0] if len(told) == 1 and len(found) == 1 and "@" in found[0] else None


def _failed_recipient(message: EmailMessage) -> str | None:
    """Return the address that takes no mail for good, as a report says it (RFC 3464 §2.3); else None."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for fields in part.iter_parts() if part.is_multipart() else ():
            failed = str(fields.get("Action", "")).strip().lower() == "failed"
            if failed and means_no_mailbox(str(fields.get("Status", "")).strip()):
                return str(fields.get("Final-Recipient", "")).partition(";")[2].strip()
    return None


def means_no_mailbox(status: str) -> bool:
    """
    Return whether an enhanced status says that the address takes no mail for good: it is bad, or its mailbox disabled.

    Policies, quotas and full mailboxes say nothing about the address. Source: RFC 3463 §3.2, §3.3.
    """
    return _NO_MAILBOX.fullmatch(status) is not None


# Words


def _text_of(message: EmailMessage) -> str:
    body = message.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    try:
        content = body.get_content()
    except (LookupError, UnicodeError):  # a charset that nobody knows
        payload = body.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    if not isinstance(content, str):
        return ""
    return text_of(content, quoted="> ")[0] if body.get_content_type() == "text/html" else content


def answer_in(text: str) -> str:
    """Return what the sender wrote: without the mail that it answers, and without the signature."""
    plain = text[:MOST_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n")
    own, marker, _quoted = plain.partition(MARKER)
    lines: list[str] = []
    for line in quotequail.quote(own, limit=MOST_LINES, quote_intro_line=True)[0][1].split("\n"):
        if line == "-- " or _WROTE_RO.fullmatch(line[:MOST_INTRO].strip()):
            break
        if lines and _WROTE_RO.fullmatch(f"{lines[-1]} {line}"[:MOST_INTRO].strip()):
            lines.pop()
            break
        lines.append(line)
    while lines and _is_left_over(lines[-1], is_cut=bool(marker)):
        lines.pop()
    clean = _CONTROL.sub("", "\n".join(line.rstrip() for line in lines))
    return _BLANK_LINES.sub("\n\n", clean).strip()


def _is_left_over(line: str, *, is_cut: bool) -> bool:
    """Return whether a last line leads to the quoted mail. Args: is_cut: that one was found below."""
    if not line.strip() or line.lstrip().startswith(">"):
        return True
    return is_cut and _LEADS.match(line.strip()[:MOST_INTRO]) is not None


def _files_of(message: EmailMessage) -> Iterator[Attachment]:
    """Yield the files that the sender attached; pictures of a signature, which the page names by id, are none."""
    for part in message.walk():
        name = part.get_filename()
        is_shown = part.get_content_maintype() == "image" and "Content-ID" not in part
        if part.is_multipart() or not (part.get_content_disposition() == "attachment" or (name and is_shown)):
            continue
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and content:
            plain = " ".join(_CONTROL.sub("", name or "").split())
            yield Attachment(plain[:MOST_NAME].strip() or "file", content)
