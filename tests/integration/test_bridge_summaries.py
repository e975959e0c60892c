"""The rows that boards are told: whatever comes together in one transaction, two of one `rev` say the same."""

import json
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.mqtt.link import Arrived
from chat_core.contract import topics
from chat_core.contract.payloads import Command, Do, Marker, Presence, Priority, encode, encode_row
from chat_core.runtime import config as settings_of
from tests.contract.stores import row_of, store_at
from tests.integration.bridge_system import text
from tests.integration.writer_bench import WriterBench

AGENT = "a-ana"
CLIENTS = count(1)
# An order stands for its id too: what is drawn twice is a repeat.
ORDERS = (
    *(("order", f"tag{n}", {"do": Do.TAG, "add": [f"t{n}"]}) for n in range(3)),
    *(("order", f"note{n}", {"do": Do.NOTE, "text": "x"}) for n in range(2)),
    ("order", "high", {"do": Do.PRIORITY, "level": Priority.HIGH}),
    ("order", "low", {"do": Do.PRIORITY, "level": Priority.LOW}),
    ("order", "done", {"do": Do.RESOLVE}),
)
STEPS = st.one_of(
    st.sampled_from(ORDERS),
    st.sampled_from(ORDERS[:3]),
    st.sampled_from([("says", "m1"), ("says", "m2"), ("says", "m3"), ("says", None)]),
    st.sampled_from([("answers", "r1"), ("answers", None), ("reads",), ("comes", True), ("comes", False)]),
)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WriterBench]:
    with store_at(settings_of.load({"WATTLINE_DATA": str(tmp_path_factory.mktemp("d"))})) as store:
        store.registry.add_agent(AGENT, "Ana")
        yield WriterBench(store)


def arrived(desk: WriterBench, client: str, step: tuple[Any, ...], n: int) -> Arrived:
    """Return the message of a step of the strategy; `n` makes an id that is new."""
    match step:
        case ("order", str(id), dict(fields)):
            order = Command(id=f"{client}-{id}", client=client, **fields)
            return desk.arrived(encode(order), topics.desk_do(AGENT))
        case ("says", id):
            return desk.arrived(text(id or f"m-{n}"), topics.msg(client))
        case ("answers", id):
            return desk.arrived(text(id or f"r-{n}"), topics.msg(client, AGENT))
        case ("reads",):
            return desk.arrived(encode(Marker(delivered=n, read=n)), topics.read(client, AGENT))
        case _:
            _, online = step
            return desk.arrived(encode(Presence(online=online, conn="k")), topics.presence(client))


@given(st.lists(st.lists(STEPS, min_size=1, max_size=6), min_size=2, max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_row_a_rev(desk: WriterBench, batches: list[list[tuple[Any, ...]]]) -> None:
    """Two rows of one rev differ in nothing but `did`; the last is the one that the store has; orders are ticked."""
    client, numbers = f"c-{next(CLIENTS)}", count(1)
    desk.store.registry.ensure_client(client)
    desk.writer.write([desk.arrived(text("m0"), topics.msg(client))])
    for batch in batches:
        desk.writer.repeats.clear()  # a second has gone by
        desk.writer.write([arrived(desk, client, step, next(numbers)) for step in batch])
        orders = {f"{AGENT}/{client}-{step[1]}" for step in batch if step[0] == "order"}
        refused = {f"{AGENT}/{id}" for id in refused_of(desk)}
        named = {name for row in desk.line.rows(client) for name in row.get("did", [])}
        assert orders <= named | refused
    desk.writer.tell_held_rows(time.monotonic() + 60)
    told: dict[int, dict[str, Any]] = {}
    for row in desk.line.rows(client):
        row.pop("did", None)
        assert told.setdefault(row["rev"], row) == row
    stands = row_of(desk.store, client)
    stored = json.loads(encode_row(stands))
    stored.pop("did", None)
    assert told[max(told)] == stored
    desk.line.payloads.clear()
    desk.line.sent.clear()


def refused_of(desk: WriterBench) -> set[str]:
    topic = topics.desk_refused(AGENT)
    return {json.loads(payload)["id"] for name, payload in desk.line.payloads if name == topic}


def test_repeat_with_newer_words_tells_them(desk: WriterBench) -> None:
    """A repeated order that comes with new words is ticked by the row that has them: a board that knows it has all."""
    client = f"c-{next(CLIENTS)}"
    desk.store.registry.ensure_client(client)
    order = ("order", "note0", {"do": Do.NOTE, "text": "x"})
    desk.writer.write([desk.arrived(text("m0"), topics.msg(client)), arrived(desk, client, order, 0)])
    desk.writer.repeats.clear()
    batch = [("says", "m1"), order, ("says", "m2")]
    desk.writer.write([arrived(desk, client, step, 0) for step in batch])
    last = desk.line.rows(client)[-1]
    newest = desk.store.log.page(client).last
    assert (last["unread"], last["last"]["seq"], last["did"]) == (3, newest, [f"{AGENT}/{client}-note0"])
    assert [row["rev"] for row in desk.line.rows(client)] == [1, 2]
