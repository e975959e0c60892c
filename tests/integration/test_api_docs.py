"""Type the commands of docs/api.md one after the other, against a running Wattline."""

import json
import re
import subprocess
from pathlib import Path

from tests.real.parts import REPOSITORY
from tests.real.wattline import Wattline, environment, with_command

DEFAULT_URL = "http://localhost:3001"
PAGE = (REPOSITORY / "docs" / "api.md").read_text(encoding="utf-8")


def test_the_commands_work_as_typed(tmp_path: Path) -> None:
    """Each command of the page is answered as the page says, in its order."""
    data, marker = tmp_path / "data", "-- next --"
    with Wattline(data, at_once=True) as product:
        page = PAGE.replace(DEFAULT_URL, product.url)
        assert page != PAGE
        script = f"\necho; echo '{marker}'\n".join(re.findall(r"^```sh\n(.*?)^```$", page, re.DOTALL | re.MULTILINE))
        env = with_command(environment(data), tmp_path)
        done = subprocess.run(
            ["bash", "-eu", "-c", script], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
    assert done.returncode == 0, done.stderr
    made, *answers = done.stdout.split(marker)
    assert len((tmp_path / "messages.jsonl").read_text().splitlines()) == 3
    assert "c-42" in (tmp_path / "conversations.csv").read_text()
    found = [json.loads(answer) for answer in answers if answer.strip()]
    assert made.strip() == "" and [answer.get("code") for answer in found] == [None] * len(found)
    written = [answer for answer in found if "state" in answer]
    assert [(answer["state"], answer["seq"]) for answer in written] == [("stored", 2), ("stored", 2), ("stored", 3)]
