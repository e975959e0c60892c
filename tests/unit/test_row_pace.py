"""Rows of busy conversations wait; ticks and moves do not."""

from bridge.pipeline.row_pace import RowPace
from chat_core.contract.payloads import Status, Summary


def row(rev: int, client: str = "c-42", did: list[str] | None = None) -> Summary:
    return Summary(client=client, rev=rev, status=Status.OPEN, did=did or [])


def told(rows: list[Summary]) -> list[int]:
    return [one.rev for one in rows]


def test_a_busy_row_is_told_once_a_second() -> None:
    """Of 32 rows a second two are told at once, then one a second, which is the newest; others do not wait."""
    pace, revs = RowPace(), []
    for rev in range(1, 97):
        now_s = 100 + (rev - 1) / 32
        revs += told(pace.due(now_s)) + told(pace.choose([row(rev)], frozenset(), now_s))
    assert revs == [1, 2, 32, 64] and pace.held
    assert told(pace.choose([row(7, "c-43")], frozenset(), 103)) == [7]
    assert told(pace.due(103)) == [96] and not pace.held
    assert told(pace.choose([row(99), row(100)], frozenset(), 110)) == [99, 100]


def test_a_tick_and_a_move_do_not_wait() -> None:
    """A row that ticks a command, or is urgent, is told at once, and nothing older after it."""
    pace = RowPace()
    assert told(pace.choose([row(1), row(2), row(3)], frozenset(), 100)) == [1, 2]
    assert told(pace.choose([row(4, did=["a-ana/k1"])], frozenset(), 100)) == [4]
    assert told(pace.choose([row(5)], frozenset({"c-42"}), 100)) == [5]
    assert pace.due(110) == []


def test_many_ticks_delay_no_row() -> None:
    """After 30 commands in 3 s, and moves, the client's words are told within a second."""
    pace = RowPace()
    for rev in range(1, 31):
        urgent = frozenset({"c-42"}) if rev % 2 else frozenset[str]()
        ticks = [] if rev % 2 else [f"a-ana/k{rev}"]
        assert told(pace.choose([row(rev, did=ticks)], urgent, 100 + rev / 10)) == [rev]
    assert told(pace.choose([row(31)], frozenset(), 103.1)) == []
    assert told(pace.due(104.1)) == [31]
