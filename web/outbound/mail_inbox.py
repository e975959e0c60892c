"""
Take clients' mails from an IMAP mailbox as they come in (IDLE), and move each into a folder: taken or refused.

A mail is moved only after what it says is on disk, so a kill at any instruction loses nothing; it is stored once.
"""

import secrets
import threading
import time
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Self

import structlog
from flask import Flask
from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientError

from chat_core.contract.errors import Unavailable
from chat_core.runtime.backoff import Backoff
from chat_core.runtime.guarded import guarded
from chat_core.runtime.mail_connections import REFUSED, TAKEN, open_folders, open_imap
from web.app_context import EXTENSION, AppContext
from web.outbound.mail_smtp import REASON_CHARACTERS
from web.outbound.mail_taken import INCOMING, MailTaker, MailWaits

KEPT_DAYS: Final = 30  # of mails in both folders
MOST_BYTES: Final = 25 << 20
IDLE_S: Final = 5.0  # how soon a stop is noticed
PAUSES_S: Final = (1.0, 5.0, 30.0, 120.0)
LOOK_EVERY_S: Final = 300.0  # some servers forget to tell
LEASE_MS: Final = 60_000
FAULTS: Final = (OSError, IMAPClientError)  # of TLS too: ssl.SSLError is an OSError

log = structlog.get_logger("web")


class MailInbox:
    """Watch the mailbox of replies, WATTLINE_IMAP_URL, in a thread until its `with` ends."""

    def __init__(
        self, app: Flask, *, idle_s: float = IDLE_S, pauses_s: Sequence[float] = PAUSES_S, lease_ms: int = LEASE_MS
    ) -> None:
        """Args: idle_s: how soon a stop is noticed; pauses_s: after faults; lease_ms: how long a dead one has it."""
        here: AppContext = app.extensions[EXTENSION]
        assert here.config.imap_server is not None
        self._server = here.config.imap_server
        self._ca = here.config.mail_ca
        self._leases = here.store.registry.leases
        self._taker = MailTaker(app)
        self._idle_s = idle_s
        self._lease_ms = lease_ms
        self._pauses_s = pauses_s
        self._owner = secrets.token_hex(8)
        self._folders: dict[tuple[str, str], str] = {}
        self._waiting: dict[int, str] = {}  # by uid: of which client is a mail that waits
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mail inbox", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End without waiting for the server: what is being taken is taken again."""
        self._stop.set()

    def _run(self) -> None:
        pause = Backoff(*self._pauses_s)
        guard = guarded("mail inbox", Unavailable, *FAULTS)
        while not self._stop.is_set():
            try:
                with guard:
                    if self._is_mine():
                        self._visit(pause)
            except (Unavailable, *FAULTS) as err:
                log.warning("mail_inbox_away", fault=type(err).__name__, why=str(err)[:REASON_CHARACTERS])
                self._stop.wait(pause.fail())
            self._stop.wait(self._idle_s)

    def _is_mine(self) -> bool:
        """Return whether this process reads the mailbox: one of all web processes does, in order."""
        return self._leases.hold("mailbox", self._owner, self._lease_ms)

    def _visit(self, pause: Backoff) -> None:
        mailbox = self._connected()
        try:
            pause.succeed()
            self._watch(mailbox)
        finally:
            mailbox.shutdown()

    def _connected(self) -> IMAPClient:
        mailbox = open_imap(self._server, self._ca)
        self._waiting.clear()
        self._folders = open_folders(mailbox)
        return mailbox

    def _watch(self, mailbox: IMAPClient) -> None:
        """Take what is there, then wait for the server to tell of more."""
        cleaned_s = -LOOK_EVERY_S
        while not self._stop.is_set() and self._is_mine():
            if time.monotonic() - cleaned_s >= LOOK_EVERY_S:
                self._clean(mailbox)
                cleaned_s = time.monotonic()
            if not self._take_all(mailbox):
                self._stop.wait(self._idle_s)
                continue
            self._wait(mailbox, time.monotonic() + LOOK_EVERY_S)

    def _wait(self, mailbox: IMAPClient, until_s: float) -> None:
        if not mailbox.has_capability("IDLE"):
            self._stop.wait(self._idle_s)
            return
        mailbox.idle()
        try:
            while not self._stop.is_set() and time.monotonic() < until_s and self._is_mine():
                if mailbox.idle_check(timeout=self._idle_s):
                    break
        finally:
            mailbox.idle_done()

    def _take_all(self, mailbox: IMAPClient) -> bool:
        """
        Take the inbox's mails in each client's order; return whether all are done, else come again soon.

        A mail that waits holds up only its client's later ones.
        """
        mailbox.select_folder("INBOX")
        while uids := sorted(mailbox.search("ALL")):
            self._waiting = {uid: client for uid, client in self._waiting.items() if uid in uids}
            late: set[str] = set()
            for uid in uids:
                if self._stop.is_set() or not self._is_mine():
                    return True
                if self._waiting.get(uid) in late:
                    continue
                try:
                    folder = TAKEN if self._take(mailbox, uid, late) else REFUSED
                except MailWaits as err:
                    log.info("mail_waits", why=err.why)
                    late.add(err.client)
                    self._waiting[uid] = err.client
                    continue
                mailbox.add_flags([uid], [SEEN])
                self._move(mailbox, uid, folder)
            if late:
                return False
        return True

    def _take(self, mailbox: IMAPClient, uid: int, late: Collection[str]) -> bool:
        told = mailbox.fetch([uid], ["RFC822.SIZE"]).get(uid, {})
        if int(told.get(b"RFC822.SIZE", 0)) > MOST_BYTES:
            INCOMING.labels("too_large").inc()
            return False
        raw = mailbox.fetch([uid], ["BODY.PEEK[]"]).get(uid, {}).get(b"BODY[]")
        return raw is None or self._taker.take(raw, late)  # None: another process moved it meanwhile

    def _move(self, mailbox: IMAPClient, uid: int, folder: tuple[str, str]) -> None:
        if mailbox.has_capability("MOVE"):
            mailbox.move([uid], self._folders[folder])
        else:
            mailbox.copy([uid], self._folders[folder])
            self._delete(mailbox, [uid])

    def _clean(self, mailbox: IMAPClient) -> None:
        """Delete what has been in the two folders for 30 days."""
        for folder in self._folders.values():
            mailbox.select_folder(folder)
            self._delete(mailbox, mailbox.search(["BEFORE", datetime.now(UTC).date() - timedelta(KEPT_DAYS)]))

    def _delete(self, mailbox: IMAPClient, uids: list[int]) -> None:
        if uids:
            mailbox.delete_messages(uids)
            mailbox.expunge()
