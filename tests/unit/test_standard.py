"""The standard household: the same as demandlib computes from BDEW's profile, by the zone's clocks."""

import importlib.util
import json
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from demandlib import bdew

from chat_core.domain import standard_profile

ROOT = Path(__file__).parents[2]
BUCHAREST = ZoneInfo("Europe/Bucharest")
QUARTER_MS = 900_000


def _ms(text: str, zone: ZoneInfo = BUCHAREST) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize("year", [2024, 2026])
def test_it_is_demandlibs_dynamic_h0(year: int) -> None:
    """Every seventeenth quarter of a leap year and of another is what demandlib, with pandas, makes of it."""
    utc = ZoneInfo("UTC")
    profile = bdew.ElecSlp(year).get_scaled_power_profiles({"h0_dyn": 1.0})["h0_dyn"]
    wanted = (profile / profile.sum()).tolist()
    begin = _ms(f"{year}-01-01", utc)
    for number in range(0, len(wanted), 17):
        at = begin + number * QUARTER_MS
        assert standard_profile.share(at, at + QUARTER_MS, utc) == pytest.approx(wanted[number], rel=1e-6)


def test_a_year_is_one_across_new_year_too() -> None:
    """Any whole year is all of a year's energy, wherever it begins."""
    assert standard_profile.share(_ms("2026-01-01"), _ms("2027-01-01"), BUCHAREST) == pytest.approx(1.0)
    assert standard_profile.share(_ms("2026-07-01"), _ms("2027-07-01"), BUCHAREST) == pytest.approx(1.0, rel=0.01)


def test_the_hour_that_comes_twice_is_used_twice() -> None:
    """On the night when clocks go back, both hours from three to four are an hour's energy: none is for nothing."""
    night = _ms("2026-10-25T02:00:00")
    hours = [
        standard_profile.share(at, at + 4 * QUARTER_MS, BUCHAREST)
        for at in range(night, night + 16 * QUARTER_MS, 4 * QUARTER_MS)
    ]
    assert hours[1] == pytest.approx(hours[2])
    assert all(hour > 0 for hour in hours)


def test_the_committed_table_is_what_its_script_makes() -> None:
    """The file says where it comes from, and making it again changes nothing."""
    spec = importlib.util.spec_from_file_location("standard_profile", ROOT / "scripts" / "standard_profile.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    kept = json.loads((ROOT / "chat_core" / "defaults" / "h0.json").read_text())
    assert kept["quarters"] == script.shapes()
    assert "demandlib" in kept["source"]
