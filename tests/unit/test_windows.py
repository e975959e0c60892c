"""Moving windows: what they count, and that nobody fills the memory with them."""

from web.limits import MovingWindows


class SteppedClock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def test_a_window_moves() -> None:
    """So many events fit into each minute, wherever it begins; the next one is told how long to wait."""
    clock = SteppedClock()
    windows = MovingWindows(now_s=clock)
    for at_s in (0.0, 30.0):
        clock.now_s = at_s
        assert windows.hit("2/minute", "what", "key") is None
    clock.now_s = 45.0
    assert windows.hit("2/minute", "what", "key") == 15.0
    assert windows.hit("2/minute", "what", "other") is None
    assert windows.hit("2/hour", "what", "key") is None
    clock.now_s = 60.0
    assert windows.hit("2/minute", "what", "key") is None
    assert windows.hit("2/minute", "what", "key") == 30.0


def test_what_is_over_is_forgotten() -> None:
    """A key whose events are all out of their window takes no memory for long."""
    clock = SteppedClock()
    windows = MovingWindows(now_s=clock)
    for n in range(1_000):
        windows.hit("5/minute", "what", str(n))
    clock.now_s += 61
    for n in range(1_000):
        windows.hit("5/minute", "what", f"later {n % 10}")
    assert len(windows) == 10


def test_keys_are_bounded() -> None:
    """Few keys are remembered, however many come; the last ones are among them."""
    windows = MovingWindows(most_keys=100, now_s=SteppedClock())
    for n in range(10_000):
        windows.hit("1/hour", "what", str(n))
    assert len(windows) <= 100
    assert windows.hit("1/hour", "what", "9999") is not None
