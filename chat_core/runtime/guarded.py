"""
Guard work against our own defects: a failure is named, logged and counted, and other work goes on.

Only this module catches every Exception; a test finds any other place. Touches the log and a counter.
"""

import traceback
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from chat_core.runtime.observing import Counter, get_logger

FAULTS: Final = Counter("wattline_faults", "Defects of ours that cost only the work they are named for", ["guarded"])
PLACES: Final = 8  # of one fault, in the log

log = get_logger(__name__)


class ErrorGuard:
    """Stop exceptions of a `with` block; a guard can be reused. `fault` is the last block's exception, if any."""

    def __init__(self, name: str, *passing: type[Exception], **told: object) -> None:
        """
        Create a guard.

        Args: name: what is guarded, one of a few, fixed in the code; passing: exceptions that are no defects and are
            not stopped; told: logged with a fault, ids and numbers only.
        """
        self.fault: Exception | None = None
        self._name = name
        self._passing = passing
        self._told = told

    def __enter__(self) -> Self:
        self.fault = None
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, fault: BaseException | None, _trace: TracebackType | None
    ) -> bool:
        if fault is None or not isinstance(fault, Exception) or isinstance(fault, self._passing):
            return False
        self.fault = fault
        FAULTS.labels(self._name).inc()
        log.error("fault", guarded=self._name, fault=type(fault).__name__, where=place_of(fault), **self._told)
        return True


def place_of(fault: BaseException) -> str:
    """Return the file and line that raised, and its callers; a traceback could carry a message's text into the log."""
    frames = traceback.extract_tb(fault.__traceback__)[-PLACES:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))


guarded = ErrorGuard  # reads well: `with guarded("sweep"):`
