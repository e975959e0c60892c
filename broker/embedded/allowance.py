"""Bound how much of something each of many may use: a rate and a burst by name. The clock is an argument."""

from chat_core.runtime.config import Rate


class Allowance:
    """Keep of each name only the moment at which its burst is full again."""

    def __init__(self) -> None:
        self._full_s: dict[str, float] = {}

    def spend(self, name: str, rate: Rate, cost: float, now_s: float) -> float:
        """Count the cost; return for how many seconds its name has to wait."""
        full_s = self._full_s[name] = max(self._full_s.get(name, now_s), now_s) + cost / rate.per_second
        return max(0.0, full_s - now_s - rate.burst / rate.per_second)

    def sweep(self, now_s: float) -> None:
        """Forget whose burst is full."""
        self._full_s = {name: full_s for name, full_s in self._full_s.items() if full_s > now_s}
