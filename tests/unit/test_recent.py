"""The store's memory of conversations that it has just written."""

from chat_core.domain.conversation import Conversation
from chat_core.store.fast_recent import AT_MOST, Recent
from chat_core.store.rows import ConversationState


def left(client: str, rev: int) -> ConversationState:
    return ConversationState(
        Conversation(client, last_seq=rev), num=1, stored_rev=rev - 1, doing=("a-ana/k1",), changed=True
    )


def test_the_next_transaction_has_not_changed_it_yet() -> None:
    """A remembered conversation is as a transaction reads it: its rev is the row's, nothing is changed."""
    recent = Recent()
    recent.note({"c-42": left("c-42", 7)})
    found = recent.find("c-42")
    assert found is not None and (found.rev, found.stored_rev, found.changed, found.doing) == (7, 7, False, ())
    assert found.did == ("a-ana/k1",) and found.conversation.last_seq == 7
    assert recent.find("c-43") is None


def test_no_more_than_talk_now() -> None:
    """Few conversations are remembered, however many talk; the last ones are among them."""
    recent = Recent()
    for number in range(5 * AT_MOST):
        recent.note({f"c-{number}": left(f"c-{number}", 1)})
    kept = [number for number in range(5 * AT_MOST) if recent.find(f"c-{number}") is not None]
    assert 5 * AT_MOST - 1 in kept and len(kept) <= AT_MOST + 1
