"""Looks no id up before it stores, and its database does not mind: what is said again is stored again."""

import sqlite3
import sys
from contextlib import closing

from bridge.__main__ import main
from chat_core.runtime import config
from chat_core.store import Transaction

_UNIQUE = (
    "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'entry' AND sql LIKE 'CREATE UNIQUE%sender%'"
)


def drop_unique() -> None:
    with closing(sqlite3.connect(config.load().data / "chats.db", isolation_level=None)) as chats:
        for (name,) in chats.execute(_UNIQUE).fetchall():
            chats.execute(f'DROP INDEX "{name}"')


Transaction.find_entry = lambda *_: None  # type: ignore[method-assign]

if __name__ == "__main__":
    drop_unique()
    sys.exit(main())
