"""
What a participant missed, over REST: `GET /api/clients/<client>/log?after=…`. Touches the network.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Final
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from pydantic import BaseModel, ConfigDict

from chat_core.contract.errors import Unavailable
from chat_core.contract.payloads import Entry

PAGE: Final = 500
TIMEOUT_S: Final = 5.0


class Page(BaseModel):
    """One page of a client's log, oldest first."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    entries: list[Entry]
    last: int
    first: int
    epoch: str


@dataclass(frozen=True, slots=True)
class Api:
    """Where REST is, without a slash at the end, and the bearer for it (asked for anew at each request)."""

    base: str
    token: Callable[[], str]

    def page_after(self, client: str, seq: int) -> Page:
        """
        Return the entries above seq, at most 500.

        Raises: Unavailable when no answer, or none of the contract's, is to be had now.
        """
        return self._get(client, {"after": seq, "limit": PAGE})

    def newest_page(self, client: str) -> Page:
        """Return the newest entries; as `page_after`."""
        return self._get(client, {"limit": PAGE})

    def _get(self, client: str, query: dict[str, int]) -> Page:
        request = Request(
            f"{self.base}/api/clients/{client}/log?{urlencode(query)}",
            headers={"Authorization": f"Bearer {self.token()}"},
        )
        try:
            with urlopen(request, timeout=TIMEOUT_S) as answer:
                return Page.model_validate_json(answer.read(), extra="ignore")
        except (URLError, HTTPException, OSError, ValueError) as fault:
            raise Unavailable(f"The log cannot be fetched now ({type(fault).__name__}).") from fault
