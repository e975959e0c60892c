"""Any sequence of words, repeats, edits, deletions, markers and erasures leaves what a few lines of Python expect."""

import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from chat_core.contract.payloads import Entry, Marker
from chat_core.store import Store, Transaction
from tests.contract.stores import AGENT, T0, committed, said, sqlite_at, store_at

CLIENTS = ("c-1", "c-2")
SENDERS = (AGENT, "b-rules", "itself")
IDS = ("m1", "m2", "m3", "m4", "m5")
TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)


@dataclass
class ModelLog:
    """The expected log of one client: (sender, id, text or None when deleted) by seq, markers, erasures."""

    entries: list[tuple[str, str, str | None]] = field(default_factory=list)
    markers: dict[str, tuple[int, int]] = field(default_factory=dict)
    epochs: int = 0

    def copy(self) -> "ModelLog":
        return ModelLog(list(self.entries), dict(self.markers), self.epochs)


class Undone(Exception):
    """Thrown to leave a transaction or a savepoint."""


class StoreMachine(RuleBasedStateMachine):
    """The store beside its expectation; every rule is one transaction, some of them left without a commit."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="wl-machine-"))
        self.store = store_at(sqlite_at(self.folder))
        self.other = Store.open(sqlite_at(self.folder))
        self.expected = {client: ModelLog() for client in CLIENTS}
        self.epochs: dict[str, set[str]] = {client: set() for client in CLIENTS}
        self.revs = dict.fromkeys(CLIENTS, 0)

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.other.close()
            shutil.rmtree(self.folder)

    @rule()
    def turn(self) -> None:
        self.store, self.other = self.other, self.store

    # What is done, to the store and to the expectation

    @staticmethod
    def _append(tx: Transaction, log: ModelLog, client: str, sender: str, id: str, text: str) -> Entry:
        speaker = client if sender == "itself" else sender
        entry = tx.append(client, speaker, said(id, text), T0)
        known = [n for n, (who, name, _) in enumerate(log.entries) if (who, name) == (speaker, id)]
        if known:
            assert entry.seq == known[0] + 1
        else:
            log.entries.append((speaker, id, text))
            assert entry.seq == len(log.entries)
        return entry

    @rule(
        client=st.sampled_from(CLIENTS),
        words=st.lists(
            st.tuples(st.sampled_from(SENDERS), st.sampled_from(IDS), TEXTS, st.booleans()), min_size=1, max_size=6
        ),
        look_ahead=st.booleans(),
        commit=st.booleans(),
    )
    def say(self, client: str, words: list[tuple[str, str, str, bool]], look_ahead: bool, commit: bool) -> None:
        """A batch of words, some in savepoints that are undone, maybe without a commit at the end."""
        log = self.expected[client].copy()
        with self.store.begin() as tx:
            if look_ahead:
                tx.look_ahead([(client, client if sender == "itself" else sender, id) for sender, id, _, _ in words])
            for sender, id, text, undo in words:
                before = log.copy()
                with suppress(Undone), tx.savepoint():
                    self._append(tx, log, client, sender, id, text)
                    if undo:
                        log = before
                        raise Undone
            if commit:
                tx.commit()
                self.expected[client] = log

    @rule(
        client=st.sampled_from(CLIENTS), seq=st.integers(1, 6), text=st.none() | TEXTS, undo=st.booleans(), more=TEXTS
    )
    def amend(self, client: str, seq: int, text: str | None, undo: bool, more: str) -> None:
        """An edit or a deletion between two batches of words of one transaction."""
        log = self.expected[client]
        with committed(self.store) as tx:
            self._append(tx, log, client, "itself", "m1", more)
            before = log.copy()
            with suppress(Undone), tx.savepoint():
                self._append(tx, log, client, AGENT, "m2", more)
                after = tx.amend(client, seq, text)
                if seq <= len(log.entries):
                    sender, id, had = log.entries[seq - 1]
                    log.entries[seq - 1] = (sender, id, text if had is not None else None)
                    assert after is not None and after.seq == seq
                else:
                    assert after is None
                if undo:
                    log.entries[:] = before.entries
                    raise Undone

    @rule(
        client=st.sampled_from(CLIENTS),
        reader=st.sampled_from((AGENT, "a-radu", "b-rules", "itself")),
        delivered=st.integers(0, 9),
        read=st.integers(0, 9),
    )
    def read(self, client: str, reader: str, delivered: int, read: int) -> None:
        log, name = self.expected[client], client if reader == "itself" else reader
        last = len(log.entries)
        with committed(self.store) as tx:
            moved = tx.move_marker(client, name, Marker(delivered=delivered, read=read))
        delivered = min(delivered, last)
        had = log.markers.get(name, (0, 0))
        now = (max(had[0], delivered), max(had[1], min(read, delivered)))
        assert (moved is None) == (now == had)
        if moved is not None:
            log.markers[name] = now

    @rule(client=st.sampled_from(CLIENTS), undo=st.booleans(), more=TEXTS)
    def erase(self, client: str, undo: bool, more: str) -> None:
        """An erasure with words before and after it in one transaction."""
        log = self.expected[client].copy()
        with self.store.begin() as tx:
            self._append(tx, log, client, "itself", "m3", more)
            before = log.copy()
            with suppress(Undone), tx.savepoint():
                erased = tx.erase(client, T0)
                log.entries, log.markers = [("s-bridge", erased.id, "")], {}
                log.epochs += 1
                self._append(tx, log, client, "itself", "m3", more)
                if undo:
                    log = before
                    raise Undone
            tx.commit()
            self.expected[client] = log

    @precondition(lambda self: any(log.entries for log in self.expected.values()))
    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store.open(sqlite_at(self.folder))

    # What must be true

    @invariant()
    def the_log_is_as_expected(self) -> None:
        """Numbers, senders, ids, words, ends, markers, unread, epochs and revs are those expected."""
        for client, log in getattr(self, "expected", {}).items():
            page = self.store.log.page(client, after=0, limit=1000)
            assert [entry["seq"] for entry in page.entries] == list(range(1, len(log.entries) + 1))
            shown = [(entry["from"], entry["id"], self._words(entry)) for entry in page.entries]
            assert shown == log.entries
            assert page.last == len(log.entries)
            markers = {reader: (marker["delivered"], marker["read"]) for reader, marker in page.markers.items()}
            assert markers == log.markers
            self._check_row(client, log, page.epoch)

    def _check_row(self, client: str, log: ModelLog, epoch: str) -> None:
        summary = self.store.inbox.summary(client)
        if summary is None:
            assert not log.entries
            return
        assert summary.rev >= self.revs[client]
        self.revs[client] = summary.rev
        assert summary.last is not None and summary.last.seq == len(log.entries)
        self.epochs[client].add(epoch)
        assert len(self.epochs[client]) <= log.epochs + 1

    @staticmethod
    def _words(entry: dict[str, object]) -> object:
        return None if entry.get("deleted") else entry.get("text", "")


TestStoreMachine = StoreMachine.TestCase
TestStoreMachine.settings = settings(
    max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
