"""Back off between attempts: pauses grow with each failure in a row."""

import random


class Backoff:
    """Compute the pauses of one thing that is tried repeatedly."""

    def __init__(self, *pauses_s: float, jitter: float = 0.2) -> None:
        """Args: pauses_s: before each next try, the last one repeats; jitter: the fraction by which each varies."""
        self._pauses_s = pauses_s
        self._jitter = jitter
        self.failures = 0  # in a row

    def fail(self) -> float:
        """Count a failure, and return the seconds to wait before the next try."""
        pause_s = self._pauses_s[min(self.failures, len(self._pauses_s) - 1)]
        self.failures += 1
        return pause_s * random.uniform(1 - self._jitter, 1 + self._jitter)

    def succeed(self) -> None:
        """Start again with the first pause."""
        self.failures = 0
