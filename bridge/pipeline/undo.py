"""Undo what a rolled back transaction has set in dicts. Touches nothing."""


class Undoable:
    """Set numbers in dicts; `undo` takes back what was set since `begin`."""

    def __init__(self) -> None:
        self._before: list[tuple[dict[str, float], str, float | None]] = []

    def begin(self) -> None:
        """Let `undo` take back what is set from here on."""
        self._before.clear()

    def undo(self) -> None:
        """Take back what was set since `begin`."""
        for values, key, value in reversed(self._before):
            if value is None:
                values.pop(key, None)
            else:
                values[key] = value
        self._before.clear()

    def _set(self, values: dict[str, float], key: str, value: float) -> None:
        self._before.append((values, key, values.get(key)))
        values[key] = value
