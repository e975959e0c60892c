"""Start a PostgreSQL server for tests: the newest installed version, on its own port, with temporary data."""

import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg

from chat_core.runtime.config import Config
from chat_core.store import Store
from tests.real.parts import ATTEMPTS, Child, Server, free_port, missing, short_dir
from tests.waiting import wait_until

USER = "wattline"


def find_bin() -> Path:
    """Return the folder of the newest installed server's programs, which is not in Debian's PATH."""
    found = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if not found:
        missing("PostgreSQL", "postgresql")
    return max(found, key=lambda path: int(re.sub(r"\D", "", path.parent.name) or 0))


class Postgres(Server):
    """
    A running server; use `fresh_database()` for every test.

    Args: syncs: write commits to the disk, as in production; without it only a power cut loses them. data: folder of
        the data, which stays; None: a temporary one. near: a second address to listen on, for hosts of
        `tests.real.network.small_network`. port: 0 for any.
    """

    def __init__(
        self, *, syncs: bool = False, data: Path | None = None, near: str | None = None, port: int = 0
    ) -> None:
        self.syncs, self.near = syncs, near
        self.programs = find_bin()
        self.home = short_dir("pg", 0o755)
        self.data = data or self.home / "data"
        # PostgreSQL refuses to run as root, so there it runs as the package's own user.
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(self.home, self.user, self.user)
        if not (self.data / "PG_VERSION").exists():
            self._make()
        self.port = port
        self.migrated: str | None = None
        self.child = self._start()

    def _make(self) -> None:
        self.data.mkdir(parents=True, mode=0o700)
        if self.user:
            shutil.chown(self.data, self.user, self.user)
        command = f"{self.programs}/initdb -D {self.data} -U {USER} -A trust -E UTF8 --locale=C.UTF-8 --no-sync"
        made = subprocess.run(
            command.split(),
            cwd=self.home,
            user=self.user,
            group=self.user,
            extra_groups=[] if self.user else None,
            capture_output=True,
            text=True,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        if self.near is not None:
            with (self.data / "pg_hba.conf").open("a") as rules:
                rules.write("host all,replication all samenet trust\n")

    def _start(self) -> Child:
        for _ in range(ATTEMPTS):
            port = self.port or free_port()
            options = [
                f"listen_addresses=127.0.0.1{f',{self.near}' if self.near else ''}",
                f"port={port}",
                f"unix_socket_directories={self.home}",
                f"fsync={'on' if self.syncs else 'off'}",
                "max_connections=120",
            ]
            child = Child(
                [f"{self.programs}/postgres", "-D", str(self.data), *(f"--{option}" for option in options)],
                log=self.home.parent / f"{self.home.name}.log",
                cwd=self.home,
                user=self.user,
            )
            if child.wait_for_port(port, within_s=20):
                self.port = port
                wait_until(self._answers, 20, why=child.log)
                return child
        raise AssertionError(f"PostgreSQL does not start:\n{child.log()}")

    def _answers(self) -> bool:
        try:
            psycopg.connect(host="127.0.0.1", port=self.port, user=USER, dbname="postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def dsn(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def fresh_database(self) -> str:
        """Create an empty database and return its DSN."""
        return self.database(f"t_{uuid4().hex}")

    def migrated_database(self) -> str:
        """Create a database with the product's tables, a copy of one that is migrated once, and return its DSN."""
        if self.migrated is None:
            self.migrated = self.fresh_database()
            Store.open(Config(data=self.home, db=self.migrated), migrate=True).close()
        name, template = f"t_{uuid4().hex}", self.migrated.rpartition("/")[2]
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
        return self.dsn(name)

    def database(self, name: str) -> str:
        """Return the DSN of the database of that name; create it if it is missing."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchall():
                connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.dsn(name)

    def standby(self, port: int = 0) -> "Postgres":
        """Return a running standby that follows this server by streaming (pg_basebackup -R)."""
        data = short_dir("sb", 0o755) / "data"
        if self.user:
            shutil.chown(data.parent, self.user, self.user)
        command = [str(self.programs / "pg_basebackup"), "-D", str(data), "-R", "-c", "fast", "-X", "stream"]
        command += ["-h", "127.0.0.1", "-p", str(self.port), "-U", USER]
        subprocess.run(command, check=True, user=self.user, cwd=data.parent, capture_output=True)
        return Postgres(data=data, near=self.near, port=port)

    def has_replayed(self, primary: "Postgres") -> bool:
        """Return whether this standby has applied all that the primary has written."""
        with psycopg.connect(primary.dsn("postgres")) as server:
            (written,) = server.execute("SELECT pg_current_wal_lsn()").fetchone() or (None,)
        with psycopg.connect(self.dsn("postgres")) as server:
            return server.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", (written,)).fetchone() == (True,)

    def kill(self) -> None:
        """Kill it with SIGKILL, like a crash, and its children, which would answer for a moment longer."""
        children = psutil.Process(self.child.pid).children(recursive=True)
        self.child.kill()  # first: it would start others
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(children, 10)

    def restart(self) -> None:
        """Start it again with the same port and data; after `kill()` it recovers first."""
        self.child.stop()
        # The killed server's children keep its shared memory for a moment; until then a start is refused.
        self.child = wait_until(self._restarted, 20, why=self.child.log)

    def _restarted(self) -> Child | None:
        try:
            return self._start()
        except AssertionError:
            return None

    def close(self) -> None:
        self.child.stop(signal.SIGINT)  # "fast": connections are closed, not waited for
        shutil.rmtree(self.home, ignore_errors=True)
        self.child.log_path.unlink(missing_ok=True)
