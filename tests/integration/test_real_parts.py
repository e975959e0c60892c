"""The starters of real parts do what tests rely on."""

from pathlib import Path

import psycopg

from tests.real.mosquitto import Mosquitto
from tests.real.parts import accepts
from tests.real.postgres import Postgres
from tests.real.wattline import read_ports


def test_postgres_gives_empty_databases(postgres: Postgres) -> None:
    """Each database asked for is new and empty."""
    first, second = postgres.fresh_database(), postgres.fresh_database()
    assert first != second
    with psycopg.connect(first) as connection:
        connection.execute("CREATE TABLE t (x int)")
    with psycopg.connect(second) as connection:
        row = connection.execute(
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        ).fetchone()
    assert row == (0,)


def test_killed_postgres_comes_back_with_its_data() -> None:
    """A server killed with SIGKILL starts again on the same port and has what was committed."""
    with Postgres() as server:
        dsn = server.fresh_database()
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE t AS SELECT 7 AS x")
        server.kill()
        assert not accepts(server.port)
        server.restart()
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT x FROM t").fetchone() == (7,)


def test_mosquitto_is_restarted_on_its_port(mosquitto: Mosquitto) -> None:
    """A killed Mosquitto comes back on the same port."""
    assert accepts(mosquitto.port)
    mosquitto.kill()
    assert not accepts(mosquitto.port)
    mosquitto.restart()
    assert accepts(mosquitto.port)


def test_absent_ports_file_reads_as_empty(tmp_path: Path) -> None:
    """The ports of a system that has not started yet are empty, no error."""
    assert read_ports(tmp_path) == {}
