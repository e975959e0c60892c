"""The tables' own promises about entries, on SQLite and on a real PostgreSQL."""

import pytest

from chat_core.store import Store, StoreFault
from tests.contract.conftest import POSTGRES
from tests.contract.stores import CLIENT, T0, say

_INSERT = "INSERT INTO entry (conversation, seq, id, sender, at, kind, body) VALUES (?, ?, ?, ?, ?, 'text', ?)"


@pytest.mark.parametrize(
    ("conversation", "seq", "sender", "id"),
    [(1, 100, CLIENT, "m1"), (1, 1, CLIENT, "m9")],
    ids=["sender and id", "seq"],
)
def test_the_database_keeps_out_what_is_there(store: Store, conversation: int, seq: int, sender: str, id: str) -> None:
    """No second row for a conversation's sender and id, nor for its seq, gets in, whatever our code asks."""
    say(store, "m1")
    with pytest.raises(StoreFault), store.chats.writing():
        store.chats.execute(_INSERT, (conversation, seq, id, sender, T0, "{}"))


def test_an_id_is_one_senders_in_one_conversation(store: Store) -> None:
    """Another sender, another client and an id in other letters each have an entry of their own."""
    entries = [
        say(store, "m1"),
        say(store, "M1"),
        say(store, "m1", sender="a-ana"),
        say(store, "m1", client="c-8"),
        say(store, "m1", client="c-8", sender="a-ana"),
    ]
    assert [entry.text for entry in entries] == ["Why?"] * 5
    assert len({(entry.sender, entry.id, entry.seq) for entry in entries[:3]}) == 3
    with store.begin() as tx:
        tx.look_ahead([(CLIENT, CLIENT, "m1"), ("c-8", "a-ana", "m1"), ("c-8", "c-8", "M1"), (CLIENT, CLIENT, "M1")])
        assert tx.find_entry(CLIENT, CLIENT, "m1") == entries[0]
        assert tx.find_entry(CLIENT, CLIENT, "M1") == entries[1]
        assert tx.find_entry("c-8", "a-ana", "m1") == entries[4]
        assert tx.find_entry("c-8", "c-8", "M1") is None


@POSTGRES
def test_looking_ahead_reads_no_whole_table(store: Store) -> None:
    """A large batch is looked up by the index, also in a table that is still short."""
    say(store, "m1")
    store.chats.execute(
        "INSERT INTO entry (conversation, seq, id, sender, at, kind, body)"
        " SELECT 1, 100 + n, 'x' || n, ?, n, 'text', '{}' FROM generate_series(1, 5000) AS n",
        (CLIENT,),
    )
    scans = "SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relname = 'entry'"
    with store.begin() as tx:
        before = store.chats.row(scans)
        tx.look_ahead([(CLIENT, CLIENT, f"y{number}") for number in range(100)])
        assert store.chats.row(scans) == before


@POSTGRES
def test_alike_in_hash_only(store: Store) -> None:
    """Ids that differ are two entries even where PostgreSQL's hash of what says them is the same."""
    say(store, "m1")
    (num,) = store.chats.fetch_one("SELECT num FROM conversation") or (0,)
    pairs = store.chats.fetch(
        "SELECT min('h' || n), max('h' || n) FROM generate_series(1, 300000) AS n"
        " GROUP BY hashtext(CAST(? AS text) || 'h' || n) HAVING count(*) > 1 LIMIT 1",
        (f"{num}/{CLIENT}/",),
    )
    for id in pairs[0]:
        say(store, id)
    assert [entry["id"] for entry in store.log.page(CLIENT).entries][-2:] == list(pairs[0])
