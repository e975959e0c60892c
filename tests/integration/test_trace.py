"""One id follows a message through the logs of broker, bridge and web (docs/operating.md#follow-one-message)."""

import json
import urllib.request
from pathlib import Path

from chat_core.contract import topics
from tests.integration.bridge_system import text
from tests.real.wattline import ProductProcess, run_cli, say_once
from tests.waiting import wait_until

TRACED = {"WATTLINE_TRACE": "c-42"}


def steps(process: ProductProcess, id: str) -> list[str]:
    events = [json.loads(line) for line in process.log().splitlines() if line.startswith("{") and id in line]
    return [event["step"] for event in events if event["event"] == "traced"]


def test_an_id_is_in_all_three_logs(tmp_path: Path) -> None:
    """A traced client's message leaves its id in three logs, at each step; another's leaves none, nor does text."""
    run_cli(tmp_path, "migrate")
    with (
        ProductProcess("broker", tmp_path, settings=TRACED, at_once=True) as broker,
        ProductProcess("bridge", tmp_path, settings=TRACED, at_once=True) as bridge,
        ProductProcess("web", tmp_path, settings=TRACED, at_once=True) as web,
    ):
        url = f"http://127.0.0.1:{web.port('http')}"
        wait_until(lambda: "greeted" in bridge.log(), 20, why=bridge.log)
        for client, id in (("c-42", "m-followed"), ("c-7", "m-unknown")):
            token = json.loads(run_cli(tmp_path, "token", client))
            assert say_once(token, topics.msg(client), text(id, "my secret words")) == 0
            asked = urllib.request.Request(
                f"{url}/api/clients/{client}/log", headers={"Authorization": f"Bearer {token['api_token']}"}
            )

            def is_stored(asked: urllib.request.Request = asked, id: str = id) -> bool:
                with urllib.request.urlopen(asked, timeout=5) as answer:
                    return id in answer.read().decode()

            wait_until(is_stored, 15, why=bridge.log)
        wait_until(lambda: len(steps(broker, "m-followed")) == 2 and steps(web, "m-followed"), 5, why=broker.log)
        assert steps(broker, "m-followed") == ["routed", "routed"]  # said, then announced
        assert steps(bridge, "m-followed") == ["received", "announced"]
        assert steps(web, "m-followed")[-1] == "served"
        logs = broker.log() + bridge.log() + web.log()
        assert "m-unknown" not in logs and "my secret words" not in logs
