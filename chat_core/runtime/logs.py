"""
Set up a process's log: one line an event, JSON unless on a terminal. Touches standard output.

Never in a line: message text, tokens, passwords. So tracebacks come without the values of variables.
"""

import logging
import os
import sys
from contextlib import suppress
from typing import Final, TextIO, cast

import structlog

UNDER_UP: Final = "WATTLINE_UNDER_UP"  # set by `wattline up`: what is no warning is not for its terminal


class Patient:
    """
    A stream whose disk may be full: a line that cannot be written is lost, and costs no process.

    Not an io class: those flush themselves when the interpreter ends, when this module's names are already gone.
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
    """
    From now on structlog's and the libraries' lines look alike; libraries speak from WARNING on.

    Under `wattline up` on a terminal we do too: what a person must know is not to drown in what goes well.
    """
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
