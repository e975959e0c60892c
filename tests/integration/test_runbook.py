"""Type the commands of docs/runbook.md, each while its incident happens, and see what the page says."""

import json
import re
import subprocess
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import yaml

from chat_core.contract import topics
from tests.integration.bridge_system import text
from tests.real.parts import REPOSITORY
from tests.real.postgres import Postgres
from tests.real.wattline import ProductProcess, environment, read_ports, run_cli, say_once, with_command
from tests.waiting import wait_until

PAGE = (REPOSITORY / "docs" / "runbook.md").read_text(encoding="utf-8")


def commands(title: str) -> list[str]:
    """Return the blocks of the section, each as it is typed."""
    section = PAGE.split(f"# {title}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)


def has_all(said: str, words: Collection[str]) -> bool:
    return all(word in said for word in words)


class RunbookShell:
    """Three processes as under systemd, with one log, and somebody at a shell beside them."""

    def __init__(self, folder: Path, running: ExitStack) -> None:
        self.data = folder / "data"
        self.folder = folder
        self.data.mkdir()
        run_cli(self.data, "migrate")
        metrics = folder / "metrics"
        metrics.mkdir()
        self.settings = {"PROMETHEUS_MULTIPROC_DIR": str(metrics)}
        self.parts = {
            name: running.enter_context(ProductProcess(name, self.data, settings=self.settings))
            for name in ("broker", "bridge", "web")
        }
        self.parts["web"].port("http")
        wait_until(lambda: "200 OK" in self.types("curl -sSi localhost:3001/readyz"), 30, self.log)

    def log(self) -> str:
        return "".join(part.log() for part in self.parts.values())

    def types(self, script: str, *, db: str | None = None) -> str:
        """Return the output of a block; commands may fail."""
        (self.folder / "wattline.log").write_text(self.log())
        env = with_command(environment(self.data, {} if db is None else {"WATTLINE_DB": db}), self.folder)
        typed = script.replace(":3001", f":{read_ports(self.data)['http']}")
        done = subprocess.run(
            ["bash", "-uc", typed], env=env, cwd=self.folder, capture_output=True, text=True, timeout=90
        )
        assert "command not found" not in done.stderr and "Usage:" not in done.stderr, done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunbookShell]:
    with ExitStack() as running:
        yield RunbookShell(tmp_path_factory.mktemp("runbook"), running)


def test_ten_incidents_are_those_of_the_alerts() -> None:
    """The page has ten incidents with commands, and a section for each alert; each part to restart exists."""
    titles = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert len(titles) == 10 and all(commands(title) for title in titles)
    rules = yaml.safe_load((REPOSITORY / "docs" / "monitoring" / "rules.yml").read_text())
    named = {rule["annotations"]["runbook"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule}
    assert named <= {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    assert (REPOSITORY / "deploy" / "systemd" / "wattline@.service").is_file()
    services = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]
    assert {"bridge", "web", "broker"} <= set(services)


def test_no_tick(operator: RunbookShell) -> None:
    """While no bridge runs, the checks show an old echo; with a bridge again they show a writer and a fresh echo."""
    (check,) = commands("Messages get no tick")
    operator.parts["bridge"].kill()
    wait_until(lambda: "echo_late" in operator.types("curl -sS localhost:3001/readyz"), 30)
    assert "FAILED" in operator.types(commands("Runbook")[0])
    operator.parts["bridge"].restart()
    wait_until(lambda: "echo_age_ms" in (said := operator.types(check)) and "wattline_bridge_writer 1.0" in said, 30)
    assert "FAILED" not in operator.types(commands("Runbook")[0])


def test_late_tick(operator: RunbookShell) -> None:
    """The checks show how long ticks and transactions took, what waits, and how fast the disk is."""
    (check, *_) = commands("Messages get their tick late")
    figures = ("transaction_seconds_sum", "backlog_messages", "bridge_queue_messages")
    wait_until(
        lambda: has_all(operator.types(check), (*figures, "100+0 records out", "load average")), 30, operator.log
    )


def test_pages(operator: RunbookShell) -> None:
    """Without web nothing answers; after its restart `/healthz` does, and the log says that it serves."""
    (check,) = commands("The pages do not open")
    operator.parts["web"].kill()
    assert "Failed to connect" in operator.types(check)
    operator.parts["web"].restart()
    wait_until(lambda: operator.types(check).startswith("{"), 20, operator.log)


def test_database(operator: RunbookShell) -> None:
    """A stopped PostgreSQL is called that; a running one shows its connections."""
    (check,) = commands("The database does not answer")
    with Postgres() as server:
        dsn = server.fresh_database()
        assert "active" in operator.types(check, db=dsn)
        server.kill()
        said = operator.types(check, db=dsn)
        assert "Nothing listens where WATTLINE_DB says" in said and "onnection refused" in said


def test_disk(operator: RunbookShell) -> None:
    """The checks show the free space, and what takes the rest."""
    (check, *_) = commands("The disk is full")
    words = ("Avail", "chats.db-wal", "wattline_disk_free_bytes", "wattline_database_wal_bytes")
    wait_until(lambda: has_all(operator.types(check), words), 30, operator.log)


def test_sign_in(operator: RunbookShell) -> None:
    """An administrator who forgot the password gets a link to set one."""
    assert "/setup/" in operator.types(commands("An administrator cannot sign in")[0])


def test_refused_script(operator: RunbookShell) -> None:
    """A script's malformed message is in log and metrics, by sender and reason."""
    (check,) = commands("A device or script is refused")
    token = json.loads(run_cli(operator.data, "token", "c-42"))
    assert say_once(token, topics.msg("c-42"), b'{"id": "m-1"}') == 0
    wait_until(lambda: '"sender": "c-42"' in (said := operator.types(check)) and "wattline_parked_total{" in said, 15)


def test_defect(operator: RunbookShell) -> None:
    """The checks show the counters of defects."""
    said = operator.types(commands("A defect in Wattline")[0])
    assert "wattline_web_faults_total 0.0" in said


def test_lost_data_and_leaked_key(operator: RunbookShell) -> None:
    """A backup restores what was said; after a leak a token, an agent and a device are refused."""
    token = json.loads(run_cli(operator.data, "token", "c-7"))
    assert say_once(token, topics.msg("c-7"), text("m-kept", "Keep this.")) == 0
    wait_until(lambda: "m-kept" in operator.types(asks_log(token)), 15)
    backup, restore = commands("The data is lost")
    operator.types(backup)
    said = operator.types(restore)
    assert b"Keep this." in (operator.folder / "restored" / "chats.db").read_bytes(), said
    run_cli(operator.data, "agent", "add", "a-radu", "--name", "Radu")
    run_cli(operator.data, "device", "add", "d-desk", "--client", "c-7")
    operator.types(commands("A password, token or key leaked")[0])
    wait_until(lambda: "token_refused" in operator.types(asks_log(token)), 15)
    assert say_once(token, topics.msg("c-7"), text("m-late")) != 0


def asks_log(token: dict[str, str]) -> str:
    return f"curl -sS -H 'Authorization: Bearer {token['api_token']}' localhost:3001/api/clients/c-7/log"
