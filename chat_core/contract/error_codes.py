"""
List every error code of REST (`code` of a problem) and MQTT (`why` of a refusal), for people. Pure.

A test compares the list with the codes that the programs raise.
"""

from dataclasses import dataclass
from typing import Final

PAGE: Final = "/docs/errors"


@dataclass(frozen=True)
class ErrorCode:
    """Explain one code: what happened, and what to do about it."""

    code: str
    meaning: str
    action: str


_AGAIN: Final = "Wait `retry_ms` milliseconds, then send the same again."
_SIGN_IN: Final = "Ask `POST /api/session` for new credentials."
_PORTAL: Final = "Have the portal sign a new identity."
_REQUEST: Final = "Correct the request; the same one fails again."

CATALOGUE: Final = (
    ErrorCode("bad_address", "This is not an e-mail address.", "Write it as maria@example.org."),
    ErrorCode("bad_id", "An id does not have the form that the contract asks for.", _REQUEST),
    ErrorCode("bad_idempotency_key", "The header Idempotency-Key has a wrong form.", "Send a UUID."),
    ErrorCode("bad_identity", "The portal's signed identity cannot be read or verified.", _PORTAL),
    ErrorCode("bad_json", "The message is not valid JSON in UTF-8.", _REQUEST),
    ErrorCode("bad_payload", "A field is missing, or has a wrong form.", _REQUEST),
    ErrorCode("bad_query", "The search has no word that can be looked up.", "Search for at least one word."),
    ErrorCode("bad_request", "Fields or parameters are missing, unknown or of a wrong type.", "See `errors`."),
    ErrorCode("bad_time", "A time is too early or too late.", "Read `text`, and correct the time."),
    ErrorCode("bad_token", "The token cannot be read, or is not signed by this Wattline.", _SIGN_IN),
    ErrorCode("bad_topic", "The topic is not one of the contract's.", _REQUEST),
    ErrorCode("bad_url", "Nothing can be sent to this URL.", "Read `detail`, and correct the URL."),
    ErrorCode("broken_image", "The picture cannot be decoded, or has too many pixels.", "Send another picture."),
    ErrorCode("broker_down", "The MQTT broker does not answer.", _AGAIN),
    ErrorCode("busy", "Web decodes as many pictures as it may.", _AGAIN),
    ErrorCode("clock", "The reading lies in the future, or is older than three years.", "Set the meter's clock."),
    ErrorCode("closed", "The broker closed the connection each time this was sent.", "Say it in another form."),
    ErrorCode("control_character", "The text has control characters.", "Keep only line breaks and tabs."),
    ErrorCode("csrf", "The page is out of date.", "Reload the page."),
    ErrorCode("disabled", "The account is disabled.", "Ask an administrator."),
    ErrorCode("disk_low", "The server's disk is nearly full; what can wait is refused.", _AGAIN),
    ErrorCode("empty", "The text is empty.", "Write something."),
    ErrorCode("exists", "The id is in use.", "Choose another id."),
    ErrorCode("expired", "The token or identity has expired.", _SIGN_IN),
    ErrorCode(
        "guest_unknown", "The guest's token belongs to nobody here, or the guest was erased.", "Begin as a new guest."
    ),
    ErrorCode("guests_off", "This desk takes no guests.", "Sign the client in through the portal."),
    ErrorCode("id_used", "The sender used this id for something else.", "Choose a new id."),
    ErrorCode("identity_refused", "The portal's identity is not valid here.", _PORTAL),
    ErrorCode("identity_used", "The portal's identity was used already.", _PORTAL),
    ErrorCode("internal", "Wattline failed; the fault is logged.", "Try again later."),
    ErrorCode("key_network", "The API key is not valid from this address.", "Add the address to the key's networks."),
    ErrorCode("key_refused", "The API key is unknown, revoked or expired.", "Create a new API key."),
    ErrorCode("key_reused", "The idempotency key was used for another request.", "Choose a new key."),
    ErrorCode("last_admin", "Somebody must stay an administrator.", "Make a colleague administrator first."),
    ErrorCode("mail_off", "This Wattline sends no e-mail.", "Set WATTLINE_SMTP_URL."),
    ErrorCode("malformed", "The bytes do not follow the contract.", _REQUEST),
    ErrorCode("no_outage", "No outage is known in the client's area.", "Ask again during an outage."),
    ErrorCode("no_portal", "No portal is configured to sign clients in.", "Set WATTLINE_PORTAL_KEY."),
    ErrorCode("no_scope", "The API key may not do this, or the address takes API keys alone.", "Choose its scopes."),
    ErrorCode("not_admin", "Only administrators may do this.", "Ask an administrator."),
    ErrorCode("not_again", "The delivery is being sent, or went out by mail or push already.", "Load the list anew."),
    ErrorCode("not_allowed", "The caller has no right to do this.", _REQUEST),
    ErrorCode("not_confirmed", "The confirmation does not name what would be erased.", "Type the client's id."),
    ErrorCode("not_found", "There is no such thing, or the caller may not know of it.", _REQUEST),
    ErrorCode("not_guest", "The portal gives this client's name.", "Change the name in the portal."),
    ErrorCode("not_signed_in", "The request has no valid credential.", _SIGN_IN),
    ErrorCode("not_waiting", "The delivery was sent, failed or was dropped already.", "Send it again instead."),
    ErrorCode("origin", "The page's origin is not allowed.", "Add it to WATTLINE_PORTAL_ORIGINS."),
    ErrorCode("other_team", "The conversation is another team's.", "Ask for it to be moved."),
    ErrorCode("push_off", "This Wattline sends no notifications by push.", "Set WATTLINE_PUSH_SERVICES."),
    ErrorCode("quota", "The day's quota is used up.", _AGAIN),
    ErrorCode("refused", "The rules do not allow this.", _REQUEST),
    ErrorCode("replaced", "A newer notice of the area exists.", "Load the notices again."),
    ErrorCode("stale", "Somebody changed the setting in between.", "Load it again, and repeat the change."),
    ErrorCode("store_down", "The database does not answer.", _AGAIN),
    ErrorCode("taken", "Another device publishes on these topics.", "Give the device a name of its own."),
    ErrorCode("token_expired", "The token has expired.", _SIGN_IN),
    ErrorCode("token_refused", "The token was withdrawn, or is for another purpose.", _SIGN_IN),
    ErrorCode("too_early", "The identity is not valid yet.", "Set the portal's clock."),
    ErrorCode("too_fast", "The sender is beyond its rate.", _AGAIN),
    ErrorCode("too_large", "The message or file is larger than the limit.", "Send less at once."),
    ErrorCode("too_late", "The delayed command was done, replaced or cancelled already.", "Reopen the conversation."),
    ErrorCode("too_long", "The text, period or life of a token is longer than the limit.", "Shorten it."),
    ErrorCode("too_many", "There are as many as may be.", "Remove what is not in use."),
    ErrorCode("too_many_keys", "There are 100 API keys, which is the most.", "Revoke one that is not in use."),
    ErrorCode("too_many_meters", "The client has as many meters as may be.", "Remove a meter that is not in use."),
    ErrorCode("too_many_webhooks", "There are as many webhooks as may be.", "Remove one that is not in use."),
    ErrorCode("unavailable", "A part of Wattline does not answer.", _AGAIN),
    ErrorCode("unknown_kind", "No message of this kind can be said.", _REQUEST),
    ErrorCode("unknown_push_service", "The endpoint is not at a known push service.", "See WATTLINE_PUSH_SERVICES."),
    ErrorCode("unsubscribed", "The address has unsubscribed from e-mail for good.", "Give another address."),
    ErrorCode("used", "The sign-in was used already.", "Load the page again."),
    ErrorCode("webhook_off", "The webhook is switched off.", "Switch it on first."),
    ErrorCode(
        "wrong_file",
        "The message describes the file otherwise than the upload did.",
        "Say the upload's answer unchanged.",
    ),
    ErrorCode("wrong_method", "The address does not take this HTTP method.", _REQUEST),
    ErrorCode("wrong_state", "This cannot be done in the present state.", "Load the state again."),
    ErrorCode("wrong_type", "The content type is not accepted.", _REQUEST),
)
