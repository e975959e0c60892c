"""
Define the one tree of errors.

`code` goes into `Refusal.why` and into problem+json's `type`; `status` is the HTTP status of the same error.
"""

from typing import ClassVar


class WattlineError(Exception):
    """Describe an error in one sentence, `text`, that is safe to show and that a person can act on."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, text: str, *, why: str | None = None, retry_ms: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.why = why or self.code
        self.retry_ms = retry_ms


class Refused(WattlineError):
    """Report a request that the rules do not allow."""

    code = "refused"
    status = 400


class NotSignedIn(Refused):
    """Report a request without a valid credential."""

    code = "not_signed_in"
    status = 401


class NotAllowed(Refused):
    """Report a caller without the right to do this."""

    code = "not_allowed"
    status = 403


class NotFound(Refused):
    """Report a thing that does not exist, or that the caller may not know of."""

    code = "not_found"
    status = 404


class WrongState(Refused):
    """Report what cannot be done in the present state."""

    code = "wrong_state"
    status = 409


class TooLarge(Refused):
    """Report what is larger than the limit."""

    code = "too_large"
    status = 413


class TooFast(Refused):
    """Report a sender above its rate; `retry_ms` says when to try again."""

    code = "too_fast"
    status = 429


class Malformed(WattlineError):
    """Report bytes or a string that do not follow the contract."""

    code = "malformed"
    status = 400


class BadId(Malformed):
    """Report a malformed identifier."""

    code = "bad_id"


class BadTopic(Malformed):
    """Report a topic or a topic filter that is malformed or not in the contract."""

    code = "bad_topic"


class BadPayload(Malformed):
    """Report a payload that does not fit its topic; `why` names the fault (`bad_json`, `too_long`, …)."""

    code = "bad_payload"
    status = 422


class WrongType(Malformed):
    """Report a file of a type that is not accepted."""

    code = "wrong_type"
    status = 415


class BrokenImage(Malformed):
    """Report a file that begins like an image and is none, or has too many pixels to decode."""

    code = "broken_image"
    status = 422


class Unavailable(WattlineError):
    """Report a part of Wattline that does not answer; the same request may succeed later."""

    code = "unavailable"
    status = 503


class StoreDown(Unavailable):
    """Report a database that does not answer, or has a full disk."""

    code = "store_down"


class BrokerDown(Unavailable):
    """Report an MQTT broker that does not answer."""

    code = "broker_down"


class DiskLow(Unavailable):
    """Report little disk space, so that what can wait is refused; `retry_ms` says when to ask again."""

    code = "disk_low"
    status = 507
