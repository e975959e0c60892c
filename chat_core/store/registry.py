"""
Write for web and CLI: who may connect, and what the portal says of clients.

Files, devices, settings and changes for the bridge have a class each beside it.

Every method is one short transaction of its own: all of it happens, or nothing. Of passwords and links only hashes
are kept.
"""

import hashlib
import json
import secrets
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from peewee import JOIN, fn

from chat_core.contract.errors import NotAllowed, NotFound
from chat_core.contract.ids import Role, check_id, is_guest
from chat_core.store.changes import Changes
from chat_core.store.database import Database
from chat_core.store.devices import Devices
from chat_core.store.faults import StoreFault
from chat_core.store.file_rows import Files
from chat_core.store.identities import CREDENTIALS, OVER, READER, Identities, select_known, values_of
from chat_core.store.listeners import Listeners
from chat_core.store.models.web import (
    AgentRow,
    ClientRow,
    CounterRow,
    DeviceRow,
    IdentityRow,
    JtiRow,
    ListenerRow,
    SetupLinkRow,
    SpareGuestRow,
)
from chat_core.store.results import Agent, Client, Credential, Reader
from chat_core.store.rows import compact, compose, marks
from chat_core.store.settings import Settings
from chat_core.store.sign_ins import SignIns

SETUP_LINK_S: Final = 7 * 86_400
GUEST_SILENT_MS: Final = 30 * 86_400_000  # a guest silent for so long leaves the brokers' files
TOUCH_EVERY_MS: Final = 3_600_000
JTI_AGAIN_MS: Final = 60_000
GUESTS_IN_ONE_GO: Final = 100  # one transaction stays under 5 ms


_SIGNED_IN: Final = compose("SELECT $reader", reader=READER)


class Registry:
    """Thread-safe; on SQLite a file of its own, so that it never waits for the bridge."""

    def __init__(self, database: Database) -> None:
        self.database: Final = database
        self._db = database
        self._ids = Identities(database)
        self.files: Final = Files(database)
        self.settings: Final = Settings(database)
        self.changes: Final = Changes(database)
        self.devices: Final = Devices(database, self.settings)
        self.sign_ins: Final = SignIns(database)
        self.listeners: Final = Listeners(database)

    # Agents

    def add_agent(
        self, id: str, name: str, admin: bool = False, password_hash: str | None = None, *, now_ms: int | None = None
    ) -> Agent:
        """
        The agent may sign in and connect.

        One who exists gets this name and rank, and is enabled again. A password that is given is the new one, as in
        `set_agent_password`.
        """
        check_id(id, Role.AGENT)
        with self._db.writing():
            known = self._ids.rows(AgentRow.select(AgentRow.id).where(AgentRow.id == id))
            self._ids.identify(id, now_ms, name=name)
            agent = AgentRow.insert(id=id, admin=admin, password_hash=password_hash)
            update: dict[Any, Any] = {AgentRow.admin: admin}
            if password_hash is not None:
                update[AgentRow.password_hash] = password_hash
            if known and password_hash is not None:
                self._ended_by_a_new_password(id)
            self._ids.run(agent.on_conflict(conflict_target=[AgentRow.id], update=update))
        found = self.find_agent(id)
        if found is None:
            raise StoreFault("an agent just added is not there")
        return found

    def find_agent(self, id: str) -> Agent | None:
        """The agent, disabled or not, or None."""
        return next(iter(self._agents(AgentRow.id == id)), None)

    def list_agents(self) -> list[Agent]:
        """All agents by id, disabled ones too."""
        return self._agents(None)

    def _agents(self, where: Any) -> list[Agent]:
        query = (
            AgentRow.select(AgentRow.id, IdentityRow.name, AgentRow.admin, AgentRow.password_hash, IdentityRow.disabled)
            .join(IdentityRow, on=(IdentityRow.id == AgentRow.id))
            .order_by(AgentRow.id)
        )
        found = self._ids.rows(query if where is None else query.where(where))
        return [
            Agent(id, name or id, bool(admin), password_hash, bool(disabled))
            for id, name, admin, password_hash, disabled in found
        ]

    def set_agent_password(self, id: str, password_hash: str) -> None:
        """The agent's password is new: sign-ins, credentials and links of before end. Raises: NotFound."""
        with self._db.writing():
            if not self._ids.count(AgentRow.update({AgentRow.password_hash: password_hash}).where(AgentRow.id == id)):
                raise NotFound("There is no such agent.")
            self._ended_by_a_new_password(id)

    def _ended_by_a_new_password(self, id: str) -> None:
        self._ids.run(SetupLinkRow.delete().where(SetupLinkRow.agent == id))
        self._ids.raise_generation(id)

    def rehash_agent_password(self, id: str, old: str, new: str) -> None:
        """The same password is kept by another hash; nobody is signed out. A password changed meanwhile stays."""
        same = (AgentRow.id == id) & (AgentRow.password_hash == old)
        with self._db.writing():
            self._ids.run(AgentRow.update({AgentRow.password_hash: new}).where(same))

    def disable_agent(self, id: str) -> None:
        """The agent can neither sign in nor connect, and its open links are void. Raises: NotFound."""
        with self._db.writing():
            self._ids.run(SetupLinkRow.delete().where(SetupLinkRow.agent == id))
            self._ids.disable(id)

    def make_setup_link(self, agent: str, now_ms: int, ttl_s: int = SETUP_LINK_S) -> str:
        """
        A new token with which the agent sets a password, once; only its hash is kept. The one before is void.

        Raises: NotFound.
        """
        token = secrets.token_urlsafe(32)
        with self._db.writing():
            if not self._ids.rows(AgentRow.select(AgentRow.id).where(AgentRow.id == agent)):
                raise NotFound("There is no such agent.")
            self._ids.run(SetupLinkRow.delete().where((SetupLinkRow.agent == agent) | (SetupLinkRow.expires <= now_ms)))
            self._ids.run(SetupLinkRow.insert(hash=_hash(token), agent=agent, expires=now_ms + ttl_s * 1000))
        return token

    def take_setup_link(self, token: str, now_ms: int) -> str | None:
        """The agent whose link it is; from now on it is nobody's. None for one used, expired or never made."""
        with self._db.writing():
            agent = self.peek_setup_link(token, now_ms)
            taken = self._ids.count(SetupLinkRow.delete().where(SetupLinkRow.hash == _hash(token)))
        return agent if taken else None

    def peek_setup_link(self, token: str, now_ms: int) -> str | None:
        """The agent whose link it is, which stays good."""
        query = SetupLinkRow.select(SetupLinkRow.agent).where(
            (SetupLinkRow.hash == _hash(token)) & (SetupLinkRow.expires > now_ms)
        )
        found = self._ids.rows(query)
        return str(found[0][0]) if found else None

    # Clients, guests, services

    def ensure_client(
        self,
        id: str,
        name: str | None = None,
        lang: str | None = None,
        area: str | None = None,
        meters: Sequence[str] | None = None,
        was: str | None = None,
        *,
        now_ms: int | None = None,
    ) -> Client:
        """The client is known, and is as told; what is not told stays. A disabled one stays disabled."""
        check_id(id, Role.CLIENT)
        told = {"lang": lang, "area": area, "meters": None if meters is None else compact(list(meters)), "was": was}
        before = self.find_client(id)
        asked = {"name": name, "lang": lang, "area": area, "was": was, "meters": None if meters is None else (*meters,)}
        if before is not None and all(value is None or getattr(before, key) == value for key, value in asked.items()):
            return before
        with self._db.writing():
            self._ids.identify(id, now_ms, name=name, enable=False)
            update = {getattr(ClientRow, key): value for key, value in told.items() if value is not None}
            insert = ClientRow.insert({ClientRow.id: id, **update})
            if update:
                self._ids.run(insert.on_conflict(conflict_target=[ClientRow.id], update=update))
            else:
                self._ids.run(insert.on_conflict_ignore())
        found = self.find_client(id)
        if found is None:
            raise StoreFault("a client just added is not there")
        return found

    def find_client(self, id: str) -> Client | None:
        """The client or guest, disabled or not, or None."""
        query = (
            ClientRow.select(
                ClientRow.id,
                IdentityRow.name,
                ClientRow.lang,
                ClientRow.area,
                ClientRow.meters,
                ClientRow.was,
                IdentityRow.disabled,
            )
            .join(IdentityRow, on=(IdentityRow.id == ClientRow.id))
            .where(ClientRow.id == id)
        )
        for id, name, lang, area, meters, was, disabled in self._ids.rows(query):
            return Client(id, name, lang, area, tuple(json.loads(meters)), was, bool(disabled))
        return None

    def areas_of(self, clients: Collection[str]) -> dict[str, str | None]:
        """Return the areas of those of the clients who are known, by one question."""
        query = ClientRow.select(ClientRow.id, ClientRow.area).where(ClientRow.id.in_(list(clients)))
        return dict(self._ids.rows(query))

    def count_areas(self) -> dict[str, int]:
        """Return the areas that clients live in, by name, each with the number of its clients who are let in."""
        query = (
            ClientRow.select(ClientRow.area, fn.COUNT(ClientRow.id))
            .join(IdentityRow, on=(IdentityRow.id == ClientRow.id))
            .where(ClientRow.area.is_null(False), IdentityRow.disabled == False)  # noqa: E712
            .group_by(ClientRow.area)
            .order_by(ClientRow.area)
        )
        return {area: int(clients) for area, clients in self._ids.rows(query)}

    def forget_client(self, id: str) -> None:
        """
        Forget everything of the client but its id; end its devices and present credentials.

        Raises: NotFound.
        """
        for device in self.devices.of(id):
            if not device.disabled:
                self.devices.remove(device.id)
        with self._db.writing():
            self._ids.raise_generation(id)
            self._ids.run(IdentityRow.update({IdentityRow.name: None}).where(IdentityRow.id == id))
            nothing = {ClientRow.lang: None, ClientRow.area: None, ClientRow.meters: "[]", ClientRow.was: None}
            self._ids.run(ClientRow.update(nothing).where(ClientRow.id == id))
            self._ids.run(ClientRow.update({ClientRow.was: None}).where(ClientRow.was == id))

    def ensure_identity(self, id: str, now_ms: int, *, name: str | None = None) -> None:
        """
        The id may connect: for services and bots, who have nothing beside it. One that is known stays as it is.

        Args: name: what a new one is called.
        """
        check_id(id)
        if self._ids.known(id):
            return
        with self._db.writing():
            self._ids.identify(id, now_ms, name=name, enable=False)

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Return what those of the ids that have a name are called."""
        wanted = sorted(set(ids))
        if not wanted:
            return {}
        # Asked for with every page of the log, the inbox and searches: peewee would take longer than the database.
        sql = compose("SELECT id, name FROM identity WHERE id IN ($ids) AND name IS NOT NULL", ids=marks(len(wanted)))
        return dict(self._db.fetch(sql, wanted))

    def known(self, ids: Iterable[str], reader: Reader | None = None) -> dict[str, tuple[str | None, int | None]]:
        """
        Of those of the ids that are known: what each is called, and which of its credentials is good.

        Args: reader: is asked for too, and has no good one when the sign-in is over.
        """
        asked = reader if reader is not None and reader.sign_in else None
        wanted = list({*ids} if reader is None else {*ids, reader.id})
        sql = select_known("disabled" if asked is None else OVER, len(wanted))
        found = self._db.fetch(sql, wanted if asked is None else [*values_of(asked), *wanted])
        return {id: (name, None if ended else generation) for id, name, generation, ended in found}

    def new_guest(self, now_ms: int) -> str:
        """A guest that nobody was before; one made ahead where there is one, so that brokers know it already."""
        with self._db.writing():
            spare = SpareGuestRow.select(SpareGuestRow.id).order_by(SpareGuestRow.id).limit(1)
            found = self._ids.rows(self._db.dialect.unlocked(spare))
            if found:
                id = str(found[0][0])
                self._ids.run(SpareGuestRow.delete().where(SpareGuestRow.id == id))
                self._ids.run(IdentityRow.update({IdentityRow.touched: now_ms}).where(IdentityRow.id == id))
            else:
                id = self._make_guests(1, now_ms)[0]
                self._ids.bump()
            self._ids.run(ClientRow.insert(id=id))
        return id

    def fill_guest_pool(self, n: int, now_ms: int) -> int:
        """At least n guests lie ready; returns how many were made for it. Goes in short transactions."""
        made = 0
        while True:
            with self._db.writing():
                ready = int(self._ids.rows(SpareGuestRow.select(fn.COUNT(SpareGuestRow.id)))[0][0])
                missing = min(n - ready, GUESTS_IN_ONE_GO)
                if missing <= 0:
                    return made
                ids = self._make_guests(missing, now_ms)
                self._ids.run(SpareGuestRow.insert_many([{"id": id} for id in ids]))
                self._ids.bump()
                made += missing

    def _make_guests(self, n: int, now_ms: int) -> list[str]:
        ids = [f"g-{secrets.token_hex(8)}" for _ in range(n)]
        self._ids.run(IdentityRow.insert_many([{"id": id, "created": now_ms, "touched": now_ms} for id in ids]))
        return ids

    def touch(self, id: str, now_ms: int) -> None:
        """The id was seen now; written at most once an hour. A guest silent for long is in the brokers' files again."""
        found = self._ids.rows(IdentityRow.select(IdentityRow.touched).where(IdentityRow.id == id))
        if not found or now_ms - found[0][0] < TOUCH_EVERY_MS:
            return
        with self._db.writing():
            self._ids.run(IdentityRow.update({IdentityRow.touched: now_ms}).where(IdentityRow.id == id))
            if is_guest(id) and now_ms - found[0][0] > GUEST_SILENT_MS:
                self._ids.bump()

    # Credentials

    def generation(self, id: str, sign_in: str = "") -> int | None:
        """
        Return which generation of the id's credentials is good; None for an id that is unknown or disabled.

        Args: sign_in: by which it came; None is good when that is over.
        """
        # Asked at every sign-in and every request: peewee makes its text anew each time, which takes ten times as long.
        if sign_in:
            found = self._db.fetch_one(_SIGNED_IN, values_of(Reader(id, sign_in)))
            return None if found is None or found[0] is None else int(found[0])
        found = self._db.fetch_one("SELECT generation FROM identity WHERE id = ? AND NOT disabled", (id,))
        return None if found is None else int(found[0])

    def raise_generation(self, id: str) -> int:
        """Credentials of the id made before now end; returns the generation that is good. Raises: NotFound."""
        with self._db.writing():
            return self._ids.raise_generation(id)

    def disable(self, id: str) -> None:
        """The id can no longer connect, whoever it is. Raises: NotFound."""
        with self._db.writing():
            self._ids.disable(id)

    def version(self) -> int:
        """A number that rises with every change of who may connect and with what."""
        found = self._ids.rows(CounterRow.select(CounterRow.value).where(CounterRow.key == CREDENTIALS))
        return int(found[0][0]) if found else 0

    def all_credentials(self, now_ms: int) -> list[Credential]:
        """Everybody who may connect, by id; silent guests (30 days) and listeners whose time is over are left out."""
        heard = IdentityRow.touched > now_ms - GUEST_SILENT_MS
        ended = ListenerRow.expires <= now_ms
        query = (
            IdentityRow.select(
                IdentityRow.id,
                IdentityRow.generation,
                fn.COALESCE(DeviceRow.client, ListenerRow.client),
                DeviceRow.topics,
                DeviceRow.password_hashes,
                AgentRow.sign_outs,
            )
            .join(DeviceRow, JOIN.LEFT_OUTER, on=(DeviceRow.id == IdentityRow.id))
            .join(AgentRow, JOIN.LEFT_OUTER, on=(AgentRow.id == IdentityRow.id))
            .join(ListenerRow, JOIN.LEFT_OUTER, on=(ListenerRow.id == IdentityRow.id))
            .where(~IdentityRow.disabled & (heard | (fn.SUBSTR(IdentityRow.id, 1, 2) != "g-")))
            .where(ListenerRow.expires.is_null() | ~ended)
            .order_by(IdentityRow.id)
        )
        return [
            Credential(id, generation, client, tuple(json.loads(topics or "[]")), json.loads(hashes or "{}"), outs or 0)
            for id, generation, client, topics, hashes, outs in self._ids.rows(query)
        ]

    def use_jti(self, jti: str, exp_ms: int, answer: Any, now_ms: int) -> Any:
        """
        Return what to answer the portal's token with this `jti`: the first time what is given, for 60 s the same again.

        Args: exp_ms: when the token ends by itself; answer: anything JSON can say, but no secret: what to mint from.
        Raises: NotAllowed when it was used more than 60 s ago.
        """
        with self._db.writing():
            self._ids.run(JtiRow.delete().where(JtiRow.exp < now_ms - JTI_AGAIN_MS))
            # Kept beyond the token's own end, so that a verifier's leeway opens no gap.
            row = JtiRow.insert(jti=jti, exp=exp_ms + 2 * JTI_AGAIN_MS, answer=compact(answer), at=now_ms)
            if self._ids.count(row.on_conflict_ignore().as_rowcount()):
                return answer
            stored, at = self._ids.rows(JtiRow.select(JtiRow.answer, JtiRow.at).where(JtiRow.jti == jti))[0]
        if now_ms - at > JTI_AGAIN_MS:
            raise NotAllowed("This sign-in was used already. Load the page again.", why="used")
        return json.loads(stored)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
