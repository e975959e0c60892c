"""Give the branding that administrators set: what the widget shows, and which origins may embed it."""

import base64
import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from flask_babel import force_locale
from flask_babel import gettext as _

from chat_core.contract.errors import StoreDown
from chat_core.contract.languages import LANGS, Lang
from chat_core.domain.colours import darkened, lightened, raised
from chat_core.domain.settings import MAX_QUESTIONS, Branding, read_document
from chat_core.runtime import portal_origins
from chat_core.store import Store

REREAD_S: Final = 3.0  # another web process saved it
DARK_SURFACE: Final = "#141916"  # --wl-surface of the dark theme
DARK_CONTRAST: Final = 7.0
# The dark theme's head and own bubbles (--wl-own): so much of the accent, and at least so clear on the surface.
OWN_SHARE: Final = 0.92
OWN_CONTRAST: Final = 2.0
log = structlog.get_logger(__name__)

KEY: Final = "branding"
NOT_READ: Final = -1


BOLT: Final = "polygon(55% 8%,18% 58%,42% 58%,42% 92%,82% 40%,55% 40%)"
NAME: Final = "{name}"  # in a greeting
NARROW: Final = "(max-width: 30rem)"  # the panel fills the screen


@dataclass(frozen=True, slots=True)
class Shown:
    """Hold a branding, and its logo as an image with its address."""

    rev: int
    value: Branding
    logo: bytes | None = None
    logo_type: str = ""
    logo_url: str | None = None

    def launcher_script(self, base: str) -> bytes:
        """Return what /widget.js begins with; empty for the default. Args: base: of absolute addresses."""
        if self.value == Branding(origins=self.value.origins):
            return b""
        return self.script(f"{base}{self.logo_url}").encode()

    def script(self, logo: str | None, more: str = "") -> str:
        """Return a statement that sets the branding. Args: logo: the image's address; more: further rules."""
        texts = ",".join(f"{lang}:{{{','.join(self._texts(lang))}}}" for lang in LANGS)
        css, label = _js(self._css(logo) + more), _js(self.value.label)
        return f"self.wattlineBrand??={{css:{css},label:{label},texts:{{{texts}}}}};\n"

    def _texts(self, lang: Lang) -> Iterator[str]:
        """Yield the properties that replace texts of the widget (web/frontend/src/ui/messages)."""
        value = self.value
        if value.name:
            yield f"title:{_js(value.name)}"
        if value.bot:
            with force_locale(lang):
                name = _("%(name)s · automatic", name=value.bot)
            yield f"automatic:{_js(str(name))}"
        if greeting := value.greeting.get(lang):
            before, found, after = greeting.partition(NAME)
            start = before.rstrip(" ,")  # without a name the comma before it goes too
            named = f"{_js(start)}+(n&&{_js(before[len(start) :])}+n)+{_js(after)}" if found else _js(greeting)
            yield f"welcome:n=>{named}"
        if questions := value.questions.get(lang):
            # An empty text shows no question where the product has one.
            for place, question in enumerate([*questions, *[""] * (MAX_QUESTIONS - len(questions))]):
                yield f"suggestion{place + 1}:{_js(question)}"

    def _css(self, logo: str | None) -> str:
        """Return rules for the widget's shadow root."""
        value, rules = self.value, []
        if value.accent != Branding().accent:
            dark = lightened(value.accent, DARK_SURFACE, DARK_CONTRAST)
            # Of the accent itself: the lighter one, darkened again, would be grey.
            own = raised(darkened(value.accent, OWN_SHARE), DARK_SURFACE, OWN_CONTRAST)
            rules.append(
                f":host{{--wl-accent:light-dark({value.accent},{dark});--wl-own:light-dark(var(--wl-accent),{own})}}"
            )
        if value.side == "left":
            rules.append(f"@media not {NARROW}{{.wl-panel,.wl-peek{{left:24px!important;right:auto!important}}}}")
            rules.append(".wl-launcher{left:24px;right:auto}")
        if value.icon == "bolt":
            rules.append(f".wl-launcher::before{{clip-path:{BOLT}}}")
        if value.label:
            rules.append(
                ".wl-launcher[data-label]{inline-size:auto;grid-auto-flow:column;gap:8px;padding-inline:18px;"
                "font:600 15px system-ui,sans-serif}.wl-launcher[data-label]::after{content:attr(data-label)}"
            )
        if self.logo_url:
            rules.append(
                f'.wl-panel-head>[data-who=s-desk]{{border-radius:8px;background:#fff url("{logo}") center/cover;'
                "color:transparent}.wl-home-head>[data-who=s-desk]{box-shadow:0 0 0 2px #fff}"
            )
        return "".join(rules)


class BrandingReader:
    """Read the branding at most every few seconds, and keep the last one while the database is away. Thread-safe."""

    def __init__(self, store: Store, data: Path, default: Branding) -> None:
        """Args: data: the folder through which the embedded broker learns the origins; default: before one is saved."""
        self._store = store
        self._data = data
        self._default = default
        self._shown = Shown(NOT_READ, Branding())
        self._due_s = 0.0

    def now(self) -> Shown:
        """Return the present branding."""
        now_s = time.monotonic()
        if now_s >= self._due_s:
            self._due_s = now_s + REREAD_S
            try:
                rev, value = self._store.registry.settings.document(KEY)
                if rev != self._shown.rev:
                    shown = shown_of(rev, read_document(KEY, value, self._default))
                    portal_origins.write(self._data, shown.value.origins)  # first: a failed write is tried again
                    self._shown = shown
            except (StoreDown, OSError) as fault:
                log.warning("branding.kept", fault=type(fault).__name__)
        return self._shown

    def reread(self) -> None:
        """Read it again now."""
        self._due_s = 0.0
        self.now()

    def allows(self, origin: str) -> bool:
        """Return whether a page of this origin, in lower case, may embed the widget."""
        return origin in self.now().value.origins


def _js(value: Any) -> str:
    """Return a JSON value as JavaScript that no HTML parser takes for markup."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def shown_of(rev: int, value: Branding) -> Shown:
    """Return a branding with its logo as an image."""
    if value.logo is None:
        return Shown(rev, value)
    logo = base64.b64decode(value.logo.data)
    return Shown(rev, value, logo, value.logo.type, f"/brand/logo-{hashlib.sha256(logo).hexdigest()[:16]}")
