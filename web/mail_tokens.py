"""Make and check the tokens of mails: confirmations, unsubscriptions and addresses of replies."""

import base64
import hashlib
import hmac
import re
from typing import Final, NamedTuple

DAY_S: Final = 86_400
REPLY_DAYS: Final = 90
MAC_BYTES: Final = 12
REF_BYTES: Final = 8
DELIVERY_BYTES: Final = 8
_REPLY: Final = re.compile(r"[a-z2-7]{48}")  # a local part has 64 characters at most, of any case
_MARK: Final = re.compile(r"[0-9a-f]{32}")


class ReplyToken(NamedTuple):
    """Hold what an address of replies says: whose it is, and the last day on which it is good."""

    ref: str
    last_day: int


class MailTokens:
    """Sign and check. Every purpose has a key of its own, made from the installation's."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def _mac(self, purpose: str, said: bytes) -> bytes:
        key = hmac.digest(self._secret, f"mail {purpose}".encode(), "sha256")
        return hmac.digest(key, said, "sha256")

    def mark_of(self, address: str) -> str:
        """Return the address's keyed hash: what is known of an address that wants no mail."""
        return self._mac("address", address.lower().encode())[:16].hex()

    def confirmation(self, ref: str) -> str:
        """Return the token of the link that verifies an address."""
        return f"{ref}{self._mac('confirm', ref.encode())[:16].hex()}"

    def read_confirmation(self, token: str) -> str | None:
        """Return the ref of a confirmation; None for a forged one."""
        ref = token[: 2 * REF_BYTES]
        return ref if hmac.compare_digest(token.encode(), self.confirmation(ref).encode()) else None

    def stop(self, address: str) -> str:
        """Return the token of the link that unsubscribes an address. It stays good for ever."""
        mark = self.mark_of(address)
        return f"{mark}{self._mac('stop', mark.encode())[:16].hex()}"

    def read_stop(self, token: str) -> str | None:
        """Return the mark of the address to unsubscribe; None for a forged token."""
        mark = token[:32]
        told = f"{mark}{self._mac('stop', mark.encode())[:16].hex()}"
        return mark if _MARK.fullmatch(mark) and hmac.compare_digest(token.encode(), told.encode()) else None

    def reply(self, ref: str, delivery: str, now_s: int) -> str:
        """Return the token in the address to which a client answers one delivery."""
        told = bytes.fromhex(ref) + (now_s // DAY_S + REPLY_DAYS).to_bytes(2) + _digest(delivery)
        return base64.b32encode(told + self._mac("reply", told)[:MAC_BYTES]).decode().lower()

    def read_reply(self, token: str) -> ReplyToken | None:
        """Return what the token says, past its last day too; None for a forged one."""
        if not _REPLY.fullmatch(token):
            return None
        raw = base64.b32decode(token.upper())
        told, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac("reply", told)[:MAC_BYTES]):
            return None
        return ReplyToken(told[:REF_BYTES].hex(), int.from_bytes(told[REF_BYTES : REF_BYTES + 2]))


def _digest(delivery: str) -> bytes:
    return hashlib.sha256(delivery.encode()).digest()[:DELIVERY_BYTES]
