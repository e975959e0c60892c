"""Name a conversation's epoch, and begin new epochs in a restored database."""

import secrets
from typing import Final

from peewee import fn

from chat_core.store import fast_sql
from chat_core.store.database import Database
from chat_core.store.models.chats import ConversationRow

REV_BASE: Final = "rev_base"  # a key of `state`: below the first `rev` of a conversation that begins


def new_epoch() -> str:
    """Return a name that no other epoch has."""
    return secrets.token_hex(8)


def begin_new_epochs(chats: Database, now_ms: int) -> None:
    """
    Begin a new epoch in every conversation of a restored database: whoever saw what came after the copy asks again.

    Every `rev` is above each that was told before, also of a conversation that begins later: open boards go on.
    """
    row = ConversationRow
    with chats.writing():
        most = chats.select(row.select(fn.MAX(row.rev)))[0][0] or 0
        base = max(now_ms, most + 1)  # a row has fewer commits than milliseconds pass between two restores
        chats.execute(fast_sql.UPSERT_STATE, (REV_BASE, base))
        for (num,) in chats.select(row.select(row.num).order_by(row.num)):
            chats.change(row.update(epoch=new_epoch()).where(row.num == num))
        chats.change(row.update(rev=base).where(row.rev > 0))
