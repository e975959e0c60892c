"""
Cases that another broker answers otherwise than the embedded one, each with its reason and what the product does.

A case listed here is not asked of that broker. None is of the isolation matrix (chapter 9) or of chapter 8. One is
about isolation: on Mosquitto whoever knows a client id takes it over, hence secret client ids (docs/contract.md#names).
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Reason:
    """`words`: the vendor's or the standard's own; `product`: how Wattline handles it."""

    words: str
    source: str
    product: str


MQTT: Final = "MQTT 3.1.1"
MOSQUITTO_CONF: Final = "mosquitto.conf(5), 2.0.21"
MOSQUITTO_LOG: Final = "Mosquitto's ChangeLog"
RABBIT_MQTT: Final = "https://www.rabbitmq.com/docs/mqtt"
MOSQUITTO_CONNECT: Final = "Mosquitto's src/handle_connect.c, connect__on_authorised"
RABBIT_PROCESSOR: Final = "RabbitMQ's rabbit_mqtt_processor.erl, 4.0"

REASONS: Final[Mapping[str, Reason]] = {
    # the embedded broker's own promises
    "long filters": Reason(
        "Topic Names and Topic Filters are UTF-8 Encoded Strings, they MUST NOT encode to more than 65535 bytes",
        MQTT + " §4.7.3: the embedded broker takes 512 characters",
        "no topic of ours is as long; a filter that leads nowhere hears nothing (chapter 9)",
    ),
    "large frames": Reason(
        "A single WebSocket data frame can contain multiple or partial MQTT Control Packets. The Receiver MUST NOT"
        " assume that MQTT Control Packets are aligned on WebSocket frame boundaries.",
        MQTT + " §6.0: Mosquitto reads the packets of a frame of any size one by one",
        "max_packet_size bounds each packet there; our screens send a frame a packet",
    ),
    "no end of passwords": Reason(
        'the password file should be a text file with each line in the format "username:password"',
        MOSQUITTO_CONF + ", password_file: a password has no end",
        "Mosquitto's passwords last until something ends them: a changed password, a revoked key, a disabled account",
    ),
    "end by claim": Reason(
        'The "exp" (expiration time) claim identifies the expiration time on or after which the JWT MUST NOT be'
        " accepted for processing.",
        "RFC 7519 §4.1.4: RabbitMQ reads the end from the token, where the case sets it in a table",
        "tests/integration/test_rabbitmq.py asks the same with a token that ends",
    ),
    "unordered": Reason(
        "When a Server processes a message that has been published to an Ordered Topic, ... it MUST send PUBLISH"
        " packets to consumers (for the same Topic and QoS) in the order that they were received from any given"
        " Client.",
        MQTT + " §4.6: no more is promised; deliveries, PUBACK and PINGRESP come in no fixed order to each other",
        "every connect ends with a catch-up, and readers merge by seq; chapter 8 asks the same without relying on it",
    ),
    "codes": Reason(
        "If any of these checks fail, it SHOULD send an appropriate CONNACK response with a non-zero return code",
        MQTT + " §3.1.4: RabbitMQ sends a code where the guard closes without a word; nobody gets in either way",
        "ends look whether the code is 0",
    ),
    "origins": Reason(
        "If the server does not validate the origin, it will accept connections from anywhere.",
        "RFC 6455 §4.2.2; neither Mosquitto 2.0.21 nor RabbitMQ 4.0.5 does, with or without the subprotocol",
        "deploy/nginx.conf checks the origin and stands in front; the page of the documentation says so",
    ),
    # Mosquitto
    "filters at delivery": Reason(
        "Temporarily disable ACL checks on subscriptions when using MQTT v3.1.1. This is due to the complexity of"
        " checking wildcard ACLs against wildcard subscriptions. This does not have a negative impact on security"
        " because checks are still made before a message is sent to a client.",
        MOSQUITTO_LOG,
        "a SUBACK proves nothing: the matrix looks at what comes out",
    ),
    "half a CONNECT": Reason(
        "context->keepalive = 60; /* Default to 60s */",
        "Mosquitto's src/context.c, context__init: one and a half times that without a CONNECT, and no setting for it",
        "it holds nobody up, for minutes (test_half_connects_for_minutes); deploy/nginx.conf stands before browsers",
    ),
    "drops what is denied": Reason(
        "Process incoming messages denied by ACL properly so that clients don't keep resending them.",
        MOSQUITTO_LOG,
        "a PUBACK is no tick: the outbox waits for the entry on log",
    ),
    "drops what is too large": Reason(
        "Received messages that exceed this size will not be accepted by the broker. This means that the message will"
        " not be forwarded on to subscribing clients, but the QoS flow will be completed for QoS 1 or QoS 2 messages.",
        MOSQUITTO_CONF + ", message_size_limit",
        "payloads are bounded where they are made; a larger packet closes the connection",
    ),
    "client ids": Reason(
        "Set use_username_as_clientid to true to replace the clientid that a client connected with its username. ..."
        " it is possible to prevent one client disconnecting another by using the same clientid. Defaults to false.",
        MOSQUITTO_CONF,
        "it would allow one connection per user; so client ids have 128 secret bits",
    ),
    "versions": Reason(
        "mosquitto is a broker for the MQTT protocol version 5.0/3.1.1/3.1.",
        "mosquitto(8)",
        "the same rules hold for every version",
    ),
    "QoS 2": Reason(
        "MQTT defines three levels of Quality of Service (QoS).",
        "mqtt(7)",
        "no end of ours uses QoS 2; what arrives so is a message like any other",
    ),
    "retain": Reason(
        "retain_available: If set to false, then retained messages are not supported.",
        MOSQUITTO_CONF + ": all or none",
        "readers ignore a retained message where none belongs, and the bridge clears it, so the bridge may write there",
    ),
    "queues": Reason(
        "The maximum number of QoS 1 or 2 messages to hold in the queue (per client) above those messages that are"
        " currently in flight.",
        MOSQUITTO_CONF + ", max_queued_messages; what is more is dropped",
        "a queue is never trusted for history: history is after=<seq> from the database",
    ),
    "will of the disabled": Reason(
        "mosquitto__set_state(context, mosq_cs_disconnecting); do_disconnect(context, MOSQ_ERR_AUTH); ..."
        " if(ctxt->state != mosq_cs_disconnecting && ctxt->will)",
        "Mosquitto's src/security_default.c, mosquitto_security_apply_default, and src/context.c,"
        " context__send_will: who"
        " is closed because the files no longer name him leaves no will",
        "presence is asked for again with the next roll of notice/desk",
    ),
    "will at takeover": Reason(
        "if(... (found_context->protocol != mosq_p_mqtt5 && found_context->clean_start == true) || (context->"
        "clean_start == true)) { context__send_will(found_context); }",
        MOSQUITTO_CONNECT + ": whose session is taken over leaves no will",
        "every connection of our ends has a client id of its own, so none takes over; the bridge may, and has no will",
    ),
    # RabbitMQ
    "takeover by message": Reason(
        "lists:foreach(fun(Pid) -> gen_server:cast(Pid, {duplicate_id, SendWill}) end, Pids -- [PidToKeep])",
        RABBIT_PROCESSOR + ", remove_duplicate_client_id_connections: the old connection is told, and not waited for;"
        " its will came after the new one's word in 79 of 300 takeovers",
        "a presence names its connection (`conn`), and the bridge keeps the set of them: the order changes nothing",
    ),
    "closes after a refusal": Reason(
        "If a Server implementation does not authorize a PUBLISH to be performed by a Client; it has no way of"
        " informing that Client. It MUST either make a positive acknowledgement, according to the normal QoS rules, or"
        " close the Network Connection.",
        MQTT + " §3.3.5; RabbitMQ closes, also after the 0x80 of a SUBSCRIBE",
        "no end of ours asks for a filter that is not its own",
    ),
    "retained by exact topics": Reason(
        "However, RabbitMQ does not send retained messages for Topic Filters containing wildcards.",
        "https://github.com/rabbitmq/rabbitmq-server/issues/8824",
        "retained topics are subscribed by their exact names",
    ),
    "retain rabbit": Reason(
        "topic_path: `username`, `vhost`, `resource`, `name` - the name of the exchange, `permission`,"
        " `routing_key` - the"
        " routing key of the published message",
        "RabbitMQ's README of rabbitmq_auth_backend_http: all that a permission is asked with; no retain flag",
        "readers ignore a retained message where none belongs, and the bridge clears it, so the bridge may write there",
    ),
    "versions rabbit": Reason(
        "RabbitMQ supports MQTT versions 3.1, 3.1.1, and 5.0",
        RABBIT_MQTT,
        "the same rules hold for every version",
    ),
    "QoS 2 rabbit": Reason(
        "While clients are permitted to request QoS 2 subscriptions, the adapter will only grant subscriptions up to"
        " QoS 1.",
        "https://www.rabbitmq.com/blog/2012/09/12/mqtt-adapter",
        "no end of ours uses QoS 2; what arrives so is a message like any other",
    ),
    "two queues": Reason(
        "Overlapping subscriptions with different QoS levels can result in duplicate messages being delivered."
        " Applications need to account for this.",
        RABBIT_MQTT,
        "each seq is taken once; markers are maxima",
    ),
    "session without a subscription": Reason(
        "There are 0 queues for an MQTT session if the MQTT client never sends a SUBSCRIBE packet.",
        RABBIT_MQTT,
        "no end of ours resumes a session in which it never subscribed",
    ),
    "parser rabbit": Reason(
        "parse(<<MessageType:4, Dup:1, QoS:2, Retain:1, Rest/binary>>, ProtoVer) ... {?PUBACK, <<PacketId:16, ..."
        " WillQos:2, WillFlag:1, CleanStart:1, _Reserved:1, ... <<Len:16, Topic:Len/binary, _Reserved:2, Rh:2,"
        " Rap:1, Nl:1,"
        " QoS:2>> <= Rest1",
        "RabbitMQ's rabbit_mqtt_packet.erl, parse, parse_connect, parse_packet: flags and reserved bits are read"
        " and not"
        " compared, and a list of filters ends at the first that does not fit",
        "no client of ours sends such a packet, and the embedded broker is stricter than MQTT asks. No such packet"
        " brings anybody a byte that is not meant for them (chapter 9)",
    ),
    "wills rabbit": Reason(
        "case publish_to_queues_with_checks(WillMsg, State) of ... failed to send Will Message to topic ~s for MQTT"
        " client ID ~s: ~p",
        RABBIT_PROCESSOR + ", maybe_send_will: checked at the end of the connection, not at the sign-in",
        "chapter 9 proves that it is never heard",
    ),
    "largest packet": Reason(
        "The packet size is the total number of bytes in an MQTT Control Packet",
        "MQTT 5 §3.2.2.3.6; RabbitMQ's mqtt.max_packet_size_authenticated bounds that, not the payload",
        "up to 1 KiB more than 64 KiB arrives, and the bridge refuses it",
    ),
    "home rabbit": Reason(
        "If try_private is set to true, the bridge will attempt to indicate to the remote broker that it is a"
        " bridge not"
        " an ordinary client. ... Not all brokers support this feature",
        MOSQUITTO_CONF
        + ", try_private; RabbitMQ's rabbit_mqtt_packet.erl, parse_connect, knows the protocol's versions"
        " alone: `true = protocol_name_approved(ProtoVer, ProtoName)`",
        "a home's broker comes by MQTT 5, which has options for the same; tests/integration/test_home_link.py",
    ),
    "slow refusal": Reason(
        "-define(SILENT_CLOSE_DELAY, 3_000). ... timer:sleep(?SILENT_CLOSE_DELAY).",
        RABBIT_PROCESSOR + ", auth_attempt_failed: a constant; asked here in the two cases about somebody's client id",
        "an end that is refused tries again with growing pauses",
    ),
}

# Kind → module → case (a function, or the beginning of one with its parameters) → reason.
NOT_ASKED: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "mosquitto": {
        "test_01_connect": {
            "test_client_id_of_the_user": "client ids",
            "test_somebody_elses_client_id": "client ids",
            "test_other_protocols": "versions",
            "test_the_end_of_a_token": "no end of passwords",
            "test_a_page_from_elsewhere": "origins",
            "test_without_the_subprotocol": "origins",
            "test_websocket_message_too_large": "large frames",
        },
        "test_02_subscribe": {
            "test_granted_qos[2": "QoS 2",
            "test_some_refused": "filters at delivery",
            "test_never_granted": "filters at delivery",
            "test_refused_is_not_heard": "filters at delivery",
            "test_a_device_topic_given_later": "filters at delivery",
            "test_wildcards": "unordered",
            "test_malformed[82e25d": "long filters",
        },
        "test_03_publish": {
            "test_one_byte_too_much": "drops what is too large",
            "test_not_allowed": "drops what is denied",
            "test_what_was_allowed_before": "drops what is denied",
            "test_topics_out_of_form[support/{name}//msg": "drops what is denied",
            "test_malformed[QoS 2": "QoS 2",
            "test_malformed[PUBREC": "QoS 2",
            "test_malformed[PUBREL": "QoS 2",
        },
        "test_04_retained": {
            "test_only_where_it_may": "filters at delivery",
            "test_nobody_leaves_words": "retain",
            "test_a_device_that_always_retains": "retain",
            "test_a_device_elsewhere": "retain",
            "test_a_service_clears_what_strays": "retain",
        },
        "test_05_session": {
            "test_500_queued": "unordered",
            "test_window": "queues",
            "test_more_than_a_session_holds": "queues",
            "test_reader_that_does_not_acknowledge": "queues",
            "test_reader_that_does_not_read": "queues",
        },
        "test_07_will": {
            "test_closed_for_bad_conduct[0": "drops what is denied",
            "test_closed_for_bad_conduct[4": "QoS 2",
            "test_disabled": "will of the disabled",
            "test_taken_over": "will at takeover",
            "test_taken_over_in_order": "will at takeover",
            "test_not_theirs": "drops what is denied",
            "test_retained_will": "retain",
            "test_will_of_qos_2": "QoS 2",
            "test_refused_will_disturbs_nobody": "drops what is denied",
            "test_retained_will_of_a_device": "retain",
        },
        "test_11_crowd": {"test_half_a_connect_is_held": "half a CONNECT"},
    },
    "rabbitmq": {
        "test_01_connect": {
            "test_wrong_password": "slow refusal",
            "test_unknown_user": "slow refusal",
            "test_anonymous": "slow refusal",
            "test_client_id_of_the_user": "slow refusal",
            "test_other_protocols": "versions rabbit",
            "test_impossible_flags": "parser rabbit",
            "test_password_without_user_name": "codes",
            "test_user_name_that_is_no_text": "codes",
            "test_the_end_of_a_token": "end by claim",
            "test_a_page_from_elsewhere": "origins",
            "test_packets_over_frames": "unordered",
        },
        "test_02_subscribe": {
            "test_some_refused": "closes after a refusal",
            "test_never_granted": "closes after a refusal",
            "test_refused_is_not_heard": "closes after a refusal",
            "test_a_device_topic_given_later": "closes after a refusal",
            "test_overlapping_filters": "two queues",
            "test_same_filter_again": "unordered",
            "test_wildcards": "unordered",
            "test_unsubscribe": "unordered",
            "test_suback_before_messages": "unordered",
            "test_malformed": "parser rabbit",
        },
        "test_03_publish": {
            "test_delivered_qos[1-0": "unordered",
            "test_puback_after_routing": "unordered",
            "test_dup_is_not_passed_on": "unordered",
            "test_one_byte_too_much": "largest packet",
            "test_what_was_allowed_before": "closes after a refusal",
            "test_malformed[QoS 2": "QoS 2 rabbit",
            "test_malformed[DUP at QoS 0": "parser rabbit",
            "test_malformed[packet id 0": "parser rabbit",
            "test_malformed[PUBACK with flags": "parser rabbit",
            "test_malformed[PINGREQ with flags": "parser rabbit",
            "test_malformed[DISCONNECT with flags": "parser rabbit",
        },
        "test_04_retained": {
            "test_after_subscribe[support/{name}/display/#": "retained by exact topics",
            "test_after_subscribe[support/{name}/+/text": "retained by exact topics",
            "test_only_where_it_may": "closes after a refusal",
            "test_nobody_leaves_words": "retain rabbit",
            "test_a_device_that_always_retains": "retain rabbit",
            "test_a_device_elsewhere": "retain rabbit",
            "test_a_service_clears_what_strays": "retain rabbit",
        },
        "test_05_session": {
            "test_500_queued": "unordered",
            "test_not_acknowledged_comes_again": "unordered",
            "test_window": "queues",
            "test_more_than_a_session_holds": "queues",
            "test_reader_that_does_not_acknowledge": "queues",
        },
        "test_07_will": {
            "test_taken_over_in_order": "takeover by message",
            "test_new_connection_new_will": "session without a subscription",
            "test_not_theirs": "wills rabbit",
            "test_retained_will": "retain rabbit",
            "test_will_of_qos_2": "QoS 2 rabbit",
            "test_refused_will_disturbs_nobody": "wills rabbit",
            "test_retained_will_of_a_device": "retain rabbit",
        },
        "test_13_home": {
            "test_live_with_the_flag": "home rabbit",
            "test_cleared_at_home_too": "home rabbit",
            "test_no_echo": "home rabbit",
            "test_no_more_rights": "home rabbit",
        },
    },
}


def find_reason(kind: str, module: str, case: str) -> Reason | None:
    """Why the case is not asked of this kind; None: it is asked. Args: case: its name without the kind."""
    for listed, reason in NOT_ASKED.get(kind, {}).get(module, {}).items():
        if case == listed or case.startswith(listed if "[" in listed else f"{listed}["):
            return REASONS[reason]
    return None


BEGIN: Final = "<!-- as `python -m tests.conformance.exceptions` prints it -->\n"
NAMES: Final = {"mosquitto": "Mosquitto", "rabbitmq": "RabbitMQ"}


def render() -> str:
    """The list as docs/brokers.md has it."""
    lines = [BEGIN, "| not asked | because | so |\n", "|---|---|---|\n"]
    for name, reason in REASONS.items():
        cases = {
            kind: [case for found in modules.values() for case, why in found.items() if why == name]
            for kind, modules in NOT_ASKED.items()
        }
        asked = "; ".join(
            f"{NAMES[kind]}: " + ", ".join(f"`{case}`".replace("|", "\\|") for case in found)
            for kind, found in cases.items()
            if found
        )
        cells = (asked, f"“{reason.words}” ({reason.source})", reason.product)
        lines.append("| " + " | ".join(cell.replace("||", "\\|\\|") for cell in cells) + " |\n")
    return "".join(lines)


if __name__ == "__main__":
    sys.stdout.write(render())
