"""
Publish three retained display lines for each client with a device, right after each change.

Each turn takes a few ms, so that ten thousand displays delay no chat.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from zoneinfo import ZoneInfo

import regex

from bridge.pipeline.effects import NOTHING, Reply
from bridge.pipeline.group_commit import Writer
from bridge.texts import TEXTS
from chat_core.contract import topics
from chat_core.contract.errors import Unavailable
from chat_core.contract.kinds import preview
from chat_core.contract.languages import in_lang
from chat_core.contract.payloads import DisplayLine, encode
from chat_core.domain.outage_text import with_expected_end
from chat_core.domain.shown_names import shown_names
from chat_core.store import Store
from chat_core.store.results import AreaNotice, Glance

LINE_BYTES: Final = 256
WHO_BYTES: Final = 80
BUDGET_S: Final = 0.005  # of one turn of the bridge
PRODUCT: Final = "Wattline"
MORE: Final = "…"
_CLUSTER: Final = regex.compile(r"\X")  # a grapheme cluster (Unicode UAX #29)


class Displays:
    """Know which clients have displays, and whose lines are due."""

    def __init__(self, store: Store, writer: Writer) -> None:
        self._store = store
        self._writer = writer
        self._with_devices: set[str] = set()
        self._due: dict[str, None] = {}  # in this order
        self._to_clear: dict[str, None] = {}

    def note(self, clients: set[str]) -> None:
        """Mark these clients' lines as due."""
        self._due.update(dict.fromkeys(sorted(clients & self._with_devices)))

    def note_all(self) -> None:
        self.note(set(filter(self._writer.slot.has, self._with_devices)))

    def keep_own(self) -> None:
        """Forget the lines of clients that now belong to another slot."""
        if self._writer.slot.n == 0:
            return
        has = self._writer.slot.has
        for lines in (self._due, self._to_clear):
            for client in [client for client in lines if not has(client)]:
                del lines[client]

    def greet(self) -> None:
        """
        Publish every line again after a connect, and clear those of erased clients: the broker may have lost both.
        """
        has = self._writer.slot.has
        devices = self._store.registry.devices.all()
        # Slot 0 speaks to any client, of outages and meters.
        all_slots = self._writer.slot.n == 0
        self._with_devices = {one.client for one in devices if not one.disabled and (all_slots or has(one.client))}
        cleared = filter(has, self._store.bridge.cleared())
        self._to_clear = {client: None for client in cleared if client not in self._with_devices}
        self.note_all()

    def look_at(self, client: str) -> None:
        """Note that a device of the client's came or went."""
        if self._writer.slot.n and not self._writer.slot.has(client):
            return
        if any(not device.disabled for device in self._store.registry.devices.of(client)):
            self._with_devices.add(client)
            self._to_clear.pop(client, None)
            self.note({client})
            return
        self._with_devices.discard(client)
        self._due.pop(client, None)
        self._to_clear[client] = None

    def go(self) -> bool:
        """
        Publish some lines; return whether more are due.

        Raises: Unavailable; then they are due still. Any other fault skips the client.
        """
        until_s = time.monotonic() + BUDGET_S
        while self._due and time.monotonic() < until_s:
            client = next(iter(self._due))
            del self._due[client]  # first: a fault in one client's lines delays no other
            try:
                for reply in self._replies(client):
                    self._writer.tell(reply)
            except Unavailable:
                self._due[client] = None
                raise
        while self._to_clear and not self._due and time.monotonic() < until_s:
            client, _ = self._to_clear.popitem()
            for reply in clearing_replies(client):
                self._writer.tell(reply)
        return bool(self._due or self._to_clear)

    def _replies(self, client: str) -> list[Reply]:
        person = self._store.registry.find_client(client)
        glance = self._store.log.glance(client)
        notice = self._store.notices.of_area(person.area) if person is not None and person.area is not None else None
        names: Mapping[str, str] = {}
        if glance.last is not None:
            names = shown_names(self._store.registry.names([glance.last["from"]]))
        if notice is not None:
            text = with_expected_end(notice.text, notice.until, ZoneInfo(self._store.tz))
            notice = replace(notice, text=text)
        return display_replies(client, line_of(glance, names, person.lang if person else None, notice))


def line_of(
    glance: Glance, names: Mapping[str, str], lang: str | None, notice: AreaNotice | None = None
) -> DisplayLine:
    """Return the newest of the desk's last message, the answer to `call`, and news of an outage."""
    texts = in_lang(TEXTS, lang)
    found = [("", "", 0)]
    if glance.last is not None:
        sender = glance.last["from"]
        found.append((names.get(sender, PRODUCT), preview(glance.last["kind"], glance.last, lang), glance.last["at"]))
    if glance.called_at is not None:
        found.append((PRODUCT, texts.called, glance.called_at))
    if notice is not None:
        text = in_lang(notice.text, lang)
        over = notice.ended_at is not None
        found.append((PRODUCT, texts.outage_over if over else text, notice.ended_at or notice.at))
    who, text, at = max(reversed(found), key=lambda one: one[2])
    return fitting(glance.unread, who, text, at)


def display_replies(client: str, line: DisplayLine) -> list[Reply]:
    plain = f"{line.who}: {line.text}" if line.who else ""
    return [
        _line(topics.display(client), encode(line)),
        _line(topics.display_unread(client), str(line.unread).encode("ascii")),
        _line(topics.display_text(client), plain.encode("utf-8")),
    ]


def _line(topic: str, payload: bytes) -> Reply:
    """Use QoS 0: no broker queues it for an absent display, where an erasure would not reach it."""
    return Reply(topic, payload, qos=DisplayLine.qos, retain=True)


def clearing_replies(client: str) -> list[Reply]:
    return [
        _line(topic, NOTHING)
        for topic in (topics.display(client), topics.display_unread(client), topics.display_text(client))
    ]


def fitting(unread: int, who: str, text: str, at: int) -> DisplayLine:
    """Return as much of name and text as 256 bytes of JSON hold, cut between grapheme clusters."""
    who = _cut(_one_line(who), WHO_BYTES)
    empty = DisplayLine(unread=unread, who=who, text="", at=at)
    return empty.model_copy(update={"text": _cut(_one_line(text), LINE_BYTES - len(encode(empty)))})


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str, most_bytes: int) -> str:
    """Return as much as so many bytes of JSON hold; a cut text ends in an ellipsis."""
    if _json_bytes(text) <= most_bytes:
        return text
    kept, left = [], most_bytes - len(MORE.encode())
    for cluster in _CLUSTER.finditer(text):
        left -= _json_bytes(cluster[0])
        if left < 0:
            break
        kept.append(cluster[0])
    return "".join(kept).rstrip() + MORE


def _json_bytes(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8")) - 2
