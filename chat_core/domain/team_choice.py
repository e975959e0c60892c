"""Say which teams' conversations are asked for. Touches nothing."""

from typing import NamedTuple


class OfTeams(NamedTuple):
    """
    Select conversations: of these teams, or of all but these.

    The latter takes in those of no team, or of a removed one: the default team's.
    """

    teams: tuple[str, ...]
    but: bool = False
