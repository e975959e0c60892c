"""
Decide in which order several senders are served, so that each has as much as the others. Not thread-safe.

Start-time fair queueing: what a sender asks for is due when it has had as much as everybody else. A sender who had
less than the others is due at once, whatever the others ask for.

Source: Goyal, Vin and Cheng, "Start-time Fair Queuing", SIGCOMM 1996.
"""

from typing import Final

SWEEP_EVERY: Final = 4_096  # senders known


class FairOrder:
    """Virtual time, and when the next request of each sender is due in it."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: dict[str, float] = {}
        self._sweep_at = SWEEP_EVERY

    def is_behind(self, sender: str) -> bool:
        """Return whether the sender had less than everybody who asks for more."""
        return self._due.get(sender, 0.0) < self.now

    def ask(self, sender: str, cost: float = 1) -> float:
        """Count one more request of the sender; return when it is due."""
        now, due = self.now, self._due.get(sender, 0.0)
        due = max(now, due)
        self._due[sender] = due + cost
        if len(self._due) > self._sweep_at:
            self._due = {name: next_due for name, next_due in self._due.items() if next_due > now}
            self._sweep_at = max(SWEEP_EVERY, 2 * len(self._due))
        return due

    def add(self, sender: str, cost: float) -> None:
        """Count what a request cost beyond what was counted for it."""
        self._due[sender] = max(self.now, self._due.get(sender, 0.0)) + cost

    def serve(self, due: float) -> None:
        """Note that a request that was due then is served now."""
        self.now = max(self.now, due)
