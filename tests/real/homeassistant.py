"""Start a real Home Assistant on loopback from its own environment, and set it up over HTTP as its pages do."""

import json
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.real.parts import REPOSITORY, Child, Server, free_port
from tests.waiting import wait_until

PROGRAM = REPOSITORY / ".venv" / "homeassistant" / "bin" / "hass"
STARTED_WITHIN_S = 90  # 3 s on an idle machine; its first start compiles thousands of modules
CONFIGURATION = "http:\n  server_host: 127.0.0.1\n  server_port: {port}\n"


class HomeAssistant(Server):
    """
    One running Home Assistant with its owner signed in; a context manager.

    Of its first questions only the owner's name is answered: the others would have it look at the internet.
    """

    def __init__(self, folder: Path) -> None:
        if not PROGRAM.exists():
            pytest.fail("Home Assistant is not here: run `make test-homeassistant`", pytrace=False)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._token = ""
        folder.mkdir()
        (folder / "configuration.yaml").write_text(CONFIGURATION.format(port=port))
        self.child = Child([str(PROGRAM), "-c", str(folder), "--skip-pip"], log=folder / "out")
        try:
            wait_until(lambda: self._call("GET", "/api/onboarding"), STARTED_WITHIN_S, self.child.log)
            self._token = self._signed_in()
        except BaseException:
            self.child.kill()
            raise

    def _signed_in(self) -> str:
        """Create the owner, and return an access token that is valid for half an hour."""
        owner = {"name": "Maria", "username": "maria", "password": "a-password", "language": "en"}
        made = self._call("POST", "/api/onboarding/users", {**owner, "client_id": self.url})
        given = {"grant_type": "authorization_code", "code": made["auth_code"], "client_id": self.url}
        return str(self._call("POST", "/auth/token", urllib.parse.urlencode(given).encode())["access_token"])

    def _call(self, method: str, path: str, body: Mapping[str, Any] | bytes | None = None) -> Any:
        """Return the HTTP API's answer. Args: body: JSON, or an encoded form."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        if isinstance(body, Mapping):
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def add_mqtt(self, port: int) -> None:
        """Set up its MQTT integration by its own dialogue, which tests the connection."""
        flow = "/api/config/config_entries/flow"
        asked = self._call("POST", flow, {"handler": "mqtt"})
        done = self._call("POST", f"{flow}/{asked['flow_id']}", {"broker": "127.0.0.1", "port": port})
        assert done["type"] == "create_entry", done

    def states(self) -> dict[str, Any]:
        """Return the state of every entity, by the entity's id."""
        return {entity["entity_id"]: entity for entity in self._call("GET", "/api/states")}

    def state(self, entity: str) -> str:
        """Return an entity's state. Raises: AssertionError while there is no such entity."""
        states = self.states()
        assert entity in states, sorted(states)
        return str(states[entity]["state"])

    def act(self, action: str, entity: str, **more: str) -> None:
        """Call an action (`button.press`) on an entity."""
        self._call("POST", f"/api/services/{action.replace('.', '/')}", {"entity_id": entity, **more})
