"""The bridge looks at the desk's hours again in time."""

from types import SimpleNamespace
from typing import Any

from bridge.background.desk_notice import ASK_AGAIN_MS, Availabilities

DAY_MS = 86_400_000
NOW_MS = 1_764_050_400_000  # 2025-11-25 08:00 in Bucharest, a Tuesday
HOURS = {"week": {"tue": [["09:00", "17:00"]]}, "of_a_newer_version": True}


def asked(value: Any) -> Availabilities:
    settings = SimpleNamespace(document=lambda _key: (1, value))
    store: Any = SimpleNamespace(
        registry=SimpleNamespace(settings=settings),
        tz="Europe/Bucharest",
        answer_times=SimpleNamespace(usual_ms=lambda _since, _until: None),
    )
    return Availabilities(store)


def test_a_clock_that_was_days_ahead() -> None:
    """A clock that ran ahead for days and was set right is believed at once: the desk opens and closes again."""
    times = asked(HOURS)
    times.now(NOW_MS + 3 * DAY_MS)
    assert times.due(NOW_MS)
    assert times.now(NOW_MS).within is False
    assert not times.due(NOW_MS + ASK_AGAIN_MS - 1) and times.due(NOW_MS + ASK_AGAIN_MS)
    assert times.now(NOW_MS + DAY_MS // 12).within is True
