"""
Run Debian's ejabberd as one Erlang node, its archive and accounts on a PostgreSQL that syncs.

On SQLite, which has a rollback journal and one connection there, its commits take nine times as long.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psycopg

from tests.real.parts import Child, find_program, free_port, missing

HOST: Final = "localhost"
PASSWORD: Final = "as everybody's"  # on loopback, for the length of a run
SCHEMA: Final = Path("/usr/share/ejabberd/sql/pg.sql")
CONFIG: Final = """\
hosts: ["{host}"]
loglevel: warning
listen:
  - {{port: {port}, ip: "127.0.0.1", module: ejabberd_c2s}}
auth_method: sql
default_db: sql
sql_type: pgsql
sql_server: "{sql.hostname}"
sql_port: {sql.port}
sql_username: "{sql.username}"
sql_password: ""
sql_database: "{database}"
modules:
  mod_mam: {{db_type: sql, default: always}}
  mod_stream_mgmt: {{}}
"""


@contextmanager
def ejabberd(folder: Path, dsn: str, names: Sequence[str]) -> Iterator[int]:
    """The port where these people may log in. Args: dsn: of an empty database."""
    folder.mkdir()
    _fill(dsn, names)
    sql, port = urlsplit(dsn), free_port()
    config = folder / "ejabberd.yml"
    config.write_text(CONFIG.format(host=HOST, port=port, sql=sql, database=sql.path.lstrip("/")))
    settings = {
        "ERL_LIBS": str(_libraries()),
        "ERL_CRASH_DUMP_SECONDS": "0",
        "EJABBERD_CONFIG_PATH": str(config),
        "EJABBERD_LOG_PATH": str(folder / "ejabberd.log"),
    }
    # What ejabberdctl, which only root and its own user may call, would start.
    command = [find_program("erl", "ejabberd"), "+K", "true", "-noinput", "-mnesia", "dir", f'"{folder}/mnesia"']
    with Child([*command, "-s", "ejabberd"], log=folder / "erl.out", env={**os.environ, **settings}) as child:
        assert child.wait_for_port(port, within_s=60), child.log()
        yield port


def _fill(dsn: str, names: Sequence[str]) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(SCHEMA.read_text().encode())
        for name in names:
            connection.execute("INSERT INTO users (username, password) VALUES (%s, %s)", [name, PASSWORD])


def archived(dsn: str) -> int:
    """Return the rows of its archive: of each message one for the sender, one for the recipient."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT count(*) FROM archive").fetchone()
    assert row is not None
    return int(row[0])


def _libraries() -> Path:
    found = next(Path("/usr/lib").glob("*/ejabberd-*/ebin/ejabberd.app"), None)
    return found.parents[2] if found else missing("ejabberd", "ejabberd erlang-p1-pgsql")
