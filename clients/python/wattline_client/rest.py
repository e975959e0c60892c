"""Call the REST API (docs/contract.md#rest, /openapi.json). Touches the network."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import quote, urlencode

from bridge.participant.rest import MOST_BYTES, Api
from chat_core.contract.errors import WattlineError
from chat_core.contract.payloads import Entry

TIMEOUT_S: Final = 15.0


class ServerRefusal(WattlineError):
    """Report what the server refused (RFC 9457): `why` is its code, `text` a sentence, `retry_ms` when to try again."""

    def __init__(self, http_status: int, body: Mapping[str, Any]) -> None:
        said = [body.get("detail") or f"The server answered {http_status}."]
        said += [str(field.get("text", "")) for field in body.get("errors") or []]
        super().__init__(" ".join(said), why=str(body.get("code", "unexpected")), retry_ms=body.get("retry_ms"))
        self.http_status = http_status


class Rest(Api):
    """Send requests as one identity. Args: base: Wattline's URL; bearer: a token or an API key, or what returns one."""

    def __init__(
        self, base: str, bearer: str | Callable[[], str] | None = None, *, timeout_s: float = TIMEOUT_S
    ) -> None:
        super().__init__(base.rstrip("/"), bearer if callable(bearer) else lambda: bearer or "", timeout_s)

    def read(self, path: str, **query: str | int) -> Any:
        """Return the JSON of a GET. Args: path: such as `/api/inbox`. Raises: ServerRefusal; Unavailable."""
        return json.loads(self.call("GET", f"{path}?{urlencode(query)}" if query else path))

    def send(self, method: str, path: str, body: Any, **headers: str) -> Any:
        """Send JSON and return the answer's. Args: headers: with `_` for `-`. Raises: ServerRefusal; Unavailable."""
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        content = json.dumps(body).encode()
        return json.loads(self.call(method, path, content, {"Content-Type": "application/json", **more}) or b"null")

    def history(self, client: str) -> Iterator[Entry]:
        """Yield a conversation's entries, from the oldest. Raises: Unavailable."""
        after = 0
        while (page := self.page_after(client, after)).entries:
            yield from page.entries
            after = page.entries[-1].seq

    def upload(self, client: str, id: str, name: str, content: bytes | Path) -> Any:
        """
        Store a file, and return what `Said.file` takes. Args: id: the message's; the same id is stored once.
        Raises: ServerRefusal, such as for a type that is not allowed; Unavailable.
        """
        data = content.read_bytes() if isinstance(content, Path) else content
        path = f"/api/clients/{client}/files?id={quote(id)}&name={quote(name)}"
        return json.loads(self.call("POST", path, data, {"Content-Type": "application/octet-stream"}))

    def download(self, file: str) -> bytes:
        """Return a file's content. Raises: ServerRefusal; Unavailable."""
        return self.call("GET", f"/api/files/{quote(file)}")

    def call(
        self, method: str, path: str, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        """Return the body of the answer to a request. Raises: ServerRefusal; Unavailable."""
        try:
            return super().call(method, path, data, headers)
        except HTTPError as refused:
            with refused:
                raise ServerRefusal(refused.code, _problem_in(refused.read(MOST_BYTES))) from None


def _problem_in(content: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
