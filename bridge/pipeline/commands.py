"""
Do agents' commands: `desk/do/<agent>` → change, events, and a tick (a Summary whose `did` names the command).

A notice belongs to no conversation: the retained notice with the command's id is its tick.
"""

from bridge.pipeline.effects import Effects, entry_reply, outage_replies
from chat_core.contract.errors import NotAllowed, NotFound, WrongState
from chat_core.contract.payloads import Command, Do, Entry, EventKind, OutageNotice
from chat_core.domain import conversation as decide
from chat_core.store import Registry, Transaction


def do_order(
    tx: Transaction, agent: str, command: Command, known: str | None, registry: Registry, now_ms: int
) -> Effects:
    """
    Do the command and tick it; tick a repeat again.

    Args: known: the client of a command done already ("" for none), None for a new one.
    Raises: NotFound, WrongState, NotAllowed, before any change.
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
    target = tx.entry(client, command.of) if command.of is not None else None
    decide.check_command(before, agent, command, now_ms, target)
    _check_assignee(command, registry)
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
    tx.put(change.conversation)
    tx.record_command(agent, command.id, client, now_ms)
    return effects


def told(entry: Entry, command: Command) -> Entry:
    """Return the event as live readers receive it: an edit carries the new text."""
    if entry.kind is EventKind.EDITED and isinstance(command.text, str):
        return entry.model_copy(update={"text": command.text})
    return entry


def _check_assignee(command: Command, registry: Registry) -> None:
    if command.do is not Do.ASSIGN or command.to is None:
        return
    colleague = registry.find_agent(command.to)
    if colleague is None or colleague.disabled:
        raise NotFound(f"There is no agent {command.to}.")


def _do_notice(
    tx: Transaction, agent: str, command: Command, known: str | None, registry: Registry, now_ms: int
) -> Effects:
    assert command.area is not None  # the payload's own rule
    text = command.text if isinstance(command.text, dict) else None
    notice = OutageNotice(id=command.id, text=text)
    if known is not None and tx.find_notice(command.area) != (command.id if text else None):
        raise WrongState("Since then another notice was made for this area.", why="replaced")
    told = Effects().tell(*outage_replies(command.area, notice))
    if known is None:
        who = registry.find_agent(agent)
        if who is None or not who.admin or who.disabled:
            raise NotAllowed("Only an administrator publishes notices.")
        tx.put_notice(command.area, command.id, text, now_ms)
        tx.record_command(agent, command.id, None, now_ms)
        told.displays |= set(registry.devices.clients_in(command.area))
    return told
