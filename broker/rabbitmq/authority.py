"""
Answer RabbitMQ's HTTP back end from the policy: sign-ins, and each action after them.

RabbitMQ writes topics in AMQP's form: `.` between levels, `*` for `+`. Ours hold neither, so the conversion back is
safe.
"""

import hmac
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from broker.sign_in import CredentialChecker, claimed_username
from chat_core.contract import policy, topics
from chat_core.contract.errors import BadTopic
from chat_core.contract.ids import BRIDGE, Role, is_id, role_of
from chat_core.contract.policy import Action, Identity
from chat_core.domain import firmware

MANAGER: Final = "wattline"  # without a role's prefix, so no identity has this name
EXCHANGE: Final = "amq.topic"
SESSION: Final = "mqtt-subscription-"  # with which the names of sessions' queues begin
AGENTS: Final = f"{SESSION}a-"
FORGET_AFTER_S: Final = 60.0  # a sign-in without a connection so much later has ended

ALLOW, DENY, ALLOW_MANAGER = "allow", "deny", "allow administrator"
_ACTIONS: Final = {"write": Action.PUBLISH, "read": Action.SUBSCRIBE}


class Question(StrEnum):
    """Name the back end's four questions by the last part of their path."""

    USER = "user"
    VHOST = "vhost"
    RESOURCE = "resource"
    TOPIC = "topic"


@dataclass(frozen=True, slots=True)
class _SignedIn:
    """
    Hold a sign-in. `ends_at_s`: when its last token ends, in seconds since the epoch; 0: reported already.

    `web_sign_ins`: the browsers of its tokens, "" for none.
    """

    generation: int
    identity: Identity
    at_s: float
    ends_at_s: float
    web_sign_ins: frozenset[str] = frozenset({""})


class Authority:
    """
    Answer for one RabbitMQ. Every method may run in several threads at a time.

    Args: generation: of an id's credentials, None when unknown or disabled; secret: the manager's password.
    Raises (everywhere): Unavailable when the credentials cannot know.
    """

    def __init__(self, credentials: CredentialChecker, generation: Callable[[str], int | None], secret: str) -> None:
        self._credentials = credentials
        self._generation = generation
        self._secret = secret
        self._signed_in: dict[str, _SignedIn] = {}
        self._cut_in_part: set[str] = set()  # by `ended`, while another browser stays signed in
        self.moved: set[str] = set()  # agents whose kept sessions may hear teams that are not theirs, until dropped

    def answer(self, question: Question, asked: Mapping[str, str]) -> str:
        """Return the back end's answer; deny an unknown question."""
        if asked.get("username") == MANAGER:
            return self._answer_manager(question, asked)
        allowed = {
            Question.USER: self._may_sign_in,
            Question.VHOST: self._is_own_connection,
            Question.RESOURCE: self._may_use,
            Question.TOPIC: self._may_say_or_hear,
        }[question](asked)
        return ALLOW if allowed else DENY

    def _answer_manager(self, question: Question, asked: Mapping[str, str]) -> str:
        """
        Answer for the manager, which closes connections and drops agents' sessions through the management API.

        It may not use MQTT.
        """
        if "client_id" in asked:
            return DENY
        if question is Question.VHOST:
            return ALLOW
        if question is not Question.USER:
            return ALLOW if asked.get("resource") == "queue" and asked.get("name", "").startswith(AGENTS) else DENY
        knows = hmac.compare_digest(asked.get("password", "").encode(), self._secret.encode())
        return ALLOW_MANAGER if knows else DENY

    def _may_sign_in(self, asked: Mapping[str, str]) -> bool:
        """Return whether the password proves the name and the client id belongs to it."""
        username = asked.get("username", "")
        if not _claims_own(asked) and not _may_be_fixed(asked):
            return False
        granted = self._credentials.check(username, asked.get("password", "").encode())
        if granted is None or not (_claims_own(asked) or firmware.connects_as(granted.identity, _client_id(asked))):
            return False
        ends_at_s = math.inf if granted.expires_at_s is None else granted.expires_at_s
        web_sign_ins = frozenset({granted.web_sign_in})
        if (before := self._signed_in.get(username)) is not None:
            ends_at_s = max(ends_at_s, before.ends_at_s)  # of several connections the last counts
            web_sign_ins |= before.web_sign_ins if before.generation == granted.generation else frozenset()
        self._note(username, _SignedIn(granted.generation, granted.identity, time.monotonic(), ends_at_s, web_sign_ins))
        # `ended` may have looked before this sign-in, and missed that it was disabled.
        return self._credentials.current(username, granted.generation, granted.web_sign_in) is not None

    def _may_use(self, asked: Mapping[str, str]) -> bool:
        """Allow its own two queues and the one exchange; topics are asked one by one."""
        if not self._is_own_connection(asked):
            return False
        name = asked.get("name", "")
        if asked.get("resource") == "queue":
            return name in {f"{SESSION}{asked['client_id']}qos{qos}" for qos in (0, 1)}
        return asked.get("resource") == "exchange" and name == EXCHANGE and asked.get("permission") in ("read", "write")

    def _may_say_or_hear(self, asked: Mapping[str, str]) -> bool:
        action = _ACTIONS.get(asked.get("permission", ""))
        if action is None or asked.get("name") != EXCHANGE or not self._is_own_connection(asked):
            return False
        username, topic = asked["username"], to_mqtt(asked.get("routing_key", ""))
        known = self._signed_in.get(username)
        if known is not None and _allows(known.identity, action, topic):
            return True
        # Ask again before denying: a device's topic may be new.
        identity = self._now(username)
        if identity is None:
            return False
        return _allows(identity, action, topic) or self._is_firmwares(identity, action, topic)

    def _is_firmwares(self, identity: Identity, action: Action, topic: str) -> bool:
        """
        Return whether a device's firmware does this by itself; a refusal would end its connection.

        Nobody may subscribe to what it publishes so. A topic that is another device's meter stays that device's.
        """
        if action is not Action.PUBLISH:
            return firmware.hears(identity, topic)
        if not firmware.publishes(identity, topic):
            return False
        bridge = self._credentials.current(BRIDGE, self._generation(BRIDGE) or 0)
        return bridge is None or topic not in bridge.topics

    def _is_own_connection(self, asked: Mapping[str, str]) -> bool:
        """Return whether this is an MQTT connection whose client id belongs to its user. AMQP has no client id."""
        if _claims_own(asked):
            return True
        if not _may_be_fixed(asked):
            return False
        known = self._signed_in.get(asked["username"])
        identity = known.identity if known is not None else self._now(asked["username"])
        return identity is not None and firmware.connects_as(identity, _client_id(asked))

    def _now(self, username: str) -> Identity | None:
        """Return the identity by the present credentials."""
        known = self._signed_in.get(username)
        generation = self._generation(username) if known is None else known.generation
        if generation is None:
            return None
        identity = self._credentials.current(username, generation)
        if identity is not None:
            if known is None:
                self._note(username, _SignedIn(generation, identity, time.monotonic(), 0.0))
            else:
                self._note(username, replace(known, identity=identity, at_s=time.monotonic()))
        return identity

    def _note(self, username: str, now: _SignedIn) -> None:
        """Hold the sign-in. `ended` may not have seen a change of teams that it brings."""
        before = self._signed_in.get(username)
        if before is not None and before.identity.teams != now.identity.teams:
            self.moved.add(username)
        self._signed_in[username] = now

    # live connections

    def ended(self) -> set[str]:
        """
        Return the users who may not stay: disabled, removed, renewed, signed out in a browser, or with other teams.

        Ask after a change of credentials. Connections are closed by name, so a user signed in elsewhere reconnects at
        once. The others get their present rights; those who end have the old ones until `forget`, for the will.
        """
        ended = set()
        for username, known in list(self._signed_in.items()):
            now = self._still_good(username, known)
            if now is None:
                ended.add(username)
            elif now != known:
                self._note(username, now)
                has_moved = now.identity.teams != known.identity.teams
                if has_moved or now.web_sign_ins != known.web_sign_ins:
                    ended.add(username)
                    self._cut_in_part.add(username)
        return ended

    def _still_good(self, username: str, known: _SignedIn) -> _SignedIn | None:
        """Return the sign-in with its present rights; None when it has ended."""
        found = {one: self._credentials.current(username, known.generation, one) for one in known.web_sign_ins}
        good = {one: identity for one, identity in found.items() if identity is not None}
        for identity in good.values():
            return replace(known, identity=identity, web_sign_ins=frozenset(good))
        return None

    def ending(self, before_s: float) -> set[str]:
        """
        Return the users whose last token ends before that moment (seconds since the epoch), each once.

        At a token's end RabbitMQ closes its connection and drops the will. So it is closed a moment earlier.
        """
        ending = set()
        for username, known in list(self._signed_in.items()):
            if 0 < known.ends_at_s < before_s:
                ending.add(username)
                self._signed_in[username] = replace(known, ends_at_s=0.0)
        return ending

    def forget(self, usernames: Iterable[str]) -> set[str]:
        """
        Return those who have not come back with new credentials, and forget them.

        Also return users signed out in one of several browsers, whose last connection the first cut may have missed.
        """
        gone = set()
        for username in usernames:
            known = self._signed_in.get(username)
            if known is None or self._still_good(username, known) is None:
                self._signed_in.pop(username, None)
                gone.add(username)
            elif username in self._cut_in_part:
                gone.add(username)
            self._cut_in_part.discard(username)
        return gone

    def adopt(self, connected: Iterable[str], with_sessions: Iterable[str]) -> set[str]:
        """
        Return the connected users who signed in before this process began, and must sign in again.

        Their generation and browser are unknown: a user whose credentials were never renewed may stay; an agent may
        not, nor may the sessions that agents left.
        """
        self.moved |= {username for username in with_sessions if _is_agent(username)} - self._signed_in.keys()
        unknown = {username for username in connected if username not in self._signed_in}
        return {username for username in unknown if _is_agent(username) or self._generation(username) != 0}

    def keep_only(self, connected: Iterable[str]) -> None:
        """Forget users who left a minute ago, and agents' sessions: later changes of their teams would be missed."""
        stays, now_s = set(connected), time.monotonic()
        for username, known in list(self._signed_in.items()):
            if username not in stays and now_s - known.at_s > FORGET_AFTER_S:
                self._signed_in.pop(username, None)
                if _is_agent(username):
                    self.moved.add(username)


def to_mqtt(routing_key: str) -> str:
    """Return the topic or filter that RabbitMQ made this of; a literal `*` becomes a wildcard, which is denied."""
    return routing_key.replace(".", "/").replace("*", "+")


def _is_agent(username: str) -> bool:
    return is_id(username) and role_of(username) is Role.AGENT


def _client_id(asked: Mapping[str, str]) -> str:
    return asked.get("client_id") or asked.get("variable_map.client_id", "")


def _claims_own(asked: Mapping[str, str]) -> bool:
    """Return whether the client id begins with the user's name, as that of all but some devices does."""
    return claimed_username(_client_id(asked)) == asked.get("username")


def _may_be_fixed(asked: Mapping[str, str]) -> bool:
    """Return whether the client id may be one that a device's firmware cannot change."""
    username, client_id = asked.get("username", ""), _client_id(asked)
    return bool(client_id) and ":" not in client_id and is_id(username) and role_of(username) is Role.DEVICE


def _allows(identity: Identity, action: Action, topic: str) -> bool:
    return policy.allows(identity, action, topic) or (action is Action.PUBLISH and _may_clear(identity, topic))


def _may_clear(identity: Identity, topic: str) -> bool:
    """
    Return whether the bridge may clear this topic. Flag and payload are unknown here, so it may write any payload.
    """
    try:
        topics.check_topic(topic)
    except BadTopic:
        return False
    left = policy.left_by_others(identity.topics) if identity.id == BRIDGE else ()
    return any(topics.covers(topic_filter, topic) for topic_filter in left)
