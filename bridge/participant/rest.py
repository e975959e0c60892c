"""Call REST for participants, bots and clients' programs. Touches the network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Final, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from pydantic import BaseModel, ConfigDict

from chat_core.contract.errors import Unavailable, WattlineError
from chat_core.contract.payloads import Entry

PAGE: Final = 500
TIMEOUT_S: Final = 5.0
MOST_BYTES: Final = 64 * 1024 * 1024  # of an answer
Read = TypeVar("Read")


class Page(BaseModel):
    """Hold one page of a client's log, oldest first."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    entries: list[Entry]
    last: int
    first: int
    epoch: str


@dataclass(frozen=True, slots=True)
class Api:
    """Hold REST's base URL, without a final slash, and a function that returns a bearer for each request."""

    base: str
    token: Callable[[], str]
    timeout_s: float = TIMEOUT_S

    def page_after(self, client: str, seq: int) -> Page:
        """Return the entries above seq, at most 500. Raises: as `get`."""
        return self._log(client, {"after": seq, "limit": PAGE})

    def newest_page(self, client: str) -> Page:
        """Return the newest entries, at most 500. Raises: as `get`."""
        return self._log(client, {"limit": PAGE})

    def get(self, path: str, read: Callable[[bytes], Read]) -> Read:
        """
        Return what `read` makes of the answer's body.

        Args: path: from the slash on, with its parameters; read: may raise ValueError.
        Raises: Unavailable without a valid answer, or without a bearer to ask with.
        """
        try:
            return read(self.call("GET", path))
        except Unavailable:
            raise
        except (OSError, ValueError, WattlineError) as fault:
            raise _unavailable(path, fault) from fault

    def call(
        self, method: str, path: str, data: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        """Return the body of the answer to a request. Raises: HTTPError for a refusal; Unavailable for no answer."""
        token = self.token()
        sent = {"Accept": "application/json", **(headers or {})}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        request = Request(self.base + path, data=data, headers=sent, method=method)
        try:
            with urlopen(request, timeout=self.timeout_s) as answer:
                content: bytes = answer.read(MOST_BYTES)
                return content
        except HTTPError:
            raise
        except (URLError, HTTPException, OSError) as fault:
            raise _unavailable(path, fault) from fault

    def _log(self, client: str, query: dict[str, int]) -> Page:
        return self.get(f"/api/clients/{client}/log?{urlencode(query)}", _read_page)


def _unavailable(path: str, fault: Exception) -> Unavailable:
    return Unavailable(f"{path.partition('?')[0]} cannot be reached now ({type(fault).__name__}).")


def _read_page(body: bytes) -> Page:
    return Page.model_validate_json(body, extra="ignore")
