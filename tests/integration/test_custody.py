"""`wattline client export|erase`, `backup` and `restore`, as an operator uses them beside a running store."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chat_core import config as settings
from chat_core.cli import commands
from chat_core.files import FileFolder
from chat_core.keys import Keys
from chat_core.store import Store, StoredFile
from tests.contract.stores import say, take_in_all
from tests.real.postgres import Postgres


class Operator:
    """`wattline …` on a data folder, and the store beside it."""

    def __init__(self, data: Path, db: str | None = None) -> None:
        self.env = {"WATTLINE_DATA": str(data), **({"WATTLINE_DB": db} if db else {})}
        self.config = settings.load(self.env)
        self.files = FileFolder(data)

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(commands, arguments, env=self.env, catch_exceptions=False)

    def open(self) -> Store:
        return Store.open(self.config, migrate=True)


@pytest.fixture(params=["sqlite", "postgres"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Operator, Operator]]:
    """A house that is in use, and an empty place for its backup."""
    if request.param == "sqlite":
        yield Operator(tmp_path / "one"), Operator(tmp_path / "two")
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    yield Operator(tmp_path / "one", postgres.fresh_database()), Operator(tmp_path / "two", postgres.fresh_database())


def furnish(store: Store, files: FileFolder) -> None:
    """Words, a file, a setting."""
    store.registry.ensure_client("c-42", name="Maria")
    store.registry.settings.put("answer", 42)
    say(store, "m1", "unmistakable")
    take_in_all(store)
    files.write("f1", b"bytes of a file", b"small")
    store.files.add(StoredFile("f1", "c-42", "c-42", "u1", "aa", "a.txt", "text/plain", 15, None, None, 1))


def test_a_backup_and_back(places: tuple[Operator, Operator], tmp_path: Path) -> None:
    """A backup made while the store is in use comes back whole: words, index, files, keys, settings; in new epochs."""
    here, there = places
    target = tmp_path / "kept" / "wattline.tar.gz"
    with here.open() as store:
        furnish(store, here.files)
        keys = Keys.open(here.config.data)
        epoch = store.log("c-42").epoch
        assert here("backup", str(target)).exit_code == 0
        say(store, "m2", "said after the backup")
    assert target.stat().st_mode & 0o777 == 0o600 and list(target.parent.iterdir()) == [target]
    restored = there("restore", str(target))
    assert restored.exit_code == 0, restored.output
    with there.open() as store:
        page = store.log("c-42")
        assert [entry.get("text") for entry in page.entries] == [None, "unmistakable"] and page.epoch not in ("", epoch)
        assert store.registry.settings.get("answer") == 42 and store.inbox(q="c-42").summaries
        assert store.files.find("f1") is not None
        say(store, "m2", "said anew")
        take_in_all(store)
    assert there.files.path("f1").read_bytes() == b"bytes of a file"
    assert Keys.open(there.config.data).signing == keys.signing
    assert there.files.path("f1").stat().st_mode & 0o777 == 0o600


def test_a_restore_overwrites_nothing(tmp_path: Path) -> None:
    """A folder that is in use, a file that is there, and a file that is no backup are refused in one line."""
    here = Operator(tmp_path / "one")
    target = tmp_path / "wattline.tar.gz"
    with here.open() as store:
        furnish(store, here.files)
    assert here("backup", str(target)).exit_code == 0
    assert "is there already" in here("backup", str(target)).output
    assert "is there already" in here("restore", str(target)).output
    (tmp_path / "words.txt").write_text("words")
    wrong = Operator(tmp_path / "two")("restore", str(tmp_path / "words.txt"))
    assert wrong.exit_code == 1 and "no backup" in wrong.output
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(target.read_bytes()[:-200])
    broken = Operator(tmp_path / "three")("restore", str(cut))
    assert broken.exit_code == 1 and "damaged" in broken.output
    with here.open() as store:
        assert store.log("c-42").last == 2


def test_a_client_at_the_command_line(tmp_path: Path) -> None:
    """A client is exported as JSON and erased; one that nobody knows is refused."""
    here = Operator(tmp_path / "one")
    with here.open() as store:
        furnish(store, here.files)
        found = json.loads(here("client", "export", "c-42").output)
        assert [entry.get("text") for entry in found["entries"]] == [None, "unmistakable"]
        assert found["files"][0]["name"] == "a.txt" and found["client"]["name"] == "Maria"
        assert here("client", "erase", "c-42").exit_code == 0
        assert store.files.of_client("c-42") == [] and not here.files.path("f1").exists()
        assert [change.kind for change in store.registry.changes.after(0)] == ["erase"]
    for verb in ("export", "erase"):
        assert "There is no client c-9" in here("client", verb, "c-9").output
