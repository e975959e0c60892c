"""Check the times that a notice names, and say from when on who asked counts as asking about its outage. Pure."""

from typing import Final

from chat_core.contract.errors import BadPayload

DAY_MS: Final = 86_400_000
AHEAD_MS: Final = 60_000  # by which the clock of the sender may be ahead
BEGAN_WITHIN_MS: Final = 7 * DAY_MS
ENDS_WITHIN_MS: Final = 30 * DAY_MS
ASKED_BEFORE_MS: Final = 60 * 60_000  # people ask before the notice comes


def check_times(*, began_ms: int | None, until_ms: int | None, ends_ms: int | None, now_ms: int) -> None:
    """Raise BadPayload with `bad_time` for a begin or an end that a notice of now cannot have."""
    if began_ms is not None and began_ms > now_ms + AHEAD_MS:
        raise _bad("began: Power went at a time that is still to come.")
    if began_ms is not None and began_ms < now_ms - BEGAN_WITHIN_MS:
        raise _bad("began: Power went more than 7 days ago.")
    if ends_ms is None:
        return
    if ends_ms <= now_ms:
        raise _bad("ends: The notice would have ended already.")
    if ends_ms > now_ms + ENDS_WITHIN_MS:
        raise _bad("ends: A notice ends within 30 days.")
    if until_ms is not None and ends_ms < until_ms:
        raise _bad("ends: The notice would end before power is expected back.")


def asked_from(since_ms: int, began_ms: int | None) -> int:
    """Return from when on who asked asks about the outage. Args: since_ms: when its first notice came."""
    before_ms = since_ms - ASKED_BEFORE_MS
    return before_ms if began_ms is None else min(began_ms, before_ms)


def _bad(text: str) -> BadPayload:
    return BadPayload(text, why="bad_time")
