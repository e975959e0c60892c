"""Check the arithmetic of docs/scale.md: play its hours with a seeded random, and compute when each part is full."""

import math
import random
import re
from collections.abc import Iterator
from typing import Final

import pytest

from bridge.background.retention import METERS_A_TURN, READINGS_A_TURN, READINGS_DAYS
from broker.embedded.guard import BrokerLimits
from tests.real.parts import REPOSITORY

PAGE: Final = (REPOSITORY / "docs" / "scale.md").read_text(encoding="utf-8")
SIZES: Final = (1_000, 100_000, 1_000_000)
YEAR_DAYS: Final = 365
OUTAGE_S: Final = 900
GOES_ON_S: Final = 300


def numbers(heading: str) -> dict[str, list[float]]:
    """Return the numbers of a section's table, by the text of the first column."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in section.splitlines() if row.startswith("| ")
    ]
    found = {
        row[0]: [float(cell.replace(",", "")) for cell in row[1:] if re.fullmatch(r"[\d,.]+", cell)] for row in rows
    }
    return {text: values for text, values in found.items() if values}


def one(heading: str, text: str) -> float:
    (found,) = [values[0] for name, values in numbers(heading).items() if name.startswith(text)]
    return found


def does(text: str) -> float:
    return one("What a platform's clients do", text)


def costs(text: str) -> float:
    return one("What one unit costs", text)


def agents_of(clients: float) -> float:
    return max(1.0, clients * does("clients who write on a day") / 1_000 / does("conversations that one agent"))


def deliveries_of(agents: float) -> float:
    """Return how many boards get a message: its row goes to the team, its entry to who has the conversation open."""
    of_team = min(agents, does("agents of a team"))
    return costs("deliveries of a message to each board") * of_team + costs("deliveries of a message to the board")


def play(events: float, each: int, seconds: int, seed: int) -> tuple[float, float]:
    """Return messages a second, mean and fullest: who writes begins at random, and goes on for five minutes."""
    chance = random.Random(seed)
    begun = sum(chance.random() < events / 10_000 for _ in range(10_000)) if events < 5_000 else round(events)
    said = [0] * (seconds + GOES_ON_S)
    for _ in range(begun):
        start = chance.randrange(seconds)
        for _ in range(each):
            said[start + chance.randrange(GOES_ON_S)] += 1
    return sum(said) / seconds, max(said)


def simulated(clients: int) -> Iterator[tuple[str, float]]:
    """Yield the rows of "What that makes" for so many clients."""
    writers = clients * does("clients who write on a day") / 1_000
    in_an_hour, each = writers * does("share of a day's") / 100, round(does("messages of a conversation"))
    hurt, twice = clients * does("clients who write in an outage") / 1_000, round(does("messages that each of them"))
    # Rare ones are the mean of many days.
    days = max(1, 100_000 // clients)
    ordinary = [play(in_an_hour, each, 3_600, seed)[0] for seed in range(days)]
    outages = [play(hurt, twice, OUTAGE_S, seed) for seed in range(days)]
    outage = sum(mean for mean, _ in outages) / days
    yield "agents", math.ceil(agents_of(clients))
    yield "messages a second, busiest hour", sum(ordinary) / days
    yield "messages a second, outage, clients' alone", outage
    yield "messages in the fullest second, outage", sum(fullest for _, fullest in outages) / days
    yield "readings a second", clients / does("seconds between")
    yield "connections, busiest hour", clients * does("open connections in the busiest") / 1_000
    yield "connections, outage", clients * does("open connections in an outage") / 1_000
    yield "deliveries to boards a second, outage", outage * deliveries_of(math.ceil(agents_of(clients)))
    stored = writers * each * YEAR_DAYS * costs("bytes of a message on PostgreSQL")
    yield "GB of messages in a year, PostgreSQL", stored / 1e9
    kept = 86_400 / does("seconds between") * costs("days that a reading") * costs("bytes of a reading")
    yield "GB of readings that are kept", clients * kept / 1e9


@pytest.mark.parametrize("place", range(len(SIZES)))
def test_load_is_as_played(place: int) -> None:
    """Each number of the page's load is within a tenth of what the simulated clients make."""
    table = numbers("What that makes")
    rows = dict(simulated(SIZES[place]))
    assert rows.keys() == table.keys()
    for text, expected in rows.items():
        assert table[text][place] == pytest.approx(expected, rel=0.1), text


def full_at(load_of: dict[int, float], limit: float) -> float:
    """Return the number of clients whose load is the limit, where the load is a·n or a·n²: from two sizes."""
    (few, less), (many, more) = load_of.items()
    power = math.log(more / less) / math.log(many / few)
    return float(few * (limit / less) ** (1 / power))


def test_limits_are_as_computed() -> None:
    """Each number of clients at which a part is full follows from loads, costs and the product's own limits."""
    two = (200_000, 1_000_000)
    words = does("clients who write in an outage") / 1_000 * does("messages that each of them") / OUTAGE_S
    commits = costs("messages and readings")
    told = numbers("What breaks first")
    online = {n: n * does("open connections in an outage") / 1_000 for n in two}
    to_boards = {n: n * words * deliveries_of(agents_of(n)) for n in two}
    by_quarter = {n: n * (words + 1 / does("seconds between")) for n in two}
    # A pass over all meters takes no longer than a meter takes to gain what one turn deletes.
    by_minute = METERS_A_TURN * READINGS_A_TURN * 60
    expected = [
        full_at(online, BrokerLimits().connections),
        full_at(to_boards, costs("deliveries a second")),
        full_at(by_quarter, commits),
        commits * 60,
        by_minute,
        METERS_A_TURN * 7 * 86_400,
    ]
    assert [values[0] for values in told.values()] == pytest.approx(expected, rel=0.05)
    assert costs("days that a reading") == READINGS_DAYS
