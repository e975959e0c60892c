"""
The retained topics: who is at the desk, and what displays show. Pure functions over what store and registry say.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bridge.effects import NOTHING, Reply, clearing_reply
from chat_core import topics
from chat_core.ids import Role, is_id, role_of
from chat_core.payloads import AgentHere, AgentState, DeskNotice, DisplayLine, SaidKind, encode
from chat_core.store import LogPage

DISPLAY_BYTES: Final = 256
LOOK_BACK: Final = 50  # entries that a display's unread number is counted over
CALLED: Final[Mapping[str, str]] = {"en": "We will call you back.", "ro": "Vă sunăm înapoi."}
CALL_PREFIX: Final = "call-"


def desk_notice(
    agents: Iterable[tuple[str, AgentState]], names: Mapping[str, str], roll: str, reply_s: int | None
) -> DeskNotice:
    """
    Who is here. The desk is open while any agent is connected, even if turned away for a moment.

    Args: agents: those who are not offline; names: of agents that may still sign in; others are left out.
    """
    here = [(agent, state) for agent, state in agents if agent in names]
    return DeskNotice(
        open=bool(here),
        agents=[AgentHere(id=agent, name=names[agent]) for agent, state in here if state is AgentState.ONLINE],
        next=None,
        roll=roll,
        reply_s=reply_s,
    )


def display_replies(client: str, page: LogPage, lang: str | None) -> list[Reply]:
    """
    The three retained lines of the client's displays, from the newest page of its log.

    Unread are the desk's words above the client's read marker, counted over the page.
    """
    read = page.markers.get(client, {}).get("read", 0)
    words = [entry for entry in page.entries if _is_said(entry)]
    from_desk = [entry for entry in words if _is_desk(entry["from"])]
    unread = sum(1 for entry in from_desk if entry["seq"] > read)
    if words and words[-1]["id"].startswith(CALL_PREFIX) and words[-1]["from"] == client:
        who, text, at = "Wattline", CALLED["ro" if lang == "ro" else "en"], words[-1]["at"]
    elif from_desk:
        last = from_desk[-1]
        who, text, at = page.names.get(last["from"], last["from"]), _words(last), last["at"]
    else:
        who, text, at = "", "", 0
    line = _fitting(unread, who, text, at)
    plain = f"{line.who}: {line.text}" if line.who else ""
    return [
        Reply(topics.display(client), encode(line), retain=True),
        Reply(topics.display_unread(client), str(unread).encode("ascii"), retain=True),
        Reply(topics.display_text(client), plain.encode("utf-8"), retain=True)
        if plain
        else clearing_reply(topics.display_text(client)),
    ]


def clearing_replies(client: str) -> list[Reply]:
    """No display line is retained for the client any more."""
    return [
        Reply(topic, NOTHING, retain=True)
        for topic in (topics.display(client), topics.display_unread(client), topics.display_text(client))
    ]


def _is_said(entry: Mapping[str, Any]) -> bool:
    return entry["kind"] in set(SaidKind) and not entry.get("deleted")


def _is_desk(sender: str) -> bool:
    return is_id(sender) and role_of(sender) in (Role.AGENT, Role.BOT)


def _words(entry: Mapping[str, Any]) -> str:
    if entry["kind"] == SaidKind.FILE:
        return str(entry["file"]["name"])
    return " ".join(str(entry.get("text", "")).split())


def _fitting(unread: int, who: str, text: str, at: int) -> DisplayLine:
    """The line with as many first words as 256 bytes of JSON hold."""
    who = who[:40]
    line = DisplayLine(unread=unread, who=who, text=text[:DISPLAY_BYTES], at=at)
    while (excess := len(encode(line)) - DISPLAY_BYTES) > 0:
        # A character takes at most 6 bytes of JSON, so this never cuts much more than it must.
        line = DisplayLine(
            unread=unread, who=who, text=line.text[: -max(1, excess // 6 + 1)].rstrip() if line.text else "", at=at
        )
        if not line.text:
            who = who[:-1]
    return line
