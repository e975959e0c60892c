"""
Render the contract as an AsyncAPI 3 document, from topics, payloads and policy. Touches nothing.

A channel is a topic shape, a message is a payload, an operation is a row of the policy's table.
Source: AsyncAPI 3.0.0; the MQTT bindings 0.2.0 for QoS and the retain flag.
"""

from functools import cache
from typing import Any, Final

from chat_core.contract import payloads, policy, topics
from chat_core.contract.ids import BRIDGE, ID_PATTERN, Role
from chat_core.contract.payloads import Payload
from chat_core.contract.policy import Action
from chat_core.contract.schemas import schemas_of
from chat_core.contract.topics import TopicKind

CONTRACT_VERSION: Final = "0.1.0"  # of the wire, which changes less often than the product
SCHEMAS: Final = "#/components/schemas/"

# The payloads of each topic, as alternatives; a string describes plain text that is not JSON.
CARRIES: Final[dict[TopicKind, tuple[type[Payload] | str, ...]]] = {
    TopicKind.MSG: (payloads.Said,),
    TopicKind.TYPING: (payloads.Typing,),
    TopicKind.READ: (payloads.Marker,),
    TopicKind.PRESENCE: (payloads.Presence,),
    TopicKind.LOG: (payloads.Entry,),
    TopicKind.REFUSED: (payloads.Refusal,),
    TopicKind.READING: (payloads.LiveReading,),
    TopicKind.DISPLAY: (payloads.DisplayLine,),
    TopicKind.DISPLAY_UNREAD: ("a number: how many entries are unread",),
    TopicKind.DISPLAY_TEXT: ("plain text: the last words",),
    TopicKind.DISPLAY_ACK: ("seen (read so far) or call (asks for a call back)",),
    TopicKind.DESK_DO: (payloads.Command,),
    TopicKind.TEAM_INBOX: (payloads.Row, payloads.Gone),
    TopicKind.TEAM_PRESENCE: (payloads.TeamPresence,),
    TopicKind.DESK_REFUSED: (payloads.Refusal,),
    TopicKind.DESK_ROW: (payloads.Summary,),
    TopicKind.DESK_PRESENCE: (payloads.AgentPresence,),
    TopicKind.DESK_ECHO: ("the bridge's own probe",),
    TopicKind.NOTICE_DESK: (payloads.DeskNotice,),
    TopicKind.OUTAGE: (payloads.OutageNotice,),
    TopicKind.METER_READING: (payloads.Reading,),
}
_PARAMETERS: Final = {
    "client": "The client's id, c-… or g-….",
    "agent": "The agent's or bot's id, a-… or b-….",
    "meter": f"The meter's name, {ID_PATTERN}.",
    "area": f"The area's name, {ID_PATTERN}.",
    "team": "The team's id, t-….",
}
_WHO: Final = {
    Role.CLIENT: "a client",
    Role.AGENT: "an agent",
    Role.BOT: "a bot",
    Role.DEVICE: "a client's device",
    Role.SERVICE: "the bridge",
    Role.LISTENER: "a listener",
}


def _channel_name(kind: TopicKind, shape: str) -> str:
    by_agent = "{client}" in shape and shape.endswith("/{agent}")
    of_team = shape.startswith("team/") and kind not in (TopicKind.TEAM_INBOX, TopicKind.TEAM_PRESENCE)
    return f"{kind.value}{'_by_agent' if by_agent else ''}{'_of_team' if of_team else ''}"


def _name(kind: TopicKind, carried: type[Payload] | str) -> str:
    return f"{kind.value}_text" if isinstance(carried, str) else carried.__name__


def _channel(kind: TopicKind, shape: str) -> dict[str, Any]:
    names = [_name(kind, carried) for carried in CARRIES[kind]]
    messages = {name: {"$ref": f"#/components/messages/{name}"} for name in names}
    channel: dict[str, Any] = {"address": shape, "messages": messages}
    parameters = {name: {"description": text} for name, text in _PARAMETERS.items() if f"{{{name}}}" in shape}
    if parameters:
        channel["parameters"] = parameters
    return channel


def _sample_identity(role: Role) -> policy.Identity:
    id = BRIDGE if role is Role.SERVICE else f"{role.value[0]}-0"
    return policy.Identity(id, client="c-0" if role is Role.DEVICE else None)


def _sample_shape(role: Role, shape: str) -> str:
    return shape.format(client="c-0", agent="b-0" if role is Role.BOT else "a-0", meter="m-0", area="x", team="t-0")


def _operations() -> dict[str, Any]:
    operations: dict[str, Any] = {}
    for kind, shape in topics.SHAPES:
        channel = _channel_name(kind, shape)
        for role in Role:
            identity, topic = _sample_identity(role), _sample_shape(role, shape)
            if policy.allows(identity, Action.PUBLISH, topic):
                retained = policy.may_retain(identity, topic)
                operations[f"{role.value}_sends_{channel}"] = {
                    **_operation("send", channel, f"What {_WHO[role]} publishes."),
                    "bindings": {"mqtt": {"qos": _qos(kind), "retain": retained, "bindingVersion": "0.2.0"}},
                }
            if policy.allows(identity, Action.RECEIVE, topic):
                operations[f"{role.value}_receives_{channel}"] = _operation(
                    "receive", channel, f"What {_WHO[role]} may subscribe to."
                )
    return operations


def _operation(action: str, channel: str, summary: str) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "summary": summary}


def _qos(kind: TopicKind) -> int:
    if kind in (TopicKind.DISPLAY_UNREAD, TopicKind.DISPLAY_TEXT):
        return payloads.DisplayLine.qos
    return min((carried.qos for carried in CARRIES[kind] if not isinstance(carried, str)), default=1)


def _messages() -> dict[str, Any]:
    messages: dict[str, Any] = {}
    for kind, alternatives in CARRIES.items():
        for carried in alternatives:
            if isinstance(carried, str):
                described = {"contentType": "text/plain", "summary": carried, "payload": {"type": "string"}}
            else:
                described = {
                    "contentType": "application/json",
                    "summary": (carried.__doc__ or "").strip().splitlines()[0],
                    "payload": {"$ref": f"{SCHEMAS}{carried.__name__}"},
                }
            messages[_name(kind, carried)] = described
    return messages


@cache
def as_yaml() -> str:
    """Return the document's text, which `wattline contract` prints and web serves: 75 kB, in 0.3 s once."""
    import yaml  # 1 MB that web needs for this address alone

    return yaml.safe_dump(document(), sort_keys=False, allow_unicode=True)


def document() -> dict[str, Any]:
    """Return the AsyncAPI 3 document, ready for YAML or JSON."""
    models = {carried for alternatives in CARRIES.values() for carried in alternatives if not isinstance(carried, str)}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Wattline",
            "version": CONTRACT_VERSION,
            "description": "Support chat over MQTT 3.1.1: say on msg, see it stored on log. QoS 0 and 1 only.",
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "tcp": {"host": "localhost:1883", "protocol": "mqtt", "protocolVersion": "3.1.1"},
            "websockets": {
                "host": "localhost:9001",
                "protocol": "ws",
                "description": "MQTT over WebSockets, subprotocol mqtt.",
            },
        },
        "channels": {_channel_name(kind, shape): _channel(kind, shape) for kind, shape in topics.SHAPES},
        "operations": _operations(),
        "components": {"messages": _messages(), "schemas": schemas_of(models, f"{SCHEMAS}{{model}}")},
    }
