"""
Define how SQLite and PostgreSQL differ. `sqlite.py` and `postgres.py` have a Dialect each; no other module asks which
of the two a database is.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Final, NamedTuple, Protocol

from chat_core.domain.search_query import Query

ENTRIES: Final = "search"  # the index of entries' words, and the key of how far it is
PEOPLE: Final = "people"  # … of clients' names

Row = tuple[Any, ...]


class Statements(Protocol):
    """Define what a dialect needs of a database: see `Database`."""

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any: ...
    def execute_many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None: ...
    def row(self, sql: str, parameters: Sequence[Any] = ()) -> Row | None: ...
    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]: ...
    def whole(self) -> Any: ...
    def named(self, foreign: BaseException) -> Exception: ...


class Indexed(NamedTuple):
    """Hold an index row of an entry or a client's name: its number, its words, and the client."""

    num: int
    words: list[str]
    who: list[str]


class Clause(NamedTuple):
    """Hold a part of a WHERE, and its parameters."""

    sql: str
    values: tuple[Any, ...]


class Bound(NamedTuple):
    """Hold a bound of an entry's number: `<` or `>=`, and the number."""

    sign: str
    num: int

    def clause(self, column: str) -> Clause:
        """Return the condition on this column."""
        return Clause(f"{column} {self.sign} ?", (self.num,))


class Found(NamedTuple):
    """Hold the tables that give the entries of a search, as `e`, and the conditions on them."""

    tables: Clause
    where: list[Clause]


class Dialect(ABC):
    """Give one kind of database's expressions, statements and procedures. Stateless."""

    now_ms: ClassVar[str]  # the host's clock on SQLite, the server's on PostgreSQL
    row_lock: ClassVar[str]  # behind a SELECT whose rows this transaction changes
    words: ClassVar[dict[str, str]]  # what stands for `$word` in a statement
    # JSON arrays of `$sums`: at, wh, and the at where `$guessed`. A year has 35,000 quarters, which take a second as
    # objects.
    usage_columns: ClassVar[str]
    has_weeks: ClassVar[bool]  # whether readings are in partitions: see `reading_weeks`
    search_num: ClassVar[str]  # an entry's number in the index
    mentions: ClassVar[str]  # whether the row mentions an agent
    has_tag: ClassVar[str]  # a condition on a conversation, with one parameter
    people_match: ClassVar[str]  # a condition on a conversation, with one parameter
    hit: ClassVar[str]  # the line of an entry that a search found
    meet: ClassVar[str]  # parameters: `said(sender, id)`, client
    meet_again: ClassVar[str]  # parameters: `said(sender, id)`, num, client, rev

    def spoken(self, sql: str) -> str:
        """Return the statement with its `$words` filled in."""
        for word, said in self.words.items():
            sql = sql.replace(f"${word}", said)
        return sql

    @abstractmethod
    def said(self, sender: str, id: str) -> tuple[str, ...]:
        """Return the parameters by which `meet` finds an entry of the conversation."""

    @abstractmethod
    def meet_row(self, db: Statements, said: tuple[str, ...], client: str) -> Row | None:
        """Lock the client's conversation; return its row and, behind it, the line of the entry said, or None."""

    @abstractmethod
    def find_line(self, db: Statements, num: int, sender: str, id: str) -> str | None:
        """Return the line of the conversation's entry that the sender's id became, or None."""

    @abstractmethod
    def find_lines(self, db: Statements, keys: Sequence[tuple[int | None, str, str]]) -> list[Row]:
        """Return conversation, sender, id and line of the entries that there are under these three."""

    @abstractmethod
    def insert_entries(self, db: Statements, entries: Sequence[Row], events: Sequence[Row]) -> None:
        """Write rows of `entry`, and of `outbox` where there are any, each in their order."""

    @abstractmethod
    def among(self, column: str, values: Sequence[str]) -> Clause:
        """Return the condition that the column has one of the values, of which there is at least one."""

    @abstractmethod
    def lock_absent(self, db: Statements, clients: Sequence[str]) -> bool:
        """Lock the names of clients without a row; return whether their rows are to be looked for again."""

    @abstractmethod
    def lock_index(self, db: Statements, *, alone: bool) -> None:
        """Keep the index's cursor where it is until the transaction ends. Args: alone: to move it."""

    @abstractmethod
    def lock_table(self, db: Statements, table: str) -> None:
        """Keep others from writing to the table until the transaction ends."""

    @abstractmethod
    def unlocked(self, query: Any) -> Any:
        """Return the query for rows that no other transaction holds."""

    @abstractmethod
    def index(self, db: Statements, table: str, found: Sequence[Indexed]) -> None:
        """Add these to the index."""

    @abstractmethod
    def unindex(self, db: Statements, table: str, gone: Indexed) -> None:
        """Remove it from the index, whose words it was added with."""

    @abstractmethod
    def raise_sequence(self, db: Statements, table: str, column: str) -> None:
        """Let the table's next number be above all that were inserted with a number."""

    @abstractmethod
    def find_entries(self, db: Statements, query: Query, clients: Sequence[str], bounds: Sequence[Bound]) -> Found:
        """
        Return how the index gives the entries with the query's words and names, the newest first and soon.

        Args: clients: name words of which one must be the conversation's, where a tag was asked for.
        """

    @abstractmethod
    def match_names(self, words: Sequence[str]) -> str:
        """Return what to ask the index of names: each word, as a beginning."""
