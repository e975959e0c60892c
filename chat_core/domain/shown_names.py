"""
Decide by which name clients know an agent: the first name (docs/contract.md#what-clients-know-of-agents). Pure.

Whatever a client, its display or its listener can read names agents by this; the desk reads whole names.
"""

from collections.abc import Mapping
from typing import Final

from chat_core.contract.ids import Role, is_id, role_of

# Written without a full stop too. Other titles end with one, such as "Dipl.-Ing.".
_TITLES: Final = frozenset({"dr", "ing", "prof", "sir", "miss", "mr", "mrs", "ms", "frau", "herr", "fräulein"}) | {
    *("dl", "dna", "d-l", "d-na", "d-ra", "domnul", "doamna", "domnișoara")
}


def shown_name(name: str) -> str:
    """
    Return the first name of a whole one: its first word that is no title, so of "Dr. Maria Pop" it is "Maria".

    "Pop, Maria" and "Dr. Pop, Maria" begin with the last name. A name of one word is shown as it is; an empty
    one stays empty.
    """
    last, _, first = name.partition(",")
    is_turned = bool(first.strip()) and sum(not _is_title(word) for word in last.split()) == 1
    words = (first if is_turned else name).split()
    named = [word for word in words if any(letter.isalnum() for letter in word)]
    untitled = [word for word in named if not _is_title(word)]
    return next(iter(untitled or named or words), "").rstrip(",;")


def _is_title(word: str) -> bool:
    """Return whether the word is a title; an initial, such as "J.", is a first name."""
    plain = word.rstrip(",;")
    return plain.casefold() in _TITLES or (plain.endswith(".") and len(plain.rstrip(".")) > 1)


def shown_names(names: Mapping[str, str]) -> dict[str, str]:
    """Return the names by id as clients read them; those of bots and clients are whole."""
    return {id: shown_name(name) if is_id(id) and role_of(id) is Role.AGENT else name for id, name in names.items()}
