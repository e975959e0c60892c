"""The rates of messages that each sender may publish."""

import pytest

from bridge.pipeline.rate_limits import (
    DESK_FACTOR,
    GUEST_BURST,
    GUEST_REFUSALS,
    LATE_S,
    LEAST_BURST,
    REFUSALS,
    RateClass,
    Rates,
    RepeatLimit,
    UnreadTopics,
)
from chat_core.domain.conversation import MAX_CONNECTIONS
from chat_core.runtime.config import Rate

CLIENT, AGENT = "c-42", "a-ana"


def words(rates: Rates, sender: str, now_s: float, times: int = 1) -> list[int | None]:
    return [rates.charge(sender, RateClass.WORDS, now_s) for _ in range(times)]


def test_burst_then_a_rate() -> None:
    """The burst is free at once; then a token comes back each tenth of a second, and `retry_ms` says when."""
    rates = Rates(Rate(10, 50))
    assert words(rates, CLIENT, 100.0, 50) == [None] * 50
    assert words(rates, CLIENT, 100.0) == [100]
    assert words(rates, CLIENT, 100.04) == [60]
    assert words(rates, CLIENT, 100.1) == [None]
    assert words(rates, CLIENT, 200.0, 51) == [None] * 50 + [100]


def test_each_sender_has_its_own() -> None:
    """One who floods costs nobody else a word."""
    rates = Rates(Rate(1, 1))
    assert words(rates, CLIENT, 0, 2) == [None, 1000]
    assert words(rates, "c-43", 0) == [None]


@pytest.mark.parametrize("sender", [AGENT, "b-rules", "s-bridge", "d-meter"])
def test_desk_has_far_more(sender: str) -> None:
    """Agents, bots, services and devices have many times a client's rate."""
    rates = Rates(Rate(10, 50))
    assert words(rates, sender, 0, 50 * DESK_FACTOR) == [None] * 50 * DESK_FACTOR
    assert words(rates, sender, 0) != [None]


def test_markers_cost_no_words() -> None:
    """Markers have a rate of their own: half a client's rate of words, a bot's far more."""
    rates = Rates(Rate(10, 20))
    assert [rates.charge(CLIENT, RateClass.MARKERS, 0) for _ in range(21)] == [None] * 20 + [200]
    assert words(rates, CLIENT, 0, 20) == [None] * 20
    assert [rates.charge("b-rules", RateClass.MARKERS, 0) for _ in range(8_000)] == [None] * 8_000


def test_rolled_back_is_given_back() -> None:
    """A rolled-back transaction gives back what it spent, and no more."""
    rates = Rates(Rate(1, 3))
    assert words(rates, CLIENT, 0) == [None]
    rates.begin()
    assert words(rates, CLIENT, 0, 3) == [None, None, 1000]
    rates.undo()
    assert words(rates, CLIENT, 0, 3) == [None, None, 1000]


def test_off_lets_everything_through() -> None:
    """WATTLINE_RATE=off counts nothing."""
    assert words(Rates(None), CLIENT, 0, 1000) == [None] * 1000


def test_sweeping_forgets_only_full_buckets() -> None:
    """A bucket that is still filling up survives the sweep."""
    rates = Rates(Rate(1, 100))
    words(rates, CLIENT, 100.0, 100)
    rates.sweep(150.0)
    assert words(rates, CLIENT, 150.0, 51) == [None] * 50 + [1000]


def test_clock_that_goes_back_gives_nothing() -> None:
    """Time that runs backward neither fills a bucket nor empties it."""
    rates = Rates(Rate(1, 1))
    words(rates, CLIENT, 100.0)
    assert words(rates, CLIENT, 50.0) == [1000]


def test_repeats_are_answered_once_a_second() -> None:
    """The same id is answered at most once a second; after a reconnect at once."""
    repeats, key = RepeatLimit(), (CLIENT, CLIENT, "m1")
    assert repeats.due(key, 0)
    repeats.note(key, 0)
    assert not repeats.due(key, 0.9)
    assert repeats.due(key, 1.0)
    repeats.clear()
    assert repeats.due(key, 0.1)


def test_readings_cost_no_words() -> None:
    """A client's meters have a bucket of their own, twenty times that of its words."""
    rates = Rates(Rate(1, 5))
    assert [rates.charge(CLIENT, RateClass.READINGS, 0) for _ in range(100)] == [None] * 100
    assert rates.charge(CLIENT, RateClass.READINGS, 0) == 50
    assert words(rates, CLIENT, 0, 5) == [None] * 5


def test_presence_has_a_slower_rate_of_its_own() -> None:
    """All of a person's connections may come and go at once, then two a second; markers and words do not pay for it."""
    rates = Rates(Rate(10, 50))
    assert [rates.charge(CLIENT, RateClass.PRESENCE, 0) for _ in range(2 * MAX_CONNECTIONS)] == [
        None
    ] * 2 * MAX_CONNECTIONS
    while rates.charge(CLIENT, RateClass.PRESENCE, 0) is None:
        pass
    assert rates.charge(CLIENT, RateClass.PRESENCE, 0) == 500
    assert rates.charge(CLIENT, RateClass.MARKERS, 0) is None
    assert words(rates, CLIENT, 0, 50) == [None] * 50


def test_time_away_counts() -> None:
    """After time in which nobody counted a bucket holds the burst and what would have flowed into it, and no more."""
    rates = Rates(Rate(1, 5))
    words(rates, CLIENT, 0, 5)
    rates.was_away(120, 200.0)
    assert words(rates, CLIENT, 200.0, 126) == [None] * 125 + [1000]
    assert words(rates, "c-43", 201.0, 126) == [None] * 125 + [1000]
    assert words(rates, CLIENT, 202.0, 3) == [None] * 2 + [1000]


def test_time_away_is_made_good_for_hours_at_most() -> None:
    """Two hours are made good, whatever is said meanwhile, and only of what arrives soon after."""
    rates = Rates(Rate(1, 5))
    rates.was_away(1e9, 0.0)
    taken = words(rates, CLIENT, 0.0, 8_000).count(None)
    assert taken == 5 + 7_200
    rates.was_away(100, 0.0)
    assert words(rates, "c-43", LATE_S, 6) == [None] * 5 + [1000]


@pytest.mark.parametrize("spent", RateClass)
def test_guest_may_send_one_whatever_the_burst(spent: RateClass) -> None:
    """A guest may send one message at once of each class, also where the configured burst is one and guests share."""
    rates = Rates(Rate(1, 1), guests_per_s=1)
    assert rates.charge("g-new", spent, 0.0) is None
    for number in range(10):
        rates.charge(f"g-{number}", spent, 0.0)
    rates.sweep(1.0)
    assert rates.charge("g-late", spent, 1.0) is None


def test_guests_share_a_rate() -> None:
    """A hundred guests who flood share all guests' rate; a client, and a new guest, notice nothing."""
    rates, guests = Rates(Rate(10, 50), guests_per_s=100), [f"g-{number}" for number in range(100)]
    for guest in guests:
        words(rates, guest, 0.0, 60)
    rates.sweep(0.9)
    taken = sum(words(rates, guest, now_s, 20).count(None) for now_s in range(20, 30) for guest in guests)
    assert taken <= 100 * 10 + len(guests) * LEAST_BURST
    assert words(rates, "g-new", 30.0, LEAST_BURST) == [None] * LEAST_BURST
    assert words(rates, CLIENT, 30.0, 50) == [None] * 50


def test_guests_who_are_few_have_the_whole_rate() -> None:
    """While the guests together ask for less than their rate, each has a client's."""
    rates = Rates(Rate(10, 50), guests_per_s=100)
    words(rates, "g-1", 0.0, 60)
    rates.sweep(0.9)
    assert words(rates, "g-1", 10.0, 11) == [None] * 10 + [100]


def test_a_guest_sends_less_at_once() -> None:
    """A guest sends a fifth of what a client may send at once, of each class; then as fast as a client."""
    rates, fifth = Rates(Rate(10, 50)), int(50 * GUEST_BURST)
    for spent, burst in ((RateClass.WORDS, fifth), (RateClass.PRESENCE, 2 * fifth), (RateClass.MARKERS, fifth)):
        assert [rates.charge("g-2", spent, 1.0) for _ in range(burst)] == [None] * burst
        assert rates.charge("g-2", spent, 1.0) is not None


def test_who_goes_on_in_spite_of_refusals_is_not_read() -> None:
    """Some refusals are told at once, a guest's then one a second; meanwhile its topic is not read, others' are."""
    unread, burst = UnreadTopics(), int(GUEST_REFUSALS.burst)
    assert [unread.refuse("g-1", "t", 0.0) for _ in range(burst + 1)] == [True] * burst + [False]
    assert unread.has("t", 0.5) and not unread.has("u", 0.5)
    assert not unread.has("t", 1.01)
    assert unread.refuse("g-1", "t", 1.01)
    assert all(unread.refuse(CLIENT, "v", 0.0) for _ in range(int(REFUSALS.burst)))
    assert not unread.refuse(CLIENT, "v", 0.0)
    unread.sweep(100.0)
    assert not unread
