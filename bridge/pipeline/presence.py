"""
Track live connections of clients and agents; a roll call finds them after a restart. Touches nothing.

It is in memory only: a killed broker sends no wills, so stored presence would be wrong.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from bridge.pipeline.fast_presence import CompactConnections
from chat_core.contract.ids import Role, is_id, role_of
from chat_core.contract.payloads import AgentState
from chat_core.domain.conversation import Connections

ANSWER_S: Final = 10.0  # live connections answer a roll within this (docs/contract.md#presence)
GRACE_S: Final = 3.0  # and their answers have this long to arrive
NOBODY: Final[Connections[int]] = Connections()
_CONN_BITS: Final = 2**60 - 1  # of a `conn`'s hash, by which it is known: two collide once in 2**60


class Seen(NamedTuple):
    """Hold an agent's state, and the conversations on its screens, the newest first."""

    state: AgentState
    viewing: tuple[str, ...]


class People:
    """Know who is connected. A rolled back transaction's changes can be undone."""

    def __init__(self) -> None:
        self._connections = CompactConnections()
        self._agents: set[str] = set()
        self._viewing: dict[str, dict[int, str]] = {}  # by agent and connection: the conversation on its screen
        self.moved: set[str] = set()  # agents whose state or screens may have changed, until their teams are told
        self.asking: set[str] = set()  # agents who connected, or said again what was known: they ask who is there
        self._before: dict[str, Connections[int]] = {}

    def begin(self) -> None:
        """Let `undo` take back what changes from here on."""
        self._before.clear()

    def undo(self) -> None:
        """Take back what changed since `begin`."""
        for person, connections in self._before.items():
            self._put(person, connections)
        self._before.clear()

    def heard(self, person: str, conn: str, state: AgentState) -> bool:
        """Note that a connection came, changed or went; return whether the person's state changed."""
        before = self._of(person)
        self._before.setdefault(person, before)
        after = before.heard(hash(conn) & _CONN_BITS, state)
        self._put(person, after)
        return after.state is not before.state

    def heard_agent(self, agent: str, conn: str, state: AgentState, viewing: str | None) -> bool:
        """Do as `heard`, and note the conversation on the agent's screen."""
        key, before = hash(conn) & _CONN_BITS, self._of(agent)
        changed = self.heard(agent, conn, state)
        if role_of(agent) is not Role.AGENT:
            return changed
        screens = self._viewing.get(agent, {})
        is_known = before.states.get(key) is state and screens.get(key) == viewing
        is_question = is_known and key not in before.unheard  # and no answer to a roll
        if state is not AgentState.OFFLINE and (is_question or key not in before.states):
            self.asking.add(agent)
        live = self._of(agent).states
        screens = {name: shown for name, shown in screens.items() if name != key and name in live}
        if viewing is not None and state is not AgentState.OFFLINE:
            screens[key] = viewing
        self._keep_screens(agent, screens)
        self.moved.add(agent)
        return changed

    def _keep_screens(self, agent: str, screens: dict[int, str]) -> None:
        if screens:
            self._viewing[agent] = screens
        else:
            self._viewing.pop(agent, None)

    def seen(self, agent: str) -> Seen:
        """Return the agent's state and screens."""
        screens = dict.fromkeys(reversed(self._viewing.get(agent, {}).values()))
        return Seen(self.state(agent), tuple(screens))

    def state(self, person: str) -> AgentState:
        return self._of(person).state

    def is_online(self, person: str) -> bool:
        """Return whether the person has an online connection."""
        return self.state(person) is AgentState.ONLINE

    def agents(self) -> Iterator[tuple[str, AgentState]]:
        """Yield the connected agents, by id; bots sit at no desk."""
        for person in sorted(self._agents):
            yield person, self.state(person)

    def call_roll(self) -> None:
        """Expect a new answer from everybody."""
        for person in list(self._connections):
            self._put(person, self._of(person).rolled())

    def end_roll(self) -> list[str]:
        """Forget who has not answered; return whose state changed."""
        changed: list[str] = []
        self.moved |= self._agents
        for person in list(self._connections):
            before = self._of(person)
            after = before.roll_ended()
            self._put(person, after)
            if person in self._viewing:
                screens = self._viewing[person]
                self._keep_screens(person, {name: screens[name] for name in screens if name in after.states})
            if after.state is not before.state:
                changed.append(person)
        return changed

    def _of(self, person: str) -> Connections[int]:
        return self._connections.get(person, NOBODY)

    def _put(self, person: str, connections: Connections[int]) -> None:
        if is_id(person) and role_of(person) is Role.AGENT:
            (self._agents.add if connections.states else self._agents.discard)(person)
        if connections.states:
            self._connections[person] = connections
        else:
            self._connections.pop(person, None)


@dataclass(slots=True)
class Roll:
    """Hold the roll that is called at each connect: its name, and when it ends (on the monotonic clock)."""

    name: str
    ends_s: float | None

    @classmethod
    def called(cls, name: str, now_s: float) -> "Roll":
        return cls(name, now_s + ANSWER_S + GRACE_S)
