"""
What made an entry is said by its `origin`, in its body, and what made a notice by a column; never again by an id's
beginning. A frozen copy.

Of rows that are there the bots' are told by their ids, which nobody else could give them. A client could always give
its own words the id of a call for help, so no entry of a client's is marked.
"""

from peewee import Database, TextField
from playhouse.migrate import SchemaMigrator, migrate

MARK = """UPDATE entry SET body = '{"origin":"$origin",' || substr(body, 2)
  WHERE $those AND kind IN ('text', 'card') AND body <> '{}'"""
BOTS = "substr(sender, 1, 2) = 'b-' AND sender <> 'b-meters'"
ORIGINS = (
    ("answer", f"{BOTS} AND substr(id, 1, 5) IN ('auto-', 'away-')"),
    ("handover", f"{BOTS} AND substr(id, 1, 5) = 'hand-'"),
    ("alarm", "sender = 'b-meters'"),
)
# An administrator's notice has the id of a command.
STORMS = """UPDATE notice SET origin = 'storm' WHERE substr(id, 1, 6) = 'storm-'
  AND NOT EXISTS (SELECT 1 FROM command WHERE command.id = notice.id AND command.client = '')"""


def up(migrator: SchemaMigrator, db: Database) -> None:
    for origin, those in ORIGINS:
        db.execute_sql(MARK.replace("$origin", origin).replace("$those", those))
    migrate(migrator.add_column("notice", "origin", TextField(null=True)))
    db.execute_sql(STORMS)
