"""Store what was said, number it and announce it. `python -m bridge` runs it."""
