"""Parts are replaced, one after the other, while people talk and reload: they see nothing but one reconnect."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.chaos.crowd import CrowdLoad
from tests.chaos.fault_rounds import play
from tests.chaos.rolling import BRIDGES, PARTS, RollingSystem
from tests.chaos.test_chaos import seed
from tests.real.parts import REPOSITORY
from tests.real.postgres import Postgres

RELEASE = "326c9c1"  # 0.1.0; its web also needs `pip install limits`
FEW = CrowdLoad(clients=20, client_per_s=0.5, agent_per_s=8, bulk_per_s=8, script_per_s=5, reloads_per_s=8)
MANY = CrowdLoad(clients=200, client_per_s=0.1, agent_per_s=8, bulk_per_s=8, script_per_s=5, reloads_per_s=8)


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """The release's programs, as git has them."""
    packed = subprocess.run(["git", "archive", RELEASE], cwd=REPOSITORY, check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path / "older", filter="data")
    return tmp_path / "older"


def replace(system: RollingSystem, load: CrowdLoad) -> None:
    number = seed()
    with system:
        told = play(system, ["replaced"], number, url=system.url, load=load)
        why = f"seed {number}\n{told}\n{system.log()}"
        assert told.broken == [], why
        assert all(verdict.looked for verdict in told.verdicts), why
        assert (told.refused, told.turned_away) == (0, 0), why
        assert set(told.answers) == {200}, why
        assert told.most_lost == 1, why


@pytest.mark.alone
@pytest.mark.timeout(300)
def test_by_the_same_version(tmp_path: Path, postgres: Postgres) -> None:
    """Broker and bridges are replaced: nothing is lost or refused, and a connection ends once, with the broker."""
    replaced = ("broker", *reversed(BRIDGES))  # a web's end: tests/integration/test_web_connections.py
    replace(RollingSystem(tmp_path, postgres.fresh_database(), None, replaced), FEW)


@pytest.mark.chaos
@pytest.mark.timeout(300)
def test_from_the_release(older: Path, tmp_path: Path, postgres: Postgres) -> None:
    """The same holds for 200 clients while 0.1's programs, webs too, are replaced, one after the other."""
    replace(RollingSystem(tmp_path, postgres.fresh_database(), older, PARTS), MANY)
