"""Time zones of a house whose day is to be at some hour while a test runs, whatever the hour is there where it runs."""

from datetime import UTC, datetime


def zone_where_it_is(hour: int) -> str:
    """
    A value of WATTLINE_TZ: a zone in which it is that hour now, so that no day ends or begins meanwhile.

    Zones of whole hours from UTC reach every hour of the day. Their names count westwards: Etc/GMT-3 is ahead of UTC.
    """
    ahead = (hour - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/UTC"
