"""Remember which origins asked for the chat, allowed and refused ones: the board's settings pages show them."""

import re
import threading
from dataclasses import dataclass
from typing import Final

import structlog

MOST: Final = 20
OF_ONE_ADDRESS: Final = 3  # so that one address cannot displace all others
_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]{1,200}", re.ASCII)

log = structlog.get_logger("web")


@dataclass(frozen=True, slots=True)
class RefusedOrigin:
    """Describe an origin outside WATTLINE_PORTAL_ORIGINS. `at_ms`: its last request; `address`: its first sender."""

    origin: str
    at_ms: int
    address: str


def is_web_origin(origin: str) -> bool:
    """Return whether it is the origin of a web page, with scheme, host and perhaps port; `null` is not."""
    return _ORIGIN.fullmatch(origin) is not None


class RefusedOrigins:
    """Hold the last refused origins, limited in all and for each address. Thread-safe."""

    def __init__(self) -> None:
        self._known: dict[str, RefusedOrigin] = {}  # the newest is last
        self._changing = threading.Lock()

    def note(self, origin: str, address: str, now_ms: int) -> None:
        """Add the web origin; log it if it is new."""
        with self._changing:
            before = self._known.pop(origin, None)
            own = [one.origin for one in self._known.values() if one.address == address]
            if before is None and len(own) >= OF_ONE_ADDRESS:
                del self._known[own[0]]
            elif len(self._known) >= MOST:
                del self._known[next(iter(self._known))]
            whose = before.address if before is not None else address
            self._known[origin] = RefusedOrigin(origin, now_ms, whose)
        if before is None:
            log.warning("origin refused", origin=origin, setting="WATTLINE_PORTAL_ORIGINS")

    def list_newest_first(self) -> list[RefusedOrigin]:
        """Return the refused origins."""
        with self._changing:
            return [*reversed(self._known.values())]


class SeenOrigins:
    """Hold when each allowed origin sent its last request. There are no more than the settings name. Thread-safe."""

    def __init__(self) -> None:
        self._at: dict[str, int] = {}

    def note(self, origin: str, now_ms: int) -> None:
        """Add the origin."""
        self._at[origin] = now_ms

    def list(self) -> list[tuple[str, int]]:
        """Return the origins with the time of their last request, the newest first."""
        return sorted(self._at.copy().items(), key=lambda one: -one[1])
