"""
Bound the sessions without a connection.

Each class of owners has its own pool, so guests' sessions push out guests' sessions only.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from broker.limits import GUEST_SESSIONS, SESSIONS_PER_PERSON
from chat_core.contract.ids import Role, is_guest, role_of

if TYPE_CHECKING:
    from broker.embedded.sessions import Session

MIB: Final = 1024 * 1024
GUESTS_PER_ADDRESS: Final = 64


class Owner(StrEnum):
    """Name a class of session owners."""

    GUEST = "guest"
    CLIENT = "client"
    DEVICE = "device"
    DESK = "desk"
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Pool:
    """Bound a class. `away`: sessions without a connection; `size_bytes`: of all its sessions."""

    away: int
    size_bytes: int


POOLS: Final = {
    Owner.GUEST: Pool(GUEST_SESSIONS, 48 * MIB),
    Owner.CLIENT: Pool(2_000, 80 * MIB),
    Owner.DEVICE: Pool(5_000, 32 * MIB),
    Owner.DESK: Pool(2_000, 96 * MIB),
    Owner.SERVICE: Pool(256, 256 * MIB),
}
_OWNER_OF: Final = {
    Role.CLIENT: Owner.CLIENT,
    Role.DEVICE: Owner.DEVICE,
    Role.AGENT: Owner.DESK,
    Role.BOT: Owner.DESK,
    Role.LISTENER: Owner.DESK,
    Role.SERVICE: Owner.SERVICE,
}


def owner_of(id: str) -> Owner:
    return Owner.GUEST if is_guest(id) else _OWNER_OF[role_of(id)]


class AbsentSessions:
    """Hold the sessions without a connection, the longest away first: by class, person, and a guest's address."""

    def __init__(self) -> None:
        self._of_class: dict[Owner, dict[Session, float]] = {owner: {} for owner in Owner}
        self._of_person: dict[str, dict[Session, None]] = {}
        self._of_address: dict[str, dict[Session, None]] = {}

    def add(self, session: "Session", now_s: float) -> tuple["Session", str] | None:
        """Add the session; return the one that is now too many, and why."""
        of_class = self._of_class[session.owner]
        of_class[session] = now_s
        of_person = self._of_person.setdefault(session.identity.id, {})
        of_person[session] = None
        of_address: dict[Session, None] = {}
        if session.owner is Owner.GUEST and session.address is not None:
            of_address = self._of_address.setdefault(session.address, {})
            of_address[session] = None
        if len(of_person) > SESSIONS_PER_PERSON:
            return next(iter(of_person)), "too many sessions of one user"
        if len(of_address) > GUESTS_PER_ADDRESS:
            return next(iter(of_address)), "too many sessions of one address"
        if len(of_class) > POOLS[session.owner].away:
            return next(iter(of_class)), "too many sessions"
        return None

    def remove(self, session: "Session") -> None:
        if self._of_class[session.owner].pop(session, None) is None:
            return
        for groups, key in ((self._of_person, session.identity.id), (self._of_address, session.address)):
            group = groups.get(key) if key is not None else None
            if group is not None and group.pop(session, True) is None and not group:
                del groups[key]  # type: ignore[arg-type]  # a key that is there

    def find_expired(self, now_s: float) -> Iterator["Session"]:
        """Yield the sessions that are away for longer than their bounds allow."""
        for sessions in self._of_class.values():
            for session, since_s in list(sessions.items()):
                if now_s - since_s > session.bounds.away_s:
                    yield session
