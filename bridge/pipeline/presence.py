"""
Track live connections of clients and agents; a roll call finds them after a restart. Touches nothing.

It is in memory only: a killed broker sends no wills, so stored presence would be wrong; a new `roll` asks everybody.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from chat_core.contract.ids import Role, is_id, role_of
from chat_core.contract.payloads import AgentState
from chat_core.domain.conversation import Connections

ANSWER_S: Final = 10.0  # live connections answer a roll within this (docs/contract.md#presence)
GRACE_S: Final = 3.0  # and their answers have this long to arrive
NOBODY: Final[Connections[int]] = Connections()
# A `conn` is known by its hash, which Python keys anew in each process: two of one person's are taken for one once in
# 2**60. So many bits take half the space of a few characters.
_CONN_BITS: Final = 2**60 - 1


class People:
    """
    Know who is connected. A rolled back transaction's changes can be undone.

    Nearly everybody has one live connection and is online. For those it stores a name and a number for the `conn`, a
    string and an int for each of ten thousand silent clients.
    """

    def __init__(self) -> None:
        self._one: dict[str, int] = {}  # person → conn; ~conn of those who have not answered the roll
        self._others: dict[str, Connections[int]] = {}
        self._agents: set[str] = set()  # those of both who are agents
        self._before: dict[str, Connections[int]] = {}

    def begin(self) -> None:
        """From here on `undo` takes changes back."""
        self._before.clear()

    def undo(self) -> None:
        """Take back what changed since `begin`."""
        for person, connections in self._before.items():
            self._put(person, connections)
        self._before.clear()

    def heard(self, person: str, conn: str, state: AgentState) -> bool:
        """One connection came, changed or went; whether the person's state changed by it."""
        before = self._of(person)
        self._before.setdefault(person, before)
        after = before.heard(hash(conn) & _CONN_BITS, state)
        self._put(person, after)
        return after.state is not before.state

    def state(self, person: str) -> AgentState:
        """Online if any connection is, else away if any is, else offline."""
        return self._of(person).state

    def is_online(self, person: str) -> bool:
        """Return whether the person has an online connection."""
        return self.state(person) is AgentState.ONLINE

    def agents(self) -> Iterator[tuple[str, AgentState]]:
        """The agents who are here, by id; bots sit at no desk."""
        for person in sorted(self._agents):
            yield person, self.state(person)

    def call_roll(self) -> None:
        """Believe nobody for long without a new answer."""
        for person in list(self._everybody()):
            self._put(person, self._of(person).rolled())

    def end_roll(self) -> list[str]:
        """Forget the silent; return whose state changed by it."""
        changed: list[str] = []
        for person in list(self._everybody()):
            before = self._of(person)
            after = before.roll_ended()
            self._put(person, after)
            if after.state is not before.state:
                changed.append(person)
        return changed

    def _everybody(self) -> Iterator[str]:
        return chain(self._one, self._others)

    def _of(self, person: str) -> Connections[int]:
        one = self._one.get(person)
        if one is None:
            return self._others.get(person, NOBODY)
        if one >= 0:
            return Connections({one: AgentState.ONLINE})
        return Connections({~one: AgentState.ONLINE}, frozenset((~one,)))

    def _put(self, person: str, connections: Connections[int]) -> None:
        self._one.pop(person, None)
        self._others.pop(person, None)
        if is_id(person) and role_of(person) is Role.AGENT:
            (self._agents.add if connections.states else self._agents.discard)(person)
        match list(connections.states.items()):
            case []:
                pass
            case [(conn, AgentState.ONLINE)]:
                self._one[person] = ~conn if conn in connections.unheard else conn
            case _:
                self._others[person] = connections


@dataclass(slots=True)
class Roll:
    """The roll that is called at each connect: its name, and when it ends (on the monotonic clock)."""

    name: str
    ends_s: float | None

    @classmethod
    def called(cls, name: str, now_s: float) -> "Roll":
        """A roll that begins now."""
        return cls(name, now_s + ANSWER_S + GRACE_S)
