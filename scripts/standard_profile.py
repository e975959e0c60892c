"""
Writes chat_core/defaults/h0.json: a day of a household's standard load profile, by season and kind of day.

Source: BDEW (then VDEW), standard load profile H0 of 1999, as demandlib 0.2.2 carries it in selp_series.csv (MIT
licence). Needs the `test` extra; run it from the repository's root: .venv/bin/python scripts/standard_profile.py
"""

import csv
import json
from importlib.resources import files
from pathlib import Path

DAYS = {"1": "workday", "6": "saturday", "7": "sunday"}
TO = Path(__file__).parents[1] / "chat_core" / "defaults" / "h0.json"


def shapes() -> dict[str, dict[str, list[float]]]:
    """Season → kind of day → 96 quarters, as the table's own numbers."""
    found: dict[str, dict[str, list[float]]] = {}
    table = files("demandlib.bdew") / "bdew_data" / "selp_series.csv"
    with table.open() as lines:
        for row in csv.DictReader(lines):
            if row["weekday"] in DAYS:  # the workdays are five times the same
                found.setdefault(row["period"], {}).setdefault(DAYS[row["weekday"]], []).append(float(row["h0"]))
    return found


if __name__ == "__main__":
    source = (
        "BDEW standard load profile H0 (1999), from demandlib 0.2.2, MIT licence; made by scripts/standard_profile.py"
    )
    TO.write_text(json.dumps({"source": source, "quarters": shapes()}, separators=(",", ":")) + "\n")
