"""
Bridges that break one promise each, run as `python -m tests.chaos.mutants.NAME` in the bridge's place.

A mutant patches the bridge in its own process and nowhere else. Its moment of weakness is as long as that of `slow`,
which breaks no promise: so it is the promise that the judge misses, not the pause.
"""

from typing import Final

WEAK_S: Final = 0.02  # how long each mutant stays in the state that a kill must not find
