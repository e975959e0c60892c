"""The same asked of the bridge twice is found at once. A frozen copy."""

from peewee import Database
from playhouse.migrate import SchemaMigrator


def up(migrator: SchemaMigrator, db: Database) -> None:
    db.execute_sql("CREATE INDEX change_kind_body ON change (kind, body)")
