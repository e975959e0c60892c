"""
Check messages that are more than a text: a file, a rating, quick replies.

Reads the transaction and the registry, writes nothing; a plain text does not need it.
"""

from typing import Final

from chat_core.contract.errors import BadPayload, NotAllowed, NotFound
from chat_core.contract.payloads import EventKind, File, Said, SaidKind
from chat_core.domain.conversation import check_rating, is_desk
from chat_core.store import Registry, Transaction

ENDS: Final = (EventKind.RESOLVED.value, EventKind.ERASED.value, SaidKind.RATING.value)


def check_words(tx: Transaction, client: str, sender: str, said: Said, registry: Registry) -> None:
    """
    Decide whether the sender may say this here.

    Raises: NotAllowed for quick replies of a client, and for a rating by somebody else; NotFound for a file that is
        not the sender's, or not of this conversation; BadPayload for one that is described otherwise than it lies
        here; WrongState for a rating at the wrong time.
    """
    if said.replies is not None and not is_desk(sender):
        raise NotAllowed("Only agents and bots offer quick replies.")
    if said.file is not None:
        _check_file(client, sender, said.file, registry)
    if said.kind is SaidKind.RATING:
        check_rating(tx.conversation(client), sender, tx.last_kind(client, ENDS))


def _check_file(client: str, sender: str, file: File, registry: Registry) -> None:
    stored = registry.files.find(file.file)
    if stored is None or stored.client != client or stored.sender != sender:
        raise NotFound("This file is not here any more; send it again.")
    told = (file.name, file.type, file.size, file.width, file.height)
    if told != (stored.name, stored.type, stored.size, stored.width, stored.height):
        raise BadPayload("The file is described otherwise than it was stored.", why="wrong_file")
