"""
Guard a piece of work against defects of ours: what fails is named, logged and counted, and others go on.

The one place of the product that stops every Exception; a test finds any other. Touches the log and a counter.
"""

import traceback
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import structlog
from prometheus_client import Counter

FAULTS: Final = Counter("wattline_faults", "Defects of ours that cost only the work they are named for", ["guarded"])

log = structlog.get_logger(__name__)


class ErrorGuard:
    """A context manager; `fault` is what its last block ended with, None when that went through."""

    def __init__(self, name: str, passing: tuple[type[Exception], ...], told: dict[str, object]) -> None:
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
        log.error("fault", guarded=self._name, fault=type(fault).__name__, where=_where(fault), **self._told)
        return True


def guarded(name: str, *passing: type[Exception], **told: object) -> ErrorGuard:
    """
    Return a guard, which may be used again, one block after the other.

    Args: name: what is guarded, one of a few, fixed in the code; passing: exceptions that are no defects and go on up;
        told: logged beside a fault, ids and numbers only.
    """
    return ErrorGuard(name, passing, told)


def _where(fault: BaseException) -> str:
    """Return the line that raised; a whole traceback could carry a message's text into the log."""
    last = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{Path(last.filename).name}:{last.lineno}"
