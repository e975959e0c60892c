"""Senders in fair turns: the order itself, the embedded broker's turns, web's queue."""

import asyncio

from broker.embedded.fair_turns import AT_ONCE, FairTurns
from chat_core.domain import fair_order
from chat_core.domain.fair_order import FairOrder
from web.connections import FairQueue


def test_who_asked_less_is_before_who_asked_more() -> None:
    """A sender who had nothing yet is due now; one who had much is due after everybody who had less."""
    order = FairOrder()
    for due in [order.ask("much") for _ in range(10)]:
        order.serve(due)
    assert order.ask("quiet") <= order.now < order.ask("much")
    assert order.ask("much") > order.ask("quiet")


def test_time_without_asking_is_not_saved_up() -> None:
    """An idle sender is due now, and has saved up nothing."""
    order = FairOrder()
    order.ask("idle")
    for _ in range(100):
        order.serve(order.ask("busy"))
    assert [order.ask("idle") - order.now for _ in range(3)] == [0, 1, 2]


def test_an_order_forgets_who_is_even() -> None:
    """Memory follows who has more than others, not who ever asked."""
    order = FairOrder()
    for number in range(3 * fair_order.SWEEP_EVERY):
        order.ask(f"c-{number}")
        order.serve(order.ask("busy"))
    assert len(order._due) <= fair_order.SWEEP_EVERY + 1


async def test_a_flood_waits_and_others_do_not() -> None:
    """Of two hundred who flood a few go on in each run of the loop; who says little never waits."""
    turns, flooding = FairTurns(lambda: False), [f"g-{number}" for number in range(200)]
    waiting = [turn for _ in range(3) for guest in flooding if (turn := turns.take(guest, 1)) is not None]
    assert len(waiting) == 600 - AT_ONCE
    for runs in range(1, 30):
        await asyncio.sleep(0)
        assert 0 < sum(turn.done() for turn in waiting) <= runs * AT_ONCE
    assert turns.take("quiet", 1) is None
    async with asyncio.timeout(10):
        await asyncio.gather(*waiting)


async def test_nobody_adds_to_what_a_service_cannot_read_but_who_had_less() -> None:
    """While a service lags a flood waits; a word of somebody else goes on; when it has caught up, so does the flood."""
    lags, looks = False, 0

    def is_lagging() -> bool:
        nonlocal looks
        looks += 1
        return lags

    turns = FairTurns(is_lagging)
    assert [turns.take("flood", 1) for _ in range(3)] == [None] * 3
    lags = True
    waiting = [turn for _ in range(5) if (turn := turns.take("flood", 1)) is not None]
    before = looks
    async with asyncio.timeout(10):
        while looks < before + 2:
            await asyncio.sleep(0)
    assert len(waiting) == 5 and not any(turn.done() for turn in waiting)
    assert turns.take("quiet", 1) is None
    lags = False
    turns.wake()
    async with asyncio.timeout(10):
        await asyncio.gather(*waiting)


async def test_a_known_client_has_more_turns() -> None:
    """Of two who flood, the one whose packets are priced at a tenth has ten times as many turns."""
    turns, had = FairTurns(lambda: False), {"g-1": 0, "c-1": 0}

    async def flood(person: str, price: float) -> None:
        while sum(had.values()) < 1_100:
            if (turn := turns.take(person, price)) is not None:
                await turn
            had[person] += 1

    async with asyncio.timeout(10):
        await asyncio.gather(*(flood(person, price) for person, price in (("g-1", 1), ("c-1", 0.1)) for _ in range(20)))
    assert 900 <= had["c-1"] <= 1_050


def test_a_queue_in_turns_by_address() -> None:
    """A request of an address that asks seldom is answered before those that a busy one has waiting."""
    queue: FairQueue[str] = FairQueue(lambda task: task[0])
    for number in range(5):
        queue.append(f"a{number}")
    assert [queue.popleft(), queue.popleft()] == ["a0", "a1"]
    queue.append("b0")
    assert [queue.popleft() for _ in range(len(queue))] == ["b0", "a2", "a3", "a4"]
