"""
The one tree of errors.

    WattlineError
    ├─ Refused          the caller's doing; safe to show
    │   ├─ NotSignedIn    401  nobody knows who asks
    │   ├─ NotAllowed     403  not theirs to do
    │   ├─ NotFound       404  there is no such thing
    │   ├─ WrongState     409  not now
    │   ├─ TooLarge       413  more than is taken
    │   └─ TooFast        429  later (retry_ms says when)
    ├─ Malformed        the bytes are not our contract
    │   ├─ BadId          400
    │   ├─ BadTopic       400
    │   ├─ BadPayload     422
    │   ├─ WrongType      415  a file of a kind that is not taken
    │   └─ BrokenImage    422
    └─ Unavailable      ours; try again
        ├─ StoreDown      503
        ├─ BrokerDown     503
        └─ DiskLow        507  little space is left on the disk (retry_ms says when to ask again)

`code` goes into `Refusal.why` and into problem+json's `type`; `status` is the HTTP status of the same fact.
"""

from typing import ClassVar


class WattlineError(Exception):
    """Something Wattline can name; `text` is one sentence a person can act on and is safe to show."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500

    def __init__(self, text: str, *, why: str | None = None, retry_ms: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.why = why or self.code
        self.retry_ms = retry_ms


class Refused(WattlineError):
    """The caller asked for what the rules do not give."""

    code = "refused"
    status = 400


class NotSignedIn(Refused):
    """Nobody knows who asks: no credential, or one that no longer counts."""

    code = "not_signed_in"
    status = 401


class NotAllowed(Refused):
    """It is not theirs to do."""

    code = "not_allowed"
    status = 403


class NotFound(Refused):
    """There is no such thing, or none that the caller may know of."""

    code = "not_found"
    status = 404


class WrongState(Refused):
    """It cannot be done as things stand."""

    code = "wrong_state"
    status = 409


class TooLarge(Refused):
    """It is more than is taken at once."""

    code = "too_large"
    status = 413


class TooFast(Refused):
    """The sender's rate is used up; `retry_ms` says when to try again."""

    code = "too_fast"
    status = 429


class Malformed(WattlineError):
    """The bytes or the string are not our contract."""

    code = "malformed"
    status = 400


class BadId(Malformed):
    """An identifier is out of form."""

    code = "bad_id"


class BadTopic(Malformed):
    """A topic or a topic filter is out of form, or is not one of the contract's."""

    code = "bad_topic"


class BadPayload(Malformed):
    """A payload is not what its topic asks for; `why` tells the kind of fault (`bad_json`, `too_long`, …)."""

    code = "bad_payload"
    status = 422


class WrongType(Malformed):
    """A file of a kind that is not taken."""

    code = "wrong_type"
    status = 415


class BrokenImage(Malformed):
    """It begins like a picture and is none, or one that is too large to look at."""

    code = "broken_image"
    status = 422


class Unavailable(WattlineError):
    """A part of ours does not answer; the same request may succeed later."""

    code = "unavailable"
    status = 503


class StoreDown(Unavailable):
    """The database does not answer, or its disk is full."""

    code = "store_down"


class BrokerDown(Unavailable):
    """The MQTT broker does not answer."""

    code = "broker_down"


class DiskLow(Unavailable):
    """Little space is left on the disk: what can wait is refused before a full disk stops everybody."""

    code = "disk_low"
    status = 507
