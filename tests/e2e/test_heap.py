"""Measure what open conversations cost a board's memory."""

import time
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, CDPSession

from chat_core.contract.payloads import Said, SaidKind
from chat_core.domain import conversation as decide
from chat_core.store import Store
from tests.e2e.conftest import Report
from tests.e2e.people import AgentScreen, with_ana
from tests.real.wattline import config_of

OPEN: Final = 40
EACH: Final = 50
GROWTH_UNDER_BYTES: Final = 6_000_000
pytestmark = [pytest.mark.bench]


def seed(data: Path) -> None:
    """Store the open conversations and a further one, each of so many messages."""
    now_ms = int(time.time() * 1000)
    with Store.open(config_of(data), migrate=True) as store, store.begin() as tx:
        for number in range(OPEN + 1):
            client = f"c-{number}"
            for place in range(EACH):
                at_ms = now_ms - (EACH - place) * 60_000
                said = Said(id=f"q{place}", kind=SaidKind.TEXT, text=f"Question {place} of {client}", sent=at_ms)
                change = decide.do_say(tx.conversation(client), client, at_ms)
                tx.put(change.conversation)
                for event in change.events:
                    tx.append(client, event.sender, event, at_ms)
                tx.append(client, client, said, at_ms)
        tx.commit()


def used_bytes(cdp: CDPSession) -> int:
    """Return what lives on the heap after a collection."""
    cdp.send("HeapProfiler.collectGarbage")
    return int(cdp.send("Runtime.getHeapUsage")["usedSize"])


def test_forty_open_conversations(tmp_path: Path, chromium: Browser, report: Report) -> None:
    """Forty open conversations of fifty messages each add less than 6 MB to the board's heap."""
    seed(tmp_path)
    with with_ana(tmp_path) as system:
        ana = AgentScreen(chromium.new_context(), system)

        def show(number: int) -> None:
            ana.page.evaluate("hash => { location.hash = hash; }", f"#/c-{number}")
            ana.sees(f"Question {EACH - 1} of c-{number}")

        show(OPEN)  # the chunks of a conversation are there
        cdp = ana.context.new_cdp_session(ana.page)
        cdp.send("HeapProfiler.enable")
        before = used_bytes(cdp)
        for number in range(OPEN):
            show(number)
        grown = used_bytes(cdp) - before
        report(f"heap: {before / 1e6:.1f} MB with one conversation, {grown / 1e6:+.1f} MB with {OPEN} more open")
        assert grown < GROWTH_UNDER_BYTES
        ana.close()
