"""
The tables, as peewee models bound to no database: `store` names the database at each use.

On SQLite `chats` lie in one file (the bridge writes it) and `web` in another (web and CLI write it); on PostgreSQL all
share one database. The tables are made by `migrations/`, never from here; a contract test holds the two to each
other. Times are milliseconds since the epoch, UTC.
"""

from peewee import Model


class Table(Model):
    """Name tables as their classes do."""

    class Meta:
        legacy_table_names = False
