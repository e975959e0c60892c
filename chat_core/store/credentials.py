"""Read and write identities: parts of the registry's transactions and queries."""

from typing import Final

from chat_core.contract.errors import NotFound
from chat_core.runtime import clock
from chat_core.store.database import Database
from chat_core.store.models.web import CounterRow, IdentityRow, PushSubscriptionRow, SignInRow
from chat_core.store.results import Reader

CREDENTIALS: Final = "credentials"  # the counter that rises with every change of who may connect
NOBODY: Final = Reader("")


def values_of(reader: Reader | None) -> tuple[str, str, str]:
    """Return the parameters of `fast_sql.READER`."""
    id, sign_in = reader or NOBODY
    return id, sign_in, sign_in


class Identities:
    """Use `identity` and the counter of its changes. What writes is called within `db.writing()`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def identify(self, id: str, now_ms: int | None, *, name: str | None = None, enable: bool = True) -> None:
        """
        Add the id, or give it this name where one is given.

        Args: now_ms: when it was seen first; None asks the clock. enable: let a disabled one connect again.
        """
        at = now_ms if now_ms is not None else clock.now_ms()
        values = {IdentityRow.id: id, IdentityRow.name: name, IdentityRow.created: at, IdentityRow.touched: at}
        if self._db.change(IdentityRow.insert(values).on_conflict_ignore()):
            self.bump()
            return
        if name is not None:
            self._db.change(IdentityRow.update(name=name).where(IdentityRow.id == id))
        enabled = IdentityRow.update(disabled=False).where((IdentityRow.id == id) & IdentityRow.disabled)
        if enable and self._db.change(enabled):
            self.bump()

    def raise_generation(self, id: str) -> int:
        """End the id's credentials made before now; return the generation that is good. Raises: NotFound."""
        raised = IdentityRow.update(generation=IdentityRow.generation + 1).where(IdentityRow.id == id)
        if not self._db.change(raised):
            raise NotFound("Nobody is known by this id.")
        self._db.change(SignInRow.delete().where(SignInRow.agent == id))
        self._db.change(PushSubscriptionRow.delete().where(PushSubscriptionRow.person == id))
        self.bump()
        return int(self._db.select(IdentityRow.select(IdentityRow.generation).where(IdentityRow.id == id))[0][0])

    def disable(self, id: str) -> None:
        """Keep the id from connecting. Raises: NotFound."""
        self.raise_generation(id)
        self._db.change(IdentityRow.update(disabled=True).where(IdentityRow.id == id))

    def bump(self) -> None:
        """Raise the counter that tells renderers of credentials of a change."""
        insert = CounterRow.insert(key=CREDENTIALS, value=1)
        self._db.change(
            insert.on_conflict(conflict_target=[CounterRow.key], update={CounterRow.value: CounterRow.value + 1})
        )
