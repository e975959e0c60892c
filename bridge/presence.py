"""
Who is here: the live connections of clients and agents, and the roll that finds out after a restart. Touches nothing.

Kept in memory only: a killed broker sends no wills, so nothing kept could be believed; a new `roll` asks all again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chat_core.conversation import Connections
from chat_core.ids import Role, is_id, role_of
from chat_core.payloads import AgentState

ANSWER_S: Final = 10.0  # live connections answer a roll within this (design.md §4)
GRACE_S: Final = 3.0  # and their answers have this long to arrive
NOBODY: Final = Connections()


class People:
    """Who is connected. What a transaction changed can be taken back when it is rolled back."""

    def __init__(self) -> None:
        self._known: dict[str, Connections] = {}
        self._before: dict[str, Connections] = {}

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
        before = self._known.get(person, NOBODY)
        self._before.setdefault(person, before)
        after = before.heard(conn, state)
        self._put(person, after)
        return after.state is not before.state

    def state(self, person: str) -> AgentState:
        """Online if any connection is, else away if any is, else offline."""
        return self._known.get(person, NOBODY).state

    def is_online(self, person: str) -> bool:
        """Whether any connection of the person is online."""
        return self.state(person) is AgentState.ONLINE

    def agents(self) -> Iterator[tuple[str, AgentState]]:
        """The agents who are here, by id; bots sit at no desk."""
        for person in sorted(self._known):
            if is_id(person) and role_of(person) is Role.AGENT:
                yield person, self.state(person)

    def call_roll(self) -> None:
        """Believe nobody for long without a new answer."""
        self._known = {person: connections.rolled() for person, connections in self._known.items()}

    def end_roll(self) -> list[str]:
        """Forget the silent; return whose state changed by it."""
        changed: list[str] = []
        for person, before in list(self._known.items()):
            after = before.roll_ended()
            self._put(person, after)
            if after.state is not before.state:
                changed.append(person)
        return changed

    def _put(self, person: str, connections: Connections) -> None:
        if connections.states:
            self._known[person] = connections
        else:
            self._known.pop(person, None)


@dataclass(slots=True)
class Roll:
    """The roll that is called at each connect: its name, and when it ends (on the monotonic clock)."""

    name: str
    ends_s: float | None

    @classmethod
    def called(cls, name: str, now_s: float) -> "Roll":
        """A roll that begins now."""
        return cls(name, now_s + ANSWER_S + GRACE_S)
