"""Acknowledges a batch before it is stored: a kill in between loses what a sender without an outbox has said."""

import sys
import time
from collections.abc import Sequence

from bridge.__main__ import main
from bridge.mqtt.link import Arrived, Link
from bridge.pipeline.effects import Effects
from bridge.pipeline.group_commit import Writer
from tests.chaos.mutants import WEAK_S

_write, _ack = Writer.write, Link.ack


def write(writer: Writer, batch: Sequence[Arrived]) -> Effects:
    link = writer._link
    assert isinstance(link, Link)
    for arrived in batch:
        _ack(link, arrived)
    link.flush()
    time.sleep(WEAK_S)
    return _write(writer, batch)


Writer.write = write  # type: ignore[method-assign,assignment]
Link.ack = lambda *_: None  # type: ignore[method-assign]

if __name__ == "__main__":
    sys.exit(main())
