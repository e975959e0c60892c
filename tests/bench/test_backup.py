"""Time a backup while people chat."""

import sys
from pathlib import Path

import pytest

from tests.integration.test_custody import check_backup_in_use


@pytest.mark.bench
def test_a_backup_of_a_gigabyte_in_use(tmp_path: Path) -> None:
    """A backup of 1 GB at 60 commits a second takes at most three times as long as at rest, and is restored equal."""
    idle_s, in_use_s = check_backup_in_use(tmp_path, 1_000_000_000)
    sys.stdout.write(f"\nbackup of 1 GB: {idle_s:.1f} s at rest, {in_use_s:.1f} s at 60 commits/s\n")
    assert in_use_s <= 3 * idle_s
