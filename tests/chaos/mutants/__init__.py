"""
Bridges that each break one promise, run as `python -m tests.chaos.mutants.NAME` in the bridge's place.

Each pauses as long as `slow`, which breaks no promise: the checker finds the broken promise, not the pause.
"""

from typing import Final

WEAK_S: Final = 0.02  # how long each mutant stays in the state that a kill must not find
