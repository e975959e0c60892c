"""Imports of other products' exports into both databases: what arrives, what is said of the rest, kills, repeats."""

import json
import multiprocessing
import os
import re
import shlex
import signal
import subprocess
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner

from chat_core import store as stores
from chat_core.cli.commands import commands
from chat_core.contract.errors import Refused, StoreDown
from chat_core.contract.payloads import Status
from chat_core.domain.search_query import Query
from chat_core.domain.settings import Canned
from chat_core.imports import writer
from chat_core.imports.run import TITLES, Job, run
from chat_core.store import Store, Transaction
from tests.contract.stores import StoreUnderTest, opened, row_of, say, take_in_all
from tests.contract.test_store_move import rows_of
from tests.real.parts import REPOSITORY

EXPORTS = Path(__file__).parent / "exports"
# client → what its log shows: who, kind, words
LOGS = {
    "intercom": {
        "c-42": [
            ("c-42", "opened", None),
            ("c-42", "text", "Bill\n\nWhy is my bill so high?\n\nSee this (https://example.org/b)\n"
             "[Atașament care nu a fost preluat: bill.pdf]"),
            ("a-ana", "text", "We look into it.\nOne moment."),
            ("a-intercom-991", "text", "- Meter read\n- Bill & tariff fine"),
            ("a-intercom-991", "resolved", None),
            ("c-42", "rating", "Quick!"),
            ("c-42", "reopened", None),
            ("c-42", "text", "And the meter?"),
            ("b-intercom-9", "text", "Bot here."),
            ("c-42", "text", "A person, please\n[Atașament care nu a fost preluat: photo.jpg]"),
        ],
        "c-intercom-5ba682d3": [
            ("c-intercom-5ba682d3", "opened", None),
            ("c-intercom-5ba682d3", "text", "Do you deliver here?"),
        ],
    },
    "crisp": {
        "c-42": [
            ("c-42", "opened", None),
            ("c-42", "text", "Why is my bill so high?"),
            ("a-ana", "text", "[Atașament care nu a fost preluat: tariff.pdf]"),
            ("a-ana", "resolved", None),
        ],
    },
    "chatwoot": {
        "c-42": [
            ("c-42", "opened", None),
            ("c-42", "text", "Why is my bill so high?\n[Atașament care nu a fost preluat: bill.png]"),
            ("a-ana", "text", "Solved"),
            ("b-chatwoot", "text", "Please rate the conversation"),
            ("c-42", "rating", "Friendly"),
            ("a-ana", "resolved", None),
        ],
        "c-77": [
            ("c-77", "opened", None),
            ("c-77", "text", "When do you come?"),
            ("b-chatwoot-bot-5", "text", "Bot: we tell you."),
        ],
    },
}  # fmt: skip
LEFT = {
    "intercom": {"attachment": 2, "derived_id": 1, "event": 1, "nothing_to_take": 1,
                 "parts_missing": 1, "placeholder": 1, "redacted": 1, "reply": 1, "tag": 1},
    "crisp": {"attachment": 1, "derived_id": 1, "event": 1, "no_conversation": 1},
    "chatwoot": {"attachment": 1, "event": 1},
}  # fmt: skip


def job(place: StoreUnderTest, source: str, folder: Path | None = None, **more: object) -> Job:
    return Job(source, folder or EXPORTS / source, place.data / "left.jsonl", "ro", **more)  # type: ignore[arg-type]


def take(place: StoreUnderTest, source: str, **more: object) -> dict[str, int]:
    """The export is imported; returns the reasons of the report's file, counted."""
    with opened(place) as store:
        run(store, job(place, source, **more), lambda _: None)  # type: ignore[arg-type]
    reasons = [json.loads(line)["reason"] for line in (place.data / "left.jsonl").read_text().splitlines()]
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def log_of(store: Store, client: str) -> list[tuple[str, str, str | None]]:
    entries = store.log.page(client, after=0, limit=100).entries
    return [
        (each["from"], each["kind"], each.get("text") or (each.get("rating") or {}).get("text")) for each in entries
    ]


def with_ana(place: StoreUnderTest) -> StoreUnderTest:
    with opened(place) as store:
        store.registry.add_agent("a-ana", "Ana")
    return place


def shape(place: StoreUnderTest) -> list[object]:
    """Return what an import made of the database, without epochs, revs and times of making, which chance decides."""
    found = rows_of(place)
    conversations = [(row[1], *row[2 + 1 : 5], *row[6:]) for row in found["conversation"]]
    return [conversations, [row[1:] for row in found["entry"]], [row[1:] for row in found["note"]],
            found["marker"], found["setting"], [row[0] for row in found["identity"]]]  # fmt: skip


@pytest.mark.parametrize("source", TITLES)
def test_an_export_becomes_conversations(place: StoreUnderTest, source: str) -> None:
    """The sample's clients, words, authors, times, ends and ratings arrive; the report names each thing left."""
    assert take(with_ana(place), source) == LEFT[source]
    with opened(place) as store:
        for client, log in LOGS[source].items():
            assert log_of(store, client) == log
        seqs = [entry["seq"] for entry in store.log.page("c-42", after=0, limit=100).entries]
        assert seqs == list(range(1, len(seqs) + 1))
        take_in_all(store)
        assert [hit.client for hit in store.search.page(Query((("bill",), ("high",)))).hits] == ["c-42"]


def test_rows_notes_and_names_arrive(place: StoreUnderTest) -> None:
    """Status, assignee, tags, priority, unread, notes and names are the export's; who left is a disabled agent."""
    take(with_ana(place), "intercom")
    with opened(place) as store:
        row = row_of(store, "c-42")
        assert (row.name, row.status, row.assignee, row.priority) == ("Maria Popescu", Status.ASSIGNED, "a-ana", "high")
        assert (row.tags, row.lang, row.waiting, row.unread) == (["billing", "meter"], "ro", 1_700_010_000_000, 2)
        notes = [(note.agent, note.text) for note in store.log.notes("c-42")]
        assert notes == [("a-intercom-991", "Old meter?")]
        assert store.registry.attributes.of("c-42") == {"email": "maria@example.org", "phone": "+40700000042"}
        assert store.registry.attributes.of("c-77") == {"email": "ion@example.org"}
        gone = store.registry.find_agent("a-intercom-991")
        assert gone is not None and (gone.name, gone.disabled) == ("Gone Colleague", True)
        client = store.registry.find_client("c-77")
        assert client is not None and client.name == "Ion Radu"
        canned = Canned.model_validate(store.registry.settings.document("canned")[1])
        assert [(dict(each.title), dict(each.text)) for each in canned.replies[-2:]] == [
            ({"ro": "Order status"}, {"ro": "Hi {name}, it is on its way."}),
            ({"ro": "Your plan"}, {"ro": "Your plan is {{company.plan}}"}),
        ]


def test_a_repeat_changes_nothing_and_takes_what_is_new(place: StoreUnderTest, tmp_path: Path) -> None:
    """Imported again, nothing is stored twice and what agents did stays; a newer export adds its new messages."""
    take(with_ana(place), "chatwoot")
    with opened(place) as store, store.begin() as tx:
        tx.put(tx.conversation("c-77")._replace(tags=("ours",), status=Status.OPEN, until=None))
        tx.commit()
    before = shape(place)
    take(place, "chatwoot")
    assert shape(place) == before
    newer = {"id": 203, "content": "Hello?", "conversation_id": 8, "message_type": 0, "created_at": 1_700_001_300}
    for path in (EXPORTS / "chatwoot").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "newer.json").write_text(json.dumps([newer]))
    take(place, "chatwoot", folder=tmp_path)
    with opened(place) as store:
        assert log_of(store, "c-77")[-1] == ("c-77", "text", "Hello?")
        assert row_of(store, "c-77").tags == ["ours"]


def test_what_is_older_than_our_own_words_is_left(place: StoreUnderTest) -> None:
    """A client who talks here already keeps its log; the export's older messages are counted, and named."""
    with opened(place) as store:
        say(store, "m1", "I write here now", client="c-77", at=1_800_000_000_000)
    assert take(with_ana(place), "chatwoot")["later_here"] == 2
    with opened(place) as store:
        assert log_of(store, "c-77") == [("c-77", "opened", None), ("c-77", "text", "I write here now")]


def test_a_dry_run_changes_nothing_while_a_bridge_works(place: StoreUnderTest) -> None:
    """A dry run reports what an import would, beside a bridge, and stores nothing; an import refuses then."""
    before = shape(with_ana(place))
    with opened(place) as bridge, stores.without_bridge(bridge):
        assert take(place, "intercom", dry_run=True) == LEFT["intercom"]
        with pytest.raises(Refused, match="Stop Wattline"):
            take(place, "intercom")
    assert shape(place) == before


def test_an_interrupted_import_goes_on(place: StoreUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ended before or after any one of its transactions, the next run ends where an uninterrupted one would."""
    monkeypatch.setattr(writer, "LINES_AT_ONCE", 3)
    commit, turn = Transaction.commit, count()

    def fail(tx: Transaction) -> None:
        if (now := next(turn)) % 2:
            commit(tx)
        if now < 8:
            raise StoreDown("cut off")

    with_ana(place)
    monkeypatch.setattr(Transaction, "commit", fail)
    for _ in range(8):
        with pytest.raises(StoreDown):
            take(place, "intercom")
    monkeypatch.setattr(Transaction, "commit", commit)
    take(place, "intercom")
    with opened(place) as store:
        assert {client: log_of(store, client) for client in LOGS["intercom"]} == LOGS["intercom"]
        row = row_of(store, "c-42")
        assert (row.status, row.assignee, row.tags, row.unread) == ("assigned", "a-ana", ["billing", "meter"], 2)
        assert len(store.log.notes("c-42")) == 1


def closed(folder: Path, *messages: tuple[str, int], until: int | None) -> Path:
    """An export of Crisp with one closed conversation. Args: messages: type and time; until: when it was changed."""
    session = {"session_id": "s1", "people_id": "p1", "state": "resolved", "updated_at": until,
               "meta": {"data": {"user_id": "c-1"}, "segments": ["old"]}}  # fmt: skip
    said = [
        {"session_id": "s1", "type": kind, "from": "operator" if kind == "note" else "user", "content": f"at {at}",
         "fingerprint": at, "timestamp": at}
        for kind, at in messages
    ]  # fmt: skip
    folder.mkdir(exist_ok=True)
    (folder / "all.json").write_text(json.dumps([session, *said]))
    return folder


def test_a_closed_conversation_without_an_end_is_resolved(place: StoreUnderTest, tmp_path: Path) -> None:
    """A conversation that the export says is closed waits for nobody here, also where no object says since when."""
    take(place, "crisp", folder=closed(tmp_path / "x", ("text", 1_000), until=None))
    with opened(place) as store:
        row = row_of(store, "c-1")
        assert (row.status, row.unread, row.waiting, row.tags) == (Status.RESOLVED, 0, None, ["old"])
        assert log_of(store, "c-1")[-1] == ("a-crisp", "resolved", None)


def test_a_question_asked_here_outlives_a_later_import(place: StoreUnderTest, tmp_path: Path) -> None:
    """A later export that ended the old conversation again neither resolves nor reads what was asked here since."""
    take(place, "crisp", folder=closed(tmp_path / "x", ("text", 1_000), until=2_000))
    with opened(place) as store:
        say(store, "m1", "And here?", client="c-1", at=3_000)
    newer = closed(tmp_path / "x", ("text", 1_000), ("note", 1_500), until=4_000)
    for _ in range(2):
        assert take(place, "crisp", folder=newer) == {"later_here": 1}
        with opened(place) as store:
            row = row_of(store, "c-1")
            assert (row.status, row.unread, row.waiting) == (Status.OPEN, 1, 3_000)


def test_an_import_cut_off_before_its_notes_ends_whole(
    place: StoreUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a conversation that lacked nothing but notes, the next run moves the markers and sets the tags too."""
    monkeypatch.setattr(writer, "LINES_AT_ONCE", 1)
    commit, turn = Transaction.commit, count()

    def fail(tx: Transaction) -> None:
        if next(turn) == 2:
            raise StoreDown("cut off")
        commit(tx)

    folder = closed(tmp_path / "x", ("text", 1_000), ("note", 3_000), until=2_000)
    monkeypatch.setattr(Transaction, "commit", fail)
    with pytest.raises(StoreDown):
        take(place, "crisp", folder=folder)
    take(place, "crisp", folder=folder)
    with opened(place) as store:
        row = row_of(store, "c-1")
        assert (row.status, row.unread, row.tags, row.notes) == (Status.RESOLVED, 0, ["old"], 1)


def test_the_guides_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of docs/migrating.md runs as it stands there, in its order."""
    monkeypatch.chdir(tmp_path)
    env = {"WATTLINE_DATA": "data", "WATTLINE_DB": ""}
    ran = CliRunner().invoke(commands, ["migrate"], env=env)
    (tmp_path / "export").symlink_to(EXPORTS / "chatwoot")
    for block in re.findall(r"^```sh\n(.*?)^```$", (REPOSITORY / "docs/migrating.md").read_text(), re.DOTALL | re.M):
        for line in block.splitlines():
            if not line.startswith("wattline "):
                subprocess.run(line, shell=True, check=True)
                continue
            if "import intercom" in line:
                (tmp_path / "export").unlink()
                (tmp_path / "export").symlink_to(EXPORTS / "intercom")
            ran = CliRunner().invoke(commands, shlex.split(line)[1:], env=env)
            assert ran.exit_code == 0, (line, ran.output)
    assert "Nothing was changed." in ran.output and "derived_id" not in ran.output  # the file names both contacts


def _import_many(place: StoreUnderTest, folder: Path) -> None:
    writer.LINES_AT_ONCE = 7  # type: ignore[misc]  # many small transactions, many moments to die in
    with Store.open(place) as store:
        run(store, job(place, "crisp", folder), lambda _: None)


@pytest.mark.chaos
def test_kills_lose_nothing(place: StoreUnderTest, tmp_path: Path) -> None:
    """An import of 2,000 messages, killed 20 times with -9 at any moment, ends where one that was left alone does."""
    many = [
        [{"session_id": f"s{n}", "people_id": f"p{n}", "state": "unresolved", "meta": {"data": {"user_id": f"c-{n}"}}},
         *({"session_id": f"s{n}", "type": "text", "from": "user", "content": f"{k}", "fingerprint": k,
            "timestamp": 1_700_000_000_000 + k} for k in range(20))]
        for n in range(100)
    ]  # fmt: skip
    folder = tmp_path / "many"
    folder.mkdir()
    (folder / "all.jsonl").write_text("\n".join(json.dumps(each) for one in many for each in one))
    context = multiprocessing.get_context("spawn")
    opened(place).__enter__().close()
    for attempt in range(20):
        child = context.Process(target=_import_many, args=(place, folder))
        child.start()
        child.join(0.8 + attempt * 0.05)
        if child.is_alive():
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)
        child.join()
    _import_many(place, folder)
    with opened(place) as store:
        for n in range(100):
            words = [text for _, kind, text in log_of(store, f"c-{n}") if kind == "text"]
            assert words == [str(k) for k in range(20)]
            assert row_of(store, f"c-{n}").unread == 20
