"""No mutant: the bridge, with the mutants' pause before each COMMIT, where a kill does no harm."""

import sys
import time

from bridge.__main__ import main
from chat_core.store import Transaction
from tests.chaos.mutants import WEAK_S

_commit = Transaction.commit


def commit_late(transaction: Transaction) -> None:
    time.sleep(WEAK_S)
    _commit(transaction)


Transaction.commit = commit_late  # type: ignore[method-assign,assignment]

if __name__ == "__main__":
    sys.exit(main())
