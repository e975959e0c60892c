"""The automatic answer to a question: by its words, by the log before it, by who is there."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bridge.rules.answers import Answer, BotEpisode, answer_to, find_named_outage, find_rule, rules_for
from bridge.rules.bot import Desk, KnownClient
from chat_core.contract.payloads import AgentHere, DeskNotice, Entry, EventKind, Origin, SaidKind
from chat_core.domain.settings import Defaults, Rules, default_of

BOT = "b-rules"
TZ = "Europe/Bucharest"
FOUND = default_of("rules", Defaults(answer_target=5, demo=True))
assert isinstance(FOUND, Rules)
RULES = FOUND  # the demo company's
MONDAY_NINE = round(datetime(2025, 12, 1, 9, tzinfo=ZoneInfo(TZ)).timestamp() * 1000)
OPEN = DeskNotice(open=True, agents=[AgentHere(id="a-ana", name="Ana")], next=None, roll="r1")
CLOSED = DeskNotice(open=False, agents=[], next=MONDAY_NINE, roll="r1")


def text(seq: int, words: str, sender: str = "c-42", origin: Origin | None = None) -> Entry:
    return Entry(seq=seq, id=f"m{seq}", sender=sender, at=seq, kind=SaidKind.TEXT, text=words, origin=origin)


def event(seq: int, kind: EventKind, sender: str = "c-42", to: str | None = None) -> Entry:
    return Entry(seq=seq, id=f"e-{seq}", sender=sender, at=seq, kind=kind, to=to)


def answered(*entries: Entry, desk: DeskNotice | None = OPEN, lang: str = "en") -> Answer | None:
    return answer_to(entries[-1], BotEpisode.of(entries, entries[-1]), RULES, desk, lang, TZ, BOT)


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("When is my bill due?", "bill-due"),
        ("Care e scadența?", "bill-due"),
        ("How can I pay?", "payment"),
        ("Why is my bill so HIGH", "bill-high"),
        ("Ce tarif am?", "tariff"),
        ("We are moving next month", "moving"),
        ("Mă mut la Cluj", "moving"),
        ("I want to send a meter reading", "meter-reading"),
        ("Nu avem curent de o oră", "outage"),
        ("no power since noon", "outage"),
        ("Why 40 kWh yesterday?", "spike"),
        ("de ce 40 kwh ieri", "spike"),
        ("Am panouri fotovoltaice", "solar"),
        ("What are your opening hours?", "hours"),
        ("I want to talk to a human", "person"),
        ("O persoană, vă rog", "person"),
    ],
)
def test_the_rules_that_are_ready(words: str, rule: str) -> None:
    """Ordinary questions of an energy company's clients find their rule, in either language."""
    found = find_rule(RULES, words)
    assert found is not None and found[0].id == rule


def test_an_answer_for_clients_with_an_attribute() -> None:
    """A rule for certain clients answers them alone; the next one that fits answers the others."""
    first = RULES.rules[0]
    solar = first.model_copy(update={"id": "for-solar", "attributes": ["plan:Solar"]})
    rules = RULES.model_copy(update={"rules": [solar, first]})
    words = first.words["en"][0]
    found = [find_rule(rules_for(rules, known), words) for known in ({"plan": "Solar"}, {"plan": "Basic"}, {})]
    assert [one and one[0].id for one in found] == ["for-solar", first.id, first.id]


@pytest.mark.parametrize("words", ["Hello", "Mulțumesc!", "ok", "?", "📎", "powerful", "mutual"])
def test_words_that_no_rule_is_for(words: str) -> None:
    """Small talk and words that merely look alike get no automatic answer."""
    assert find_rule(RULES, words) is None


def test_an_answer_in_the_language_of_the_question() -> None:
    """The language whose phrase fits counts before the portal's; quick replies are of the same one."""
    answer = answered(text(2, "Care e scadența facturii?"), lang="en")
    assert answer is not None and answer.id == "auto-2" and "scadentă pe 28" in answer.text
    assert answer.replies[-1] == "O persoană, vă rog"


def test_nobody_is_offered_while_nobody_is_there() -> None:
    """While the desk is closed no button of an answer asks for a person; the other ones stay."""
    question = text(1, "No power since noon")
    here, away = answered(question), answered(question, desk=CLOSED)
    assert here is not None and here.replies[-1] == "A person please"
    assert away is not None and away.replies == here.replies[:-1]


def test_it_steps_back_for_a_person() -> None:
    """Once a person has answered, joined or holds the conversation, or was asked for, the bot is silent."""
    question = text(9, "When is my bill due?")
    assert answered(question) is not None
    assert answered(text(2, "Hi"), text(3, "Hello", "a-ana"), question) is None
    assert answered(event(3, EventKind.ASSIGNED, "a-ana", "a-radu"), question) is None
    asked = text(2, "A person please")
    handed = answered(asked)
    assert handed is not None and handed.id == "hand-2"
    assert answered(asked, text(3, handed.text, BOT, handed.origin), question) is None


def test_it_is_back_in_the_next_episode() -> None:
    """Resolved and opened again, the conversation has automatic answers again, unless somebody still holds it."""
    before = (text(2, "A person please"), text(3, "Yes.", BOT, Origin.HANDOVER), event(4, EventKind.RESOLVED, "a-ana"))
    again = (event(5, EventKind.REOPENED), text(6, "When is my bill due?"))
    assert answered(*before, *again) is not None
    assert answered(event(1, EventKind.ASSIGNED, "a-ana", "a-ana"), *before, *again) is None
    given_back = event(2, EventKind.ASSIGNED, "a-ana", None)
    assert answered(event(1, EventKind.ASSIGNED, "a-ana", "a-ana"), given_back, *again) is not None


def test_nothing_is_answered_twice() -> None:
    """A question that has an answer gets no other, and the same answer is not given again in one episode."""
    question = text(2, "When is my bill due?")
    answer = answered(question)
    assert answer is not None
    told = text(3, answer.text, BOT, answer.origin)
    late = answer_to(question, BotEpisode.of((question, told), question), RULES, OPEN, "en", TZ, BOT)
    assert late is None
    assert answered(question, told, text(4, "bill due when?")) is None


def test_a_question_of_an_ended_episode() -> None:
    """A bot that looks late, when the conversation was resolved and reopened, judges by the question's own episode."""
    question = text(4, "When is my bill due?")
    reopened = Entry(seq=6, id="r", sender="c-42", at=6, kind=EventKind.REOPENED)
    entries = (
        text(2, "Hello"),
        text(3, "On the 28th.", "a-ana"),
        question,
        reopened,
        text(7, "What tariff do I have?"),
    )
    assert answer_to(question, BotEpisode.of(entries, question), RULES, OPEN, "en", TZ, BOT) is None
    assert answered(*entries) is not None


def test_outside_hours() -> None:
    """The first question outside hours is told first of all until when the desk is closed, and only the first is."""
    answer = answered(text(2, "Hello"), desk=CLOSED)
    assert answer is not None and answer.id == "away-2"
    assert answer.text.startswith("We are closed until Monday, 1\u00a0December, 09:00. Thank you")
    romanian = answered(text(2, "Bună"), desk=CLOSED, lang="ro")
    assert romanian is not None and romanian.text.startswith("Este închis până luni, 1\u00a0decembrie, la 09:00. Vă")
    assert answered(text(2, "Hello"), text(3, "anybody?"), desk=CLOSED) is None
    assert answered(text(2, "Hello"), desk=OPEN) is None is answered(text(2, "Hello"), desk=None)
    held = (event(1, EventKind.ASSIGNED, "a-ana", "a-ana"), event(2, EventKind.RESOLVED, "a-ana"))
    assert answered(*held, event(3, EventKind.REOPENED), text(4, "When is my bill due?"), desk=CLOSED) is not None


def test_during_an_outage() -> None:
    """A question about it gets the outage's own words, once in an episode; any other its usual answer."""
    words = {"en": "Off until three.", "ro": "Oprit până la trei."}

    def told(*entries: Entry) -> Answer | None:
        return answer_to(entries[-1], BotEpisode.of(entries, entries[-1]), RULES, OPEN, "en", TZ, BOT, words)

    question = text(2, "no power since noon")
    assert told(question) == Answer("auto-2", "Off until three.")
    assert told(text(2, "Nu avem curent de o oră")) == Answer("auto-2", "Oprit până la trei.")
    assert told(text(2, "When is my bill due?")) == answered(text(2, "When is my bill due?"))
    before = (question, text(3, "Off until three.", BOT, Origin.ANSWER), text(4, "still no power"))
    assert told(*before) is None
    over = answered(*before)
    assert over is not None and over.replies and "main switch" in over.text


def test_an_outage_where_no_area_is_known() -> None:
    """A client without an area is asked for it, and told the outage of the one area that its words name."""
    standing = {
        "cluj-centru": {"en": "Centre: off until three.", "ro": "Centru: oprit până la trei."},
        "cluj-nord": {"en": "North: off until five.", "ro": "Nord: oprit până la cinci."},
    }
    question = text(2, "no power since noon", "g-1")
    asked = answered(question)
    assert asked is not None and "area" in asked.text and "this page" not in asked.text
    assert find_named_outage(question, standing) is None
    assert find_named_outage(text(2, "no power in Cluj", "g-1"), standing) is None
    assert find_named_outage(text(2, "fără curent în Cluj Nord", "g-1"), standing) == standing["cluj-nord"]
    place = text(4, "It is Cluj, Centru", "g-1")
    episode = BotEpisode.of((question, text(3, asked.text, BOT, asked.origin), place), place)
    told = answer_to(place, episode, RULES, OPEN, "en", TZ, BOT, find_named_outage(place, standing))
    assert told == Answer("auto-4", "Centre: off until three.")


def test_a_client_without_attributes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients are answered while a web of the release before runs, which knows no attributes."""
    desk = Desk(str, str)
    monkeypatch.setattr(desk, "_get", {"/api/clients/c-42": {"lang": "ro", "area": None}}.__getitem__)
    assert desk.client("c-42") == KnownClient("ro", None, {})


def test_switched_off() -> None:
    """A rule that is off is not found, and none is given where all are off."""
    off = RULES.model_copy(update={"on": False})
    question = text(2, "When is my bill due?")
    assert answer_to(question, BotEpisode.of((question,), question), off, OPEN, "en", TZ, BOT) is None
    rules = [rule.model_copy(update={"on": rule.id != "bill-due"}) for rule in RULES.rules]
    found = find_rule(RULES.model_copy(update={"rules": rules}), "my bill due")
    assert found is None or found[0].id != "bill-due"


def test_what_is_no_question() -> None:
    """A file, a card and a deleted text are not answered."""
    deleted = Entry(seq=2, id="m", sender="c-42", at=1, kind=SaidKind.TEXT, deleted=True)
    assert answered(deleted, desk=CLOSED) is None
