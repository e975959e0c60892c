"""How much of an interval's energy is an estimate: spread over the time between readings that lie far apart."""

from peewee import Database
from playhouse.migrate import SchemaMigrator


def up(_migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql("ALTER TABLE usage ADD COLUMN estimated BIGINT NOT NULL DEFAULT 0")
