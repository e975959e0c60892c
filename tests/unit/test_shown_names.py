"""By which name clients know an agent."""

import pytest

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
        ("Maria Pop, PhD", "Maria"),
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
