"""Store what was said, number it and announce it. Nothing happens at import time; `python -m bridge` runs it."""
