"""Store the browsers in which agents are signed in. Cookies, bearers and tokens of a sign-in end with it."""

import secrets
from typing import Any, Final

from chat_core.contract.errors import NotFound
from chat_core.store.credentials import Identities
from chat_core.store.database import Database
from chat_core.store.models.web import AgentRow, PushSubscriptionRow, SignInRow

AT_MOST: Final = 32  # of one agent: browsers that were never signed out leave theirs behind
ID_BYTES: Final = 12


class SignIns:
    """Begin and end sign-ins, each in one short transaction. A raised generation ends all of an id's sign-ins."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._ids = Identities(database)

    def begin(self, agent: str, now_ms: int) -> str:
        """Return the id of a new sign-in of the agent; beyond 32 the oldest ends. Raises: NotFound."""
        id = secrets.token_urlsafe(ID_BYTES)
        with self._db.writing():
            if not self._db.select(AgentRow.select(AgentRow.id).where(AgentRow.id == agent)):
                raise NotFound("There is no such agent.")
            others = SignInRow.select(SignInRow.id).where(SignInRow.agent == agent)
            known = [str(row[0]) for row in self._db.select(others.order_by(SignInRow.created.desc(), SignInRow.id))]
            if len(known) >= AT_MOST:
                self._end(agent, SignInRow.id.not_in(known[: AT_MOST - 1]))
            self._db.change(SignInRow.insert(id=id, agent=agent, created=now_ms))
        return id

    def end(self, id: str) -> None:
        """End this sign-in; the agent's others go on. One that is over stays so."""
        with self._db.writing():
            for (agent,) in self._db.select(SignInRow.select(SignInRow.agent).where(SignInRow.id == id)):
                self._end(str(agent), SignInRow.id == id)

    def _end(self, agent: str, which: Any) -> None:
        over, notified = SignInRow.select(SignInRow.id).where((SignInRow.agent == agent) & which), PushSubscriptionRow
        self._db.change(notified.delete().where(notified.person == agent, notified.sign_in.in_(over)))
        self._db.change(SignInRow.delete().where((SignInRow.agent == agent) & which))
        self._db.change(AgentRow.update(sign_outs=AgentRow.sign_outs + 1).where(AgentRow.id == agent))
        self._ids.bump()

    def count_ended(self, id: str) -> int:
        """
        Return how often the agent has signed out, 0 for anybody else.

        A password that belongs to the id, as Mosquitto's, changes with this number.
        """
        found = self._db.find(AgentRow.select(AgentRow.sign_outs).where(AgentRow.id == id))
        return found[0] if found else 0
