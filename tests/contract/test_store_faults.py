"""The store names the cause of a database fault in words, and tells no secret."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from chat_core.contract.errors import StoreDown
from chat_core.store import Store, StoreFault
from chat_core.store.postgres import PostgresDatabase
from tests.contract.stores import CLIENT, StoreUnderTest, impatient, opened, say, sqlite_at, texts
from tests.real.parts import free_port
from tests.real.postgres import USER, Postgres
from tests.waiting import wait_until

SECRET = "s3cret-word"


def cause(place: StoreUnderTest) -> str:
    with pytest.raises(StoreDown) as told:
        Store.open(place).close()
    assert SECRET not in told.value.text
    return told.value.text


@pytest.fixture(scope="module")
def guarded(postgres: Postgres) -> Iterator[Postgres]:
    """The server, with a role that needs a password and one that gets no connection."""
    rules = postgres.data / "pg_hba.conf"
    before = rules.read_text()
    rules.write_text("host all locked 127.0.0.1/32 scram-sha-256\nhost all barred 127.0.0.1/32 reject\n" + before)
    with psycopg.connect(postgres.dsn("postgres"), autocommit=True) as server:
        server.execute("CREATE ROLE locked LOGIN PASSWORD 'right'; CREATE ROLE barred LOGIN")
        server.execute("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0")
        server.execute("SELECT pg_reload_conf()")
        yield postgres
        rules.write_text(before)
        server.execute("SELECT pg_reload_conf()")
        server.execute("DROP ROLE locked; DROP ROLE barred; DROP ROLE crowded")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"locked:{SECRET}@127.0.0.1:PORT/postgres", "refuses the password"),
        ("locked@127.0.0.1:PORT/postgres", "refuses the password"),
        (f"barred:{SECRET}@127.0.0.1:PORT/postgres", "refuses the user"),
        (f"nobody:{SECRET}@127.0.0.1:PORT/postgres", "refuses the user"),
        ("crowded@127.0.0.1:PORT/postgres", "no more connections"),
        (f"{USER}:{SECRET}@127.0.0.1:PORT/nowhere", "does not exist on its server"),
        (f"{USER}:{SECRET}@no-such-host.invalid:PORT/postgres", "host that WATTLINE_DB names is not known"),
        (f"{USER}:{SECRET}@127.0.0.1:FREE/postgres", "Nothing listens where WATTLINE_DB says"),
        (f"{USER}:{SECRET}@/postgres?host=/nowhere", "Nothing listens where WATTLINE_DB says"),
        (f"{USER}:{SECRET}@127.0.0.1:PORT/postgres?sslmode=require", "about TLS"),
    ],
)
def test_a_server_that_cannot_be_used(guarded: Postgres, tmp_path: Path, url: str, said: str) -> None:
    """Each way in which a PostgreSQL server refuses or is not there has its own sentence."""
    url = url.replace("PORT", str(guarded.port)).replace("FREE", str(free_port()))
    told = cause(StoreUnderTest(tmp_path, f"postgresql://{url}"))
    assert said in told


WORDS = "my PIN is 4711"
RAISES = "DO $$ BEGIN RAISE EXCEPTION 'my PIN is 4711' USING ERRCODE = '58030'; END $$"  # io_error


def test_no_text_of_postgresql(postgres_dsn: str, tmp_path: Path) -> None:
    """No error of the store, passing or not, repeats PostgreSQL's words about a value that was to be stored."""
    with opened(StoreUnderTest(tmp_path, postgres_dsn)) as store:
        with pytest.raises(StoreFault) as refused:
            store.chats.fetch("SELECT CAST(? AS integer)", (WORDS,))
        with pytest.raises(StoreDown) as down:
            store.chats.fetch(RAISES)
        assert WORDS in str(refused.value.__cause__) and WORDS in str(down.value.__cause__)
        assert WORDS not in str(refused.value) and WORDS not in down.value.text + str(down.value)


def test_no_text_of_sqlite(tmp_path: Path) -> None:
    """No error of the store repeats SQLite's words about a value that was to be stored."""
    with opened(sqlite_at(tmp_path)) as store, pytest.raises(StoreFault) as refused:
        store.chats.fetch("SELECT json_extract('{}', ?)", (WORDS,))
    assert WORDS in str(refused.value.__cause__)
    assert WORDS not in str(refused.value)


def test_a_hung_server(postgres_dsn: str, tmp_path: Path) -> None:
    """A question that takes too long is ended by the server, or given up here where the server hangs."""
    place = StoreUnderTest(tmp_path, postgres_dsn)
    with opened(place) as store:
        hanging = PostgresDatabase(postgres_dsn, patience_s=0.3)
        with Store(hanging, hanging, place.tz) as impatient:
            with pytest.raises(StoreDown, match="in time"):
                hanging.fetch("SELECT pg_sleep(20)")
            assert texts(impatient) == []
        with store.chats.patient():
            pass  # the connection after it is a new one
        store.chats.execute("SET statement_timeout = 100")
        with pytest.raises(StoreDown, match="too long over one question"):
            store.chats.fetch("SELECT pg_sleep(20)")
        store.chats.execute("RESET statement_timeout")  # a busy machine takes 100 ms over what follows
        assert say(store, "m1").seq == 2


def test_a_server_that_takes_no_writes_any_more(tmp_path: Path) -> None:
    """A primary that became read-only is left: its lock is lost, and every thread asks the URL's hosts anew."""
    with Postgres() as old, Postgres() as new:
        both = new.fresh_database(), old.database(new.fresh_database().rpartition("/")[2])
        name = both[1].rpartition("/")[2]
        new.database(name)
        url = f"postgresql://{USER}@127.0.0.1:{old.port},127.0.0.1:{new.port}/{name}?target_session_attrs=read-write"
        with opened(StoreUnderTest(tmp_path, new.dsn(name))) as store:
            say(store, "m0", "of the new one")
        with opened(StoreUnderTest(tmp_path, url)) as store:
            with store.hold_bridge_lock() as lock:
                assert lock is not None
                say(store, "m1", "of the old one")
                with psycopg.connect(old.dsn("postgres"), autocommit=True) as server:
                    server.execute("ALTER SYSTEM SET default_transaction_read_only = on")
                    server.execute("SELECT pg_reload_conf()")
                with psycopg.connect(old.dsn(name)) as server:
                    assert server.execute("SHOW transaction_read_only").fetchall() == [("on",)]
                with pytest.raises(StoreDown, match="takes no writes"):
                    say(store, "m2")
                with pytest.raises(StoreDown, match="takes no writes"):
                    lock.check()
                with pytest.raises(StoreDown, match="another bridge has it"):
                    say(store, "m2")
            with store.hold_bridge_lock():
                assert texts(store) == ["of the new one"]
                assert say(store, "m2", "goes on").seq == 3


def test_a_real_standby_is_promoted(tmp_path: Path) -> None:
    """A standby is written to once it is promoted, and has all that was said to the primary before."""
    with Postgres() as old:
        name = old.fresh_database().rpartition("/")[2]
        with old.standby() as new:
            hosts = f"127.0.0.1:{old.port},127.0.0.1:{new.port}"
            url = f"postgresql://{USER}@{hosts}/{name}?target_session_attrs=read-write"
            with opened(StoreUnderTest(tmp_path, url)) as store, store.hold_bridge_lock() as lock:
                assert lock is not None
                say(store, "m1", "of the old primary")
                wait_until(lambda: new.has_replayed(old))
                with psycopg.connect(new.dsn("postgres"), autocommit=True) as server:
                    server.execute("SELECT pg_promote()")
                (old.data / "standby.signal").touch()
                old.restart()  # as a standby, which answers and takes no writes
                with pytest.raises(StoreDown):
                    lock.check()
                assert say(store, "m2", "goes on").seq == 3
                assert texts(store) == ["of the old primary", "goes on"]


def test_a_locked_file(tmp_path: Path) -> None:
    """A writer that waited too long for another one is told that the database is locked, and writes later."""
    with opened(sqlite_at(tmp_path)):
        pass
    with impatient(sqlite_at(tmp_path)) as store, closing(sqlite3.connect(tmp_path / "chats.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreDown, match="database is locked"):
            say(store, "m1")
        other.execute("ROLLBACK")
        assert say(store, "m1").seq == 2


def test_a_damaged_file(tmp_path: Path) -> None:
    """A damaged database is told as such, and what to do."""
    with opened(sqlite_at(tmp_path)) as store:
        say(store, "m1")
    with (tmp_path / "chats.db").open("r+b") as file:
        file.seek(4_096)
        file.write(b"\xff" * 200_000)
    with pytest.raises(StoreDown, match=r"damaged.*[Rr]estore a backup"), Store.open(sqlite_at(tmp_path)) as store:
        store.log.page(CLIENT)


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    """A database that this user may read and not write is told as such, with what to look at."""
    with opened(sqlite_at(tmp_path)) as store:
        store.chats.fetch("PRAGMA query_only = 1")
        with pytest.raises(StoreDown, match="cannot be written: check its owner"):
            say(store, "m1")
