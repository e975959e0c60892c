"""Store photos of agents, small and re-encoded; a photo goes when its agent is disabled."""

import hashlib
from collections.abc import Collection

from chat_core.store.database import Database
from chat_core.store.models.web import AgentPhotoRow


class Faces:
    """Store photos. Every method is one short transaction of its own, unless it says "within". Thread-safe."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def put(self, agent: str, content: bytes) -> str:
        """Store the agent's photo in place of an earlier one; return its name, which follows from agent and content."""
        row, name = AgentPhotoRow, hashlib.sha256(agent.encode() + b"\0" + content).hexdigest()[:32]
        insert = row.insert(agent=agent, name=name, content=content)
        with self._db.writing():
            self._db.change(insert.on_conflict(conflict_target=[row.agent], preserve=[row.name, row.content]))
        return name

    def remove(self, agent: str) -> None:
        """Remove the agent's photo, if there is one."""
        with self._db.writing():
            self.remove_within(agent)

    def remove_within(self, agent: str) -> None:
        """Within a transaction: remove the agent's photo, if there is one."""
        self._db.change(AgentPhotoRow.delete().where(AgentPhotoRow.agent == agent))

    def names(self, agents: Collection[str]) -> dict[str, str]:
        """Return the photo's name of each of the agents who have one."""
        row = AgentPhotoRow
        return dict(self._db.select(row.select(row.agent, row.name).where(row.agent.in_(agents))))

    def find(self, name: str) -> bytes | None:
        """Return the photo of this name, or None."""
        found = self._db.find(AgentPhotoRow.select(AgentPhotoRow.content).where(AgentPhotoRow.name == name))
        return bytes(found[0]) if found else None
