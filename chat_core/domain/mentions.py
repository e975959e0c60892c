"""Find the agents whom a note mentions. Touches nothing."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from chat_core.domain.search_query import fold

MAX_MENTIONS: Final = 10  # agents in one note
# At most four words behind an `@`; one inside a word, as in an address, mentions nobody.
_MENTION: Final = re.compile(r"(?<![\w.])@([\w.-]+(?: [\w.-]+){0,3})")


def mentions_in(text: str, names: Mapping[str, str]) -> list[str]:
    """
    Return the agents named behind an `@`: by id, by name, or by a first name that only one of them has.

    Case and diacritics do not matter. Args: names: of all agents, by id.
    """
    ids: dict[str, list[str]] = defaultdict(list)
    firsts: dict[str, list[str]] = defaultdict(list)
    for id, name in names.items():
        ids[id].append(id)
        if words := fold(name).split():
            ids[" ".join(words)].append(id)
            firsts[words[0]].append(id)
    ids.update({first: whose for first, whose in firsts.items() if len(whose) == 1 and first not in ids})
    found: dict[str, None] = {}
    for mention in _MENTION.finditer(fold(text)):
        words = mention[1].split(" ")
        for length in range(len(words), 0, -1):
            named = ids.get(" ".join(words[:length]).rstrip(".-"))
            if named:
                found.update(dict.fromkeys(named))
                break
    return list(found)[:MAX_MENTIONS]
