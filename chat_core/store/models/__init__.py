"""
Declare the tables as peewee models bound to no database: `Database.select` and `Database.change` name it at each use.

SQLite has two files: the bridge writes `chats`, web and CLI write `web`. On PostgreSQL all share one database. The
migrations make the tables; a contract test compares them with the models. Times are milliseconds since the epoch, UTC.
"""

import re

from peewee import Model


def _table_name(model: type[Model]) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", model.__name__.removesuffix("Row")).lower()


class Table(Model):
    """Name each table as its class, without `Row`: `FileUseRow` is `file_use`."""

    class Meta:
        legacy_table_names = False
        table_function = _table_name
