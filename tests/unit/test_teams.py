"""Check which team a conversation belongs to, and who is in it."""

import pytest
from pydantic import ValidationError

from chat_core.contract.topics import DEFAULT_TEAM
from chat_core.domain.attributes import AttributeValue
from chat_core.domain.settings import Team, Teams
from chat_core.domain.team_choice import OfTeams
from chat_core.domain.teams import ReadingRights, TeamIndex

NORTH = Team(id="t-north", name="North", members=["a-ana", "a-ion"], areas=["north"], langs=["ro"])
SOUTH = Team(id="t-south", name="South", members=["a-ion"], areas=["south"])


def test_without_teams_all_share_one() -> None:
    """Without a team everybody is in the default team, which has every conversation."""
    index = TeamIndex()
    assert index.is_single and index.of_agent("a-ana") == {DEFAULT_TEAM}
    assert index.is_member("a-ana", None) and index.is_member("a-ana", "t-removed")


def test_members() -> None:
    """An agent in no team is in the default team; one in several has them all; a removed team's are the default's."""
    index = TeamIndex([NORTH, SOUTH], rev=3)
    assert (index.rev, index.is_single) == (3, False)
    assert index.of_agent("a-radu") == {DEFAULT_TEAM}
    assert index.of_agent("a-ion") == {"t-north", "t-south"}
    assert [index.is_member("a-ana", team) for team in ("t-north", "t-south", None, "t-gone")] == [
        True,
        False,
        False,
        False,
    ]
    assert index.is_member("a-radu", "t-gone")
    assert index.members(DEFAULT_TEAM, ["a-ana", "a-radu"]) == ["a-radu"]
    assert (index.name("t-north"), index.name(DEFAULT_TEAM)) == ("North", DEFAULT_TEAM)


def test_what_an_agent_reads() -> None:
    """An agent reads its teams' conversations; an administrator, a bot and an agent of the only team read all."""
    rights = ReadingRights(TeamIndex([SOUTH, NORTH]), {"a-eva"})
    read = [rights.teams_of(id) for id in ("a-ana", "a-ion", "a-radu", "a-eva", "b-rules")]
    assert read == [("t-north",), ("t-north", "t-south"), (DEFAULT_TEAM,), None, None]
    assert ReadingRights(TeamIndex()).teams_of("a-ana") is None


def test_choosing() -> None:
    """The default team's conversations are those of no other team, removed ones' too; all together are no choice."""
    index = TeamIndex([SOUTH, NORTH])
    chosen = [index.choose(teams) for teams in (["t-south"], [DEFAULT_TEAM, "t-south"], index.ids)]
    assert chosen == [OfTeams(("t-south",)), OfTeams(("t-north",), but=True), None]
    assert index.outside(["a-ana", "a-ion", "a-ana"], "t-south") == ["a-ana"]


@pytest.mark.parametrize(
    ("area", "lang", "team"),
    [
        ("south", "ro", "t-south"),
        ("west", "ro", "t-north"),
        (None, "ro", "t-north"),
        ("west", "de", None),
        (None, None, None),
    ],
)
def test_routing(area: str | None, lang: str | None, team: str | None) -> None:
    """A new conversation goes to the team with the client's area, or else its language, or else to the default team."""
    assert TeamIndex([NORTH, SOUTH]).route(area, lang, {}) == team


@pytest.mark.parametrize(
    ("known", "team"),
    [
        ({"plan": "Solar"}, "t-solar"),
        ({"kw": 7, "plan": "Basic"}, "t-solar"),
        ({"solar": True}, "t-solar"),
        ({"solar": "true"}, "t-solar"),
        ({"solar": 1}, "t-south"),
        ({"plan": "solar"}, "t-south"),
        ({"other": "Solar"}, "t-south"),
    ],
    ids=str,
)
def test_routing_by_attributes(known: dict[str, AttributeValue], team: str) -> None:
    """A team with one of the client's attributes, written as people do, comes before one with the client's area."""
    solar = Team(id="t-solar", name="Solar", attributes=["plan:Solar", "kw:7.0", "solar:true"])
    index = TeamIndex([SOUTH, solar])
    assert index.route("south", None, known) == team
    assert (index.asks_attributes, TeamIndex([SOUTH]).asks_attributes) == (True, False)


@pytest.mark.parametrize(
    "teams",
    [
        [{"id": "north", "name": "North"}],
        [{"id": "t-north", "name": ""}],
        [{"id": "t-north", "name": "North"}, {"id": "t-north", "name": "Again"}],
        [{"id": "t-north", "name": "North", "members": ["c-42"]}],
        [{"id": "t-north", "name": "North", "attributes": ["Plan = Solar"]}],
    ],
)
def test_wrong_teams(teams: list[dict[str, object]]) -> None:
    """A team without prefix or name, twice, or with somebody who is no agent is refused."""
    with pytest.raises(ValidationError):
        Teams.model_validate({"teams": teams})
