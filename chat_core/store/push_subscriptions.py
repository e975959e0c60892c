"""Store which browsers a person is notified in (Web Push), and which agents have the board in view."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from peewee import SQL, fn

from chat_core.store.database import Database
from chat_core.store.models.web import CounterRow, PushSubscriptionRow, PushWatchRow

OF_A_PERSON: Final = 8  # beyond that the oldest goes
IN_ALL: Final = 200_000  # some 100 MB
EPOCH: Final = "push"  # the counter of server keys
ID_CHARS: Final = 32


@dataclass(frozen=True, slots=True)
class PushSubscription:
    """
    Hold one browser's address at its push service, and the keys that only this browser decrypts with.

    sign_in: of an agent; "" for a client. browser: such as "Chrome on Linux". Times are ms.
    """

    id: str
    person: str
    sign_in: str
    endpoint: str
    p256dh: str
    auth: str
    lang: str
    browser: str
    created: int
    succeeded: int | None = None


def id_of(endpoint: str) -> str:
    """Return the subscription's id, which is the endpoint's own: it belongs to one person at a time."""
    return hashlib.sha256(endpoint.encode()).hexdigest()[:ID_CHARS]


class PushSubscriptions:
    """Store subscriptions. Every method is one short transaction of its own. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._now_ms = SQL(database.dialect.now_ms)

    def put(self, new: PushSubscription) -> None:
        """Store the subscription; an endpoint that was another person's is that person's no more."""
        row = PushSubscriptionRow
        values = {name: getattr(new, name) for name in new.__slots__}
        renewed = {name: values[name] for name in ("sign_in", "p256dh", "auth", "lang", "browser")}
        with self._db.writing():
            same = (row.id == new.id) & (row.person == new.person)
            if not self._db.change(row.update(renewed).where(same)):
                self._db.change(row.delete().where(row.id == new.id))
                self._db.change(row.insert(values))
                self._keep_few(row.person == new.person, OF_A_PERSON)
                self._keep_few(row.id == row.id, IN_ALL)

    def _keep_few(self, which: Any, most: int) -> None:
        row = PushSubscriptionRow
        surplus = int(self._db.select(row.select(fn.COUNT(row.id)).where(which))[0][0]) - most
        if surplus > 0:
            oldest = row.select(row.id).where(which).order_by(row.created, row.id).limit(surplus)
            self._db.change(row.delete().where(row.id.in_([id for (id,) in self._db.select(oldest)])))

    def of(self, persons: Collection[str]) -> list[PushSubscription]:
        """Return the subscriptions of these persons, each person's oldest first."""
        row = PushSubscriptionRow
        return self._found(row.person.in_(list(persons)))

    def find(self, id: str) -> PushSubscription | None:
        """Return the subscription, or None."""
        return next(iter(self._found(PushSubscriptionRow.id == id)), None)

    def _found(self, which: Any) -> list[PushSubscription]:
        row = PushSubscriptionRow
        columns = [getattr(row, name) for name in PushSubscription.__slots__]
        found = self._db.select(row.select(*columns).where(which).order_by(row.created, row.id))
        return [PushSubscription(*values) for values in found]

    def any(self) -> bool:
        """Return whether anybody is notified."""
        return self._db.find(PushSubscriptionRow.select(PushSubscriptionRow.id).limit(1)) is not None

    def persons(self, role: str) -> list[str]:
        """Return who of a role is notified. Args: role: the letter of the ids, such as `a`."""
        row = PushSubscriptionRow
        of_role = (row.person >= f"{role}-") & (row.person < f"{role}.")  # the index serves a range, and no LIKE
        return [person for (person,) in self._db.select(row.select(row.person).distinct().where(of_role))]

    def remove(self, ids: Sequence[str], person: str | None = None) -> int:
        """Remove these subscriptions, with a person only that person's; return how many there were."""
        row = PushSubscriptionRow
        which = row.id.in_(list(ids))
        with self._db.writing():
            return self._db.change(row.delete().where(which if person is None else which & (row.person == person)))

    def note_success(self, id: str, now_ms: int) -> None:
        """Store when the push service last took a message."""
        row = PushSubscriptionRow
        with self._db.writing():
            self._db.change(row.update(succeeded=now_ms).where(row.id == id))

    # Who looks

    def watch(self, person: str, for_ms: int) -> None:
        """Count the agent's boards as visible for so long, by the database's clock: another web process asks."""
        row = PushWatchRow
        with self._db.writing():
            new = row.insert(person=person, until=self._now_ms + for_ms)
            self._db.change(new.on_conflict(conflict_target=[row.person], preserve=[row.until]))

    def shorten_watch(self, person: str, for_ms: int) -> None:
        """Count the agent's boards as visible no longer than this."""
        row, until_ms = PushWatchRow, self._now_ms + for_ms
        with self._db.writing():
            self._db.change(row.update(until=until_ms).where(row.person == person, row.until > until_ms))

    def watched_for_ms(self, person: str) -> int:
        """Return for how long a board of the agent still counts as visible; 0 where none is."""
        row = PushWatchRow
        found = self._db.find(row.select(row.until - self._now_ms).where(row.person == person))
        return max(0, int(found[0])) if found else 0

    # The server's key

    def epoch(self) -> int:
        """Return how often the server's key was changed."""
        found = self._db.find(CounterRow.select(CounterRow.value).where(CounterRow.key == EPOCH))
        return int(found[0]) if found else 0

    def change_key(self) -> int:
        """Begin the next key, and remove all subscriptions, which belong to the one before; return how many."""
        insert = CounterRow.insert(key=EPOCH, value=1)
        with self._db.writing():
            update = {CounterRow.value: CounterRow.value + 1}
            self._db.change(insert.on_conflict(conflict_target=[CounterRow.key], update=update))
            return self._db.change(PushSubscriptionRow.delete())
