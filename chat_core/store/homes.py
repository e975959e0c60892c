"""Read in which team a client's conversation begins. Writes nothing."""

from collections.abc import Collection

from chat_core.store.client_attributes import ClientAttributes
from chat_core.store.database import Database
from chat_core.store.models.web import ClientRow
from chat_core.store.teams import TeamReader


class Homes:
    """Answer by the teams as they were read last. For any thread."""

    def __init__(self, database: Database, teams: TeamReader, attributes: ClientAttributes) -> None:
        self._db = database
        self._teams = teams
        self._attributes = attributes

    def team_of(self, client: str, area: str | None, lang: str | None) -> str | None:
        """Return the team of the client's new conversation; None for the default team."""
        index = self._teams.latest
        return index.route(area, lang, self._attributes.of(client) if index.asks_attributes else {})

    def teams_of(self, clients: Collection[str]) -> dict[str, str | None]:
        """Return the same for those of the clients who are known, by two queries at most."""
        if not clients:
            return {}
        row, index = ClientRow, self._teams.latest
        known = self._attributes.of_all(clients) if index.asks_attributes else {}
        found = self._db.select(row.select(row.id, row.area, row.lang).where(row.id.in_([*clients])))
        return {id: index.route(area, lang, known.get(id, {})) for id, area, lang in found}
