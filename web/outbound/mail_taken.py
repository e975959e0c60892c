"""Decide about a mail that came in, and hand what a client wrote to the bridge, once."""

import hashlib
import subprocess
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

import structlog
from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _
from prometheus_client import Counter

from chat_core.contract.errors import BadPayload, StoreDown, TooFast, Unavailable, WattlineError
from chat_core.contract.fields import MAX_TEXT
from chat_core.contract.languages import find_lang
from chat_core.contract.policy import Identity
from chat_core.domain.mail_address import same_mail_address
from chat_core.domain.mail_reply import Attachment, Incoming, MailKind
from chat_core.runtime.guarded import guarded
from chat_core.store.mail_addresses import MailAddress
from chat_core.store.submitted import SubmissionKey
from web.api.files import said_of, store_upload
from web.api.schemas import UploadAsk
from web.app_context import EXTENSION, AppContext
from web.limited_process import ReadFailed, read_apart
from web.mail_tokens import DAY_S

SOURCE: Final = "mail"
READER: Final = Path(__file__).with_name("mail_reader.py")
MOST_TEXT: Final = 4 * MAX_TEXT  # of one mail, which becomes so many messages
MOST_FILES: Final = 10
INCOMING: Final = Counter("wattline_web_mail_in_total", "Mails that came in, by what was done with them.", ["outcome"])

log = structlog.get_logger("web")


class MailRefused(Exception):
    """Report a mail that is not taken. `why`: a word for the counter and the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class MailWaits(Exception):
    """Report a mail that cannot be taken now, and of which client it is: later ones of that client wait for it."""

    def __init__(self, client: str, why: str) -> None:
        super().__init__(why)
        self.client = client
        self.why = why


class MailTaker:
    """Take mails, in one thread; a mail may be taken again and again, and is stored once."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._here: AppContext = app.extensions[EXTENSION]
        self._counted: dict[str, str] = {}  # by client: the mail that waits, which its rate has counted

    def take(self, raw: bytes, waiting: Collection[str] = ()) -> bool:
        """
        Take one mail; return whether it is done, else it belongs into the folder of refused ones.

        When it returns, what the client wrote is on disk.
        Args: waiting: clients with an earlier mail that waits. Raises: MailWaits; StoreDown: ask again later.
        """
        guard = guarded("mail in", MailRefused, MailWaits, Unavailable)
        try:
            with guard:
                outcome = self._judged(raw, waiting)
            if guard.fault is not None:
                raise MailRefused("unreadable")
        except MailRefused as err:
            INCOMING.labels(err.why).inc()
            log.info("mail_refused", why=err.why)
            return False
        INCOMING.labels(outcome).inc()
        return True

    def _judged(self, raw: bytes, waiting: Collection[str]) -> str:
        mail = _read(raw, self._here.config.mail_reply or "")
        if mail.kind is MailKind.AUTOMATIC:
            raise MailRefused("automatic")
        row = self._row_of(mail)
        if mail.kind is MailKind.BOUNCE:
            return self._note_bounce(mail, row)
        if mail.sender is None or row.address is None or not same_mail_address(mail.sender, row.address):
            raise MailRefused("other_sender")
        if row.verified is None or self._is_stopped(row.address):
            raise MailRefused("not_verified")
        if not mail.message_id:
            raise MailRefused("no_message_id")
        if row.client in waiting:
            raise MailWaits(row.client, "earlier_mail")
        self._count(row.client, mail.message_id)
        try:
            with self._app.app_context():
                self._submit(mail, row)
            self._here.store.registry.mail_addresses.note_reply(row.ref, mail.message_id)
        except (TooFast, Unavailable, OSError) as err:
            self._counted[row.client] = mail.message_id
            if isinstance(err, StoreDown):
                raise
            raise MailWaits(row.client, err.why if isinstance(err, WattlineError) else "disk") from err
        return "taken"

    def _row_of(self, mail: Incoming) -> MailAddress:
        if mail.token is None:
            raise MailRefused("no_token")
        told = self._here.mail_tokens.read_reply(mail.token)
        if told is None:
            raise MailRefused("forged")
        if self._here.now_s // DAY_S > told.last_day:
            raise MailRefused("expired")
        row = self._here.store.registry.mail_addresses.find_ref(told.ref)
        if row is None:
            raise MailRefused("address_replaced")
        return row

    def _note_bounce(self, mail: Incoming, row: MailAddress) -> str:
        if mail.failed is None:
            raise MailRefused("delayed")  # a report of a delay, or of a success
        if row.address is None or not same_mail_address(mail.failed, row.address):
            raise MailRefused("other_sender")
        self._here.store.registry.mail_addresses.note_bounce(row.ref, self._here.now_ms())
        return "bounce"

    def _is_stopped(self, address: str) -> bool:
        return self._here.store.registry.mail_addresses.is_stopped(self._here.mail_tokens.mark_of(address))

    def _count(self, client: str, message_id: str) -> None:
        if self._counted.pop(client, None) == message_id:
            return  # counted at its first try
        try:
            self._here.limits.spend_mail(client)
        except TooFast as err:
            raise MailRefused("too_fast") from err

    def _submit(self, mail: Incoming, row: MailAddress) -> None:
        known = self._here.store.registry.find_client(row.client)
        lang = find_lang(known.lang if known else None)
        files, refused = [], []
        for number, file in enumerate(mail.files[:MOST_FILES]):
            try:
                files.append(self._store(mail, row, number, file))
            except Unavailable:
                raise
            except WattlineError as err:
                if isinstance(err, TooFast) and err.why != "quota":
                    raise
                refused.append(file.name)
        refused += [file.name for file in mail.files[MOST_FILES:]]
        text = _text_of(mail.text, refused, lang)
        if not text and not files:
            raise MailRefused("empty")
        for number, start in enumerate(range(0, len(text), MAX_TEXT)):
            self._say(mail, row, f"text {number}", {"kind": "text", "text": text[start : start + MAX_TEXT]})
        for number, stored in enumerate(files):
            self._say(mail, row, f"file {number}", {"kind": "file", "file": stored})

    def _store(self, mail: Incoming, row: MailAddress, number: int, file: Attachment) -> dict[str, Any]:
        """Store a file by the rules of uploads; a repeat finds the first one."""
        upload = "m" + _key_of(mail, row, f"upload {number}")[:31]
        known = self._here.store.files.find_upload(row.client, row.client, upload)
        if known is None:
            self._here.free_space.check()
            ask = UploadAsk(id=upload, name=file.name)
            digest = hashlib.sha256(file.content).hexdigest()
            known = store_upload(row.client, Identity(row.client), ask, file.content, digest, row.address or "")
        return said_of(known).model_dump(mode="json", exclude_none=True)

    def _say(self, mail: Incoming, row: MailAddress, part: str, content: dict[str, Any]) -> None:
        key = SubmissionKey(source=SOURCE, key=_key_of(mail, row, part))
        try:
            self._here.store.registry.submitted.say(key, row.client, row.client, content, self._here.now_ms())
        except BadPayload as err:
            if err.why != "key_reused":  # else it was taken before, when another of its files was accepted
                raise MailRefused("bad_text") from err


def _read(raw: bytes, reply_address: str) -> Incoming:
    """Return the mail, read in a process of its own. Raises: MailRefused; Unavailable: ask again later."""
    try:
        read = read_apart(READER, reply_address, raw)
    except ReadFailed as fault:
        if fault.why == "broken":
            raise Unavailable("The process that reads mails fails to start.") from fault
        raise MailRefused("too_complex") from fault
    except (OSError, subprocess.TimeoutExpired) as err:
        raise Unavailable("The machine is too busy to read a mail.") from err
    if why := read.told.get("refused"):
        raise MailRefused(why)
    told = {name: read.told[name] for name in ("message_id", "token", "sender", "failed", "text")}
    files = tuple(map(Attachment, read.told["names"], read.parts))
    return Incoming(kind=MailKind(read.told["kind"]), files=files, **told)


def _text_of(written: str, refused: Sequence[str], lang: str) -> str:
    """Return a mail's words and the names of its refused files, cut to what one mail may say."""
    with force_locale(lang):
        lost = "\n\n".join(str(_("(The file %(name)s was not accepted.)", name=name[:80])) for name in refused)
        cut = str(_("(shortened)"))
    names = _shortened(lost, MAX_TEXT, cut)
    return "\n\n".join(part for part in (_shortened(written, MOST_TEXT - len(names) - 2, cut), names) if part)


def _shortened(text: str, most: int, sign: str) -> str:
    return text if len(text) <= most else f"{text[: most - len(sign) - 1].rstrip()} {sign}"


def _key_of(mail: Incoming, row: MailAddress, part: str) -> str:
    return hashlib.sha256(f"{row.client}\n{mail.message_id}\n{part}".encode()).hexdigest()
