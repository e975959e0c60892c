"""Store where clients' unread answers go by mail: at most one address a client, and the addresses that want none."""

import re
import secrets
from typing import Any, Final, NamedTuple

from chat_core.store.database import Database
from chat_core.store.faults import StoreFault
from chat_core.store.models.web import MailAddressRow, MailStopRow

REF_BYTES: Final = 8
MESSAGE_ID: Final = re.compile(r"<[\x21-\x7e]+>")


class MailAddress(NamedTuple):
    """
    Hold a client's address; times are None for what has not happened.

    ref: names this row in links and replies, and is new with each address. sent_seq: the last entry that was sent.
    last_id: the Message-ID of the last mail in either direction. claim, claim_seq: the delivery that is being sent, and
    its last entry. vouched: the last address that the portal verified and that was taken.
    """

    client: str
    address: str | None  # None: the client removed it
    ref: str
    asked: int
    verified: int | None
    bounced: int | None
    sent_seq: int
    last_id: str | None
    claim: str | None
    claim_seq: int
    vouched: str | None


_COLUMNS: Final = tuple(getattr(MailAddressRow, name) for name in MailAddress._fields)


class MailAddresses:
    """Store addresses. Every method is one short transaction of its own. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def find(self, client: str) -> MailAddress | None:
        """Return the client's row, or None."""
        return self._find(MailAddressRow.client == client)

    def find_ref(self, ref: str) -> MailAddress | None:
        """Return the row of this ref, or None."""
        return self._find(MailAddressRow.ref == ref)

    def _find(self, where: Any) -> MailAddress | None:
        found = self._db.find(MailAddressRow.select(*_COLUMNS).where(where))
        return None if found is None else MailAddress(*found)

    def ask(self, client: str, address: str, now_ms: int) -> MailAddress:
        """Store an address that is to be verified; one that is verified and takes mail stays as it is."""
        with self._db.writing():
            known = self.find(client)
            is_good = known is not None and known.verified is not None and known.bounced is None
            if known is None or known.address != address or not is_good:
                self._write(client, address, now_ms)
        found = self.find(client)
        if found is None:
            raise StoreFault("an address just stored is not there")
        return found

    def vouch(self, client: str, address: str, now_ms: int) -> MailAddress | None:
        """
        Store an address that the portal verified, unless the client removed theirs or chose another.

        An address that came from the portal follows it when it changes there.
        """
        with self._db.writing():
            known = self.find(client)
            is_followed = known is not None and known.address is not None and known.address == known.vouched != address
            if known is None or is_followed or (known.verified is None and known.address == address):
                self._write(client, address, now_ms, vouched=True)
        return self.find(client)

    def _write(self, client: str, address: str, now_ms: int, *, vouched: bool = False) -> None:
        row, ref = MailAddressRow, secrets.token_hex(REF_BYTES)
        verified = now_ms if vouched else None
        values = {row.address: address, row.ref: ref, row.asked: now_ms, row.verified: verified, row.bounced: None}
        if vouched:
            values[row.vouched] = address
        insert = row.insert({row.client: client, row.sent_seq: 0, row.claim_seq: 0, **values})
        self._db.change(insert.on_conflict(conflict_target=[row.client], update=values))

    def confirm(self, ref: str, now_ms: int) -> None:
        """Note that the address of this ref is verified; a repeat changes nothing."""
        row = MailAddressRow
        with self._db.writing():
            self._db.change(row.update(verified=now_ms).where((row.ref == ref) & row.verified.is_null()))

    def remove(self, client: str, now_ms: int) -> None:
        """Remove the client's address; the portal's claims do not bring it back."""
        row = MailAddressRow
        empty = {row.address: None, row.ref: secrets.token_hex(REF_BYTES), row.verified: None, row.last_id: None}
        with self._db.writing():
            self._db.change(row.update({**empty, row.asked: now_ms}).where(row.client == client))

    def note_bounce(self, ref: str, now_ms: int) -> None:
        """Note that mail to the address of this ref comes back."""
        row = MailAddressRow
        with self._db.writing():
            self._db.change(row.update(bounced=now_ms).where(row.ref == ref))

    def claim(self, ref: str, delivery: str, seq: int) -> int:
        """
        Return the last entry of this delivery: the given one at its first try, and the same one at each further try.

        So a mail that is repeated after a kill says the same: readers drop the second one by its Message-ID.
        """
        row = MailAddressRow
        with self._db.writing():
            new = (row.ref == ref) & (row.claim.is_null() | (row.claim != delivery))
            self._db.change(row.update(claim=delivery, claim_seq=seq).where(new))
        found = self._find(row.ref == ref)
        return seq if found is None else found.claim_seq

    def note_sent(self, ref: str, seq: int, message_id: str) -> None:
        """Note the last entry that was sent to the address of this ref, and its mail."""
        row = MailAddressRow
        with self._db.writing():
            self._db.change(row.update(sent_seq=seq, last_id=message_id).where((row.ref == ref) & (row.sent_seq < seq)))

    def note_reply(self, ref: str, message_id: str) -> None:
        """Note the client's last mail, so that the next answer follows it; nothing where this is no Message-ID."""
        if MESSAGE_ID.fullmatch(message_id) is None:
            return
        row = MailAddressRow
        with self._db.writing():
            self._db.change(row.update(last_id=message_id).where(row.ref == ref))

    def stop(self, mark: str, now_ms: int) -> None:
        """Send nothing more to an address, whoever names it. Args: mark: its keyed hash."""
        with self._db.writing():
            self._db.change(MailStopRow.insert(mark=mark, at=now_ms).on_conflict_ignore())

    def is_stopped(self, mark: str) -> bool:
        """Return whether the address wants no mail."""
        return self._db.find(MailStopRow.select(MailStopRow.at).where(MailStopRow.mark == mark)) is not None
