"""Clients know agents by their first names, and nothing of assignments."""

import pytest

from chat_core.contract.payloads import Entry, EventKind
from chat_core.domain.shown_entries import shown_entry, shown_fields
from chat_core.domain.shown_names import shown_name, shown_names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana Ionescu", "Ana"),
        ("Ana", "Ana"),
        ("  Ana\u00a0Ionescu ", "Ana"),
        ("Ana-Maria Pop", "Ana-Maria"),
        ("Dr. Maria Pop", "Maria"),
        ("Dr Maria Pop", "Maria"),
        ("Prof. Dr.-Ing. Jürgen Weiß", "Jürgen"),
        ("Frau Dipl.-Ing. Eva Groß", "Eva"),
        ("d-na Ioana Pop", "Ioana"),
        ("J. R. Tolkien", "J."),
        ("Pop, Maria", "Maria"),
        ("Pop, Dr. Maria", "Maria"),
        ("Dr. Pop, Maria", "Maria"),
        ("Maria Pop, PhD", "Maria"),
        ("Dr. Maria Pop, PhD", "Maria"),
        ("☀️ Ana Ionescu", "Ana"),
        ("Ana☀️ Ionescu", "Ana☀️"),
        ("李小龙", "李小龙"),
        ("Dr.", "Dr."),
        ("☀️", "☀️"),
        ("Pop,", "Pop"),
        ("", ""),
        (" ", ""),
    ],
)
def test_the_name_that_clients_see(name: str, shown: str) -> None:
    """Clients see an agent's first name, without title, whatever the whole name looks like."""
    assert shown_name(name) == shown


def test_the_names_in_a_page() -> None:
    """Only agents' names are cut: a bot's is the company's, and two agents of one first name keep their ids."""
    names = {"a-ana": "Ana Pop", "a-ana-2": "Ana Dinu", "b-rules": "Energy Bot", "c-42": "Maria Pop", "?": "Who Knows"}
    assert shown_names(names) == names | {"a-ana": "Ana", "a-ana-2": "Ana"}


def test_an_assignment_keeps_its_place_alone() -> None:
    """Clients get an assignment's seq, id and time, never who assigned to whom; other entries as they are."""
    assigned = Entry(seq=2, id="k1", sender="a-boss", at=5, kind=EventKind.ASSIGNED, to="a-held")
    bare = {"seq": 2, "id": "k1", "from": "s-bridge", "at": 5, "kind": "assigned"}
    assert shown_entry(assigned).model_dump(mode="json") == shown_fields(assigned.model_dump(mode="json")) == bare
    joined = Entry(seq=3, id="k2", sender="a-ana", at=6, kind=EventKind.JOINED)
    assert shown_entry(joined) is joined and shown_fields(fields := joined.model_dump(mode="json")) is fields
