"""
Do agents' commands: `desk/do/<agent>` → change, events, and a tick (a Summary whose `did` names the command).

A notice belongs to no conversation: the retained notice with the command's id is its tick.
"""

from zoneinfo import ZoneInfo

import structlog

from bridge.pipeline.effects import Effects, entry_reply, outage_replies
from bridge.pipeline.notices import put_notice
from chat_core.contract.errors import NotAllowed, NotFound, Refused, WrongState
from chat_core.contract.ids import Role, role_of
from chat_core.contract.payloads import Command, Do, Entry, EventKind, OutageNotice
from chat_core.domain import conversation as decide
from chat_core.domain.conversation import Conversation
from chat_core.domain.mentions import mentions_in
from chat_core.domain.outage_text import check_length
from chat_core.domain.outage_times import check_times
from chat_core.store import Registry, Transaction

log = structlog.get_logger(__name__)


def do_order(
    tx: Transaction, agent: str, command: Command, known: str | None, registry: Registry, now_ms: int
) -> Effects:
    """
    Do the command and tick it; tick a repeat again.

    Args: known: the client of a command done already ("" for none), None for a new one.
    Raises: NotFound, WrongState, NotAllowed, BadPayload, before any change.
    """
    if command.do is Do.NOTICE:
        return _do_notice(tx, agent, command, known, registry, now_ms)
    if known is not None:
        tx.tell_again(known, f"{agent}/{command.id}")
        return Effects()
    return _do_change(tx, agent, command, registry, now_ms)


def _do_change(tx: Transaction, agent: str, command: Command, registry: Registry, now_ms: int) -> Effects:
    client = command.client
    assert client is not None  # the payload's own rule for everything but a notice
    before = tx.conversation(client)
    if before.last_seq == 0:
        raise NotFound(f"There is no conversation with {client}.")
    check_team(before, agent, registry)
    at_ms = now_ms + (command.delay_ms or 0)
    _check_change(tx, before, agent, command, registry, at_ms)
    effects = Effects()
    if command.do is Do.CANCEL:
        _cancel(tx, before, agent, command, now_ms)
    elif command.delay_ms is not None:
        tx.put(decide.do_delay(before, agent, command, at_ms))
    else:
        effects = _make_effective(tx, before, agent, command, registry, now_ms)
    tx.record_command(agent, command.id, client, now_ms)
    return effects


def _check_change(
    tx: Transaction, before: Conversation, agent: str, command: Command, registry: Registry, at_ms: int
) -> None:
    target = tx.entry(before.client, command.of) if command.of is not None else None
    decide.check_command(before, agent, command, at_ms, target)
    _check_assignee(before, command, registry)
    _check_new_team(before, command, registry)


def _cancel(tx: Transaction, before: Conversation, agent: str, command: Command, now_ms: int) -> None:
    """Withdraw the agent's delayed command; one that has not arrived yet never takes effect."""
    assert command.cancels is not None  # the payload's own rule
    for delayed in before.delayed:
        if (delayed.agent, delayed.id) == (agent, command.cancels):
            tx.put(decide.do_cancel(before, delayed))
            return
    if tx.command_known(agent, command.cancels) is not None:
        raise WrongState("It is too late to undo this: it was done, replaced or cancelled already.", why="too_late")
    tx.record_command(agent, command.cancels, before.client, now_ms)


def do_due(tx: Transaction, client: str, registry: Registry, now_ms: int) -> Effects:
    """Do the client's delayed commands whose time has come; drop one that is not possible any more."""
    effects = Effects()
    due = [delayed for delayed in tx.conversation(client).delayed if delayed.at <= now_ms]
    for delayed in sorted(due, key=lambda each: each.at):
        now = decide.do_cancel(tx.conversation(client), delayed)
        command = Command(id=delayed.id, do=delayed.do, client=client, to=delayed.to, until=delayed.until)
        try:
            check_team(now, delayed.agent, registry)
            _check_change(tx, now, delayed.agent, command, registry, now_ms)
        except Refused as fault:
            log.info("delayed.dropped", do=delayed.do, why=fault.why)
            tx.put(now)
        else:
            effects.add(_make_effective(tx, now, delayed.agent, command, registry, now_ms))
    return effects


def _make_effective(
    tx: Transaction, before: Conversation, agent: str, command: Command, registry: Registry, now_ms: int
) -> Effects:
    client = before.client
    change = decide.do_command(before, agent, command)
    effects = Effects(displays={client})
    if command.do in (Do.EDIT, Do.DELETE) and command.of is not None:
        tx.amend(client, command.of, command.text if isinstance(command.text, str) else None)
    elif command.do is Do.NOTE and isinstance(command.text, str):
        tx.add_note(client, agent, command.id, command.text, now_ms)
    for event in change.events:
        entry = tx.append(client, event.sender, event, now_ms)
        effects.tell(entry_reply(client, told(entry, command)))
        effects.stored += 1
    now = change.conversation
    if command.do is Do.NOTE and isinstance(command.text, str) and "@" in command.text:
        agents = [one for one in registry.list_agents() if not one.disabled]
        names = {one.id: one.name for one in agents if one.admin or registry.teams.latest.is_member(one.id, now.team)}
        mentioned = mentions_in(command.text, names)
        now = decide.do_mention(now, agent, command.id, mentioned)
        tx.tell_mention(client, agent, command.id, mentioned, now_ms)
    elif command.do in (Do.READ, Do.UNREAD):
        now = now._replace(unread=_unread_by_desk(tx, client, command))
    tx.put(now)
    return effects


def told(entry: Entry, command: Command) -> Entry:
    """Return the event as live readers receive it: an edit carries the new text."""
    if entry.kind is EventKind.EDITED and isinstance(command.text, str):
        return entry.model_copy(update={"text": command.text})
    return entry


def _check_assignee(before: Conversation, command: Command, registry: Registry) -> None:
    if command.do is not Do.ASSIGN or command.to is None:
        return
    colleague = registry.find_agent(command.to)
    if colleague is None or colleague.disabled:
        raise NotFound(f"There is no agent {command.to}.")
    if not is_of_team(before, command.to, registry):
        raise WrongState(f"{colleague.name} is not in the team of this conversation. Move it first.", why="other_team")


def _check_new_team(before: Conversation, command: Command, registry: Registry) -> None:
    if command.do is not Do.MOVE:
        return
    teams = registry.teams.latest
    if command.team not in teams.ids:
        raise NotFound(f"There is no team {command.team}.")
    if command.team == teams.known(before.team):
        raise WrongState("It belongs to this team already.")


def is_of_team(conversation: Conversation, agent: str, registry: Registry) -> bool:
    """Return whether the conversation is one of the agent's teams'. Administrators and bots are in every team."""
    teams = registry.teams.latest
    if teams.is_single or role_of(agent) is not Role.AGENT or teams.is_member(agent, conversation.team):
        return True
    found = registry.find_agent(agent)
    return found is not None and found.admin


def check_team(conversation: Conversation, agent: str, registry: Registry) -> None:
    """Raise NotAllowed with `other_team` for an agent of other teams than the conversation's."""
    if not is_of_team(conversation, agent, registry):
        team = registry.teams.latest.name(registry.teams.latest.known(conversation.team))
        raise NotAllowed(f"This conversation belongs to the team {team}. Ask for it to be moved.", why="other_team")


def _unread_by_desk(tx: Transaction, client: str, command: Command) -> int:
    """Return how many of the client's messages are unread: from a message on, or beyond the agents' markers."""
    is_from = command.do is Do.UNREAD and command.of is not None
    read = command.of - 1 if is_from and command.of is not None else decide.seen_by_desk(tx.markers(client)).read
    return tx.unread_above(client, read)


def _do_notice(
    tx: Transaction, agent: str, command: Command, known: str | None, registry: Registry, now_ms: int
) -> Effects:
    assert command.areas is not None  # the payload's own rule
    areas = list(dict.fromkeys(command.areas))
    text = command.text if isinstance(command.text, dict) else None
    effects = Effects()
    if known is not None:
        ended = OutageNotice(id=command.id, text=None)
        for area in areas:
            stands = tx.find_notice(area)
            if (stands.id if stands is not None else None) != (command.id if text is not None else None):
                raise WrongState("Since then another notice was made for one of these areas.", why="replaced")
            effects.tell(*outage_replies(area, stands or ended, tx.tz))
        return effects
    who = registry.find_agent(agent)
    if who is None or not who.admin or who.disabled:
        raise NotAllowed("Only an administrator publishes notices.")
    if text is None:
        notice = OutageNotice(id=command.id, text=None)
    else:
        check_length(text, command.until, ZoneInfo(tx.tz))
        check_times(began_ms=command.began, until_ms=command.until, ends_ms=command.ends, now_ms=now_ms)
        notice = OutageNotice(id=command.id, text=text, until=command.until, began=command.began, ends=command.ends)
    for area in areas:
        effects.add(put_notice(tx, registry, area, notice, now_ms))
    tx.record_command(agent, command.id, None, now_ms)
    return effects
