"""Decide as which client, agent or bot each person of an export is taken. Touches the registry."""

import csv
import hashlib
import re
from pathlib import Path
from typing import Final

from chat_core.contract.errors import Refused
from chat_core.contract.fields import MAX_PERSON_NAME
from chat_core.contract.ids import Role, is_id, role_of
from chat_core.imports.items import Author, Contact, Left
from chat_core.imports.report import ImportReport
from chat_core.imports.stage import Stage
from chat_core.runtime import clock
from chat_core.store import Registry

_HASH: Final = 12  # hexadecimal digits
_FORBIDDEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # see fields.PLAIN; and lone surrogates


def derived(letter: str, source: str, id: str) -> str:
    """Return an id of ours made from one of theirs, always the same."""
    plain = f"{letter}-{source}-{id}"
    return plain if is_id(plain) else f"{letter}-{source}-{hashlib.sha256(id.encode()).hexdigest()[:_HASH]}"


def read_pairs(path: Path | None, role: Role) -> dict[str, str]:
    """
    Return the pairs of a CSV file without header: whoever it is in the export, and the id here.

    Raises: Refused, with the line.
    """
    found: dict[str, str] = {}
    if path is None:
        return found
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.reader(file), 1):
            cells = [cell.strip() for cell in row]
            if not any(cells):
                continue
            if len(cells) != 2 or not is_id(cells[1]) or role_of(cells[1]) is not role:
                raise Refused(
                    f"{path}, line {number}: two values are needed, such as `ana@example.org,{role.value[0]}-ana`: who"
                    f" it is in the export (id, mail address, portal's id or name), and the id of the {role} here."
                )
            found[cells[0].casefold()] = cells[1]
    return found


class Clients:
    """Name the clients."""

    def __init__(self, source: str, pairs: dict[str, str], report: ImportReport) -> None:
        self._source = source
        self._pairs = pairs
        self._report = report

    def name_all(self, stage: Stage) -> None:
        """Decide for all of them: by the file of pairs, by the portal's id, by a derived id, in this order."""
        owners: dict[str, str] = {}  # client → the portal's id, of contacts that the file of pairs does not name
        named: list[tuple[str, str]] = []
        for person, talks in stage.people():
            client = self._find(person)
            if client is None:
                if not talks:
                    self._report.leave(Left("nothing_to_take", "contact", person.id))
                    continue
                client = derived("c", self._source, person.id)
                self._report.leave(Left("derived_id", "contact", person.id, client))
            owner = person.portal or person.id
            if not self._paired(person) and owners.setdefault(client, owner) != owner:
                self._report.leave(Left("same_client", "contact", person.id, client))
                continue
            named.append((client, person.id))
        stage.name_clients(named)

    def _paired(self, person: Contact) -> str | None:
        keys = (person.id, person.portal, person.mail)
        return next((self._pairs[key.casefold()] for key in keys if key and key.casefold() in self._pairs), None)

    def _find(self, person: Contact) -> str | None:
        if client := self._paired(person):
            return client
        for id in (person.portal or "", f"c-{person.portal}"):
            if is_id(id) and id.startswith("c-"):
                return id
        return None


class Authors:
    """Name agents and bots; make a disabled placeholder for whoever is not here, so that its name stays."""

    def __init__(self, source: str, title: str, pairs: dict[str, str], registry: Registry, stage: Stage) -> None:
        self._source = source
        self._title = title
        self._pairs = pairs
        self._registry = registry
        self._stage = stage
        agents = [agent for agent in registry.list_agents() if not agent.disabled]
        named: dict[str, list[str]] = {}
        for agent in agents:
            named.setdefault(agent.name.casefold(), []).append(agent.id)
        self._by_name: Final = {name: ids[0] for name, ids in named.items() if len(ids) == 1}
        self._active: Final = {agent.id for agent in agents}
        self._known: Final[dict[tuple[str | None, bool], str]] = {}
        self.placeholders: Final[dict[str, str]] = {}  # id → name
        self._made: Final[set[str]] = set()
        self.fresh = 0  # how many of them were not here

    def check_pairs(self) -> None:
        """Raise Refused where the file of pairs names an agent who is not here."""
        for agent in self._pairs.values():
            if agent not in self._active:
                raise Refused(f"There is no agent {agent}; add it first, or take it out of the file of agents.")

    def is_active(self, id: str) -> bool:
        """Return whether the agent can take over a conversation."""
        return id in self._active

    def id_of(self, author: str | None, *, is_bot: bool) -> str:
        """Return the id here. Args: author: the export's id; None for nobody it names."""
        key = (author, is_bot)
        if key not in self._known:
            self._known[key] = self._decide(author, is_bot)
        return self._known[key]

    def _decide(self, author: str | None, is_bot: bool) -> str:
        found = self._stage.find_author(author) if author else None
        if not is_bot and found is not None and (known := self._find(found)):
            return known
        letter = "b" if is_bot else "a"
        id = derived(letter, self._source, author) if author else f"{letter}-{self._source}"
        name = "".join(letter for letter in (found and found.name) or "" if letter.isprintable()).strip()
        if id not in self.placeholders:
            self.fresh += not self._registry.known([id])
        self.placeholders[id] = name[:MAX_PERSON_NAME] or self._title
        return id

    def _find(self, author: Author) -> str | None:
        for key in (author.id, author.mail, author.name):
            if key and (id := self._pairs.get(key.casefold())):
                return id
        return self._by_name.get(author.name.casefold()) if author.name else None

    def make(self, id: str) -> None:
        """Add the placeholder, disabled, unless it is here."""
        if id not in self.placeholders or id in self._made:
            return
        self._made.add(id)
        agent = self._registry.find_agent(id)
        if agent is not None and agent.password_hash is not None:
            return  # somebody uses it by now
        if not self._registry.known([id]):
            if role_of(id) is Role.BOT:
                self._registry.ensure_identity(id, clock.now_ms(), name=self.placeholders[id])
            else:
                self._registry.add_agent(id, self.placeholders[id])
        if self._registry.generation(id) is not None:
            self._registry.disable(id)


def plain(text: str) -> str:
    """Return the text without the characters that no message may have."""
    return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
