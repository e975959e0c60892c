"""Send one message by SMTP, and give a reason where that fails."""

import re
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from chat_core.contract.delivery_reasons import DeliveryReason, reason
from chat_core.domain.mail_reply import means_no_mailbox
from chat_core.runtime.mail_connections import open_smtp
from chat_core.runtime.mail_servers import MailServer
from web.outbound.channel import NotSent, Rejected

REASON_CHARACTERS: Final = 200
_ENHANCED: Final = re.compile(r"\s*(\d\.\d{1,3}\.\d{1,3})\b")  # RFC 2034 §4


class AddressRejected(Rejected):
    """The server refuses the recipient for good: there is no such mailbox."""


@contextmanager
def connected(server: MailServer, ca: Path | None) -> Iterator[smtplib.SMTP]:
    """Give a connection that may send. Raises: NotSent."""
    try:
        smtp = open_smtp(server, ca)
    except (OSError, smtplib.SMTPException) as err:
        raise NotSent(reason("mail_not_let_in", server=f"{server.host}:{server.port}", said=_why(err))) from err
    try:
        yield smtp
    finally:
        with suppress(OSError, smtplib.SMTPException):
            smtp.quit()
        smtp.close()


def send(server: MailServer, ca: Path | None, sender: str, recipient: str, message: bytes) -> None:
    """
    Hand the message to the server, which answers for it from then on.

    Raises: NotSent for what may succeed later; AddressRejected for the recipient; Rejected for the message.
    """
    with connected(server, ca) as smtp:
        try:
            smtp.sendmail(sender, [recipient], message)
        except smtplib.SMTPRecipientsRefused as err:
            code, text = err.recipients[recipient]
            said = _answer(code, text)
            if code < 500:
                raise NotSent(said) from err
            raise (AddressRejected(said) if _is_address_dead(code, text) else Rejected(said)) from err
        except smtplib.SMTPResponseException as err:
            said = _answer(err.smtp_code, err.smtp_error)
            raise (Rejected(said) if err.smtp_code >= 500 else NotSent(said)) from err
        except (OSError, smtplib.SMTPException) as err:
            raise NotSent(reason("mail_broke", said=_why(err))) from err


def _is_address_dead(code: int, text: bytes | str) -> bool:
    found = _ENHANCED.match(_text(text))
    return means_no_mailbox(found[1]) if found else code in (550, 551, 553)


def _text(text: bytes | str) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _answer(code: int, text: bytes | str) -> DeliveryReason:
    return reason("mail_answered", status=code, said=" ".join(_text(text).split())[:REASON_CHARACTERS])


def _why(err: Exception) -> str:
    if isinstance(err, smtplib.SMTPResponseException):
        return _answer(err.smtp_code, err.smtp_error).text
    return str(err)[:REASON_CHARACTERS] or type(err).__name__
