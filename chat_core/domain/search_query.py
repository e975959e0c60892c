"""
Parse a search, and split texts into the words of an index. Touches nothing but the time zones' tables.

Both databases index the same words: letters and digits, without case and diacritics. A filter (`from:a-ana`) becomes a
word that no text can contain.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from chat_core.contract.errors import BadPayload
from chat_core.contract.ids import Role, is_id, role_of

MAX_QUERY: Final = 300
MAX_WORDS: Final = 20
MAX_WORD: Final = 64  # characters; longer ones are cut, in texts and queries alike
PREFIX_FROM: Final = 3  # letters from which the last word is also a prefix
FORGIVEN_LETTERS: Final = range(4, 17)  # of a word with a typing error: shorter ones resemble too many others
FORGIVEN_WORDS: Final = 4  # of one search: each has some 600 spellings
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"

_WORD: Final = re.compile(r"[^\W_]+")
_NAMES: Final = "from|client|tag|area|lang|before|after"
_PART: Final = re.compile(rf'(?:({_NAMES}):)?"([^"]*)"|(\S+)', re.IGNORECASE)
_FILTER: Final = re.compile(rf"({_NAMES}):(.+)", re.IGNORECASE)
EVERYBODY: Final = "all"
_ROLES: Final = {"client": Role.CLIENT, "agent": Role.AGENT, "bot": Role.BOT}


def fold(text: str) -> str:
    """Return the text without case and diacritics."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def words_of(text: str) -> list[str]:
    """Return the text's words as the index has them, in order."""
    return [word[:MAX_WORD] for word in _WORD.findall(text.lower() if text.isascii() else fold(text))]


def name_word(id: str) -> str:
    """Return an id as one word of letters and digits, unique for each id."""
    return id.replace("z", "zz").replace("-", "zd").replace("_", "zu")


def role_word(id: str) -> str:
    """Return the sender's role as a word that no id has: `name_word` of an id begins with a letter and `zd`."""
    return f"role{role_of(id).value}"


def who_words(client: str, sender: str) -> list[str]:
    """Return an entry's filter words: the client, the sender's role, and a sender who is not the client."""
    told = [name_word(client), role_word(sender)]
    return told if sender == client else [*told, name_word(sender)]


@dataclass(frozen=True)
class Query:
    """
    Hold a parsed search.

    `phrases`: words that follow each other, often only one; with `open_end` the last one is a prefix. `near`: sets of
    spellings, of each of which the entry must have one. `names`: filter words, which the entry must have. `facts`:
    columns of the client, `area` and `lang`, with their values.
    """

    phrases: tuple[tuple[str, ...], ...] = ()
    open_end: bool = False
    near: tuple[frozenset[str], ...] = ()
    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    with_bots: bool = False
    before_ms: int | None = None
    after_ms: int | None = None

    @property
    def words(self) -> list[str]:
        """Return all words, for a screen to highlight."""
        return list(dict.fromkeys(word for phrase in self.phrases for word in phrase))

    def forgiving(self) -> "Query | None":
        """Return the search with each single word also as it may be meant, one typing error away; None for no word."""
        meant = [phrase for phrase in self.phrases if len(phrase) == 1 and len(phrase[0]) in FORGIVEN_LETTERS]
        if not 0 < len(meant) <= FORGIVEN_WORDS:
            return None
        kept = tuple(phrase for phrase in self.phrases if phrase not in meant)
        near = tuple(frozenset(spellings(phrase[0])) for phrase in meant)
        return replace(self, phrases=kept, open_end=self.open_end and self.phrases[-1] in kept, near=near)


def spellings(word: str) -> set[str]:
    """Return the word, and all with one letter more, less or another, or two neighbours exchanged."""
    splits = [(word[:n], word[n:]) for n in range(len(word) + 1)]
    fewer = {head + tail[1:] for head, tail in splits if tail}
    exchanged = {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    other = {head + letter + tail[1:] for head, tail in splits if tail for letter in _LETTERS}
    more = {head + letter + tail for head, tail in splits for letter in _LETTERS}
    return {word} | fewer | exchanged | other | more


def parse_query(text: str, tz: str, me: str) -> Query:
    """
    Parse words, "words together", from:, client:, tag:, area:, lang:, before: and after: a day.

    Bots' answers are left out, unless `from:` names a bot, `bot` or `all`.
    Args: tz: the zone of the days; me: the reader's id, for `from:me`. Raises: BadPayload with `bad_query`.
    """
    if len(text) > MAX_QUERY:
        raise _bad(f"A search has at most {MAX_QUERY} characters.")
    phrases: list[tuple[str, ...]] = []
    filters: dict[str, list[str]] = defaultdict(list)
    open_end = False
    for part in _PART.finditer(text):
        name, together, single = part.groups()
        asked = _FILTER.fullmatch(single) if single else None
        if asked is not None or name:
            name, value = asked.groups() if asked is not None else (name, together)
            filters[name.lower()].append(value)
        elif phrase := tuple(words_of(together or single or "")):
            phrases.append(phrase)
            # A blank at the end of the text ends the word; filters after the word do not.
            open_end = bool(single) and not text[part.end() :].isspace() and len(phrase[-1]) >= PREFIX_FROM
    if len(phrases) > MAX_WORDS:
        raise _bad(f"A search has at most {MAX_WORDS} words.")
    senders = [sender.lower() for sender in filters["from"]]
    names = [word for sender in senders if sender != EVERYBODY for word in _sender_words(sender, me)]
    names += [_client_word(client.lower()) for client in filters["client"]]
    return Query(
        tuple(phrases),
        open_end,
        names=tuple(dict.fromkeys(names)),
        tags=tuple(filters["tag"]),
        facts=tuple((column, value.lower()) for column in ("area", "lang") for value in filters[column]),
        with_bots=EVERYBODY in senders or f"role{Role.BOT.value}" in names,
        before_ms=min((_day_ms(day, tz) for day in filters["before"]), default=None),
        after_ms=max((_day_ms(day, tz) for day in filters["after"]), default=None),
    )


def _sender_words(named: str, me: str) -> list[str]:
    sender = me if named == "me" else named
    if sender in _ROLES:
        return [f"role{_ROLES[sender].value}"]
    if not is_id(sender) or role_of(sender) not in _ROLES.values():
        raise _bad("from: takes an id such as a-ana or c-42, or client, agent, bot, me or all.")
    return [name_word(sender), role_word(sender)]


def _client_word(client: str) -> str:
    if not is_id(client) or role_of(client) is not Role.CLIENT:
        raise _bad("client: takes a client's id, such as c-42.")
    return name_word(client)


def _day_ms(value: str, tz: str) -> int:
    try:
        day = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=ZoneInfo(tz))
    except ValueError:
        raise _bad("before: and after: take a day such as 2026-11-24.") from None
    return max(0, round(day.timestamp() * 1000))


def _bad(text: str) -> BadPayload:
    return BadPayload(text, why="bad_query")


def prefixes_of(text: str) -> tuple[str, ...]:
    """Return the words of a filter over names, each of which may be a prefix."""
    return tuple(dict.fromkeys(words_of(text)))[:MAX_WORDS]


def joined(words: Iterable[str]) -> str:
    """Return the words as a text that splits into them again."""
    return " ".join(words)
