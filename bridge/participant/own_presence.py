"""Announce this participant's presence and its will."""

import secrets

from bridge.mqtt.link import Will
from chat_core.contract import topics
from chat_core.contract.payloads import AgentPresence, AgentState, Payload, Presence, encode

CONN_BYTES = 8


class OwnPresence:
    """
    Make one participant's presence payloads; `conn` names a connection.

    Args: is_desk: whether it belongs to the desk, and tells what it views.
    """

    def __init__(self, id: str, is_desk: bool) -> None:
        self._id = id
        self._is_desk = is_desk
        self._coming = self._conn = self._before = ""
        self.viewing: str | None = None

    def will(self) -> Will:
        """Return the will for the next connection."""
        self._coming = secrets.token_hex(CONN_BYTES)
        topic, payload = self._said(AgentState.OFFLINE, self._coming)
        return Will(topic, payload)

    def arrive(self) -> list[tuple[str, bytes]]:
        """
        Return what to publish on a new connection: online, then the previous one's offline. So a renewal shows no gap.
        """
        self._before, self._conn = self._conn, self._coming
        gone = [self._said(AgentState.OFFLINE, self._before)] if self._before else []
        return [self.here(), *gone]

    def here(self) -> tuple[str, bytes]:
        """Return topic and payload of online, with what is viewed."""
        return self._said(AgentState.ONLINE, self._conn)

    def gone(self) -> tuple[str, bytes]:
        return self._said(AgentState.OFFLINE, self._conn)

    def _said(self, state: AgentState, conn: str) -> tuple[str, bytes]:
        payload: Payload
        if self._is_desk:
            viewing = self.viewing if state is AgentState.ONLINE else None
            topic, payload = topics.desk_presence(self._id), AgentPresence(state=state, conn=conn, viewing=viewing)
        else:
            topic, payload = topics.presence(self._id), Presence(online=state is AgentState.ONLINE, conn=conn)
        return topic, encode(payload)
