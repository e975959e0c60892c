"""
Give automatic answers: `python -m bridge.rules`. An ordinary participant with an agent's rights.

It stops when a person answers or is asked for, and when it cannot read the log. An answer's id is made from its
question, so that no restart repeats it.
"""

import json
import threading
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import structlog

from bridge.mqtt.login import login_as
from bridge.participant import Participant
from bridge.participant.rest import Api
from bridge.process import run_until_stopped
from bridge.rules.answers import (
    FACTS,
    Answer,
    BotEpisode,
    answer_to,
    find_named_outage,
    is_of_an_outage,
    may_answer,
    rules_for,
)
from bridge.rules.facts import MeasuredPeriod, facts_of, step_of, words_of_facts
from chat_core.contract.errors import BadPayload, Unavailable
from chat_core.contract.ids import Role, role_of
from chat_core.contract.languages import find_lang
from chat_core.contract.payloads import Card, DeskNotice, Entry, Said, SaidKind, decode
from chat_core.domain.attributes import AttributeValue
from chat_core.domain.settings import Rules, read_document
from chat_core.domain.time_steps import Step
from chat_core.runtime import clock, config, ports, tokens
from chat_core.runtime.backoff import Backoff
from chat_core.runtime.heartbeat import Heartbeat
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Audience, Holder
from chat_core.store import Store

log = structlog.get_logger(__name__)

BOT: Final = "b-rules"
NAME: Final = "Wattline"
AGAIN_S: Final = (2.0, 5.0, 15.0, 60.0)  # after settings, inbox or a conversation could not be read over REST
FRESH_MS: Final = 10 * 60_000  # an older question waits for a person
SETTINGS_S: Final = 5.0  # the greatest age of the rules
TOKEN_S: Final = 3_600
STARTING_S: Final = 10.0
ASKED_WHERE: Final = 1_000  # clients asked for their area


class KnownClient(NamedTuple):
    """Hold what answers depend on."""

    lang: str
    area: str | None
    attributes: dict[str, AttributeValue]


class Desk:
    """Read REST for the bot. Each call may raise Unavailable."""

    def __init__(self, base: Callable[[], str], token: Callable[[], str]) -> None:
        self._base = base
        self._token = token
        self._rules = Rules()
        self._tz = "UTC"
        self._asked_s = float("-inf")

    def rules(self) -> tuple[Rules, str]:
        """Return the automatic answers as they are set, and the platform's time zone."""
        if time.monotonic() - self._asked_s >= SETTINGS_S:
            found = self._get("/api/settings")
            try:
                self._rules = read_document("rules", found["rules"]["value"], Rules())
            except (KeyError, TypeError) as fault:
                raise Unavailable("The settings cannot be read.") from fault
            self._tz = str(found["tz"])
            self._asked_s = time.monotonic()
        return self._rules, self._tz

    def client(self, client: str) -> KnownClient:
        found = self._get(f"/api/clients/{client}")
        attributes = found.get("attributes", {})  # web may be older for a moment
        return KnownClient(find_lang(found.get("lang")), found.get("area"), attributes)

    def outages(self) -> dict[str, dict[str, str]]:
        """Return the present outages by area, fetched each time."""
        return {row["area"]: row["text"] for row in self._get("/api/outages")["outages"]}

    def waiting(self) -> list[tuple[str, Entry]]:
        """Return the last messages of waiting clients without an assignee."""
        found = self._get("/api/inbox?waiting=1&assignee=none&limit=200")["summaries"]
        return [(row["client"], decode(Entry, json.dumps(row["last"]).encode())) for row in found if "last" in row]

    def measured(self, client: str, card: Card, step: Step) -> MeasuredPeriod:
        """Return the consumption of the period that facts of the card are made of."""
        asked = urlencode({"from": card.start, "to": card.end, "step": step, "meter": card.meter})
        found = self._get(f"/api/clients/{client}/consumption?{asked}")
        return MeasuredPeriod(card.start, card.end, found["points"], found["last"] and found["last"]["at"])

    def entries(self, client: str) -> list[Entry]:
        return Api(self._base(), self._token).newest_page(client).entries

    def _get(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = Api(self._base(), self._token).get(path, json.loads)
        return found


class RulesBot:
    """Answer questions that a rule fits, and those about a period of consumption."""

    def __init__(self, participant: Participant, desk: Desk, now_ms: Callable[[], int]) -> None:
        self._participant = participant
        self._desk = desk
        self._now_ms = now_ms
        self._notice: DeskNotice | None = None
        self._asked_where: dict[str, bool] = {}  # clients asked for their area, oldest first
        self._began_s = time.monotonic()
        self._owes = False  # a client may wait whose question could not be read
        self._again_s = 0.0
        self._backoff = Backoff(*AGAIN_S)
        participant.on_entry = self.hear
        participant.on_desk = self._hear_desk
        participant.on_ready = self._catch_up

    def _hear_desk(self, notice: DeskNotice) -> None:
        self._notice = notice
        if self._owes:
            self._catch_up()

    def _catch_up(self) -> None:
        try:
            waiting = self._desk.waiting()
        except (Unavailable, BadPayload) as fault:
            self._try_again()
            self._complain("rules.no_inbox", why=fault.text)
            return
        self._owes = False
        for client, entry in waiting:
            self.hear(client, entry)
            if self._owes:
                return
        self._backoff.succeed()

    def _try_again(self) -> None:
        self._owes, self._again_s = True, time.monotonic() + self._backoff.fail()

    def retry(self) -> None:
        """Look at the waiting clients again, a while after that failed."""
        if self._owes and time.monotonic() >= self._again_s:
            self._catch_up()

    def _complain(self, event: str, **facts: str) -> None:
        """Log a warning, but only information while everything starts."""
        is_news = time.monotonic() - self._began_s > STARTING_S
        (log.warning if is_news else log.info)(event, **facts)

    def hear(self, client: str, entry: Entry) -> None:
        """Answer a question where a rule fits, or a card, and nobody else answers."""
        if role_of(entry.sender) is not Role.CLIENT or entry.kind not in (SaidKind.TEXT, SaidKind.CARD):
            return
        if self._now_ms() - entry.at > FRESH_MS:
            return
        try:
            answer = self._answer(client, entry) if entry.card is None else self._tell_facts(client, entry, entry.card)
        except Unavailable as fault:
            self._try_again()
            self._complain("rules.silent", client=client, why=fault.text)
            return
        if answer is not None:
            said = Said(
                id=answer.id,
                kind=SaidKind.TEXT,
                text=answer.text,
                replies=list(answer.replies) or None,
                sent=self._now_ms(),
                origin=answer.origin,
            )
            self._participant.say_this(said, client)
            log.info("rules.answered", client=client, id=answer.id)

    def _answer(self, client: str, question: Entry) -> Answer | None:
        rules, tz = self._desk.rules()
        told_where = self._asked_where.pop(client, False)
        if not told_where and not may_answer(question, rules, self._notice):
            return None
        episode = BotEpisode.of(self._desk.entries(client), question)
        lang, area, attributes = self._desk.client(client)
        rules = rules_for(rules, attributes)
        outage = None
        if told_where or is_of_an_outage(question, rules):
            standing = self._desk.outages()
            outage = standing.get(area) if area is not None else find_named_outage(question, standing)
            if area is None and outage is None and not told_where:
                self._expect_area(client)
        return answer_to(question, episode, rules, self._notice, lang, tz, self._participant.id, outage)

    def _tell_facts(self, client: str, question: Entry, card: Card) -> Answer | None:
        """Say what was measured in the period that the client asks about, while no person is there."""
        rules, tz = self._desk.rules()
        step = step_of(card, ZoneInfo(tz))
        if not rules.on or step is None:
            return None
        episode = BotEpisode.of(self._desk.entries(client), question)
        if episode.holder or episode.is_the_peoples(self._participant.id) or episode.has_answer_after(question):
            return None
        lang = self._desk.client(client).lang
        facts = facts_of(self._desk.measured(client, card, step), self._now_ms())
        return Answer(f"{FACTS}{question.seq}", words_of_facts(facts, lang))

    def _expect_area(self, client: str) -> None:
        """Look for the name of an area in the client's next message."""
        self._asked_where[client] = True
        if len(self._asked_where) > ASKED_WHERE:
            del self._asked_where[next(iter(self._asked_where))]


def main() -> int:
    """Run the bot until SIGTERM or SIGINT; wait while there is no database."""
    return run_until_stopped("rules", _run)


def _run(settings: config.Config, store: Store, stop: threading.Event, heart: Heartbeat) -> None:
    store.registry.ensure_identity(BOT, clock.now_ms(), name=NAME)

    def token() -> str:
        heart.beat()  # called before each REST request, which may take 5 s
        generation = store.registry.generation(BOT)
        if generation is None:
            raise Unavailable("The bot is disabled.")
        return tokens.mint(Audience.API, Keys.open(settings.data), Holder(BOT, generation), TOKEN_S, time.time())

    def base() -> str:
        return ports.near_url(ports.resolved(settings))

    participant = Participant(BOT, lambda: login_as(settings, store, BOT))
    bot = RulesBot(participant, Desk(base, token), clock.now_ms)

    def turn() -> None:
        heart.beat()
        bot.retry()

    participant.on_turn = turn
    with participant:
        stop.wait()
