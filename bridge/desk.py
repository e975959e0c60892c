"""Who is at the desk, as everybody is told. Touches nothing."""

from collections.abc import Iterable, Mapping

from chat_core.payloads import AgentHere, AgentState, DeskNotice


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
