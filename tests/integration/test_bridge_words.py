"""Words that are more than a text: files, ratings, quick replies, as the running bridge takes and refuses them."""

import pytest

from chat_core.contract.changes import ChangeKind
from chat_core.contract.ids import new_message_id
from chat_core.contract.payloads import Command, Do, File, Rating, Said, SaidKind
from chat_core.domain.search_query import parse_query
from chat_core.store.results import StoredFile
from tests.contract.stores import row_of
from tests.integration.bridge_system import BridgeSystem, system_fixture
from tests.waiting import wait_until

system = system_fixture("embedded")


def uploaded(system: BridgeSystem, client: str, sender: str, id: str) -> File:
    stored = StoredFile(id, client, sender, id, "aa", "meter.jpg", "image/jpeg", 99, 20, 40, 1)
    system.store.files.add(stored)
    return File(file=id, name="meter.jpg", type="image/jpeg", size=99, width=20, height=40)


def file_said(id: str, file: File) -> Said:
    return Said(id=id, kind=SaidKind.FILE, file=file, sent=1)


def rating_said(id: str, score: int) -> Said:
    return Said(id=id, kind=SaidKind.RATING, rating=Rating(score=score), sent=1)


def test_ones_own_file(system: BridgeSystem, client: str) -> None:
    """A file that its sender uploaded into this conversation is an entry, and from then on in use."""
    maria = system.person(client)
    file = uploaded(system, client, client, f"f-{client}")
    maria.say_this(file_said("m1", file))
    assert maria.wait_stored("m1").file == file
    assert system.store.log.files_in_use([file.file]) == {file.file}


@pytest.mark.parametrize("whose", ["another client's", "an agent's", "nobody's"])
def test_a_file_that_is_not_the_senders(system: BridgeSystem, client: str, whose: str) -> None:
    """A file of somebody else, or one that is not there, is refused and not stored."""
    maria = system.person(client)
    file = File(file="f-none", name="meter.jpg", type="image/jpeg", size=99, width=20, height=40)
    if whose == "another client's":
        file = uploaded(system, "c-43", "c-43", f"f43-{client}"[:36])
    elif whose == "an agent's":
        file = uploaded(system, client, "a-ana", f"fa-{client}")
    maria.say_this(file_said("m1", file))
    refusal = maria.wait_refused("m1")
    assert (refusal.why, refusal.retry_ms) == ("not_found", None)
    assert system.log(client) == []


def test_a_file_that_is_described_otherwise(system: BridgeSystem, client: str) -> None:
    """Nobody gives a stored file another name, type or size than it has."""
    maria = system.person(client)
    file = uploaded(system, client, client, f"f-{client}")
    maria.say_this(file_said("m1", file.model_copy(update={"type": "text/html"})))
    assert maria.wait_refused("m1").why == "wrong_file"


def test_quick_replies_are_the_desks(system: BridgeSystem, client: str) -> None:
    """An agent's text brings quick replies along into the log; a client's is refused."""
    maria, ana = system.person(client), system.person("a-ana")
    maria.say_this(Said(id="m1", kind=SaidKind.TEXT, text="x", replies=["Yes"], sent=1))
    assert maria.wait_refused("m1").why == "not_allowed"
    maria.wait_stored(maria.say("Why?"))
    ana.say_this(Said(id="k1", kind=SaidKind.TEXT, text="Which?", replies=["My bill", "My meter"], sent=1), client)
    assert ana.wait_stored("k1").replies == ["My bill", "My meter"]
    assert system.log(client)[-1]["replies"] == ["My bill", "My meter"]


def test_a_rating(system: BridgeSystem, client: str) -> None:
    """A client rates after each resolution, not before, and may rate anew; it opens nothing again."""
    maria, ana = system.person(client), system.person("a-ana")
    maria.wait_stored(maria.say("Why?"))
    ana.wait_stored(ana.say("It was the heater.", client))
    maria.say_this(rating_said("r0", 5))
    assert maria.wait_refused("r0").why == "wrong_state"
    ana.wait_done(ana.order(Command(id=new_message_id(1, b"resolve-01"), do=Do.RESOLVE, client=client)))
    maria.say_this(rating_said("r1", 4))
    maria.wait_stored("r1")
    summary = row_of(system.store, client)
    assert (summary.status, summary.unread, summary.waiting) == ("resolved", 1, None)
    maria.say_this(rating_said("r2", 1))
    maria.wait_stored("r2")
    maria.wait_stored(maria.say("And today?"))
    maria.say_this(rating_said("r-early", 5))
    assert maria.wait_refused("r-early").why == "wrong_state"
    ana.wait_done(ana.order(Command(id=new_message_id(1, b"resolve-02"), do=Do.RESOLVE, client=client)))
    maria.say_this(rating_said("r3", 2))
    maria.wait_stored("r3")


def test_what_was_said_is_found_soon(system: BridgeSystem, client: str) -> None:
    """New words can be searched within moments; erased ones cannot, and leave the disk."""
    maria = system.person(client)
    for n in range(30):
        maria.say(f"unmistakable {n}")
    query = parse_query(f"unmistakable client:{client}", "UTC", "a-ana")
    wait_until(lambda: len(system.store.search.page(query).hits) == 30, why=system.bridge.log)
    system.store.registry.changes.announce(ChangeKind.ERASE, {"client": client}, 1)
    wait_until(lambda: system.store.search.page(query).hits == [], why=system.bridge.log)
    left = "SELECT count(*) FROM conversation WHERE shelf = 9"
    wait_until(lambda: system.store.chats.fetch_one(left) == (0,), why=system.bridge.log)
