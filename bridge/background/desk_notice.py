"""Make the notice that tells who is at the desk."""

from collections.abc import Iterable, Mapping

from bridge.background.availability import Availability
from chat_core.contract.fields import MAX_PERSON_NAME
from chat_core.contract.payloads import MAX_AGENTS, AgentHere, AgentState, DeskNotice


def desk_notice(
    agents: Iterable[tuple[str, AgentState]], names: Mapping[str, str], roll: str, times: Availability
) -> DeskNotice:
    """
    Return who is here. The desk is open within its hours, and beyond them while any agent is connected.

    An agent who turned away for a moment keeps it open, and is neither counted nor named. Named are the first few in
    the order given: however many there are, the notice goes into one message.
    Args: agents: those who are not offline; names: of agents that may still sign in; others are left out.
    """
    here = [(agent, state) for agent, state in agents if agent in names]
    online = [agent for agent, state in here if state is AgentState.ONLINE]
    is_open = bool(here) or bool(times.within)
    return DeskNotice(
        open=is_open,
        online=len(online),
        agents=[AgentHere(id=agent, name=names[agent][:MAX_PERSON_NAME]) for agent in online[:MAX_AGENTS]],
        next=None if is_open else times.next,
        roll=roll,
        reply_s=times.reply_s,
    )
