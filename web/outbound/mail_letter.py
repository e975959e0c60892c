"""Write the mails that go out: to verify an address, and with unread answers."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import format_datetime
from typing import Any, Final

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _

from chat_core.contract.kinds import preview
from chat_core.runtime.config import Config
from web.branding import Shown
from web.mail_tokens import MailTokens

DEFAULT_NAME: Final = "Wattline"
SIGNED: Final = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"in-reply-to",
    b"references",
    b"reply-to",
    b"mime-version",
    b"content-type",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"auto-submitted",
)
QUOTED_CHARACTERS: Final = 1_000
LOGO: Final = "logo"  # the picture's content id


class _Tokens(UnstructuredHeader, BaseHeader):
    """Fold a header between its tokens alone: the library's own encodes long ones (RFC 2047), which nobody decodes."""

    def fold(self, *, policy: Policy) -> str:
        """Return the header in lines."""
        return f"{self.name}: " + f"{policy.linesep} ".join(str(self).split()) + policy.linesep


_HEADERS: Final = HeaderRegistry()
for _header in ("list-unsubscribe", "in-reply-to", "references"):
    _HEADERS.map_to_type(_header, _Tokens)
_POLICY: Final = SMTP.clone(header_factory=_HEADERS)


@dataclass(frozen=True)
class MailedAnswer:
    """Hold one answer as the mail shows it. `name`: who gave it."""

    name: str
    words: str
    is_automatic: bool


@dataclass(frozen=True)
class Place:
    """Say where a mail stands: its delivery, its client's row, and the mail before it, if any."""

    delivery: str
    ref: str
    before: str | None


class LetterWriter:
    """Write mails for one installation. Needs Flask's context."""

    def __init__(self, config: Config, tokens: MailTokens) -> None:
        assert config.mail_from is not None and config.url is not None
        self._config = config
        self._tokens = tokens
        self._domain = config.mail_from.rpartition("@")[2]
        self._url = config.url

    def message_id(self, delivery: str) -> str:
        """Return the Message-ID of a delivery: every try has the same."""
        return f"<{hashlib.sha256(delivery.encode()).hexdigest()[:32]}@{self._domain}>"

    def reply_to(self, place: Place, now_s: int) -> str | None:
        """Return the address to which this mail is answered; None where replies are not read."""
        if self._config.mail_reply is None:
            return None
        local, _at, domain = self._config.mail_reply.rpartition("@")
        return f"{local}+{self._tokens.reply(place.ref, place.delivery, now_s)}@{domain}"

    def confirmation(self, brand: Shown, lang: str, to: str, place: Place, now_s: int) -> EmailMessage:
        """Return the mail that verifies an address. It has no personal words: whoever owns the address may read it."""
        link = f"{self._url}/mail/confirm/{self._tokens.confirmation(place.ref)}?lang={lang}"
        with force_locale(lang):
            subject = _("Confirm your e-mail address for %(company)s", company=_name(brand))
            shown = self._facts(brand, to, lang) | {"link": link, "subject": subject}
            message = self._begin(brand, to, subject, place.delivery, now_s)
            _fill(message, brand, "confirm", shown)
        return message

    def answers(
        self,
        brand: Shown,
        lang: str,
        to: str,
        place: Place,
        now_s: int,
        answers: Sequence[MailedAnswer],
        question: str | None,
    ) -> EmailMessage:
        """Return the mail with unread answers. Args: question: the client's last words."""
        with force_locale(lang):
            subject = _("Your conversation with %(company)s", company=_name(brand))
            shown = self._facts(brand, to, lang) | {
                "subject": subject,
                "answers": answers,
                "question": None if question is None else question[:QUOTED_CHARACTERS],
                "link": self._config.mail_link or self._url,
                "may_reply": self._config.mail_reply is not None,
            }
            message = self._begin(brand, to, subject, place.delivery, now_s)
            root = self.message_id(f"conversation {place.ref}")  # of no mail: it joins all mails of the conversation
            message["In-Reply-To"] = place.before or root
            message["References"] = " ".join(dict.fromkeys([root, place.before or root]))
            if (reply := self.reply_to(place, now_s)) is not None:
                message["Reply-To"] = reply
            if all(answer.is_automatic for answer in answers):
                message.replace_header("Auto-Submitted", "auto-generated")
            else:
                del message["Auto-Submitted"]
            message["List-Unsubscribe"] = f"<{shown['stop']}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
            _fill(message, brand, "answers", shown)
        return message

    def _facts(self, brand: Shown, to: str, lang: str) -> dict[str, Any]:
        return {
            "company": _name(brand),
            "accent": brand.value.accent,
            "logo": brand.logo is not None,
            "lang": lang,
            "stop": f"{self._url}/mail/stop/{self._tokens.stop(to)}?lang={lang}",
        }

    def _begin(self, brand: Shown, to: str, subject: str, delivery: str, now_s: int) -> EmailMessage:
        message = EmailMessage(policy=_POLICY)
        message["From"] = Address(_name(brand), addr_spec=self._config.mail_from)
        message["To"] = Address(addr_spec=to)
        message["Subject"] = subject
        message["Date"] = format_datetime(datetime.fromtimestamp(now_s, UTC))
        message["Message-ID"] = self.message_id(delivery)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5
        return message

    def encode(self, message: EmailMessage) -> bytes:
        """Return the message's bytes, with a DKIM signature where a key is set."""
        raw = message.as_bytes()
        config = self._config
        if config.dkim_key is None or config.dkim_selector is None:
            return raw
        import dkim  # brings dnspython in, which takes a seventh of a second, and few sign

        names = {name.lower().encode() for name in message}
        signature = dkim.sign(
            raw,
            config.dkim_selector.encode(),
            self._domain.encode(),
            config.dkim_key.read_bytes(),
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name for name in SIGNED if name in names],
        )
        return bytes(signature) + raw


def _name(brand: Shown) -> str:
    return brand.value.name or DEFAULT_NAME


def _fill(message: EmailMessage, brand: Shown, template: str, shown: dict[str, Any]) -> None:
    message.set_content(render_template(f"mail/{template}.txt", **shown), cte="quoted-printable")
    message.add_alternative(render_template(f"mail/{template}.html", **shown), subtype="html", cte="quoted-printable")
    if brand.logo is not None:
        kind, _slash, subtype = brand.logo_type.partition("/")
        page = message.get_payload()[1]  # type: ignore[index]  # the HTML, just added
        page.add_related(brand.logo, kind, subtype, cid=f"<{LOGO}>", disposition="inline")  # type: ignore[union-attr]


def words_of(entry: dict[str, Any], lang: str) -> str:
    """Return an entry in words."""
    return preview(entry["kind"], entry, lang)
