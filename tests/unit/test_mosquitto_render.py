"""Mosquitto's rendered files, read as texts."""

import base64
import hashlib
from pathlib import Path, PurePath

import pytest

from broker.mosquitto import driver
from broker.mosquitto.render import Account, MosquittoSetup, render_acl, render_conf, render_passwords
from chat_core.contract import ids, topics
from chat_core.contract.errors import Refused
from chat_core.contract.policy import Action, Identity, allows
from chat_core.runtime import brokers, config

WHO = [
    Identity("a-ana"),
    Identity("a-b"),
    Identity("b-bot"),
    Identity("c-maria"),
    Identity("g-1"),
    Identity("d-1", "c-maria", ("tele/one/SENSOR",)),
    Identity("d-lost"),
    Identity("s-bridge"),
    Identity("s-check"),
    Identity("s-probe"),
    Identity("l-1"),
    Identity("l-2", "c-maria"),
]
TOPICS = [
    *(
        shape(one.id)
        for one in WHO
        if one.role is ids.Role.CLIENT
        for shape in (topics.msg, topics.log, topics.display_ack)
    ),
    topics.msg("c-maria", "a-ana"),
    topics.msg("c-maria", "b-bot"),
    topics.desk_do("a-ana"),
    topics.desk_do("a-b"),
    topics.desk_refused("a-ana"),
    topics.desk_presence("a-b"),
    topics.team_inbox("t-desk", "c-maria"),
    topics.DESK_ECHO,
    topics.NOTICE_DESK,
    topics.meter_reading("c-maria", "m-1"),
    topics.meter_reading("c-other", "m-1"),
    "tele/one/SENSOR",
    "$SYS/broker/version",
    *(f"support/{one.id}/{rest}" for one in WHO for rest in ("msg", "presence", "log", "x/y")),
]


def decides(acl: str, user: str, access: str, topic: str) -> bool:
    """Decide as mosquitto.conf(5) says: the user's denials first, then its topics, then the patterns."""
    mine, patterns, block = [], [], None
    for line in acl.splitlines():
        word, _, rest = line.partition(" ")
        if word == "user":
            block = rest
        elif word == "topic" and block == user:
            mine.append(rest.split(" ", 1))
        elif word == "pattern":
            patterns.append(rest.replace("%u", user).split(" ", 1))
    if any(kind == "deny" and topics.covers(topic_filter, topic) for kind, topic_filter in mine):
        return False
    return any(kind == access and topics.covers(topic_filter, topic) for kind, topic_filter in [*mine, *patterns])


@pytest.mark.parametrize("one", [one for one in WHO if one.id != ids.BRIDGE], ids=lambda one: one.id)
def test_acl_says_what_the_policy_says(one: Identity) -> None:
    """The ACL gives exactly what the policy gives, but for topics under a non-client's own id."""
    acl = render_acl(WHO)
    for topic in TOPICS:
        for action, access in ((Action.PUBLISH, "write"), (Action.RECEIVE, "read")):
            expected = allows(one, action, topic)
            if one.role is not ids.Role.CLIENT and topic.startswith(f"support/{one.id}/"):
                expected = False
            assert decides(acl, one.id, access, topic) == expected, (one.id, access, topic)


def test_bridge_may_clear_what_others_left_retained() -> None:
    """Mosquitto cannot refuse a retain flag, so the bridge alone may write where others may; not where nobody may."""
    acl = render_acl(WHO)
    for topic in (
        topics.msg("c-maria"),
        topics.msg("c-maria", "a-ana"),
        topics.meter_reading("c-maria", "m-1"),
        "tele/one/SENSOR",
    ):
        assert decides(acl, "s-bridge", "write", topic)
        assert not decides(acl, "s-probe", "write", topic)
    assert not decides(acl, "s-bridge", "write", "elsewhere")


def test_no_line_can_be_smuggled_in() -> None:
    """A topic with a blank or a line break in it is left out: it gives no right, and no further line."""
    acl = render_acl([Identity("d-1", "c-1", ("a\nuser a-evil\ntopic write all", "b c", "fine"))])
    assert "evil" not in acl
    assert "b c" not in acl
    assert "topic write fine" in acl


def test_password_line_is_mosquittos() -> None:
    """A line is `name:$7$iterations$salt$hash`, PBKDF2 with SHA-512; the lines are in the order of the names."""
    lines = render_passwords(
        [Account(Identity("c-2"), "x"), Account(Identity("c-1"), brokers.mosquitto_hash("secret", b"s" * 12))]
    ).splitlines()
    assert lines[1] == "c-2:x"
    name, _, rest = lines[0].partition(":")
    _, kind, iterations, salt, digest = rest.split("$")
    assert (name, kind) == ("c-1", "7")
    expected = hashlib.pbkdf2_hmac("sha512", b"secret", base64.b64decode(salt), int(iterations))
    assert base64.b64decode(digest) == expected


def test_root_conf_is_the_rendered_one() -> None:
    """The root's mosquitto.conf is what `wattline broker render mosquitto` writes by default."""
    committed = (Path(__file__).parents[2] / "mosquitto.conf").read_text()
    assert committed == render_conf(MosquittoSetup(PurePath("data/mosquitto")))


def test_conf_is_in_the_order_mosquitto_needs() -> None:
    """per_listener_settings stands before all other security settings, and those before the first listener."""
    settings = [
        line.split()[0] for line in render_conf(MosquittoSetup(PurePath("/x"))).splitlines() if line and line[0] != "#"
    ]
    assert settings[0] == "per_listener_settings"
    assert max(map(settings.index, ("allow_anonymous", "acl_file", "password_file"))) < settings.index("listener")


def test_tls_is_on_both_listeners() -> None:
    """With a certificate neither listener speaks in the clear."""
    conf = render_conf(
        MosquittoSetup(PurePath("/x"), "0.0.0.0", certificate=PurePath("/c.pem"), key=PurePath("/k.pem"))
    )
    listeners = conf.split("\nlistener ")[1:]
    assert len(listeners) == 2
    assert all("certfile /c.pem\nkeyfile /k.pem" in one for one in listeners)


def test_it_has_no_cluster(tmp_path: Path) -> None:
    """Several nodes are refused, and nothing is written."""
    with pytest.raises(Refused, match="Mosquitto has no cluster"):
        driver.render(config.load({"WATTLINE_DATA": str(tmp_path)}), tmp_path / "out", 3)
    assert list(tmp_path.iterdir()) == []
