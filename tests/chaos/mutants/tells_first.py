"""Announces a batch before it is stored: a kill in between leaves ticks without an entry."""

import sys
import time

from bridge.__main__ import main
from bridge.mqtt.link import Link
from bridge.pipeline.effects import Effects
from bridge.pipeline.group_commit import Step, Writer
from bridge.pipeline.handlers import Context
from chat_core.store import Transaction
from tests.chaos.mutants import WEAK_S

_commit = Writer._commit


def commit(writer: Writer, step: Step, now_ms: int) -> Effects:
    link = writer._link
    assert isinstance(link, Link)

    def told_early(tx: Transaction, scene: Context) -> Effects:
        effects = step(tx, scene)
        for reply in effects.replies:
            writer.tell(reply)
        link.flush()
        time.sleep(WEAK_S)
        return effects

    return _commit(writer, told_early, now_ms)


Writer._commit = commit  # type: ignore[method-assign,assignment]

if __name__ == "__main__":
    sys.exit(main())
