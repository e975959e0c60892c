"""
Name why a delivery was not sent and why a webhook is off: a code with its values, which the board's pages translate.

The English words beside it are for programs and logs; values such as a server's own answer stand in them as they came.
"""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

TRIES: Final = "tries"  # the value that says after how many tries it was given up
TEXTS: Final = MappingProxyType(
    {
        # Of any delivery
        "along": "Sent together with an earlier one.",
        "by_hand": "It was dropped by an administrator.",
        "our_fault": "A fault of ours: see the log.",
        "too_late": "It could not be sent in time.",
        "too_many": "Too many deliveries wait for this destination, or for all webhooks together.",
        # Of a request
        "bad_certificate": "The certificate of {host} is not valid: {said}.",
        "certificate_expired": "The certificate of {host} has expired.",
        "certificate_name": "The certificate that answers does not name {host}. Check the URL.",
        "certificate_untrusted": "The certificate of {host} is not from an authority that this server trusts.",
        "no_address": "The name {host} has no address.",
        "no_answer": "There was no answer: {said}.",
        "no_tls": "{host} does not speak HTTPS at port {port}. Check the URL.",
        "not_https": "Only https:// goes to a public address: the words would be read on the way.",
        "not_public": "{host} is at {address}, in a network that is not public. If it is yours, list the network in"
        " WATTLINE_OUTBOUND_NETWORKS.",
        "not_public_address": "{address} is in a network that is not public. If it is yours, list the network in"
        " WATTLINE_OUTBOUND_NETWORKS.",
        "refused_connection": "{host} refuses connections at port {port}. Check the URL, and whether the receiver"
        " runs.",
        "too_slow": "There was no whole answer within {seconds} s.",
        "unknown_name": "The name {host} is not known: {said}.",
        # Of a webhook
        "answered": "The receiver answered {status}.",
        "deleted": "It was deleted before it was sent.",
        "gone": "The receiver answered 410 Gone. The webhook is switched off.",
        "off_by_hand": "It was switched off by an administrator.",
        "off_gone": "The receiver answered 410 Gone.",
        "redirected": "The receiver answered {status}: redirects are not followed. Change the URL.",
        "removed": "The webhook was removed.",
        # Of mail
        "mail_answered": "The mail server answers {status}: {said}",
        "mail_bounced": "Mail to this address comes back.",
        "mail_broke": "The connection to the mail server broke: {said}",
        "mail_not_let_in": "The mail server {server} does not let us in: {said}",
        "mail_not_verified": "The address is not verified.",
        "mail_read": "It was read on screen, or sent before.",
        "mail_removed": "The client removed the address.",
        "mail_replaced": "The address is verified already, or another one took its place.",
        "mail_unsubscribed": "The address is unsubscribed.",
        # Of browser notifications
        "push_answer_read": "The answer was read on screen.",
        "push_answered": "The push service answered {status}.",
        "push_deleted": "The message was erased or deleted.",
        "push_ended": "This browser is not notified any more.",
        "push_erased": "The conversation was erased.",
        "push_gone": "The push service no longer knows this browser; it was removed.",
        "push_mention_seen": "The mention was seen.",
        "push_other_agent": "A colleague has the conversation.",
        "push_other_team": "The conversation is another team's.",
        "push_read": "The message was read on screen.",
        "push_service": "The browser's push service is not one of WATTLINE_PUSH_SERVICES any more.",
        "push_watched": "A board of the agent is visible.",
    }
)
_VALUE_CHARACTERS: Final = 240  # of one value, which may be another server's words


class DeliveryReason(NamedTuple):
    """Hold a code of TEXTS and the values that its text names."""

    code: str
    values: Mapping[str, str | int] = MappingProxyType({})

    @property
    def text(self) -> str:
        """Return the reason in English."""
        text = TEXTS[self.code].format_map(self.values)
        return f"{text.removesuffix('.')}. Given up after {self.values[TRIES]} tries." if TRIES in self.values else text

    def given_up(self, tries: int) -> "DeliveryReason":
        """Return the reason of the last one of so many tries."""
        return DeliveryReason(self.code, {**self.values, TRIES: tries})

    def encode(self) -> str:
        """Return the reason as it is stored."""
        return json.dumps({"code": self.code, "values": dict(self.values)}, ensure_ascii=False, separators=(",", ":"))


def reason(code: str, **values: str | int) -> DeliveryReason:
    """Return the reason of this code. Long values are cut."""
    cut = {name: value[:_VALUE_CHARACTERS] if isinstance(value, str) else value for name, value in values.items()}
    return DeliveryReason(code, cut)


def decode_reason(stored: str | None) -> DeliveryReason | None:
    """Return the reason of a stored one; None where none was stored, as by versions before it had a code."""
    if stored is None:
        return None
    found: dict[str, Any] = json.loads(stored)
    return DeliveryReason(found["code"], found["values"])
