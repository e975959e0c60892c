"""
Each rule of delivery (docs/contract.md#delivery), and the tests that fail without it.

A rule of both sides has a case that pytest and vitest play alike (tests/vectors), or one test for each.
"""

from pathlib import Path
from typing import Final

import pytest

from tests.real.parts import REPOSITORY

FE: Final = "web/frontend/src"
PARTICIPANT: Final = "tests/integration/test_bridge_participant.py"
KILLS: Final = "tests/integration/test_bridge_kills.py"
WRITER: Final = "tests/integration/test_bridge_writer.py"
POISON: Final = "tests/integration/test_bridge_poison.py"
BRIDGE: Final = "tests/integration/test_bridge.py"
LINES: Final = "tests/e2e/test_connections.py"
OUTBOX: Final = "tests/vectors/outbox.json"
MARKERS: Final = "tests/vectors/markers.json"
OUTBOX_TS: Final = f"{FE}/core/outbox.test.ts"
LOG_TS: Final = f"{FE}/core/log.test.ts"
CONVERSATION_TS: Final = f"{FE}/core/conversation.test.ts"
VIEW_TS: Final = f"{FE}/core/view.test.ts"
TALK: Final = f"{FE}/link/live-conversation.test.ts"
STORE: Final = f"{FE}/link/store.test.ts"

Tests = tuple[tuple[str, str], ...]

RULES: Final[dict[str, Tests]] = {
    "kept until the log carries its id under the sender's own name": (
        (OUTBOX, "an entry of another sender with the same id clears nothing"),
        (TALK, "publishes at once what is said, keeps it, and forgets it with its entry"),
    ),
    "said again with the same id after 3 s of silence": ((OUTBOX, "3 s of silence send the same id again"),),
    "said again at once after a reconnect": ((OUTBOX, "a reconnect sends the head again at once"),),
    "pauses grow, with jitter": (
        ("tests/unit/test_bridge_outbox.py", "test_pauses_grow_and_end"),
        (OUTBOX_TS, "pauses grow, with jitter, up to a minute and a quarter"),
    ),
    "stored once, and a repeat is answered with the same entry": (
        (POISON, "check_a_repeat"),
        (WRITER, "test_repeat_in_one_batch"),
        ("tests/chaos/test_mutants.py", "test_forgotten_id_is_found"),
    ),
    "a repeat is answered at most once a second": ((BRIDGE, "test_repeats_are_answered_once_a_second"),),
    "one unticked in flight per conversation: the order is strict through any kill": (
        (OUTBOX, "only the head is sent, the next after its entry"),
        (KILLS, "test_order_is_strict_through_a_kill"),
    ),
    "a bulk sender may send ahead": (("tests/unit/test_bridge_outbox.py", "test_wider_window_sends_ahead_in_order"),),
    "a Summary whose `did` names a command is its tick": (
        (BRIDGE, "test_commands_are_done_once_and_ticked"),
        (OUTBOX_TS, "a command is ticked by a Summary that did it"),
    ),
    "a new roll has the head said again": (
        (OUTBOX, "a bridge that is back is told the head again at once: what it was sent while away may be gone"),
    ),
    "tabs: one list, changed by atomic updates": (
        (STORE, "loses no change when two tabs write at once, and keeps the list's order"),
        ("tests/e2e/test_conversation.py", "test_two_tabs_are_one_conversation"),
    ),
    "tabs: another sends the head only when it is still unticked after 3 s": (
        (OUTBOX_TS, "another tab sends the head only when it is still unticked after 3 s"),
        ("tests/e2e/test_outbox.py", "test_a_closed_tab_leaves_its_words_to_the_other"),
    ),
    "tabs: the order is the list's, never a clock's": (
        (STORE, "keeps the order of writing, whatever the clock that the ids were made by"),
    ),
    "what stood on the screen survives a reload": (
        ("tests/e2e/test_outbox.py", "test_a_reload_in_the_moment_of_sending_keeps_the_words"),
        (STORE, "is taken along by the next change where its own transaction failed: no word leaves the list"),
    ),
    "without IndexedDB the list lives in memory, and that is said": (
        (STORE, "lives in memory, and says so, where there is no IndexedDB"),
    ),
    "cache and outbox are the present identity's": ((STORE, "opens nothing of another identity"),),
    "a clock that is wrong by days changes nothing": (
        (f"{FE}/link/environment.test.ts", "goes on where the wall's is set back by days, again and again"),
        (f"{FE}/link/session.test.ts", "lives as long as the server meant"),
        (TALK, "says an unticked message again after 3 s, though the wall's clock was set back by days meanwhile"),
        (PARTICIPANT, "test_clock_set_back_by_days_delays_nothing"),
        ("tests/chaos/test_chaos.py", "test_clock_set_while_people_talk"),
    ),
    "PUBACK only after COMMIT": (
        (WRITER, "test_commit_then_tell_then_acknowledge"),
        (KILLS, "test_no_acknowledgement_before_the_commit"),
        ("tests/chaos/test_mutants.py", "test_acknowledgement_before_commit_is_found"),
    ),
    "`log` only after COMMIT, and before its PUBACK": (
        ("tests/integration/test_bridge_link.py", "test_replies_go_before_their_acknowledgement"),
        ("tests/chaos/test_mutants.py", "test_tick_before_commit_is_found"),
    ),
    "an acknowledgement belongs to its connection": (
        ("tests/integration/test_bridge_link.py", "test_stale_acknowledgement_confirms_nothing"),
    ),
    "a starting bridge says the newest again": ((KILLS, "test_starting_bridge_repeats_the_newest"),),
    "a failed COMMIT tells, acknowledges and spends nothing": (
        (WRITER, "test_store_down_tells_and_acknowledges_nothing"),
        ("tests/chaos/test_disk_full.py", "test_disk_full"),
    ),
    "a message whose handler fails costs itself alone": ((WRITER, "test_failing_message_is_rolled_back_alone"),),
    "so does one that the database refuses at the batch's end, and one that cannot be read": (
        (POISON, "test_one_that_is_refused_at_the_end"),
        (POISON, "test_a_reader_that_fails"),
        (POISON, "test_a_bridge_with_a_poisoned_message"),
    ),
    "what the embedded broker acknowledges waits for a bridge that never was there": (
        ("tests/integration/test_before_the_bridge.py", "test_said_before_the_bridge_first_came"),
    ),
    "refused for a while: the same id later; for good: marked, and the next goes": (
        (OUTBOX, "refused for a while: the same id after the time said"),
        (OUTBOX, "refused for good: marked not sent, and the next goes"),
        (PARTICIPANT, "test_refusal_marks_not_sent_and_the_next_one_goes"),
    ),
    "an entry beats a refusal": ((OUTBOX, "an entry beats a refusal"),),
    "a retry keeps the id": ((OUTBOX_TS, "retry keeps the id and goes to the end; discard forgets"),),
    "three closes right after a publish mark it not sent": (
        (OUTBOX, "a publish followed three times by a close is marked not sent"),
    ),
    "repeats cost no rate": ((KILLS, "test_too_fast_is_refused_for_a_while"),),
    "markers only rise; read ≤ delivered ≤ last": (
        ("tests/contract/test_store_conversation.py", "test_a_marker_is_a_maximum"),
        (MARKERS, "the peer has read it"),
    ),
    "a marker beyond the last known seq waits": (
        (MARKERS, "a marker beyond the last known seq already holds for the entry that comes"),
    ),
    "after a snapshot an end says its own marker again where the stored one is lower": (
        (CONVERSATION_TS, "is said again after a snapshot where the stored one is lower"),
    ),
    "read is said only for a chat that is visible": (
        (CONVERSATION_TS, "delivered is said at once, read only for a chat that is visible"),
    ),
    "a message keeps its place, ticks only go forward, what waits stands at the end": (
        (VIEW_TS, "a message keeps its key from pending to stored, and its tick only goes forward"),
        (VIEW_TS, "what waits is drawn at the end, in the sender's order"),
        ("tests/chaos/checker.py", "tick taken back"),
    ),
    "a gap is fetched by after=, each seq is taken once": (
        ("tests/vectors/merge.json", "a gap asks for the missing entries and holds what lies beyond"),
        (PARTICIPANT, "test_agent_fills_a_gap"),
        ("tests/chaos/test_mutants.py", "test_reader_that_does_not_catch_up_is_found"),
    ),
    "a page that could not be had is asked for again": (
        (TALK, "asks again when the server was not reached"),
        ("tests/unit/test_bridge_following.py", "test_page_that_could_not_be_had_is_asked_for_again"),
    ),
    "an erasure is heard live and leaves one entry": (
        ("tests/integration/test_erasure.py", "test_nothing_is_left_of_an_erased_client"),
    ),
    "a guest's outbox is emptied as the guest, before the user speaks": (
        (f"{FE}/widget/sign-in.test.ts", "has said everything as the guest before the widget speaks as the user"),
    ),
    "sign-out deletes the cache": (
        (f"{FE}/widget/widget.test.ts", "of another identity drops what was cached of the one before"),
    ),
    "the board's MQTT timers run in a Worker": (
        (f"{FE}/link/timers.test.ts", "ring when the Worker says so, and not when they were cancelled"),
    ),
    "a flooder is slowed or closed, nothing let in is dropped": (
        ("tests/conformance/test_03_publish.py", "test_flood"),
        ("tests/conformance/test_03_publish.py", "test_acknowledged_is_kept"),
    ),
    "away for 500 messages: all there, in order, within a second": (
        (PARTICIPANT, "test_away_for_five_hundred"),
        (LINES, "test_away_for_five_hundred"),
    ),
    "presence: a set of connections, and a roll after a killed broker": (
        ("tests/vectors/presence.json", "after a roll the silent are offline, those who answered stay"),
        (KILLS, "test_roll_finds_out_who_is_gone"),
    ),
    "another epoch drops cache and markers and keeps the outbox": (
        ("tests/vectors/merge.json", "another epoch in a page drops what was known"),
        (LOG_TS, "another epoch drops cache and markers and keeps the outbox"),
    ),
    "below `first` nothing is a gap": (("tests/vectors/merge.json", "below first nothing is a gap"),),
    "PINGREQ every 10 s, 5 s without an answer are a dead line": (
        (
            f"{FE}/link/broker-connection.test.ts",
            "pings while somebody looks, and takes 5 s without an answer for its end",
        ),
    ),
    "another network: the line is back within 3 s of the browser knowing": (
        (LINES, "test_network_changes_under_a_phone"),
    ),
    "every connect ends with SUBACKs and a catch-up": (
        (f"{FE}/link/broker-connection.test.ts", "does not come about when a subscription is refused"),
        (TALK, "opens from the cache at once and then merges what the server has"),
    ),
    "typing: repeated every 3 s, gone after 6 s and with the entry; sending cancels it": (
        ("tests/vectors/typing.json", "said once it holds for 6 s, not longer"),
        ("tests/vectors/typing.json", "an entry of the typist ends it"),
        (CONVERSATION_TS, "is repeated every 3 s, ends when emptied, and sending cancels it"),
        (LINES, "test_typing_shows_at_once_and_ends"),
    ),
    "retained lines are published again at each connect, strays are cleared": (
        (KILLS, "test_stray_retained_is_cleared"),
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_rule_has_its_test(rule: str) -> None:
    """The tests that hold this rule exist."""
    for file, name in RULES[rule]:
        assert name in _text(REPOSITORY / file), f"{file} has no test “{name}”"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")
