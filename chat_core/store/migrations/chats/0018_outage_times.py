"""Keep with an outage when power went, and when its notice ends by itself."""

from typing import Final

from peewee import Database
from playhouse.migrate import SchemaMigrator

from chat_core.store.migrations.ddl import run

STATEMENTS: Final = (
    "ALTER TABLE notice ADD COLUMN began $int",
    "ALTER TABLE notice ADD COLUMN ends $int",
    "ALTER TABLE past_notice ADD COLUMN began $int",
    "ALTER TABLE past_notice ADD COLUMN ends $int",
)


def up(_migrator: SchemaMigrator, db: Database) -> None:
    """Add the columns, empty: of earlier notices nobody said either."""
    run(db, STATEMENTS)
