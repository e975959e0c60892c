"""
Build, parse and match every topic and filter of the contract. Touches nothing.

No other module spells a topic.
Source: MQTT 3.1.1 §4.7 (form, wildcards, `$`).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chat_core.contract.errors import BadTopic
from chat_core.contract.ids import ID_PATTERN, Role, is_id, role_of

MAX_TOPIC_BYTES: Final = 65_535


class TopicKind(StrEnum):
    """Name the topics of docs/contract.md#topics."""

    MSG = "msg"
    TYPING = "typing"
    READ = "read"
    PRESENCE = "presence"
    LOG = "log"
    REFUSED = "refused"
    READING = "reading"
    DISPLAY = "display"
    DISPLAY_UNREAD = "display_unread"
    DISPLAY_TEXT = "display_text"
    DISPLAY_ACK = "display_ack"
    DESK_DO = "desk_do"
    TEAM_INBOX = "team_inbox"
    TEAM_PRESENCE = "team_presence"
    DESK_REFUSED = "desk_refused"
    DESK_ROW = "desk_row"
    DESK_PRESENCE = "desk_presence"
    DESK_ECHO = "desk_echo"
    NOTICE_DESK = "notice_desk"
    OUTAGE = "outage"
    METER_READING = "meter_reading"


@dataclass(frozen=True, slots=True)
class Address:
    """Hold a parsed topic. Fields that its kind does not have are None; without `agent` the client itself is meant."""

    kind: TopicKind
    client: str | None = None
    agent: str | None = None
    meter: str | None = None
    area: str | None = None
    team: str | None = None

    @property
    def sender(self) -> str | None:
        """Return the sender that the topic names, or None if it names none."""
        if self.kind in _OF_PARTICIPANTS:
            return self.agent or self.client
        if self.kind in (TopicKind.DESK_DO, TopicKind.DESK_PRESENCE):
            return self.agent
        return None


_OF_PARTICIPANTS: Final = frozenset({TopicKind.MSG, TopicKind.TYPING, TopicKind.READ, TopicKind.PRESENCE})
TEAM: Final = "t-"  # with which a team's id begins
DEFAULT_TEAM: Final = "t-desk"  # of conversations without a team, or with one that was removed
_NAME: Final = re.compile(ID_PATTERN, re.ASCII)

# Each shape is a topic with a placeholder per field; `build` fills it in, and `parse` reads it.
SHAPES: Final[tuple[tuple[TopicKind, str], ...]] = (
    (TopicKind.MSG, "support/{client}/msg"),
    (TopicKind.MSG, "support/{client}/msg/{agent}"),
    (TopicKind.TYPING, "support/{client}/typing"),
    (TopicKind.TYPING, "support/{client}/typing/{agent}"),
    (TopicKind.READ, "support/{client}/read"),
    (TopicKind.READ, "support/{client}/read/{agent}"),
    (TopicKind.PRESENCE, "support/{client}/presence"),
    (TopicKind.LOG, "support/{client}/log"),
    (TopicKind.REFUSED, "support/{client}/refused"),
    (TopicKind.READING, "support/{client}/reading"),
    (TopicKind.DISPLAY, "support/{client}/display"),
    (TopicKind.DISPLAY_UNREAD, "support/{client}/display/unread"),
    (TopicKind.DISPLAY_TEXT, "support/{client}/display/text"),
    (TopicKind.DISPLAY_ACK, "support/{client}/display/ack"),
    (TopicKind.DESK_DO, "desk/do/{agent}"),
    (TopicKind.TEAM_INBOX, "team/{team}/inbox/{client}"),
    (TopicKind.TEAM_PRESENCE, "team/{team}/presence"),
    (TopicKind.DESK_REFUSED, "desk/refused/{agent}"),
    (TopicKind.DESK_PRESENCE, "desk/presence/{agent}"),
    (TopicKind.DESK_ECHO, "desk/echo"),
    (TopicKind.NOTICE_DESK, "notice/desk"),
    (TopicKind.OUTAGE, "notice/outage/{area}"),
    (TopicKind.METER_READING, "meter/{client}/{meter}/reading"),
    # What the bridge tells a team of its clients, while there are several teams.
    (TopicKind.LOG, "team/{team}/log/{client}"),
    (TopicKind.TYPING, "team/{team}/typing/{client}"),
    (TopicKind.TYPING, "team/{team}/typing/{client}/{agent}"),
    (TopicKind.READ, "team/{team}/read/{client}"),
    (TopicKind.READ, "team/{team}/read/{client}/{agent}"),
    (TopicKind.READING, "team/{team}/reading/{client}"),
    (TopicKind.DESK_ROW, "desk/row/{agent}"),
)
_FIELDS: Final = ("client", "agent", "meter", "area", "team")
_TEMPLATE_OF: Final = {
    (kind, frozenset(field for field in _FIELDS if f"{{{field}}}" in shape)): shape for kind, shape in SHAPES
}
_SPLIT_SHAPES: Final = tuple((kind, tuple(shape.split("/"))) for kind, shape in SHAPES)


def _is_field(field: str, level: str) -> bool:
    if field == "client":
        return is_id(level) and role_of(level) is Role.CLIENT
    if field == "agent":
        return is_id(level) and role_of(level) in (Role.AGENT, Role.BOT)
    return _NAME.fullmatch(level) is not None and (field != "team" or level.startswith(TEAM))


def build(address: Address) -> str:
    """Return the topic of the address. Raises: BadTopic for a missing, surplus or malformed field."""
    given = {field: value for field in _FIELDS if (value := getattr(address, field)) is not None}
    shape = _TEMPLATE_OF.get((address.kind, frozenset(given)))
    if shape is None:
        raise BadTopic(f"a {address.kind} topic does not consist of {', '.join(given) or 'nothing'}")
    for field, value in given.items():
        if not _is_field(field, value):
            raise BadTopic(f"{value[:40]!r} cannot be the {field} of a topic")
    return shape.format(**given)


def parse(topic: str) -> Address:
    """Return the address of the topic. Raises: BadTopic for one that is not in the contract."""
    levels = topic.split("/")
    for kind, shape in _SPLIT_SHAPES:
        if len(shape) != len(levels):
            continue
        fields: dict[str, str] = {}
        for expected, level in zip(shape, levels, strict=True):
            if expected[0] == "{":
                if not _is_field(expected[1:-1], level):
                    break
                fields[expected[1:-1]] = level
            elif expected != level:
                break
        else:
            return Address(kind, **fields)
    raise BadTopic(f"{topic[:80]!r} is no topic of Wattline")


def msg(client: str, agent: str | None = None) -> str:
    """Return the topic of this client's messages, or of this agent's to the client."""
    return build(Address(TopicKind.MSG, client, agent))


def typing(client: str, agent: str | None = None) -> str:
    """Return the topic on which the client, or this agent, tells that it composes."""
    return build(Address(TopicKind.TYPING, client, agent))


def read(client: str, agent: str | None = None) -> str:
    """Return the topic of the markers of the client, or of this agent."""
    return build(Address(TopicKind.READ, client, agent))


def _of_client(kind: TopicKind) -> Callable[[str], str]:
    return lambda client: build(Address(kind, client))


presence = _of_client(TopicKind.PRESENCE)  # also of the client's will
log = _of_client(TopicKind.LOG)
refused = _of_client(TopicKind.REFUSED)
reading = _of_client(TopicKind.READING)
display = _of_client(TopicKind.DISPLAY)  # JSON of at most 256 bytes, retained
display_unread = _of_client(TopicKind.DISPLAY_UNREAD)  # a number, retained
display_text = _of_client(TopicKind.DISPLAY_TEXT)  # the last message as plain text, retained
display_ack = _of_client(TopicKind.DISPLAY_ACK)


def _of_agent(kind: TopicKind) -> Callable[[str], str]:
    return lambda agent: build(Address(kind, agent=agent))


desk_do = _of_agent(TopicKind.DESK_DO)
desk_refused = _of_agent(TopicKind.DESK_REFUSED)
desk_presence = _of_agent(TopicKind.DESK_PRESENCE)  # also of the agent's will
desk_row = _of_agent(TopicKind.DESK_ROW)  # rows of other teams that concern the agent


def is_presence(topic: str) -> bool:
    """Return whether the topic may be a client's presence: a quick test; `parse` decides."""
    return topic.endswith("/presence")


def client_level(topic: str) -> str | None:
    """Return what stands where a client's topics name the client, None for other topics: a quick look, as above."""
    root, _, rest = topic.partition("/")
    return rest.partition("/")[0] if root in ("support", "meter") else None


def client_bytes(topic: bytes) -> bytes | None:
    """Return the same of a topic's bytes."""
    root, _, rest = topic.partition(b"/")
    return rest.partition(b"/")[0] if root in (b"support", b"meter") else None


def outage(area: str) -> str:
    """Return the topic of the area's outage notice, retained."""
    return build(Address(TopicKind.OUTAGE, area=area))


def meter_reading(client: str, meter: str) -> str:
    """Return the topic of one meter's readings."""
    return build(Address(TopicKind.METER_READING, client, meter=meter))


def team_inbox(team: str, client: str) -> str:
    """Return the topic of a conversation's row in a team's inbox. Args: both ids are valid, and not checked again."""
    return TEAM_INBOX % (team, client)


def team_presence(team: str) -> str:
    """Return the topic on which a team's members hear who of them is there."""
    return build(Address(TopicKind.TEAM_PRESENCE, team=team))


def of_team(topic: str, team: str) -> str | None:
    """Return where the team hears what comes on a client's topic; None for one that no team hears. Args: valid ones."""
    levels = topic.split("/")
    if len(levels) < len(("support", "client", "kind")) or levels[0] != "support" or levels[2] not in _OF_TEAMS:
        return None
    return "/".join(("team", team, levels[2], levels[1], *levels[3:]))


_OF_TEAMS: Final = frozenset({TopicKind.LOG, TopicKind.TYPING, TopicKind.READ, TopicKind.READING})
TEAM_INBOX: Final = "team/%s/inbox/%s"  # of a team and a client; a call for each row would cost more
TEAM_INBOXES: Final = "team/+/inbox/+"
TEAM_PRESENCES: Final = "team/+/presence"
ALL_TEAMS: Final = "team/#"
DESK_ECHO: Final = "desk/echo"
NOTICE_DESK: Final = "notice/desk"
ALL_SUPPORT: Final = "support/#"
ALL_NOTICES: Final = "notice/#"

# The bridge subscribes only to shapes that it handles, or it would hear its own log (docs/contract.md#topics).
BRIDGE_FILTERS: Final = (
    "support/+/msg",
    "support/+/msg/+",
    "support/+/typing",
    "support/+/typing/+",
    "support/+/read",
    "support/+/read/+",
    "support/+/presence",
    "support/+/display/ack",
    "desk/do/+",
    "desk/presence/+",
    DESK_ECHO,
    "meter/+/+/reading",
    "notice/outage/+",  # to find stale retained notices; its own publishes come back too, but are rare
)
# Of an agent or a bot that hears all conversations; a board subscribes to those on its screen.
DESK_FILTERS: Final = (
    "support/+/log",
    "support/+/typing",
    "support/+/typing/+",
    "support/+/read",
    "support/+/read/+",
    "support/+/reading",
    TEAM_INBOXES,
    NOTICE_DESK,
)


def team_filters(teams: Iterable[str]) -> tuple[str, ...]:
    """Return the topic filters of an agent that hears all conversations of its teams, where there are several."""
    heard = [one for team in sorted(teams) for one in (f"team/{team}/+/+", f"team/{team}/+/+/+")]
    return (*heard, NOTICE_DESK)


OUTAGES: Final = "notice/outage/+"  # live ones only on RabbitMQ, which sends no retained message through a wildcard


def widget_filters(client: str) -> tuple[str, ...]:
    """Return a client's topic filters: exact names, since RabbitMQ sends no retained message through a wildcard."""
    return (log(client), refused(client), f"{typing(client)}/+", f"{read(client)}/+", reading(client), NOTICE_DESK)


def check_topic(topic: str) -> str:
    """Return the topic name unchanged. Raises: BadTopic for a malformed one (§1.5.3, §4.7.1, §4.7.3)."""
    _check_text(topic)
    if "+" in topic or "#" in topic:
        raise BadTopic("a topic name holds no wildcard")
    return topic


def check_filter(topic_filter: str) -> str:
    """Return the topic filter unchanged. Raises: BadTopic for a malformed one (§4.7.1, §4.7.3)."""
    _check_text(topic_filter)
    levels = topic_filter.split("/")
    for place, level in enumerate(levels):
        if "#" in level and (level != "#" or place != len(levels) - 1):
            raise BadTopic("`#` must be the whole last level of a filter")
        if "+" in level and level != "+":
            raise BadTopic("`+` must be a whole level of a filter")
    return topic_filter


def _check_text(text: str) -> None:
    if not text:
        raise BadTopic("a topic has at least one character")
    try:
        size_bytes = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise BadTopic("a topic is UTF-8 without surrogates") from None
    if size_bytes > MAX_TOPIC_BYTES:
        raise BadTopic("a topic has at most 65,535 bytes")
    if "\0" in text or "\uffff" in text:
        raise BadTopic("a topic holds neither NUL nor U+FFFF")


def covers(topic_filter: str, narrower: str) -> bool:
    """
    Return whether the filter matches every topic that `narrower` matches.

    Args: narrower: a filter, or a topic name. Raises: BadTopic for a malformed one of both.
    Source: MQTT 3.1.1 §4.7.1 wildcards, §4.7.2 `$` topics are not matched by a leading wildcard.
    """
    check_filter(topic_filter)
    check_filter(narrower)
    return _covers(topic_filter.split("/"), narrower.split("/"))


def _covers(wide: list[str], narrow: list[str]) -> bool:
    if narrow[0].startswith("$") and wide[0] in ("+", "#"):
        return False
    for place, level in enumerate(wide):
        if level == "#":
            return True
        if place >= len(narrow) or narrow[place] == "#":
            return False
        if level != "+" and level != narrow[place]:
            return False
    return len(narrow) == len(wide)


# Safe in every broker's files: no blank, no wildcard, and no `.`, which RabbitMQ takes for `/`.
_DEVICE_TOPIC: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_:-]*(?:/[A-Za-z0-9_:-]+)*")
_OUR_ROOTS: Final = frozenset({"support", "desk", "team", "notice", "meter"})


def check_device_topic(topic: str) -> None:
    """Raise BadTopic for a topic that no device may have: brokers' files cannot hold it, or it is one of ours."""
    check_topic(topic)
    if not _DEVICE_TOPIC.fullmatch(topic):
        raise BadTopic(f"A device's topic consists of letters, digits, _ - : and /, not {topic!r}.")
    if topic.partition("/")[0] in _OUR_ROOTS:
        raise BadTopic(f"{topic!r} lies among Wattline's own topics; a device gets those it needs by itself.")
