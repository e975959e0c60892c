"""Make SQLite's list of the words in the search index, which stores nothing of its own."""

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import is_sqlite, run


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Make it; PostgreSQL's index knows beginnings by itself."""
    if is_sqlite(db):
        run(db, ("CREATE VIRTUAL TABLE search_word USING fts5vocab(search, instance)",))
