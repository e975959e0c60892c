"""The times that an outage's notice names."""

import pytest

from chat_core.contract.errors import BadPayload
from chat_core.domain.outage_times import BEGAN_WITHIN_MS, ENDS_WITHIN_MS, asked_from, check_times

NOW = 1_795_521_600_000
HOUR = 3_600_000


def _check(*, began_ms: int | None = None, until_ms: int | None = None, ends_ms: int | None = None) -> None:
    check_times(began_ms=began_ms, until_ms=until_ms, ends_ms=ends_ms, now_ms=NOW)


@pytest.mark.parametrize(
    "times",
    [
        {},
        {"began_ms": NOW + 60_000},
        {"began_ms": NOW - BEGAN_WITHIN_MS},
        {"until_ms": NOW + HOUR, "ends_ms": NOW + HOUR},
        {"ends_ms": NOW + 1},
        {"ends_ms": NOW + ENDS_WITHIN_MS},
    ],
)
def test_times_that_a_notice_may_have(times: dict[str, int]) -> None:
    """Power went within a week, by a clock a minute ahead; the notice ends within a month, not before power is back."""
    _check(**times)


@pytest.mark.parametrize(
    "times",
    [
        {"began_ms": NOW + 60_001},
        {"began_ms": NOW - BEGAN_WITHIN_MS - 1},
        {"ends_ms": NOW},
        {"ends_ms": NOW + ENDS_WITHIN_MS + 1},
        {"until_ms": NOW + HOUR, "ends_ms": NOW + HOUR - 1},
    ],
)
def test_times_that_are_refused(times: dict[str, int]) -> None:
    """A time that cannot be meant is refused by its field."""
    with pytest.raises(BadPayload, match=r"^(began|ends): ") as fault:
        _check(**times)
    assert fault.value.why == "bad_time"


def test_from_when_who_asked_counts() -> None:
    """From an hour before the notice on, or from when power went where that is earlier."""
    assert [asked_from(NOW, began) for began in (None, NOW, NOW - 2 * HOUR)] == [NOW - HOUR, NOW - HOUR, NOW - 2 * HOUR]
