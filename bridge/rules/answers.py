"""Choose the automatic answer to a question, from the rules, the conversation and the desk's state."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from bridge.texts import TEXTS
from chat_core.contract.ids import Role, role_of
from chat_core.contract.languages import DAY_PATTERNS, in_lang, lang_in
from chat_core.contract.payloads import DeskNotice, Entry, EventKind, Origin, SaidKind
from chat_core.domain.attributes import AttributeValue, has_any
from chat_core.domain.conversation import is_desk
from chat_core.domain.search_query import words_of
from chat_core.domain.settings import Rule, Rules

PREFIX_FROM: Final = 4  # letters of a rule's word, from which it matches as a prefix
# Prefixes of an answer's id, one for each question, so that none is answered twice.
ANSWERS: Final = "auto-"
HANDS_OVER: Final = "hand-"
AWAY: Final = "away-"
FACTS: Final = "facts-"  # what was measured in the period asked about: a question about it is still to be answered
OUTAGE_RULE: Final = "outage"  # during an outage of the client's area, its notice is this rule's answer
_DATE: Final = re.compile(r"(\d\.?) ")  # no line ends between a day and its month
_NEXT: Final = re.compile(r" *\{next\} *")


@dataclass(frozen=True, slots=True)
class Answer:
    """Hold the bot's answer and its message id."""

    id: str
    text: str
    replies: tuple[str, ...] = ()
    origin: Origin = Origin.ANSWER


@dataclass(frozen=True, slots=True)
class BotEpisode:
    """Hold the messages since the conversation was opened or reopened, and its assignee."""

    words: tuple[Entry, ...]
    holder: str | None = None

    @classmethod
    def of(cls, entries: Iterable[Entry], question: Entry) -> "BotEpisode":
        """Cut the question's episode from the known entries, in order: the bot may look after the next has begun."""
        found: list[Entry] = []
        holder: str | None = None
        for entry in entries:
            if entry.kind is EventKind.REOPENED and entry.seq > question.seq:
                break
            if entry.kind is EventKind.ASSIGNED:
                holder = entry.to
            if entry.kind in (EventKind.OPENED, EventKind.REOPENED, EventKind.ERASED):
                found.clear()
            elif entry.kind in set(SaidKind) or entry.kind in (EventKind.ASSIGNED, EventKind.RESOLVED):
                found.append(entry)
        if not any(entry.seq == question.seq for entry in found):
            found = [*(entry for entry in found if entry.seq < question.seq), question]
        return cls(tuple(found), holder)

    def is_the_peoples(self, bot: str) -> bool:
        """Return whether a person has answered or was asked for; then the bot is silent."""
        return any(
            role_of(entry.sender) is Role.AGENT or (entry.sender == bot and entry.origin is Origin.HANDOVER)
            for entry in self.words
        )

    def has_answer_after(self, question: Entry) -> bool:
        """Return whether the desk has answered since."""
        return any(
            entry.seq > question.seq and is_desk(entry.sender) and not entry.id.startswith(FACTS)
            for entry in self.words
        )

    def was_told(self, bot: str, text: str) -> bool:
        """Return whether the bot has sent exactly this."""
        return any(entry.sender == bot and entry.text == text for entry in self.words)

    def is_first_question(self, question: Entry) -> bool:
        """Return whether the client wrote nothing before it."""
        return not any(entry.seq < question.seq and entry.sender == question.sender for entry in self.words)


def rules_for(rules: Rules, attributes: Mapping[str, AttributeValue]) -> Rules:
    """Return the rules without the answers that are for clients with other attributes."""
    fitting = [rule for rule in rules.rules if not rule.attributes or has_any(attributes, rule.attributes)]
    return rules.model_copy(update={"rules": fitting})


def may_answer(question: Entry, rules: Rules, desk: DeskNotice | None) -> bool:
    """Return whether the entry may need an answer, before the log is fetched."""
    if not rules.on or not question.text:
        return False
    is_away = rules.away is not None and desk is not None and not desk.open
    return is_away or find_rule(rules, question.text) is not None


def find_rule(rules: Rules, text: str) -> tuple[Rule, str | None] | None:
    """Return the first rule that fits, and the language of its phrase; None where several languages fit."""
    said = words_of(text)
    for rule in rules.rules:
        if not rule.on:
            continue
        fitting = [lang for lang, phrases in rule.words.items() if any(_occurs(phrase, said) for phrase in phrases)]
        if fitting:
            return rule, fitting[0] if len(fitting) == 1 else None
    return None


def _asks_for_a_person(rules: Rules, reply: str) -> bool:
    """Return whether a button of an answer would hand over to a person."""
    found = find_rule(rules, reply)
    return found is not None and found[0].person


def is_of_an_outage(question: Entry, rules: Rules) -> bool:
    """Return whether the answer is the outage notice of the client's area."""
    found = find_rule(rules, question.text or "")
    return found is not None and found[0].id == OUTAGE_RULE


def find_named_outage(question: Entry, standing: Mapping[str, Mapping[str, str]]) -> Mapping[str, str] | None:
    """Return the outage of the one area that the question names; None where it names none or several."""
    said = words_of(question.text or "")
    named = [text for area, text in standing.items() if _occurs(area, said)]
    return named[0] if len(named) == 1 else None


def _occurs(phrase: str, said: Sequence[str]) -> bool:
    """Return whether the question holds each word of the phrase; longer words match as a prefix."""
    asked = words_of(phrase)
    return bool(asked) and all(
        any(word == one or (len(one) >= PREFIX_FROM and word.startswith(one)) for word in said) for one in asked
    )


def answer_to(
    question: Entry,
    episode: BotEpisode,
    rules: Rules,
    desk: DeskNotice | None,
    lang: str,
    tz: str,
    bot: str,
    outage: Mapping[str, str] | None = None,
) -> Answer | None:
    """
    Return the bot's answer, or None to stay silent.

    Where an agent holds the conversation, it tells at most when somebody is back.
    Args: lang: the client's, unless a phrase shows another; desk: None while unknown; outage: of the client's area, or
        of the area that the question names.
    """
    if not rules.on or question.kind is not SaidKind.TEXT or not question.text or question.deleted:
        return None
    if episode.is_the_peoples(bot) or episode.has_answer_after(question):
        return None
    found = find_rule(rules, question.text) if episode.holder is None else None
    if found is not None:
        rule, spoken = found
        lang = spoken or lang
        text = _filled(rule.answer, lang, desk, tz)
        replies = tuple((rule.replies or {}).get(lang_in(rule.answer, lang), ()))
        if desk is not None and not desk.open:
            replies = tuple(reply for reply in replies if not _asks_for_a_person(rules, reply))
        prefix, origin = (HANDS_OVER, Origin.HANDOVER) if rule.person else (ANSWERS, Origin.ANSWER)
        if outage is not None and rule.id == OUTAGE_RULE:
            text, replies = in_lang(outage, lang), ()  # the buttons ask what is known now
        answer = Answer(f"{prefix}{question.seq}", text, replies, origin)
    elif outage is not None and episode.holder is None:
        answer = Answer(f"{ANSWERS}{question.seq}", in_lang(outage, lang))
    elif rules.away is not None and desk is not None and not desk.open and episode.is_first_question(question):
        answer = Answer(f"{AWAY}{question.seq}", _filled(rules.away, lang, desk, tz))
    else:
        return None
    return None if episode.was_told(bot, answer.text) else answer


def _filled(texts: Mapping[str, str], lang: str, desk: DeskNotice | None, tz: str) -> str:
    """Return the text in the language, or in one that it has, with {next} filled in as a sentence among others."""
    lang = lang_in(texts, lang)
    words = back_words(desk, lang, tz)
    return _NEXT.sub(f" {words} " if words else " ", texts[lang]).strip()


def back_words(desk: DeskNotice | None, lang: str, tz: str) -> str:
    """Return a sentence that tells until when the desk is closed; empty while it is open."""
    if desk is None or desk.open:
        return ""
    texts = in_lang(TEXTS, lang)
    if desk.next is None:
        return texts.closed
    opens = datetime.fromtimestamp(desk.next / 1000, ZoneInfo(tz))
    return texts.back.format(
        day=_DATE.sub("\\1\N{NO-BREAK SPACE}", format_datetime(opens, in_lang(DAY_PATTERNS, lang), locale=lang)),
        time=format_datetime(opens, "HH:mm", locale=lang),
    )
