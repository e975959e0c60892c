"""Times that come from outside: each has a bound, and what lies within it is answered."""

import pytest

from chat_core.contract.fields import MAX_DATE_MS
from tests.contract.stores import committed
from tests.integration.conftest import StartWeb
from tests.integration.web_under_test import NOW_MS, WebUnderTest, problem_of

DAY_MS = 86_400_000
OF_A_CLIENT = "/api/clients/c-42/consumption"
PERIODS = [
    *(f"{OF_A_CLIENT}?step={step}" for step in ("minute", "quarter", "hour", "day", "month")),
    *(f"{OF_A_CLIENT}/{form}?step={step}" for form in ("columns", "standard") for step in ("hour", "day", "month")),
    "/api/episodes?figure=asked",
]
FARTHEST_DAYS = ("0001-01-01", "1970-01-01", "9999-12-31")
ZONES = ("America/Los_Angeles", "UTC", "Pacific/Kiritimati")


def measured(system: WebUnderTest) -> None:
    """The client's meter was read every day of two weeks, so that a standard household is drawn too."""
    system.store.registry.ensure_client("c-42")
    with committed(system.store) as tx:
        for day in range(15):
            tx.add_reading("c-42", "m-1", NOW_MS - (15 - day) * DAY_MS, day * 8_000, None)


@pytest.mark.parametrize("tz", ZONES)
def test_periods_end_at_the_bound(start_web: StartWeb, tz: str) -> None:
    """A period in the farthest past or future is answered; one beyond it is refused with the bound, in every zone."""
    system = start_web(tz=tz)
    measured(system)
    bearer, browser = system.bearer("a-ana"), system.browser()
    for path in PERIODS:
        for begin in (0, MAX_DATE_MS - 2 * DAY_MS):
            answer = browser.get(f"{path}&from={begin}&to={begin + 2 * DAY_MS}", headers=bearer)
            assert answer.status_code == 200, (path, begin, answer.text)
        for begin, end in ((0, MAX_DATE_MS + 1), (MAX_DATE_MS + 1, 2**53 - 1), (-1, 5)):
            refused = browser.get(f"{path}&from={begin}&to={end}", headers=bearer)
            told = problem_of(refused, 422, "bad_request")["errors"]
            assert str(MAX_DATE_MS if end > MAX_DATE_MS else 0) in told[0]["text"], told


@pytest.mark.parametrize("tz", ZONES)
def test_a_searchs_days_reach_as_far_as_the_calendar(start_web: StartWeb, tz: str) -> None:
    """A search before or after the calendar's first or last day is answered."""
    system = start_web(tz=tz)
    system.say("c-42", "hello")
    for day in FARTHEST_DAYS:
        for word in ("before", "after"):
            answer = system.get(f"/api/search?q=hello+{word}:{day}", "a-ana")
            assert answer.status_code == 200, answer.text
