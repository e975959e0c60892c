"""Hold what only PostgreSQL needs: reconnects, and its dialect."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, ClassVar, Final

import peewee
import psycopg

from chat_core.contract.errors import StoreDown
from chat_core.domain.search_query import Query, joined
from chat_core.store import bridge_lock, lease, postgres_connection, rows, slot_watch
from chat_core.store.database import Database, ThreadConnections
from chat_core.store.dialect import Bound, Clause, Dialect, Found, Indexed, Row, Statements
from chat_core.store.fast_sql import ENTRY_LINE, HIT_BY_FORMAT, INSERT_ENTRY, INSERT_EVENT, MEET, MEET_AGAIN
from chat_core.store.faults import FOREIGN, name
from chat_core.store.postgres_connection import PATIENCE_S
from chat_core.store.results import Sizes
from chat_core.store.rows import compose

_MIGRATION_KEY: Final = 0x6D696772  # "migr"
_INDEX_KEY: Final = 0x696E6478  # "indx"
VECTOR: Final = "array_to_tsvector(string_to_array(words, ' '))"  # what the index is of, in these words
# An exclusion constraint indexes conversation/sender/id as one hash.
_SAID: Final = "e.conversation || '/' || e.sender || '/' || e.id = ?"
_SAID_HERE: Final = "e.conversation || '/' || e.sender || '/' || e.id = c.num || '/' || ?"
_FIND: Final = compose("SELECT $line FROM entry e WHERE $said", line=ENTRY_LINE, said=_SAID)
# OFFSET 0 makes the planner look up each key; without it, it reads all of a short table, batch after batch.
_FIND_ALL: Final = compose(
    "SELECT found.* FROM unnest(?::text[]) AS asked (said) CROSS JOIN LATERAL ("
    "SELECT e.conversation, e.sender, e.id, $line FROM entry e"
    " WHERE e.conversation || '/' || e.sender || '/' || e.id = asked.said OFFSET 0) AS found",
    line=ENTRY_LINE,
)
# A row costs the server two thirds of an INSERT's time by COPY, and us a fifth of what arrays of texts cost.
_COPY_ENTRIES: Final = "COPY entry (conversation, seq, id, sender, at, kind, body) FROM STDIN (FORMAT BINARY)"
_COPIED_TYPES: Final = ("int4", "int4", "text", "text", "int8", "text", "text")
_COPY_EVENTS: Final = "COPY outbox (at, event, client, seq, entry, facts) FROM STDIN (FORMAT BINARY)"
_EVENT_TYPES: Final = ("int8", "text", "text", "int8", "text", "text")
_INSERT_BOTH: Final = compose("WITH event AS ($event) $entry", event=INSERT_EVENT, entry=INSERT_ENTRY)
_SIZES: Final = (
    "SELECT pg_database_size(datname), numbackends, current_setting('max_connections')::int,"
    " has_function_privilege('pg_ls_waldir()', 'EXECUTE') FROM pg_stat_database WHERE datname = current_database()"
)
_WAL_BYTES: Final = "SELECT coalesce(sum(size), 0) FROM pg_ls_waldir()"  # members of pg_monitor may ask
MARKS_AT_MOST: Final = 40  # in a text that is kept: one with more has a list, and each length is a text of its own
_REV: Final = rows.COLUMNS.index("rev")

# A match in 0.3 % of the rows: a page of it lies within 20,000 rows, and an index gives 30,000 of ten million.
PROBED_ROWS: Final = 2_000
COMMON_FROM: Final = 6
RECENT_ROWS: Final = 5_000
_PROBE: Final = """
    SELECT 1 FROM (SELECT words FROM search s WHERE $within ORDER BY num DESC LIMIT ?) AS newest WHERE $held LIMIT ?"""
_RECENT_WORDS: Final = """
    SELECT DISTINCT word FROM (SELECT words FROM search ORDER BY num DESC LIMIT ?) AS newest,
      unnest(string_to_array(words, ' ')) AS word WHERE word = ANY(?::text[])"""
# The planner takes 600 spellings in one for many rows, and tests each row for each of them. An aggregate has no order.
_INDEXED_WORDS: Final = compose(
    "SELECT word FROM unnest(?::text[]) AS word CROSS JOIN LATERAL (SELECT count(*) AS rows FROM search"
    " WHERE $vector @@ quote_literal(word)::tsquery) AS found WHERE found.rows > 0",
    vector=VECTOR,
)
# Each OFFSET 0 keeps the planner from another order: the index first, then an entry for each of its rows.
_BY_INDEX: Final = """
    (SELECT num, words FROM search s WHERE $where ORDER BY num DESC OFFSET 0) AS s
      CROSS JOIN LATERAL (SELECT * FROM entry WHERE entry.num = s.num OFFSET 0) AS e"""


class PostgresDialect(Dialect):
    """Speak PostgreSQL. The index is a GIN of a tsvector, of words that the table stores as a text."""

    now_ms = postgres_connection.NOW_MS
    row_lock = "FOR UPDATE"
    has_weeks = True
    words: ClassVar = {
        "join": "string_agg",
        "format": "format",
        "least": "least",
        "greatest": "greatest",
        "quote": "to_json",
        "body": "e.body::json",
        "first_join": "JOIN",
        "by_online": "",
        "by_bot": "substr(e.sender, 1, 2) = 'b-'",  # the order of texts is the server's
    }
    hit = HIT_BY_FORMAT
    usage_columns = (
        "SELECT json_agg(at ORDER BY at)::text, json_agg(wh ORDER BY at)::text,"
        " (json_agg(at ORDER BY at) FILTER (WHERE $guessed))::text FROM ($sums) AS sums"
    )
    search_num = "s.num"
    mentions = "mentions IS NOT NULL AND mentions::jsonb @> jsonb_build_array(jsonb_build_object('agent', ?::text))"
    has_tag = "tags <> '[]' AND tags::jsonb @> to_jsonb(?::text)"
    people_match = compose("num IN (SELECT num FROM people WHERE $vector @@ ?::tsquery)", vector=VECTOR)
    # A statement that waited for the row's lock returns the row as the other writer left it, but finds entries of the
    # snapshot from before (PostgreSQL 17, 13.2.1). The row's `rev` in that snapshot tells.
    meet = compose(
        MEET,
        same=_SAID_HERE,
        before=", (SELECT b.rev FROM conversation b WHERE b.num = c.num)",
        lock="FOR UPDATE OF c",
    )
    meet_again = compose(MEET_AGAIN, same=_SAID_HERE, lock="FOR UPDATE OF c")

    def said(self, sender: str, id: str) -> tuple[str, ...]:
        return (f"{sender}/{id}",)

    def meet_row(self, db: Statements, said: tuple[str, ...], client: str) -> Row | None:
        row = db.row(self.meet, (*said, client))
        if row is not None and row[-1] != row[_REV]:
            row = db.row(self.meet, (*said, client))  # holds the lock, so sees all that is committed
        return None if row is None else row[:-1]

    def find_line(self, db: Statements, num: int, sender: str, id: str) -> str | None:
        row = db.row(_FIND, (f"{num}/{sender}/{id}",))
        return row[0] if row else None

    def find_lines(self, db: Statements, keys: Sequence[tuple[int | None, str, str]]) -> list[Row]:
        return db.rows(_FIND_ALL, ([f"{num}/{sender}/{id}" for num, sender, id in keys],))

    def insert_entries(self, db: Statements, entries: Sequence[Row], events: Sequence[Row]) -> None:
        if len(entries) == len(events) == 1:
            db.execute(_INSERT_BOTH, (*events[0], *entries[0]))  # one round trip
            return
        _copy(db, _COPY_ENTRIES, _COPIED_TYPES, entries)
        if events:
            _copy(db, _COPY_EVENTS, _EVENT_TYPES, events)

    def among(self, column: str, values: Sequence[str]) -> Clause:
        return Clause(f"{column} = ANY(?)", ([*values],))  # thousands of marks take the planner half a second

    def lock_absent(self, db: Statements, clients: Sequence[str]) -> bool:
        # There is no row to lock: whoever begins this conversation locks its name, and then looks again.
        for client in clients:
            db.execute("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", (client,))
        return True

    def lock_index(self, db: Statements, *, alone: bool) -> None:
        db.execute(f"SELECT pg_advisory_xact_lock{'' if alone else '_shared'}(?)", (_INDEX_KEY,))

    def lock_table(self, db: Statements, table: str) -> None:
        db.execute(compose("LOCK TABLE $table IN EXCLUSIVE MODE", table=table))

    def unlocked(self, query: Any) -> Any:
        return query.for_update(skip_locked=True)

    def index(self, db: Statements, table: str, found: Sequence[Indexed]) -> None:
        sql = compose(
            "INSERT INTO $table (num, words) SELECT * FROM unnest(?::bigint[], ?::text[])"
            " ON CONFLICT (num) DO UPDATE SET words = excluded.words",
            table=table,
        )
        # Words in their order, then names, marked so that no word equals them.
        words = [joined([*words, *(f"@{name}" for name in who)]) for _, words, who in found]
        db.execute(sql, ([num for num, _, _ in found], words))

    def unindex(self, db: Statements, table: str, gone: Indexed) -> None:
        db.execute(compose("DELETE FROM $table WHERE num = ?", table=table), (gone.num,))

    def raise_sequence(self, db: Statements, table: str, column: str) -> None:
        sql = """SELECT setval(pg_get_serial_sequence(?, ?), coalesce(max("$column"), 1), max("$column") IS NOT NULL)
          FROM $table"""
        db.execute(compose(sql, column=column, table=table), (table, column))

    def find_entries(self, db: Statements, query: Query, clients: Sequence[str], bounds: Sequence[Bound]) -> Found:
        # The planner does not know how old the rows of a word are, and takes a test of a row for cheap. So the newest
        # rows tell: those of a common word are soon read in the order of their numbers, a rare one has an index.
        query = replace(query, near=tuple(_known_spellings(db, spellings) for spellings in query.near))
        within = [bound.clause("s.num") for bound in bounds]
        matches, where = Clause(f"{VECTOR} @@ ?::tsquery", (_match(query, clients),)), _runs(query)
        each_row = Clause(f"({matches.sql}) IS TRUE", matches.values)  # in these words there is no index
        if _is_common(db, query, clients, within):
            tables = Clause("search s JOIN entry e ON e.num = s.num", ())
            return Found(tables, [*within, *_holds(query), each_row, *where])
        rest = replace(query, phrases=query.phrases[:-1], open_end=False) if query.open_end else Query()
        if (asked := _match(rest, clients)) and _is_common(db, Query(query.phrases[-1:], open_end=True), (), within):
            # The index would collect all rows with a word that begins so, before it looks which have the rest.
            matches, where = matches._replace(values=(asked,)), [each_row, *where]
        clauses = [*within, matches]
        by_index = compose(_BY_INDEX, where=" AND ".join(clause.sql for clause in clauses))
        return Found(Clause(by_index, tuple(value for clause in clauses for value in clause.values)), where)

    def match_names(self, words: Sequence[str]) -> str:
        return " & ".join(f"'{word}':*" for word in words)


def _match(query: Query, clients: Sequence[str]) -> str:
    """Return what to ask the index of words and names."""
    last, parts = len(query.phrases) - 1, list[str]()
    for n, phrase in enumerate(query.phrases):  # a phrase's words stand together: see `_runs`
        lexemes = " & ".join(f"'{word}'" for word in phrase)
        parts.append(f"({lexemes}:*)" if query.open_end and n == last else f"({lexemes})")
    parts += ["(" + " | ".join(f"'{word}'" for word in sorted(spellings)) + ")" for spellings in query.near]
    parts += [f"'@{name}'" for name in query.names]
    if clients:
        parts.append("(" + " | ".join(f"'@{name}'" for name in clients) + ")")
    return " & ".join(parts)


def _holds(query: Query) -> list[Clause]:
    """Return conditions that the rows of `_match` meet too, and that cost a fifth of it."""
    return [Clause("strpos(words, ?) > 0", (joined(phrase),)) for phrase in query.phrases if len(phrase) == 1]


def _runs(query: Query) -> list[Clause]:
    """Return the conditions that a phrase's words stand together, which the index does not know."""
    # No LIKE: PostgreSQL takes a long pattern for a rare one, and plans a join of nearly no rows.
    last = len(query.phrases) - 1
    return [
        Clause(
            "strpos(' ' || words || ' ', ?) > 0",
            (f" {joined(phrase)}" if query.open_end and n == last else f" {joined(phrase)} ",),
        )
        for n, phrase in enumerate(query.phrases)
        if len(phrase) > 1
    ]


def _known_spellings(db: Statements, spellings: frozenset[str]) -> frozenset[str]:
    """Return those of the spellings that the newest rows have, or else those that any row has; one if there is none."""
    asked = sorted(spellings)
    found = db.rows(_RECENT_WORDS, (RECENT_ROWS, asked)) or db.rows(_INDEXED_WORDS, (asked,))
    return frozenset(word for (word,) in found) or frozenset(asked[:1])


def _is_common(db: Statements, query: Query, clients: Sequence[str], within: Sequence[Clause]) -> bool:
    """Return whether enough of the newest rows match."""
    held = [*_holds(query), Clause(f"{VECTOR} @@ ?::tsquery", (_match(query, clients),))]
    of_all, of_each = (" AND ".join(clause.sql for clause in clauses) or "TRUE" for clauses in (within, held))
    before, after = ([value for clause in clauses for value in clause.values] for clauses in (within, held))
    found = db.rows(compose(_PROBE, within=of_all, held=of_each), (*before, PROBED_ROWS, *after, COMMON_FROM))
    return len(found) == COMMON_FROM


def _copy(db: Statements, statement: str, types: Sequence[str], found: Sequence[Row]) -> None:
    try:
        with db.whole().cursor().copy(statement) as copy:
            copy.set_types(types)
            for row in found:
                copy.write_row(row)
    except FOREIGN as fault:
        raise db.named(fault) from fault


class _PostgresPeewee(peewee.PostgresqlDatabase):
    """Connect as `postgres_connection` says, and note each connection that peewee makes."""

    made: ThreadConnections
    patience_s: float
    admit: Callable[[postgres_connection.Connection], None] | None = None  # asked about each new connection

    def _connect(self) -> postgres_connection.Connection:
        connection = postgres_connection.connect(str(self.database), "wattline", self.patience_s)
        if self.admit is not None:
            self.admit(connection)
        self.made.add(connection)
        return connection


class PostgresDatabase(Database):
    """Use a server's database."""

    dialect: Dialect = PostgresDialect()
    _begin: ClassVar = "BEGIN"

    def __init__(self, url: str, *, patience_s: float = PATIENCE_S) -> None:
        """
        Name the database; connect later.

        Args: patience_s: how long to wait for a server that hangs.
        """
        opened = _PostgresPeewee(url, prefer_psycopg3=True)
        opened.patience_s = patience_s
        super().__init__(opened)
        self._url: Final = url
        self._texts: dict[str, str] = {}

    def connection(self) -> Any:
        if self._closed:
            raise StoreDown("The database is closed.")
        now = self._thread
        if now.era != self._era:  # the server is no longer the one to write to: its hosts are tried anew
            now.era = self._era
            self._drop()
        try:
            now.connection = self.peewee.connection()
        except FOREIGN as fault:
            raise name(fault) from fault
        return now.connection

    @contextmanager
    def counting(self) -> Iterator[None]:
        with self.writing():
            self.execute("SET LOCAL synchronous_commit = off")
            yield

    def _text(self, sql: str) -> str:
        known = self._texts.get(sql)
        if known is None:
            known = sql.replace("%", "%%").replace("?", "%s")
            if sql.count("?") <= MARKS_AT_MOST:
                self._texts[sql] = known
        return known

    def _has_transaction(self) -> bool:
        return True  # a ROLLBACK too many does no harm

    def drop_if_lost(self) -> bool:
        if self.peewee.is_closed():
            return False
        connection: psycopg.Connection[Any] = self.peewee.connection()
        if not connection.closed and self._thread.era == self._era:
            return False
        self._thread.era = self._era
        self._drop()
        return True

    @contextmanager
    def patient(self) -> Iterator[None]:
        connection: postgres_connection.Connection = self.connection()
        connection.patience_s = None
        self.execute("SET statement_timeout = 0")
        self.execute("SET lock_timeout = 0")
        try:
            yield
        finally:
            self._drop()  # the next one is bounded again

    def fetch_planned(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self.again(lambda: self._planned(self._text(sql), parameters))

    def _planned(self, text: str, parameters: Sequence[Any]) -> list[Row]:
        try:
            found: list[Row] = self.whole().execute(text, parameters, prepare=False).fetchall()
            return found
        except FOREIGN as fault:
            raise self.named(fault) from fault

    def sizes(self) -> Sizes:
        ((size, connections, limit, may_see_wal),) = self.fetch(_SIZES)
        wal = int(self.fetch(_WAL_BYTES)[0][0]) if may_see_wal else None
        return Sizes(size, wal, connections, limit)

    @contextmanager
    def bridge_lock(
        self, stop: threading.Event | None, waiting: Callable[[], None], slot: int
    ) -> Iterator[bridge_lock.BridgeLock | None]:
        with lease.leased(self._url, stop, waiting, slot) as held:
            self._connect_anew(None if held is None else held.admit)
            try:
                yield held
            finally:
                self._connect_anew(None)
                self._drop()

    def watch_slots(self) -> AbstractContextManager[slot_watch.SlotWatch]:
        return slot_watch.watching(self._url)

    def _connect_anew(self, admit: Callable[[postgres_connection.Connection], None] | None) -> None:
        """Let every thread make a new connection, about which `admit` is asked."""
        self.peewee.admit = admit
        self._era += 1

    @contextmanager
    def migration_lock(self) -> Iterator[None]:
        with self.patient():
            self.execute("SELECT pg_advisory_lock(?)", (_MIGRATION_KEY,))
            yield  # the lock goes with the connection
