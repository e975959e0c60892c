"""Name the demo's clients, their meters and their first messages. Touches nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Describe one demo client, its meter and its first messages. Fixed ids keep a restart from repeating them."""

    id: str
    name: str
    lang: str
    area: str
    year_wh: int
    says: tuple[str, ...]
    roof: float = 0.0  # solar panels, as times of the household's mean power

    @property
    def meter(self) -> str:
        return f"m-{self.id[2:]}"

    @property
    def device(self) -> str:
        return f"d-{self.id[2:]}"


MARIA: Final = DemoPerson("c-maria", "Maria Pop", "en", "north", 3_300_000, ("Why did I use 40 kWh yesterday?",))
ION: Final = DemoPerson(
    "c-ion",
    "Ion Dumitru",
    "en",
    "north",
    2_400_000,
    ("Good morning! I am moving out at the end of the month.", "Do I read the meter myself, or does somebody come?"),
)
ELENA: Final = DemoPerson(
    "c-elena",
    "Elena Lazăr",
    "ro",
    "south",
    4_100_000,
    ("Bună ziua! Factura de luna trecută e dublă. De ce?",),
    roof=8.0,
)
CLIENTS: Final = (MARIA, ION, ELENA)


def first_words(client: DemoPerson) -> Mapping[str, str]:
    """Return the client's messages for an empty database: id → text."""
    return {f"demo-{client.id[2:]}-{n}": text for n, text in enumerate(client.says, start=1)}
