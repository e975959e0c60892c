"""
Order the requests of several senders by start-time fair queueing, so that each gets an equal share. Not thread-safe.

A sender who got less than the others is due at once, however much they ask for.
Source: Goyal, Vin and Cheng, "Start-time Fair Queuing", SIGCOMM 1996.
"""

from typing import Final

SWEEP_EVERY: Final = 4_096  # senders known


class FairOrder:
    """Hold the virtual time, and when each sender's next request is due in it."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: dict[str, float] = {}
        self._sweep_at = SWEEP_EVERY

    def is_behind(self, sender: str) -> bool:
        """Return whether the sender got less than all who wait."""
        return self._due.get(sender, 0.0) < self.now

    def ask(self, sender: str, cost: float = 1) -> float:
        """Count a request of the sender, and return when it is due."""
        now, due = self.now, self._due.get(sender, 0.0)
        due = max(now, due)
        self._due[sender] = due + cost
        if len(self._due) > self._sweep_at:
            self._due = {name: next_due for name, next_due in self._due.items() if next_due > now}
            self._sweep_at = max(SWEEP_EVERY, 2 * len(self._due))
        return due

    def add(self, sender: str, cost: float) -> None:
        """Add to the cost of a request that was counted already."""
        self._due[sender] = max(self.now, self._due.get(sender, 0.0)) + cost

    def serve(self, due: float) -> None:
        """Advance the virtual time: a request that was due then is served now."""
        self.now = max(self.now, due)
