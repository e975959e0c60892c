"""Those who are online are found without a look at everybody: a starting bridge asks for them."""

from peewee import Database
from playhouse.migrate import SchemaMigrator


def up(_migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql("CREATE INDEX conversation_online ON conversation (num) WHERE online")
