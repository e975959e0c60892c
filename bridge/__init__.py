"""Room 2: what was said is kept. Nothing happens at import time; `python -m bridge` runs it."""
