"""Read and write identities: parts of the registry's transactions and queries."""

from typing import Any, Final

from peewee import Query

from chat_core.contract.errors import NotFound
from chat_core.runtime import clock
from chat_core.store.database import Database
from chat_core.store.models.web import CounterRow, IdentityRow, SignInRow
from chat_core.store.results import Reader
from chat_core.store.rows import compose, marks

CREDENTIALS: Final = "credentials"  # the counter that rises with every change of who may connect
# Whose sign-in it was by which they came: asked only of those who came by one.
SIGNED_IN: Final = "(? = '' OR EXISTS (SELECT 1 FROM sign_in s WHERE s.id = ? AND s.agent = identity.id))"
READER: Final = compose(
    "(SELECT generation FROM identity WHERE id = ? AND NOT disabled AND $signed_in)", signed_in=SIGNED_IN
)
OVER: Final = f"(disabled OR (id = ? AND NOT {SIGNED_IN}))"  # the identity may do nothing, or its sign-in has ended
NOBODY: Final = Reader("")


def values_of(reader: Reader | None) -> tuple[str, str, str]:
    """Return what READER asks with."""
    id, sign_in = reader or NOBODY
    return id, sign_in, sign_in


def select_known(ended: str, ids: int) -> str:
    """Return the statement for so many ids: names, generations, and whether they have ended by this condition."""
    sql = "SELECT id, name, generation, $ended FROM identity WHERE id IN ($ids)"
    return compose(sql, ended=ended, ids=marks(ids))


class Identities:
    """Rows of `identity` and the counter of their changes. What writes is called within `db.writing()`."""

    def __init__(self, database: Database) -> None:
        self.db: Final = database

    def identify(self, id: str, now_ms: int | None, *, name: str | None = None, enable: bool = True) -> None:
        """
        The id is known, and by this name where one is given.

        One that was disabled may connect again, unless `enable` is off.
        Args: now_ms: when it was seen first; None asks the clock.
        """
        at = now_ms if now_ms is not None else clock.now_ms()
        values = {IdentityRow.id: id, IdentityRow.name: name, IdentityRow.created: at, IdentityRow.touched: at}
        if self.count(IdentityRow.insert(values).on_conflict_ignore().as_rowcount()):
            self.bump()
            return
        if name is not None:
            self.run(IdentityRow.update({IdentityRow.name: name}).where(IdentityRow.id == id))
        enabled = IdentityRow.update({IdentityRow.disabled: False}).where((IdentityRow.id == id) & IdentityRow.disabled)
        if enable and self.count(enabled):
            self.bump()

    def known(self, id: str) -> bool:
        """Return whether the id was ever known, disabled or not."""
        return bool(self.rows(IdentityRow.select(IdentityRow.id).where(IdentityRow.id == id)))

    def raise_generation(self, id: str) -> int:
        """Credentials of the id made before now end; returns the generation that is good. Raises: NotFound."""
        raised = IdentityRow.update({IdentityRow.generation: IdentityRow.generation + 1}).where(IdentityRow.id == id)
        if not self.count(raised):
            raise NotFound("Nobody is known by this id.")
        self.run(SignInRow.delete().where(SignInRow.agent == id))
        self.bump()
        return int(self.rows(IdentityRow.select(IdentityRow.generation).where(IdentityRow.id == id))[0][0])

    def disable(self, id: str) -> None:
        """The id can no longer connect. Raises: NotFound."""
        self.raise_generation(id)
        self.run(IdentityRow.update({IdentityRow.disabled: True}).where(IdentityRow.id == id))

    def bump(self) -> None:
        """Tell renderers of credentials that they changed."""
        insert = CounterRow.insert(key=CREDENTIALS, value=1)
        self.run(insert.on_conflict(conflict_target=[CounterRow.key], update={CounterRow.value: CounterRow.value + 1}))

    def rows(self, query: Query) -> list[tuple[Any, ...]]:
        """All rows of a query that only reads."""

        def ask() -> list[tuple[Any, ...]]:
            with self.db.trusted():
                return list(query.tuples().execute(self.db.peewee))

        return self.db.again(ask)

    def run(self, query: Query) -> None:
        """Do what the query says."""
        self.count(query)

    def count(self, query: Query) -> int:
        """Do what the query says; returns how many rows it changed."""
        with self.db.trusted():
            done = query.execute(self.db.peewee)
        return done if isinstance(done, int) else 0
