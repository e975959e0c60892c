"""The judge judged: a sound history passes, and each kind of harm is found by its own invariant and no other."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from chat_core.domain.shown_entries import shown_fields
from tests.chaos.checker import INVARIANTS, check
from tests.chaos.history import PageRead, Record, RunHistory, Spoken, Tick

MARIA, ANA, SCRIPT = "c-1", "a-1", "c-2"


def entry(seq: int, id: str, sender: str, kind: str = "text") -> dict[str, Any]:
    words = {"text": f"words of {id}"} if kind == "text" else {}
    return {"seq": seq, "id": id, "from": sender, "at": 1_000 + seq, "kind": kind, **words}


def sound() -> RunHistory:
    """Maria says m1, m2, m3 and still holds m4; Ana answers; a script says s1 once."""
    log = [entry(1, "e-1", "s-bridge", "opened")]
    log += [entry(2, "m1", MARIA), entry(3, "r1", ANA), entry(4, "m2", MARIA), entry(5, "m3", MARIA)]
    other = [entry(1, "e-1", "s-bridge", "opened"), entry(2, "s1", SCRIPT)]
    maria = Record(MARIA, spoken=[Spoken(MARIA, id, f"words of {id}") for id in ("m1", "m2", "m3")])
    maria.ticks = [Tick(MARIA, "m1", 2), Tick(MARIA, "m2", 4), Tick(MARIA, "m3", 5)]
    maria.heard = {MARIA: deepcopy([*log, log[1]])}
    maria.marked = {MARIA: 3}
    ana = Record(ANA, spoken=[Spoken(MARIA, "r1", "words of r1"), Spoken(MARIA, "r2", "words of r2")])
    ana.ticks, ana.heard, ana.refused = [Tick(MARIA, "r1", 3)], {MARIA: deepcopy(log)}, {(MARIA, "r2")}
    follower = Record("c-1", follows=True, heard={MARIA: deepcopy(log)})
    script = Record(SCRIPT, strict=False, has_outbox=False, spoken=[Spoken(SCRIPT, "s1", "words of s1")])
    script.taken = {(SCRIPT, "s1")}
    return RunHistory(
        {MARIA: log, SCRIPT: other},
        [maria, ana, script, follower],
        earlier={MARIA: {1: deepcopy(log[0]), 2: deepcopy(log[1])}},
        markers={MARIA: {MARIA: 3}},
        earlier_markers={MARIA: {MARIA: 2}},
        pages=[PageRead(MARIA, known=3, after=1, last=5, seqs=(2, 3, 4, 5), read={MARIA: 3})],
    )


def broken(history: RunHistory) -> set[str]:
    return {INVARIANTS[verdict.invariant].__name__ for verdict in check(history) if verdict.broken}


def renumber(history: RunHistory) -> None:
    """The log and all who heard it agree on the numbers: only what is meant to be wrong is wrong."""
    rows = history.logs[MARIA]
    for seq, row in enumerate(rows, start=1):
        row["seq"] = seq
    seq_of = {row["id"]: row["seq"] for row in rows}
    for record in history.records:
        record.ticks = [Tick(t.client, t.id, seq_of[t.id]) for t in record.ticks if t.id in seq_of]
        record.heard = {MARIA: deepcopy(rows)} if record.follows else {}
    history.earlier.clear()


def test_sound_history_passes() -> None:
    """A history in which all went well breaks nothing, and every invariant has looked at something."""
    verdicts = check(sound())
    assert broken(sound()) == set()
    assert all(verdict.looked for verdict in verdicts)


def test_an_assignment_is_heard_without_names() -> None:
    """The names of an assignment are in the database and not on the log's topic: that is no change."""
    history = sound()
    whole = history.logs[MARIA][1] | {"kind": "assigned", "from": "a-ana", "to": "a-ana"}
    history.logs[MARIA][1] = whole
    for record in history.records:
        rows = record.heard.get(MARIA, [])
        rows[:] = [shown_fields(whole) if row["seq"] == whole["seq"] else row for row in rows]
    history.earlier.clear()
    assert "changed" not in broken(history)


def lose_the_newest(history: RunHistory) -> None:
    del history.logs[MARIA][4]


def lose_in_the_middle(history: RunHistory) -> None:
    """m2 is gone and the later ones closed the ranks: no gap shows it."""
    del history.logs[MARIA][3]
    for seq, row in enumerate(history.logs[MARIA], start=1):
        row["seq"] = seq


def double(history: RunHistory) -> None:
    history.logs[MARIA].append(entry(6, "m1", MARIA))
    renumber(history)


def double_under_another_id(history: RunHistory) -> None:
    again = entry(6, "m9", MARIA) | {"text": "words of m1"}
    history.logs[MARIA].append(again)
    history.records[0].spoken.append(Spoken(MARIA, "m9", "words of m1"))


def swap(history: RunHistory) -> None:
    rows = history.logs[MARIA]
    rows[3], rows[4] = rows[4], rows[3]
    renumber(history)


def pass_over(history: RunHistory) -> None:
    """m2 waits in the outbox while m3 is stored."""
    del history.logs[MARIA][3]
    renumber(history)
    history.records[0].outbox = {(MARIA, "m2")}


def gap(history: RunHistory) -> None:
    history.logs[MARIA].append(entry(8, "m4", MARIA))
    history.records[0].spoken.append(Spoken(MARIA, "m4", "words of m4"))


def change_a_word(history: RunHistory) -> None:
    history.logs[MARIA][2] = history.logs[MARIA][2] | {"at": 9_999}


def tell_and_take_back(history: RunHistory) -> None:
    """Another end heard an entry that is not in the log."""
    history.records[1].heard[MARIA].append(entry(6, "m4", MARIA))


def forget_the_unticked(history: RunHistory) -> None:
    history.records[0].spoken.append(Spoken(MARIA, "m4", "words of m4"))


def never_tick(history: RunHistory) -> None:
    history.records[0].spoken.append(Spoken(MARIA, "m4", "words of m4"))
    history.records[0].outbox = {(MARIA, "m4")}


def take_and_lose(history: RunHistory) -> None:
    history.records[2].spoken.append(Spoken(SCRIPT, "s2", "words of s2"))
    history.records[2].taken.add((SCRIPT, "s2"))


def invent(history: RunHistory) -> None:
    history.logs[MARIA].append(entry(6, "m7", MARIA))


def let_a_marker_fall(history: RunHistory) -> None:
    history.markers[MARIA][MARIA] = 1


def mark_what_nobody_read(history: RunHistory) -> None:
    history.markers[MARIA][MARIA] = 5


def answer_from_the_past(history: RunHistory) -> None:
    history.pages.append(PageRead(MARIA, known=5, after=1, last=4, seqs=(2, 3, 4)))


def answer_with_a_hole(history: RunHistory) -> None:
    history.pages.append(PageRead(MARIA, known=5, after=1, last=5, seqs=(2, 4, 5)))


def tick_anew(history: RunHistory) -> None:
    """m1 was ticked, and later under another number."""
    history.records[0].ticks.append(Tick(MARIA, "m1", 4))


def read_less(history: RunHistory) -> None:
    history.pages.append(PageRead(MARIA, known=5, after=4, last=5, seqs=(5,), read={MARIA: 2}))


def miss_one(history: RunHistory) -> None:
    del history.records[3].heard[MARIA][1]


def hear_late(history: RunHistory) -> None:
    heard = history.records[3].heard[MARIA]
    heard[1], heard[2] = heard[2], heard[1]


HARMS: dict[Callable[[RunHistory], None], set[str]] = {
    lose_the_newest: {"lost", "changed", "vanished"},
    lose_in_the_middle: {"lost", "changed", "vanished", "out_of_order"},
    double: {"doubled"},
    double_under_another_id: {"doubled", "read_with_holes"},
    swap: {"out_of_order"},
    pass_over: {"out_of_order", "stuck"},
    gap: {"gaps", "read_with_holes"},
    change_a_word: {"changed"},
    tell_and_take_back: {"changed"},
    forget_the_unticked: {"vanished"},
    never_tick: {"stuck"},
    take_and_lose: {"taken_and_lost"},
    invent: {"invented", "read_with_holes"},
    let_a_marker_fall: {"marker_fell"},
    mark_what_nobody_read: {"marker_fell"},
    answer_from_the_past: {"page_behind"},
    answer_with_a_hole: {"page_behind"},
    tick_anew: {"lost", "ticked_back"},
    read_less: {"ticked_back"},
    miss_one: {"read_with_holes"},
    hear_late: {"read_with_holes"},
}


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_each_harm_is_found(harm: Callable[[RunHistory], None]) -> None:
    """Each harm is found by the invariants that speak of it and by no other."""
    history = sound()
    harm(history)
    assert broken(history) == HARMS[harm]


def test_every_invariant_can_fail() -> None:
    """There is no invariant that no harm breaks."""
    assert set().union(*HARMS.values()) == {look.__name__ for look in INVARIANTS.values()}
