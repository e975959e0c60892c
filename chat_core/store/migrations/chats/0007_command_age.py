"""Commands are found by their age, so that old ones can be forgotten in slices."""

from peewee import Database
from playhouse.migrate import SchemaMigrator, migrate


def up(migrator: SchemaMigrator, db: Database) -> None:
    migrate(migrator.add_index("command", ("at",)))
