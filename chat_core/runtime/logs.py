"""
Set up a process's log: one line per event, JSON unless on a terminal. Touches standard output.

No line contains message text, tokens or passwords; so tracebacks omit the values of variables.
"""

import logging
import os
import sys
from contextlib import suppress
from typing import Final, TextIO, cast

import structlog

UNDER_UP: Final = "WATTLINE_UNDER_UP"  # set by `wattline up`, whose terminal shows only warnings


class Patient:
    """
    Write to a stream; on a full disk a line is lost, and the process goes on.

    Not an io class: those flush when the interpreter ends, after this module's names are gone.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def configure() -> None:
    """Format the lines of structlog and of libraries alike; libraries, and all on `up`'s terminal, from WARNING on."""
    watched = sys.stdout.isatty()
    level = logging.WARNING if watched and os.environ.get(UNDER_UP) else logging.INFO
    renderer = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if watched
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if watched else [structlog.processors.format_exc_info]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, Patient(sys.stdout))),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stdout, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
