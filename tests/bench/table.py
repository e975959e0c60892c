"""Percentiles, and the table that is printed. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The smallest value that so many per cent do not exceed. Args: ordered: ascending, not empty."""
    rank = max(0, -(-len(ordered) * percent // 100) - 1)
    return ordered[int(rank)]


@dataclass(frozen=True)
class Times:
    p50: float
    p95: float
    p99: float
    most: float
    count: int

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Times":
        ordered = sorted(value * 1_000 for value in seconds)
        p50, p95, p99 = (percentile(ordered, percent) for percent in (50, 95, 99))
        return cls(p50, p95, p99, ordered[-1], len(ordered))


@dataclass
class ResultTable:
    """Rows of text under a head; printed as Markdown, so that it can be pasted into the document."""

    title: str
    head: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, *cells: str | float | int) -> None:
        self.rows.append(tuple(cell if isinstance(cell, str) else _shown(cell) for cell in cells))

    def add_times(self, name: str, where: str, times: Times) -> None:
        self.add(name, where, times.p50, times.p95, times.p99, times.most, times.count)

    def __str__(self) -> str:
        wide = [max(len(row[n]) for row in [self.head, *self.rows]) for n in range(len(self.head))]
        lines = [_line(self.head, wide), _line(tuple("-" * width for width in wide), wide)]
        return "\n".join([f"**{self.title}**", "", *lines, *(_line(row, wide) for row in self.rows), ""])


def _line(cells: tuple[str, ...], wide: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, wide, strict=True)) + " |"


def _shown(value: float) -> str:
    if isinstance(value, int) or value >= 1_000:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"
