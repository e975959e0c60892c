"""Run Synapse from its own environment (`setup.sh bench`): one process on SQLite, without rates and presence."""

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from tests.real.parts import REPOSITORY, Child, free_port, missing
from tests.waiting import wait_until

ENVIRONMENT: Final = REPOSITORY / ".venv" / "peers" / "synapse"
NO_LIMIT: Final = {"per_second": 1_000_000, "burst_count": 1_000_000}
DATABASE: Final = "homeserver.db"
START_WITHIN_S: Final = 120.0  # 15 s where nothing else runs: it makes its tables first


def synapse_python() -> str:
    python = ENVIRONMENT / "bin" / "python"
    return str(python) if python.exists() else missing("Synapse", "matrix-synapse from PyPI; `make bench` does")


@contextmanager
def synapse(folder: Path) -> Iterator[int]:
    """The port of its client API, where anybody may register."""
    folder.mkdir()
    port = free_port()
    config = folder / "homeserver.yaml"
    config.write_text(json.dumps(_config(folder, port)))  # JSON is YAML
    command = [synapse_python(), "-m", "synapse.app.homeserver", "-c", str(config)]
    made = subprocess.run([*command, "--generate-keys"], capture_output=True, text=True, timeout=START_WITHIN_S)
    assert made.returncode == 0, made.stderr
    with Child(command, log=folder / "synapse.out", cwd=folder) as child:
        wait_until(lambda: not child.is_running() or child.wait_for_port(port, 1), START_WITHIN_S, why=child.log)
        assert child.is_running(), child.log()
        yield port


def _config(folder: Path, port: int) -> dict[str, object]:
    log = {
        "version": 1,
        "handlers": {"file": {"class": "logging.FileHandler", "filename": str(folder / "synapse.log")}},
        "root": {"level": "WARNING", "handlers": ["file"]},
    }
    (folder / "log.yaml").write_text(json.dumps(log))
    limits = ("message", "registration", "login", "invites", "joins", "joins_per_room")
    return {
        "server_name": "localhost",
        "signing_key_path": str(folder / "signing.key"),
        "media_store_path": str(folder / "media"),
        "log_config": str(folder / "log.yaml"),
        "pid_file": str(folder / "pid"),
        "report_stats": False,
        "listeners": [
            {"port": port, "bind_addresses": ["127.0.0.1"], "type": "http", "resources": [{"names": ["client"]}]}
        ],
        "database": {"name": "sqlite3", "args": {"database": str(folder / DATABASE)}},
        "enable_registration": True,
        "enable_registration_without_verification": True,
        "bcrypt_rounds": 4,  # nobody's login is measured
        "presence": {"enabled": False},
        "federation_domain_whitelist": [],
        "trusted_key_servers": [],
        **{f"rc_{name}": _limit(name) for name in limits},
    }


def _limit(name: str) -> dict[str, object]:
    parts = {
        "login": ("address", "account", "failed_attempts"),
        "invites": ("per_room", "per_user", "per_issuer"),
        "joins": ("local", "remote"),
    }
    return dict.fromkeys(parts[name], NO_LIMIT) if name in parts else dict(NO_LIMIT)


def talk(*asked: object) -> dict[str, list[float]]:
    program = str(Path(__file__).with_name("synapse_talk.py"))
    done = subprocess.run([synapse_python(), program, *map(str, asked)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    times: dict[str, list[float]] = json.loads(done.stdout)
    return times


def stored(folder: Path) -> int:
    """Return how many messages its database has. Args: folder: of a Synapse."""
    with closing(sqlite3.connect(folder / DATABASE)) as connection:
        return int(connection.execute("SELECT count(*) FROM events WHERE type = 'm.room.message'").fetchone()[0])
