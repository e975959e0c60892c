"""Tell once, in the conversation, who waits for it that power is back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.background.meter_alarms import SPEAKER
from bridge.background.power_back import EVERY_S, PowerBack
from bridge.texts import TEXTS
from chat_core.contract.errors import StoreDown
from chat_core.contract.payloads import OutageNotice
from chat_core.runtime import config as settings_of
from chat_core.store import Store
from tests.contract.stores import T0, store_at
from tests.integration.writer_bench import WriterBench

AREA, TEXT = "mill-street", {"en": "Cable damaged."}


class Bench:
    def __init__(self, store: Store) -> None:
        self.store = store
        self.desk = WriterBench(store)
        self.waits = store.registry.power_waits
        self.duty = PowerBack(store, self.desk.writer)
        self.now_s = 100.0

    def notice(self, text: dict[str, str] | None, at: int = T0) -> None:
        with self.store.begin() as tx:
            tx.put_notice(AREA, OutageNotice(id="n-1", text=text), at)
            tx.commit()

    def go(self) -> None:
        self.now_s += EVERY_S
        self.duty.go(self.now_s)

    def told(self, client: str) -> list[str]:
        said = [entry for entry in self.store.log.page(client).entries if entry["kind"] == "text"]
        return [entry["text"] for entry in said if entry["from"] == SPEAKER]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Bench]:
    with store_at(settings_of.load({"WATTLINE_DATA": str(tmp_path)})) as store:
        for client, lang in (("c-42", "en"), ("c-43", "de")):
            store.registry.ensure_client(client, name="Maria", area=AREA, lang=lang)
        bench = Bench(store)
        bench.notice(TEXT)
        yield bench


def test_the_end_of_an_outage_is_told_once_to_who_asked(place: Bench) -> None:
    """A client who waits is told once, in its language, when the notice ends, and not before; nobody else is told."""
    place.waits.begin("c-43", T0)
    place.go()
    assert place.told("c-43") == []
    place.notice(None)
    place.go()
    place.go()
    assert place.told("c-43") == [TEXTS["de"].back_on]
    assert place.told("c-42") == [] and not place.waits.is_waiting("c-43")
    place.notice(TEXT, T0 + 1)  # a second outage
    place.waits.begin("c-43", T0 + 1)
    place.notice(None)
    place.go()
    assert place.told("c-43") == [TEXTS["de"].back_on] * 2


def test_a_kill_between_message_and_end_of_the_wait_repeats_nothing(
    place: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wait outlives a kill after the message was stored; the next look ends it and stores no second message."""
    place.waits.begin("c-42", T0)
    place.notice(None)

    def killed(_: object) -> None:
        raise StoreDown("killed")

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(place.waits, "end", killed)
        with pytest.raises(StoreDown):
            place.go()
    assert place.waits.is_waiting("c-42")
    place.go()
    assert place.told("c-42") == [TEXTS["en"].back_on] and not place.waits.is_waiting("c-42")


def test_a_withdrawn_wait_is_not_told(place: Bench) -> None:
    """A client who no longer wants it, or is erased, is told nothing."""
    for client in ("c-42", "c-43"):
        place.waits.begin(client, T0)
    place.waits.cancel("c-42")
    place.store.registry.forget_client("c-43")
    place.notice(None)
    place.go()
    assert place.told("c-42") == place.told("c-43") == []
