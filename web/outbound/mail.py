"""Send unread answers by mail, and the mails that verify addresses: the outbox's channel `mail`."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from flask import Flask

from chat_core.contract.delivery_reasons import DeliveryReason, reason
from chat_core.contract.ids import Role, role_of
from chat_core.contract.kinds import CONVERSING
from chat_core.contract.languages import find_lang
from chat_core.contract.outside import Outside
from chat_core.domain.shown_names import shown_name
from chat_core.runtime.mail_connections import SMTP_MOST_S
from chat_core.store.deliveries import Delivery, NewDelivery, Route
from chat_core.store.mail_addresses import MailAddress
from chat_core.store.outbox import OutboxEvent
from web.app_context import EXTENSION, AppContext
from web.outbound.mail_letter import DEFAULT_NAME, LetterWriter, MailedAnswer, Place, words_of
from web.outbound.mail_smtp import AddressRejected, send

MAIL: Final = "mail"
VERIFY: Final = "mail.verify"  # a delivery of no event: it asks an address for consent
UNREAD: Final = "mail.unread"  # of no event: what was unread when the address was verified
LINK_MS: Final = 48 * 3_600_000
MOST_ANSWERS: Final = 50  # of one mail; the rest follows in the next
LOOKED_BACK: Final = 50  # entries, for the client's last words
DESK: Final = (Role.AGENT, Role.BOT, Role.SERVICE)


class MailChannel:
    """Decide what goes out by mail, and send it. Thread-safe."""

    name = MAIL
    lease_ms: Final = round(SMTP_MOST_S * 1000)

    def __init__(self, app: Flask) -> None:
        here: AppContext = app.extensions[EXTENSION]
        self._app = app
        self._here = here
        self._config = here.config
        self._addresses = here.store.registry.mail_addresses
        self._tokens = here.mail_tokens
        self._is_on = here.config.smtp_url is not None

    def events(self) -> Collection[str]:
        """Return the events that may be answers; none while mail is off."""
        return (Outside.MESSAGE,) if self._is_on else ()

    def destinations(self) -> Collection[str]:
        """Return the one destination; none while mail is off."""
        return (MAIL,) if self._is_on else ()

    def route(self, event: OutboxEvent) -> Iterable[Route]:
        """Return the client's lane for a word of the desk, where the client has a verified address."""
        if event.client is None or event.facts.get("kind") not in CONVERSING or not _is_desk(event.facts.get("from")):
            return ()
        row = self._addresses.find(event.client)
        if row is None or self._closed(row) is not None:
            return ()
        return (Route(MAIL, event.client, self._config.mail_after_s * 1000),)

    def unwanted(self, delivery: Delivery) -> DeliveryReason | None:
        """Return why this is not to be sent any more, as the page says it."""
        row = self._addresses.find(delivery.client or "")
        if row is None or row.address is None:
            return reason("mail_removed")
        if delivery.event == VERIFY:
            if row.ref != delivery.facts.get("ref") or row.verified is not None:
                return reason("mail_replaced")
            return reason("mail_unsubscribed") if self._is_stopped(row) else None
        return self._closed(row) or (None if self._unread(row, delivery.seq) else reason("mail_read"))

    def _closed(self, row: MailAddress) -> DeliveryReason | None:
        """Return why nothing personal goes to this address; None where it may."""
        if row.address is None or row.verified is None:
            return reason("mail_not_verified")
        if row.bounced is not None:
            return reason("mail_bounced")
        return reason("mail_unsubscribed") if self._is_stopped(row) else None

    def _is_stopped(self, row: MailAddress) -> bool:
        return self._addresses.is_stopped(self._tokens.mark_of(row.address or ""))

    def _unread(self, row: MailAddress, seq: int | None) -> list[dict[str, Any]]:
        """Return the answers neither sent nor read; none where the delivery's own is. Args: seq: the delivery's."""
        log = self._here.store.log
        read = log.page(row.client, limit=1).markers.get(row.client, {}).get("read", 0)
        after = max(read, row.sent_seq)
        if seq is not None and seq <= after:
            return []
        page = log.page(row.client, after=after, limit=1_000)
        return [
            {**entry, "name": page.names.get(entry["from"])}
            for entry in page.entries
            if _is_desk(entry["from"]) and entry["kind"] in CONVERSING and not entry.get("deleted")
        ][:MOST_ANSWERS]

    def send(self, delivery: Delivery) -> int | None:
        """Send one mail with all unread answers; return the last one's seq. Raises: NotSent, Rejected."""
        row = self._addresses.find(delivery.client or "")
        if row is None or row.address is None:
            return None
        with self._app.app_context():
            writer = LetterWriter(self._config, self._tokens)
            client = self._here.store.registry.find_client(row.client)
            lang = find_lang(client.lang if client else None)
            brand, now_s = self._here.branding.now(), self._here.now_s
            place = Place(delivery.id, row.ref, row.last_id)
            if delivery.event == VERIFY:
                self._hand_over(writer, writer.confirmation(brand, lang, row.address, place, now_s), row, place)
                return None
            unread = self._unread(row, delivery.seq)
            if not unread:
                return None
            last = self._addresses.claim(row.ref, delivery.id, unread[-1]["seq"])
            told = [entry for entry in unread if entry["seq"] <= last]
            if not told:  # what an earlier try said was deleted meanwhile; what is newer has a delivery of its own
                return None
            answers = [_answer(entry, lang, brand.value.name or DEFAULT_NAME) for entry in told]
            question = self._question(row.client, told[0]["seq"])
            message = writer.answers(brand, lang, row.address, place, now_s, answers, question)
            self._hand_over(writer, message, row, place)
        if delivery.event == UNREAD and len(unread) == MOST_ANSWERS:  # before the note: a kill in between loses none
            self._here.store.deliveries.add([unread_of(row, self._here.now_ms(), 0, last)])
        self._addresses.note_sent(row.ref, last, writer.message_id(delivery.id))
        return last

    def _hand_over(self, writer: LetterWriter, message: Any, row: MailAddress, place: Place) -> None:
        server, address = self._config.smtp_server, row.address
        assert server is not None and address is not None
        # Bounces come back to the reply's address, whose token says whose they are.
        sender = writer.reply_to(place, self._here.now_s) or self._config.mail_from or ""
        try:
            send(server, self._config.mail_ca, sender, address, writer.encode(message))
        except AddressRejected:
            self._addresses.note_bounce(row.ref, self._here.now_ms())
            raise

    def _question(self, client: str, before: int) -> str | None:
        """Return the client's last words before this seq."""
        page = self._here.store.log.page(client, before=before, limit=LOOKED_BACK)
        own = [one for one in page.entries if one["from"] == client and one.get("text")]
        return str(own[-1]["text"]) if own else None


def _is_desk(sender: Any) -> bool:
    return isinstance(sender, str) and role_of(sender) in DESK


def _answer(entry: dict[str, Any], lang: str, company: str) -> MailedAnswer:
    is_automatic = role_of(entry["from"]) is not Role.AGENT
    name = company if is_automatic else shown_name(entry["name"] or "") or company
    return MailedAnswer(name, words_of(entry, lang), is_automatic)


def verification_of(row: MailAddress, now_ms: int) -> NewDelivery:
    """Return the delivery that verifies this address."""
    to = Route(MAIL, f"{row.client}/verify")
    return NewDelivery(f"msg_verify_{row.ref}", to, VERIFY, now_ms, row.client, facts={"ref": row.ref})


def unread_of(row: MailAddress, now_ms: int, delay_ms: int, after: int = 0) -> NewDelivery:
    """Return the delivery of what is unread so long after this address is verified. Args: after: the last sent seq."""
    id = f"msg_unread_{row.ref}_{after}"
    return NewDelivery(id, Route(MAIL, row.client, delay_ms), UNREAD, now_ms, row.client)
