"""Try docs/monitoring: metrics of a running system, rules on made-up series, the dashboard."""

import itertools
import json
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chat_core.contract import topics
from tests.integration.bridge_system import text
from tests.real.parts import REPOSITORY, find_program
from tests.real.prometheus import Prometheus
from tests.real.wattline import Wattline, say_once
from tests.waiting import wait_until

if TYPE_CHECKING:
    from tests.real.postgres import Postgres

FOLDER = REPOSITORY / "docs" / "monitoring"
RULES = (FOLDER / "rules.yml").read_text()


@pytest.fixture(scope="module")
def system(postgres: "Postgres", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wattline]:
    """Run on PostgreSQL, which has every figure, with one message of a client who waits."""
    settings = {"WATTLINE_DB": postgres.fresh_database()}
    with Wattline(tmp_path_factory.mktemp("monitored"), settings=settings) as running:
        wait_until(lambda: "Listen:" in running.log(), 60, running.log)
        assert say_once(running.token("c-42"), topics.msg("c-42"), text("m-1", "Why 40 kWh?")) == 0
        yield running


def measured(system: Wattline) -> dict[tuple[str, str], float]:
    """Return the values of /metrics, by name and the label `le`."""
    with urllib.request.urlopen(f"{system.url}/metrics", timeout=5) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {(one.name, one.labels.get("le", "")): one.value for family in families for one in family.samples}


def test_metrics_of_a_message(system: Wattline) -> None:
    """A stored message is one tick of under a minute in /metrics, beside echo, writer, waiting client and sizes."""
    wait_until(lambda: measured(system).get(("wattline_tick_seconds_count", ""), 0) >= 2, 15)  # and its `opened`
    wait_until(lambda: measured(system).get(("wattline_echo_seconds_count", ""), 0) > 0, 15)
    found = measured(system)
    assert found["wattline_tick_seconds_bucket", "60.0"] == found["wattline_tick_seconds_count", ""]
    assert found["wattline_bridge_writer", ""] == found["wattline_database_up", ""] == 1
    assert found["wattline_open_conversations", ""] == found["wattline_waiting_conversations", ""] == 1
    assert 0 <= found["wattline_echo_age_seconds", ""] < 10
    for name in ("database_bytes", "database_wal_bytes", "disk_free_bytes", "web_threads", "web_busy_threads"):
        assert found[f"wattline_{name}", ""] > 0, name
    for name in ("bridge_backlog", "bridge_unconfirmed", "broker_bridge_queue"):
        assert found[f"wattline_{name}_messages", ""] >= 0, name


def test_rules_do_what_their_names_say() -> None:
    """promtool finds the rules well formed, and each fires on the made-up series that it is for, and on no other."""
    promtool = find_program("promtool", "prometheus")
    for words in (
        ["check", "rules", "rules.yml"],
        ["test", "rules", "rules_test.yml"],
        ["check", "config", "prometheus.yml"],
    ):
        done = subprocess.run([promtool, *words], cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_are_for_what_there_is(system: Wattline) -> None:
    """Every metric that a rule or the dashboard names is one of /metrics, or a rule's own."""
    known = {name for name, _ in measured(system)} | set(re.findall(r"record: (\S+)", RULES))
    # Counted once there is something to count.
    known |= {f"wattline_{name}_total" for name in ("faults", "link_lost", "parked", "refusals")}
    named = re.findall(r"\bwattline[:_][\w:]+", RULES + (FOLDER / "dashboard.json").read_text())
    assert named and set(named) <= known


def queries() -> list[str]:
    panels: list[dict[str, Any]] = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def test_dashboard_is_answered(system: Wattline, tmp_path: Path) -> None:
    """A real Prometheus with the document's configuration answers every query of the dashboard with a value."""
    quick = re.sub(r"interval: \d+[sm]", "interval: 1s", RULES)
    (tmp_path / "rules.yml").write_text(quick)
    config = (FOLDER / "prometheus.yml").read_text().replace("localhost:3001", f"localhost:{system.ports()['http']}")
    (tmp_path / "prometheus.yml").write_text(re.sub(r"interval: \d+s", "interval: 1s", config))
    unanswered = set(queries())
    with Prometheus(tmp_path / "prometheus.yml") as prometheus:

        def all_answered() -> bool:
            unanswered.difference_update([expr for expr in unanswered if prometheus.query(expr)])
            return not unanswered

        numbers = itertools.count()

        def is_done() -> bool:
            message = text(f"m-{next(numbers)}-again", "And now?")  # a rate needs what changes
            assert say_once(system.token("c-42"), topics.msg("c-42"), message) == 0
            return all_answered()

        wait_until(is_done, 60, why=lambda: f"{sorted(unanswered)}\n{prometheus.child.log()[-2000:]}")
        assert prometheus.query('count(ALERTS{alertstate="firing"})') == []
