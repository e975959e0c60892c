"""Find time zones in which it is a given hour now, for tests that depend on the hour."""

from datetime import UTC, datetime


def zone_where_it_is(hour: int) -> str:
    """
    Return a value for WATTLINE_TZ: a zone in which it is that hour now, so that the day does not change in the test.

    Zones of whole hours from UTC reach every hour of the day. Their names count westwards: Etc/GMT-3 is ahead of UTC.
    """
    ahead = (hour - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/UTC"
