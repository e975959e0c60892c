"""
Store for web and CLI who may connect, and what the portal says of clients.

Files, devices, settings and changes for the bridge have a class each. Every method is one short transaction of its
own. Of passwords and links the store has only hashes.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypedDict, Unpack

from peewee import JOIN, fn

from chat_core.contract.errors import NotAllowed, NotFound
from chat_core.contract.ids import Role, check_id, is_guest, role_of
from chat_core.domain.teams import ReadingRights
from chat_core.runtime import clock
from chat_core.store.api_keys import ApiKeys
from chat_core.store.attempts import Attempts
from chat_core.store.changes import Changes
from chat_core.store.client_attributes import ClientAttributes
from chat_core.store.client_lists import ClientLists
from chat_core.store.credentials import CREDENTIALS, Identities, values_of
from chat_core.store.database import Database
from chat_core.store.deliveries import Deliveries
from chat_core.store.devices import Devices
from chat_core.store.faces import Faces
from chat_core.store.fast_sql import GENERATION, OVER, READER, select_known
from chat_core.store.faults import StoreFault
from chat_core.store.file_rows import Files
from chat_core.store.homes import Homes
from chat_core.store.listeners import Listeners
from chat_core.store.mail_addresses import MailAddresses
from chat_core.store.models.web import (
    AgentRow,
    ClientEventRow,
    ClientRow,
    CounterRow,
    DeliveryRow,
    DeviceRow,
    IdentityRow,
    JtiRow,
    ListenerRow,
    MailAddressRow,
    SetupLinkRow,
    SpareGuestRow,
)
from chat_core.store.power_waits import PowerWaits
from chat_core.store.push_subscriptions import PushSubscriptions
from chat_core.store.results import Agent, Client, Credential, Reader
from chat_core.store.rows import compact
from chat_core.store.settings import Settings
from chat_core.store.sign_ins import SignIns
from chat_core.store.submitted import Submitted
from chat_core.store.teams import TeamReader
from chat_core.store.web_leases import WebLeases

SETUP_LINK_S: Final = 7 * 86_400
GUEST_SILENT_MS: Final = 30 * 86_400_000  # a guest silent for so long leaves the brokers' files
TOUCH_EVERY_MS: Final = 3_600_000
JTI_AGAIN_MS: Final = 60_000
GUESTS_IN_ONE_GO: Final = 100  # one transaction stays under 5 ms


class ClientFacts(TypedDict, total=False):
    """Say what the portal or an administrator knows of a client. What is left out, or None, stays as it is."""

    name: str | None
    lang: str | None
    area: str | None
    meters: Sequence[str] | None
    was: str | None  # the guest whom the client was before


class Registry:
    """Store in a file of its own on SQLite, so that no method waits for the bridge. Thread-safe."""

    def __init__(self, database: Database) -> None:
        self.database: Final = database
        self._db = database
        self._ids = Identities(database)
        self.files: Final = Files(database)
        self.faces: Final = Faces(database)
        self.settings: Final = Settings(database)
        self.teams: Final = TeamReader(self.settings)
        self.changes: Final = Changes(database)
        self.devices: Final = Devices(database, self.settings)
        self.sign_ins: Final = SignIns(database)
        self.attempts: Final = Attempts(database)
        self.listeners: Final = Listeners(database)
        self.power_waits: Final = PowerWaits(database)
        self.submitted: Final = Submitted(database)
        self.push: Final = PushSubscriptions(database)
        self.deliveries: Final = Deliveries(database)
        self.tells_clients = False  # whether somebody outside wants to hear of new clients; web's worker sets it
        self.api_keys: Final = ApiKeys(database)
        self.attributes: Final = ClientAttributes(database)
        self.clients: Final = ClientLists(database)
        self.homes: Final = Homes(database, self.teams, self.attributes)
        self.mail_addresses: Final = MailAddresses(database)
        self.leases: Final = WebLeases(database)

    # Agents

    def add_agent(
        self, id: str, name: str, admin: bool = False, password_hash: str | None = None, *, now_ms: int | None = None
    ) -> Agent:
        """
        Let the agent sign in and connect.

        One who exists gets this name and rank, and is enabled again; a password is set as by `set_agent_password`.
        """
        check_id(id, Role.AGENT)
        with self._db.writing():
            known = self.find_agent(id)
            self._ids.identify(id, now_ms, name=name)
            agent = AgentRow.insert(id=id, admin=admin, password_hash=password_hash)
            update: dict[Any, Any] = {AgentRow.admin: admin}
            if password_hash is not None:
                update[AgentRow.password_hash] = password_hash
            if known and password_hash is not None:
                self._end_what_the_password_opened(id)
            self._db.change(agent.on_conflict(conflict_target=[AgentRow.id], update=update))
            if known is not None and known.admin is not admin:
                self._ids.bump()
        found = self.find_agent(id)
        if found is None:
            raise StoreFault("an agent just added is not there")
        return found

    def find_agent(self, id: str) -> Agent | None:
        """Return the agent, disabled or not, or None."""
        return next(iter(self._agents(AgentRow.id == id)), None)

    def list_agents(self) -> list[Agent]:
        """Return all agents by id, disabled ones too."""
        return self._agents(None)

    def _agents(self, where: Any) -> list[Agent]:
        identity = (IdentityRow.name, IdentityRow.disabled, IdentityRow.created, IdentityRow.touched)
        query = (
            AgentRow.select(AgentRow.id, AgentRow.admin, AgentRow.password_hash, *identity)
            .join(IdentityRow, on=(IdentityRow.id == AgentRow.id))
            .order_by(AgentRow.id)
        )
        found = self._db.select(query if where is None else query.where(where))
        return [
            Agent(id, name or id, bool(admin), password_hash, bool(disabled), touched if touched > created else None)
            for id, admin, password_hash, name, disabled, created, touched in found
        ]

    def reading_rights(self) -> ReadingRights:
        """Return whose conversations each agent reads, as it is now."""
        self.teams.refresh()
        index = self.teams.latest
        admins = [] if index.is_single else self._db.select(AgentRow.select(AgentRow.id).where(AgentRow.admin))
        return ReadingRights(index, frozenset(id for (id,) in admins))

    def teams_read_by(self, id: str) -> tuple[str, ...] | None:
        """Return whose conversations alone this agent reads, as of a second ago; None for who reads all."""
        if role_of(id) is not Role.AGENT or (index := self.teams.now()).is_single:
            return None
        found = self.find_agent(id)
        return ReadingRights(index, [id] if found is not None and found.admin else []).teams_of(id)

    def set_agent_password(self, id: str, password_hash: str) -> None:
        """Set the agent's password; end earlier sign-ins, credentials and links. Raises: NotFound."""
        with self._db.writing():
            if not self._db.change(AgentRow.update(password_hash=password_hash).where(AgentRow.id == id)):
                raise NotFound("There is no such agent.")
            self._end_what_the_password_opened(id)

    def _end_what_the_password_opened(self, id: str) -> None:
        self._db.change(SetupLinkRow.delete().where(SetupLinkRow.agent == id))
        self._ids.raise_generation(id)

    def rehash_agent_password(self, id: str, old: str, new: str) -> None:
        """Store another hash of the same password; nobody is signed out. A password changed meanwhile stays."""
        same = (AgentRow.id == id) & (AgentRow.password_hash == old)
        with self._db.writing():
            self._db.change(AgentRow.update(password_hash=new).where(same))

    def disable_agent(self, id: str) -> None:
        """Keep the agent from signing in and connecting; void its open links, remove its photo. Raises: NotFound."""
        with self._db.writing():
            self.faces.remove_within(id)
            self._db.change(SetupLinkRow.delete().where(SetupLinkRow.agent == id))
            self._ids.disable(id)

    def make_setup_link(self, agent: str, now_ms: int, ttl_s: int = SETUP_LINK_S) -> str:
        """
        Return a new token with which the agent sets a password, once. The one before is void.

        Raises: NotFound.
        """
        token = secrets.token_urlsafe(32)
        with self._db.writing():
            if self.find_agent(agent) is None:
                raise NotFound("There is no such agent.")
            self._db.change(
                SetupLinkRow.delete().where((SetupLinkRow.agent == agent) | (SetupLinkRow.expires <= now_ms))
            )
            self._db.change(SetupLinkRow.insert(hash=_hash(token), agent=agent, expires=now_ms + ttl_s * 1000))
        return token

    def take_setup_link(self, token: str, now_ms: int) -> str | None:
        """Use up the link and return its agent; None for one used, expired or never made."""
        with self._db.writing():
            agent = self.peek_setup_link(token, now_ms)
            taken = self._db.change(SetupLinkRow.delete().where(SetupLinkRow.hash == _hash(token)))
        return agent if taken else None

    def peek_setup_link(self, token: str, now_ms: int) -> str | None:
        """Return the agent whose link it is, and leave the link good."""
        link = SetupLinkRow
        found = self._db.find(link.select(link.agent).where(link.hash == _hash(token), link.expires > now_ms))
        return str(found[0]) if found else None

    # Clients, guests, services

    def ensure_client(self, id: str, *, now_ms: int | None = None, **facts: Unpack[ClientFacts]) -> Client:
        """Add the client, or update what the facts say. A disabled one stays disabled. Raises: BadId."""
        check_id(id, Role.CLIENT)
        told: dict[str, Any] = {key: value for key, value in facts.items() if value is not None}
        if "meters" in told:
            told["meters"] = tuple(told["meters"])
        before = self.find_client(id)
        if before is not None and all(getattr(before, key) == value for key, value in told.items()):
            return before
        with self._db.writing():
            self._ids.identify(id, now_ms, name=told.pop("name", None), enable=False)
            if "meters" in told:
                told["meters"] = compact(told["meters"])
            update = {getattr(ClientRow, key): value for key, value in told.items()}
            insert = ClientRow.insert({ClientRow.id: id, **update})
            if update:
                self._db.change(insert.on_conflict(conflict_target=[ClientRow.id], update=update))
            else:
                self._db.change(insert.on_conflict_ignore())
            if before is None and self.tells_clients:
                self._db.change(ClientEventRow.insert(client=id, at=clock.now_ms() if now_ms is None else now_ms))
        found = self.find_client(id)
        if found is None:
            raise StoreFault("a client just added is not there")
        return found

    def find_client(self, id: str) -> Client | None:
        """Return the client or guest, disabled or not, or None."""
        row = ClientRow
        columns = (row.id, IdentityRow.name, row.lang, row.area, row.meters, row.was, IdentityRow.disabled)
        found = self._db.find(row.select(*columns).join(IdentityRow, on=(IdentityRow.id == row.id)).where(row.id == id))
        if found is None:
            return None
        id, name, lang, area, meters, was, disabled = found
        return Client(id, name, lang, area, tuple(json.loads(meters)), was, bool(disabled))

    def forget_client(self, id: str) -> None:
        """
        Forget everything of the client but its id; remove its devices and end its present credentials.

        Raises: NotFound.
        """
        for device in self.devices.of(id):
            if not device.disabled:
                self.devices.remove(device.id)
        with self._db.writing():
            self._ids.raise_generation(id)
            self._db.change(IdentityRow.update(name=None).where(IdentityRow.id == id))
            gone = (ClientRow.lang, ClientRow.area, ClientRow.was, ClientRow.power_wait)
            nothing = {**dict.fromkeys(gone), ClientRow.meters: "[]"}
            self._db.change(ClientRow.update(nothing).where(ClientRow.id == id))
            self._db.change(ClientRow.update(was=None).where(ClientRow.was == id))
            self.submitted.forget(id)
            self.attributes.forget(id)
            self._db.change(ClientEventRow.delete().where(ClientEventRow.client == id))
            self._db.change(DeliveryRow.delete().where(DeliveryRow.client == id))
            self._db.change(MailAddressRow.delete().where(MailAddressRow.client == id))

    def ensure_identity(self, id: str, now_ms: int, *, name: str | None = None) -> None:
        """
        Let the id of a service or bot connect. One that is known stays as it is.

        Args: name: of a new one.
        """
        check_id(id)
        if self.known([id]):
            return
        with self._db.writing():
            self._ids.identify(id, now_ms, name=name, enable=False)

    def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Return the names of those of the ids that have one."""
        wanted = set(ids)
        found = self.known(wanted) if wanted else {}
        return {id: name for id, (name, _) in found.items() if name is not None}

    def known(self, ids: Iterable[str], reader: Reader | None = None) -> dict[str, tuple[str | None, int | None]]:
        """
        Return, of those of the ids that are known, the name and the generation of credentials that is good.

        Args: reader: is asked for too; its generation is None when its sign-in is over.
        """
        asked = reader if reader is not None and reader.sign_in else None
        wanted = list({*ids} if reader is None else {*ids, reader.id})
        sql = select_known("disabled" if asked is None else OVER, len(wanted))
        found = self._db.fetch(sql, wanted if asked is None else [*values_of(asked), *wanted])
        return {id: (name, None if ended else generation) for id, name, generation, ended in found}

    def new_guest(self, now_ms: int) -> str:
        """Return a new guest; one made ahead where there is one, so that brokers know it already."""
        with self._db.writing():
            spare = SpareGuestRow.select(SpareGuestRow.id).order_by(SpareGuestRow.id).limit(1)
            found = self._db.select(self._db.dialect.unlocked(spare))
            if found:
                id = str(found[0][0])
                self._db.change(SpareGuestRow.delete().where(SpareGuestRow.id == id))
                self._db.change(IdentityRow.update(touched=now_ms).where(IdentityRow.id == id))
            else:
                id = self._make_guests(1, now_ms)[0]
                self._ids.bump()
            self._db.change(ClientRow.insert(id=id))
        return id

    def fill_guest_pool(self, n: int, now_ms: int) -> int:
        """Make guests ahead until there are n, in short transactions; return how many that were."""
        made = 0
        while True:
            with self._db.writing():
                ready = int(self._db.select(SpareGuestRow.select(fn.COUNT(SpareGuestRow.id)))[0][0])
                missing = min(n - ready, GUESTS_IN_ONE_GO)
                if missing <= 0:
                    return made
                ids = self._make_guests(missing, now_ms)
                self._db.change(SpareGuestRow.insert_many([{"id": id} for id in ids]))
                self._ids.bump()
                made += missing

    def _make_guests(self, n: int, now_ms: int) -> list[str]:
        ids = [f"g-{secrets.token_hex(8)}" for _ in range(n)]
        self._db.change(IdentityRow.insert_many([{"id": id, "created": now_ms, "touched": now_ms} for id in ids]))
        return ids

    def touch(self, id: str, now_ms: int, every_ms: int = TOUCH_EVERY_MS) -> None:
        """
        Store that the id was seen now, unless it was within `every_ms`.

        Tell brokers of a guest that was silent for long.
        """
        found = self._db.select(IdentityRow.select(IdentityRow.touched).where(IdentityRow.id == id))
        if not found or now_ms - found[0][0] < every_ms:
            return
        with self._db.writing():
            self._db.change(IdentityRow.update(touched=now_ms).where(IdentityRow.id == id))
            if is_guest(id) and now_ms - found[0][0] > GUEST_SILENT_MS:
                self._ids.bump()

    # Credentials

    def generation(self, id: str, sign_in: str = "") -> int | None:
        """
        Return which generation of the id's credentials is good; None for an id that is unknown or disabled.

        Args: sign_in: by which it came; the result is None when that is over.
        """
        if sign_in:
            found = self._db.fetch_one(f"SELECT {READER}", values_of(Reader(id, sign_in)))
        else:
            found = self._db.fetch_one(GENERATION, (id,))
        return None if found is None or found[0] is None else int(found[0])

    def raise_generation(self, id: str) -> int:
        """End the id's credentials made before now; return the generation that is good. Raises: NotFound."""
        with self._db.writing():
            return self._ids.raise_generation(id)

    def disable(self, id: str) -> None:
        """Keep the id from connecting. Raises: NotFound."""
        with self._db.writing():
            self._ids.disable(id)

    def version(self) -> int:
        """Return a number that rises with every change of who may connect and with what."""
        found = self._db.select(CounterRow.select(CounterRow.value).where(CounterRow.key == CREDENTIALS))
        return int(found[0][0]) if found else 0

    def all_credentials(self, now_ms: int) -> list[Credential]:
        """Return everybody who may connect, by id, without silent guests (30 days) and listeners whose time is over."""
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
            for id, generation, client, topics, hashes, outs in self._db.select(query)
        ]

    def use_jti(self, jti: str, exp_ms: int, answer: Any, now_ms: int) -> Any:
        """
        Return what to answer the portal's token with this `jti`: the given answer, or for 60 s the first one again.

        Args: exp_ms: when the token ends by itself; answer: anything JSON can say, but no secret: what to mint from.
        Raises: NotAllowed when it was used more than 60 s ago.
        """
        with self._db.writing():
            self._db.change(JtiRow.delete().where(JtiRow.exp < now_ms - JTI_AGAIN_MS))
            # Stored beyond the token's own end, so that a verifier's leeway opens no gap.
            row = JtiRow.insert(jti=jti, exp=exp_ms + 2 * JTI_AGAIN_MS, answer=compact(answer), at=now_ms)
            if self._db.change(row.on_conflict_ignore()):
                return answer
            stored, at = self._db.select(JtiRow.select(JtiRow.answer, JtiRow.at).where(JtiRow.jti == jti))[0]
        if now_ms - at > JTI_AGAIN_MS:
            raise NotAllowed("This sign-in was used already. Load the page again.", why="used")
        return json.loads(stored)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
