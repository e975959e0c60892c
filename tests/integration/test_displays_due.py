"""Keep a display's line due until it is published."""

from pathlib import Path

import pytest

from bridge.background.displays import Displays
from chat_core.contract.errors import StoreDown
from tests.contract.stores import opened, sqlite_at
from tests.integration.writer_bench import WriterBench


def test_a_line_stays_due_while_the_database_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is away costs no display its line: it is published as soon as the database answers."""
    with opened(sqlite_at(tmp_path)) as store:
        store.registry.ensure_client("c-42")
        store.registry.devices.add("d-1", "c-42", (), {})
        desk = WriterBench(store)
        displays = Displays(store, desk.writer)
        displays.greet()

        def is_away(_client: str) -> None:
            raise StoreDown("away")

        with monkeypatch.context() as away:
            away.setattr(displays, "_replies", is_away)
            with pytest.raises(StoreDown):
                displays.go()
        displays.go()
        assert any(topic.startswith("support/c-42/display") for topic, _ in desk.line.payloads)
