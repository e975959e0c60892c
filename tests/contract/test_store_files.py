"""Uploaded files and the entries that show them, on SQLite and PostgreSQL."""

from dataclasses import replace

import pytest

from chat_core.contract.errors import WrongState
from chat_core.contract.payloads import File, Said, SaidKind
from chat_core.domain.time_steps import HOUR_MS
from chat_core.store import Store
from chat_core.store.results import StoredFile
from tests.contract.stores import AGENT, CLIENT, T0, committed, say_in

FILE = StoredFile("f1", CLIENT, CLIENT, "u1", "aa", "bill.pdf", "application/pdf", 9, None, None, T0)


def show(store: Store, file: str = "f1", id: str = "m1") -> int:
    """An entry shows the file; returns its seq."""
    described = File(file=file, name="bill.pdf", type="application/pdf", size=9)
    with committed(store) as tx:
        say_in(tx, f"{id}-0")
        entry = tx.append(CLIENT, CLIENT, Said(id=id, kind=SaidKind.FILE, file=described, sent=T0), T0)
    return entry.seq


def test_an_upload_is_known_once(store: Store) -> None:
    """A repeat of (client, sender, upload) is the file it became first; other bytes under that id are refused."""
    assert store.files.add(FILE) == FILE
    assert store.files.add(replace(FILE, id="f2", at=T0 + 5)) == FILE
    assert store.files.find("f1") == FILE and store.files.find("f2") is None
    with pytest.raises(WrongState) as refused:
        store.files.add(replace(FILE, id="f3", sha256="bb"))
    assert refused.value.why == "id_used"
    other = replace(FILE, id="f4", sender=AGENT)
    assert store.files.add(other) == other
    assert store.files.of_client(CLIENT) == [FILE, other]
    assert store.files.find_upload(CLIENT, AGENT, "u1") == other


def test_how_much_was_stored(store: Store) -> None:
    """Charged bytes are summed by the hour, once an upload, and forgotten after a day."""
    assert store.files.used(["one", "all"], 0) == {} and store.files.total_bytes() == 0
    store.files.add(FILE, ["one", "all"], 4_096)
    store.files.add(replace(FILE, id="f9"), ["one", "all"], 4_096)  # a repeat
    later = replace(FILE, id="f2", upload="u2", size=11, at=T0 + HOUR_MS)
    store.files.add(later, ["all"], 5_000)
    assert store.files.used(["one", "all"], T0) == {"one": 4_096, "all": 9_096}
    assert store.files.used(["one", "all"], T0 + HOUR_MS) == {"all": 5_000}
    assert store.files.total_bytes() == 20
    store.files.add(replace(FILE, id="f3", upload="u3", at=T0 + 26 * HOUR_MS), ["other"], 1)
    assert store.files.used(["one", "all", "other"], 0) == {"other": 1}


def test_which_files_entries_show(store: Store) -> None:
    """A file is in use as long as an entry shows it: not before, not once that is deleted or erased."""
    assert store.log.files_in_use(["f1", "f2"]) == set()
    seq = show(store)
    show(store, "f2", "m2")
    assert store.log.files_in_use(["f1", "f2", "f3"]) == {"f1", "f2"}
    with committed(store) as tx:
        tx.amend(CLIENT, seq, None)
    assert store.log.files_in_use(["f1", "f2"]) == {"f2"}
    with committed(store) as tx:
        tx.erase(CLIENT, T0)
    assert store.log.files_in_use(["f1", "f2"]) == set()


def test_a_file_of_what_was_rolled_back(store: Store) -> None:
    """An undone entry shows no file."""
    described = File(file="f1", name="bill.pdf", type="application/pdf", size=9)
    with committed(store) as tx:
        say_in(tx, "m1")
        with pytest.raises(RuntimeError), tx.savepoint():
            tx.append(CLIENT, CLIENT, Said(id="m2", kind=SaidKind.FILE, file=described, sent=T0), T0)
            raise RuntimeError
    assert store.log.files_in_use(["f1"]) == set()


def test_looking_for_files_that_nobody_shows(store: Store) -> None:
    """Those not looked for lately come first, and not again once they were noted; removed ones are gone."""
    for n in range(4):
        store.files.add(replace(FILE, id=f"f{n}", upload=f"u{n}", at=T0 + n))
    assert store.files.unchecked(T0 + 3, 2) == ["f0", "f1"]
    store.files.note_checked(["f0"], T0 + 100)
    store.files.remove(["f1"])
    assert store.files.unchecked(T0 + 3, 5) == ["f2"]
    assert store.files.find("f1") is None and store.files.find("f0") is not None
