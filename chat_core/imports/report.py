"""Count what an import takes and what it leaves out, and write the latter into a file. Touches a file."""

import json
import os
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from chat_core.imports.items import Left

# Why something was not taken → what that means for whoever reads the report
REASONS: Final = {
    "unknown_object": "an object of a kind that is not imported",
    "unknown_file": "a file that is no .json, .jsonl or .ndjson",
    "no_contact": "a conversation without a contact",
    "no_conversation": "a message whose conversation the export does not hold",
    "parts_missing": "a conversation that the export holds without some of its messages",
    "derived_id": "a contact without a usable id of the portal: taken under an id that nobody signs in with",
    "same_client": "a contact whose id belongs to another contact already",
    "nothing_to_take": "a contact without conversation and without an id of the portal",
    "attachment": "an attachment: the conversation names it, the export holds no file",
    "event": "an assignment, a snooze or another event",
    "redacted": "a message that was removed before the export",
    "empty": "a message without words",
    "bad_time": "a message without a time, or with one that lies ahead",
    "later_here": "a message older than the last one here, or an end of a conversation that goes on here",
    "tag": "a tag too many or too long",
    "reply": "a saved reply that is empty, too long or one too many",
    "placeholder": "a saved reply with a placeholder that Wattline does not fill in: taken as it is",
    "bad_value": "a thing that does not fit Wattline's rules",
}


class ImportReport:
    """Write one JSON line for each thing that was not taken, and count. The file replaces the one of the last run."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self.taken: Final[Counter[str]] = Counter()
        self.known: Final[Counter[str]] = Counter()  # what an earlier run took
        self.left: Final[Counter[str]] = Counter()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)  # it names clients
        self._file = os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace")  # lone surrogates

    def leave(self, left: Left) -> None:
        """Note that this is not taken."""
        self.left[left.reason] += 1
        self._file.write(json.dumps(left._asdict(), ensure_ascii=False) + "\n")

    def lines(self) -> list[str]:
        """Return the counts as text."""
        told = [f"taken: {count:,} {what}" for what, count in sorted(self.taken.items())]
        told += [f"here already: {count:,} {what}" for what, count in sorted(self.known.items())]
        for reason, count in self.left.most_common():
            told.append(f"{reason}: {count:,} × {REASONS[reason]}")
        return told

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
