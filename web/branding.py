"""Give the branding that administrators set: what the widget shows, and which origins may embed it."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chat_core.contract.errors import StoreDown
from chat_core.domain.colours import lightened
from chat_core.domain.settings import Branding, read_document
from chat_core.runtime import portal_origins
from chat_core.store import Store

REREAD_S: Final = 3.0  # another web process saved it
DARK_SURFACE: Final = "#141916"  # --wl-surface of the dark theme
DARK_CONTRAST: Final = 7.0
KEY: Final = "branding"
NOT_READ: Final = -1


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold a branding and what follows from it. `script`: what /widget.js begins with; empty for the default."""

    rev: int
    value: Branding
    script: bytes
    logo: bytes | None
    logo_type: str
    logo_url: str | None


class BrandingReader:
    """Read the branding at most every few seconds, and keep the last one while the database is away. Thread-safe."""

    def __init__(self, store: Store, data: Path) -> None:
        """Args: data: the folder through which the embedded broker learns the origins."""
        self._store = store
        self._data = data
        self._shown = _shown(NOT_READ, Branding())
        self._due_s = 0.0

    def now(self) -> Shown:
        """Return the present branding."""
        now_s = time.monotonic()
        if now_s >= self._due_s:
            self._due_s = now_s + REREAD_S
            try:
                rev, value = self._store.registry.settings.document(KEY)
            except StoreDown:
                return self._shown
            if rev != self._shown.rev:
                self._shown = _shown(rev, read_document(KEY, value, Branding()))
                portal_origins.write(self._data, self._shown.value.origins)
        return self._shown

    def forget(self) -> None:
        """Read it again at the next request."""
        self._due_s = 0.0

    def allows(self, origin: str) -> bool:
        """Return whether a page of this origin, in lower case, may embed the widget."""
        return origin in self.now().value.origins


def _shown(rev: int, value: Branding) -> Shown:
    logo = base64.b64decode(value.logo.data) if value.logo else None
    kind = value.logo.type if value.logo else ""
    url = f"/brand/logo-{hashlib.sha256(logo).hexdigest()[:16]}" if logo else None
    public = public_branding(value, url)
    text = json.dumps(public, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    script = f"self.wattlineBrand??={text};\n".encode() if value != Branding(origins=value.origins) else b""
    return Shown(rev, value, script, logo, kind, url)


def public_branding(value: Branding, logo_url: str | None) -> dict[str, Any]:
    """Return what clients' browsers get: `dark` is the accent for dark surfaces."""
    return {
        **value.model_dump(mode="json", exclude={"logo", "origins"}),
        "logo": logo_url,
        "dark": lightened(value.accent, DARK_SURFACE, DARK_CONTRAST),
    }
