"""
Define every right in one table of (role, action, topic filter). Touches nothing.

The rules of each broker are rendered from `RULES`; the embedded broker calls `allows`. What is not listed is refused:
publish, subscribe, delivery, retained messages and wills alike (docs/contract.md#rights).
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from chat_core.contract import topics
from chat_core.contract.errors import BadTopic
from chat_core.contract.ids import BRIDGE, CHECK, Role, check_id, role_of

SELF: Final = "{self}"  # the identity's own id
TEAM: Final = "{team}"  # each team whose conversations the agent reads
CLIENT: Final = "{client}"  # the device's client, or the one that a listener hears


class Action(StrEnum):
    """Name an action. `subscribe` takes a topic filter, the other two a topic."""

    PUBLISH = "publish"
    SUBSCRIBE = "subscribe"
    RECEIVE = "receive"


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Grant a role an action. `topic_filter` may hold `{self}`, `{client}` and `{team}` as whole levels."""

    role: Role
    action: Action
    topic_filter: str
    retained: bool = False  # a publish may set the retain flag
    only: str | None = None  # the one id of the role that has the right
    of_all: bool = False  # the right of who reads every team's conversations


@dataclass(frozen=True, slots=True)
class Identity:
    """
    Describe who connects, as the broker verified it.

    Args: client: the device's client, or the only one that a listener hears; topics: the device's `--topic` values, or,
        for the bridge, those of all devices; teams: whose conversations alone an agent reads; None for all.
    Raises: BadId, BadTopic.
    """

    id: str
    client: str | None = None
    topics: tuple[str, ...] = ()
    teams: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        check_id(self.id)
        if self.client is not None:
            check_id(self.client, Role.CLIENT)
        for topic in (*self.topics, *(self.teams or ())):
            topics.check_topic(topic)

    @property
    def role(self) -> Role:
        """Return the id's role."""
        return role_of(self.id)


def _rules(
    role: Role,
    action: Action,
    *topic_filters: str,
    retained: bool = False,
    only: str | None = None,
    of_all: bool = False,
) -> tuple[AccessRule, ...]:
    return tuple(AccessRule(role, action, topic_filter, retained, only, of_all) for topic_filter in topic_filters)


def _desk_member(role: Role) -> tuple[AccessRule, ...]:
    return (
        *_rules(
            role,
            Action.PUBLISH,
            f"support/+/msg/{SELF}",
            f"support/+/typing/{SELF}",
            f"support/+/read/{SELF}",
            f"desk/do/{SELF}",
            f"desk/presence/{SELF}",
        ),
        *_rules(role, Action.SUBSCRIBE, topics.ALL_SUPPORT, topics.ALL_TEAMS, of_all=True),
        *_rules(
            role,
            Action.SUBSCRIBE,
            f"desk/refused/{SELF}",
            topics.ALL_NOTICES,
        ),
    )


RULES: Final[tuple[AccessRule, ...]] = (
    *_rules(
        Role.CLIENT,
        Action.PUBLISH,
        f"support/{SELF}/msg",
        f"support/{SELF}/typing",
        f"support/{SELF}/read",
        f"support/{SELF}/presence",
    ),
    *_rules(Role.CLIENT, Action.SUBSCRIBE, f"support/{SELF}/#", topics.ALL_NOTICES),
    *_desk_member(Role.AGENT),
    *_rules(Role.AGENT, Action.SUBSCRIBE, f"team/{TEAM}/#", f"desk/row/{SELF}"),
    *_desk_member(Role.BOT),
    *_rules(Role.DEVICE, Action.PUBLISH, f"support/{CLIENT}/display/ack", f"meter/{CLIENT}/+/reading"),
    *_rules(Role.DEVICE, Action.SUBSCRIBE, f"support/{CLIENT}/display/#", topics.ALL_NOTICES),
    # A listener hears one client, or all of them, and publishes nothing.
    *_rules(Role.LISTENER, Action.SUBSCRIBE, f"support/{CLIENT}/#", topics.ALL_NOTICES),
    # Of the services only the bridge takes part; the check hears the bridge's echo.
    *_rules(
        Role.SERVICE,
        Action.PUBLISH,
        "support/+/log",
        "support/+/read",  # for a display's `seen`
        "support/+/reading",
        "support/+/refused",
        topics.TEAM_INBOXES,
        topics.TEAM_PRESENCES,
        "team/+/log/+",
        "team/+/typing/+",
        "team/+/typing/+/+",
        "team/+/read/+",
        "team/+/read/+/+",
        "team/+/reading/+",
        "desk/refused/+",
        "desk/row/+",
        topics.DESK_ECHO,
        only=BRIDGE,
    ),
    # The bridge alone sets the retain flag: for display lines and notices.
    *_rules(
        Role.SERVICE,
        Action.PUBLISH,
        "support/+/display",
        "support/+/display/unread",
        "support/+/display/text",
        topics.ALL_NOTICES,
        retained=True,
        only=BRIDGE,
    ),
    *_rules(
        Role.SERVICE,
        Action.SUBSCRIBE,
        topics.ALL_SUPPORT,
        "desk/#",
        topics.ALL_TEAMS,
        "meter/#",
        topics.ALL_NOTICES,
        only=BRIDGE,
    ),
    *_rules(Role.SERVICE, Action.SUBSCRIBE, topics.DESK_ECHO, only=CHECK),
)

_RULES_OF: Final = {
    (role, action): tuple(rule for rule in RULES if rule.role is role and rule.action is action)
    for role in Role
    for action in Action
}


def may_connect(id: str) -> bool:
    """Return whether the table has a rule for this id; a service without one gets no MQTT password."""
    role = role_of(id)
    return role is not Role.SERVICE or any(rule.only == id for rule in RULES)


def filters(identity: Identity, action: Action, *, retained: bool = False) -> tuple[str, ...]:
    """
    Return the topic filters on which the identity has the action, with its own names filled in.

    An identity may receive what it may subscribe to. A device without a client has no client's topics; a listener
    without one hears every client.
    Args: retained: only those on which a publish may set the retain flag.
    """
    asked = Action.SUBSCRIBE if action is Action.RECEIVE else action
    client = identity.client or ("+" if identity.role is Role.LISTENER else "")
    given = tuple(
        topic_filter.replace(SELF, identity.id).replace(CLIENT, client)
        for rule in _RULES_OF[(identity.role, asked)]
        if (client or CLIENT not in rule.topic_filter)
        and (rule.retained or not retained)
        and rule.only in (None, identity.id)
        for topic_filter in _for_teams(rule, identity.teams)
    )
    return given + identity.topics if _has_own_topics(identity, asked) and not retained else given


def _for_teams(rule: AccessRule, teams: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the rule's filters for who reads these teams' conversations."""
    if TEAM in rule.topic_filter:
        return tuple(rule.topic_filter.replace(TEAM, team) for team in teams or ())
    return () if rule.of_all and teams is not None else (rule.topic_filter,)


def _has_own_topics(identity: Identity, action: Action) -> bool:
    """Return whether the own topics count: devices publish on theirs, and the bridge hears those of all."""
    if identity.role is Role.DEVICE:
        return action is Action.PUBLISH
    return identity.id == BRIDGE and action is Action.SUBSCRIBE


def allows(identity: Identity, action: Action, topic: str) -> bool:
    """
    Return whether the table allows the identity this action on the topic. A malformed topic is not allowed.

    Args: topic: for `subscribe` a topic filter: each topic that it matches must be allowed.
    Source: docs/contract.md#rights. `$SYS` and `$share/…` are in no rule.
    """
    try:
        if action is Action.SUBSCRIBE:
            topics.check_filter(topic)
        else:
            topics.check_topic(topic)
    except BadTopic:
        return False
    return any(topics.covers(topic_filter, topic) for topic_filter in filters(identity, action))


def may_retain(identity: Identity, topic: str) -> bool:
    """Return whether a publish of this identity may set the retain flag; `allows` decides on the publish itself."""
    try:
        topics.check_topic(topic)
    except BadTopic:
        return False
    return any(topics.covers(topic_filter, topic) for topic_filter in filters(identity, Action.PUBLISH, retained=True))


def left_by_others(own_topics: tuple[str, ...] = ()) -> tuple[str, ...]:
    """
    Return filters for all topics on which others than services publish, and so could leave a retained message.

    Where a broker cannot refuse the flag, the bridge must be allowed to clear it there.
    Args: own_topics: the `--topic` values of all devices.
    """
    others = {
        rule.topic_filter.replace(SELF, "+").replace(CLIENT, "+")
        for rule in RULES
        if rule.action is Action.PUBLISH and rule.role is not Role.SERVICE
    }
    return (*sorted(others), *own_topics)


def may_clear_retained(identity: Identity, topic: str) -> bool:
    """Return whether this identity may clear a retained message: the bridge may wherever it reads."""
    return identity.id == BRIDGE and allows(identity, Action.RECEIVE, topic)
