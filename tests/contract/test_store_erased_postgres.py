"""An erasure, and the documented command, leave nothing on a PostgreSQL server's disk."""

import shlex
import subprocess
from pathlib import Path

from tests.contract.stores import CLIENT, T0, StoreUnderTest, committed, erase_all, opened, say, take_in_all
from tests.real.parts import REPOSITORY, find_program
from tests.real.postgres import Postgres

WORD = "quixotryword"


def files_with(word: str, folder: Path) -> list[str]:
    done = subprocess.run(["grep", "-r", "-a", "-l", word, str(folder)], capture_output=True, text=True)
    return done.stdout.splitlines()


def documented(dsn: str) -> list[str]:
    """The command of docs/operating.md that leaves nothing, for this database."""
    text = (REPOSITORY / "docs" / "operating.md").read_text().replace("\\\n", " ")
    (line,) = [line for line in text.splitlines() if "VACUUM FULL" in line]
    command = shlex.split(line.replace("$WATTLINE_DB", dsn))
    return [find_program(command[0], "postgresql-client"), *command[1:]]


def test_nothing_is_left_after_the_documented_command(tmp_path: Path) -> None:
    """Erased words are in no file of the server, its WAL included, once the documented command has run."""
    with Postgres() as server:
        dsn = server.fresh_database()
        with opened(StoreUnderTest(tmp_path, dsn)) as store:
            for n in range(100):
                say(store, f"m{n}", f"{WORD} {n}")
            take_in_all(store)
            with committed(store) as tx:
                tx.erase(CLIENT, T0)
            erase_all(store)
            assert files_with(WORD, server.data)
            subprocess.run(documented(dsn), check=True, capture_output=True, timeout=60)
            assert files_with(WORD, server.data) == []
            assert say(store, "m", "goes on").seq > 1
