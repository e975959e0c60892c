"""The bot of the automatic answers beside the other rooms, and the one that docs/bots.md shows."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_core.contract import topics
from chat_core.contract.changes import ChangeKind
from chat_core.contract.ids import new_message_id
from chat_core.contract.payloads import Command, Do, Entry, Origin, decode, encode
from chat_core.domain.settings import Defaults, default_of, wire_of
from tests.integration.bridge_house import BridgeHouse, bridge_house
from tests.real.parts import REPOSITORY, Child
from tests.real.wattline import ProductProcess, environment
from tests.waiting import wait_until

BOT = "b-rules"


@pytest.fixture(scope="module")
def broker_and_bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BridgeHouse]:
    with bridge_house(tmp_path_factory.mktemp("house"), rate="off") as started:
        yield started


@pytest.fixture(scope="module")
def web(broker_and_bridge: BridgeHouse) -> Iterator[ProductProcess]:
    """Web, with the automatic answers of the demo's company."""
    settings = {**broker_and_bridge.settings, "WATTLINE_DEMO": "on"}
    with ProductProcess("web", broker_and_bridge.data, settings=settings, at_once=True) as started:
        started.port("http")
        yield started


@pytest.fixture(scope="module")
def house(broker_and_bridge: BridgeHouse, web: ProductProcess) -> BridgeHouse:
    """Broker, bridge and web."""
    return broker_and_bridge


@pytest.fixture(scope="module")
def bot(house: BridgeHouse) -> Iterator[ProductProcess]:
    """The bot beside them."""
    with ProductProcess("bridge.rules", house.data, settings=house.settings, at_once=True) as started:
        wait_until(lambda: house.store.registry.names([BOT]), why=started.log)
        yield started


@pytest.fixture
def client(house: BridgeHouse, bot: ProductProcess) -> Iterator[str]:
    yield house.new_client()
    house.send_home()


def automatic(house: BridgeHouse, client: str) -> list[Entry]:
    """What the bot has said to the client."""
    return [decode(Entry, json.dumps(entry).encode()) for entry in house.log(client) if entry["from"] == BOT]


def asked(house: BridgeHouse, client: str, question: str = "When is my bill due?") -> Entry:
    """The client asks; returns the bot's first answer, which comes also where the bot was not there yet."""
    maria = house.person(client)
    maria.wait_stored(maria.say(question))
    wait_until(lambda: automatic(house, client), 20, why=house.bridge.log)
    return automatic(house, client)[0]


def test_a_question_is_answered(house: BridgeHouse, client: str) -> None:
    """A question that a rule fits is answered, marked as a bot's, with quick replies; nobody is assigned by it."""
    answer = asked(house, client)
    assert answer.text is not None and "28th" in answer.text and answer.replies is not None
    assert answer.origin is Origin.ANSWER
    assert house.store.log.page(client).names == {BOT: "Wattline"}
    summary = house.store.inbox.summary(client)
    assert summary is not None and summary.assignee is None and summary.waiting is not None
    assert house.store.log.page(client).markers.get(BOT, {"read": 0})["read"] == 0


def test_it_is_silent_once_a_person_is_there(house: BridgeHouse, client: str, bot: ProductProcess) -> None:
    """Asked for a person it hands over and is silent, until the conversation was resolved and given back."""
    answer = asked(house, client, "A person please")
    assert answer.origin is Origin.HANDOVER
    maria, ana = house.person(client), house.person("a-ana")
    maria.wait_stored(maria.say("When is my bill due?"))
    ana.wait_stored(ana.say("On the 28th.", client))
    maria.wait_stored(maria.say("And how can I pay?"))
    for n, order in enumerate((Do.ASSIGN, Do.RESOLVE)):
        ana.wait_done(ana.order(Command(id=new_message_id(n, b"0123456789"), do=order, client=client)))
    last = maria.wait_stored(maria.say("What tariff do I have?"))
    wait_until(lambda: len(automatic(house, client)) == 2, 20, why=bot.log)
    assert [entry.id for entry in automatic(house, client)] == [answer.id, f"auto-{last.seq}"]


def test_it_answers_when_web_is_back(house: BridgeHouse, client: str, bot: ProductProcess, web: ProductProcess) -> None:
    """A question that the bot hears while web does not answer gets its answer as soon as web does."""
    web.kill()
    maria = house.person(client)
    maria.wait_stored(maria.say("When is my bill due?"))
    wait_until(lambda: "rules.silent" in bot.log(), why=bot.log)
    web.restart()
    wait_until(lambda: automatic(house, client), 30, why=bot.log)


def test_it_answers_once_whatever_is_killed(house: BridgeHouse, client: str, bot: ProductProcess) -> None:
    """What was asked while the bot was away is answered when it is back, and nothing twice, whoever is killed."""
    asked(house, client)
    bot.kill()
    maria = house.person(client)
    maria.wait_stored(maria.say("and the tariff?"))
    bot.restart()
    wait_until(lambda: len(automatic(house, client)) == 2, 20, why=bot.log)
    house.bridge.kill()
    house.bridge.restart()
    house.wait_alive(20)
    maria.wait_stored(maria.say("we are moving"), 20)
    wait_until(lambda: len(automatic(house, client)) == 3, 20, why=bot.log)


@pytest.mark.parametrize(
    ("lang", "question", "usual"), [("en", "no power here", "main switch"), ("ro", "Nu avem curent", "siguranța")]
)
def test_an_outage_is_the_answer(house: BridgeHouse, client: str, lang: str, question: str, usual: str) -> None:
    """Who asks during an outage of the area is told its own words in the client's language, after it the usual ones."""
    area = f"north-{client}"
    house.store.registry.ensure_client(client, lang=lang, area=area)
    words = {"en": "Power is off until three.", "ro": "Curentul este oprit până la trei."}
    maria = house.person(client)
    with house.wire("a-ana", topics.outage(area)) as ana:
        order = topics.desk_do("a-ana")
        ana.publish(order, encode(Command(id=f"on-{client[2:]}", do=Do.NOTICE, area=area, text=words)))
        wait_until(lambda: area in dict(house.store.notices.standing()), why=house.bridge.log)
        first = asked(house, client, question)
        assert (first.text, first.replies) == (words[lang], None)
        ana.publish(order, encode(Command(id=f"off-{client[2:]}", do=Do.NOTICE, area=area)))
        wait_until(lambda: area not in dict(house.store.notices.standing()), why=house.bridge.log)
    maria.wait_stored(maria.say(question))
    wait_until(lambda: len(automatic(house, client)) == 2, 20, why=house.bridge.log)
    second = automatic(house, client)[1]
    assert second.text is not None and usual in second.text and second.replies


def test_rules_that_were_edited(house: BridgeHouse, client: str) -> None:
    """What an administrator changes on the board is what the bot says, within seconds."""
    rules = wire_of(default_of("rules", Defaults()))
    rules["rules"] = [
        {
            "id": "weather",
            "title": {"en": "Weather", "ro": "Vremea"},
            "words": {"en": ["weather"], "ro": []},
            "answer": {"en": "It will be fine.", "ro": "Va fi bine."},
        }
    ]
    house.store.registry.settings.change_document("rules", rules, 0)
    house.store.registry.changes.announce(ChangeKind.SETTINGS, {"key": "rules"}, 1)
    maria = house.person(client)

    def told() -> bool:
        maria.wait_stored(maria.say("How is the weather?"))
        return any(entry.text == "It will be fine." for entry in automatic(house, client))

    wait_until(told, 20, why=house.bridge.log)


def test_the_bot_that_the_docs_show(house: BridgeHouse, client: str, tmp_path: Path) -> None:
    """The program of docs/bots.md runs as it stands there, and has at most 30 lines."""
    shown = re.search(r"```python\n(.*?)```", (REPOSITORY / "docs" / "bots.md").read_text(encoding="utf-8"), re.DOTALL)
    assert shown is not None and len([line for line in shown[1].splitlines() if line.strip()]) <= 30
    program = tmp_path / "echo.py"
    program.write_text(shown[1], encoding="utf-8")
    env = environment(house.data, house.settings)
    with Child([sys.executable, str(program)], log=tmp_path / "log", env=env, cwd=tmp_path) as bot:
        wait_until(lambda: "listening" in (tmp_path / "log").read_text(), 20, why=bot.log)
        maria = house.person(client)
        question = maria.wait_stored(maria.say("!echo hello"))
        # As long as the answers above may take: at a load of 9 on two cores this test took three times its usual time.
        # The rules' bot may have a word of its own between, where nobody is at the desk.
        wait_until(lambda: "hello" in house.words(client), 20, why=lambda: f"{house.words(client)} {bot.log()}")
        (entry,) = [entry for entry in house.log(client) if entry.get("text") == "hello"]
        assert (entry["id"], entry["from"], entry["replies"]) == (f"echo-{question.seq}", "b-echo", ["Again", "Enough"])
