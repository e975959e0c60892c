"""Hold the parts of one app, for its requests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from flask import current_app
from flask_wtf import CSRFProtect

from chat_core.contract.errors import TooFast
from chat_core.runtime.config import Config
from chat_core.runtime.file_folder import FileFolder
from chat_core.runtime.free_space import FreeSpace
from chat_core.runtime.keys import Keys
from chat_core.runtime.trace import Trace
from chat_core.store import Store
from chat_core.store.deliveries import Queue
from chat_core.store.measures import Measured
from chat_core.store.results import Beat
from web.assets import Assets
from web.branding import BrandingReader
from web.decoding import Decoders
from web.fast_bearers import BearerCache
from web.limits import RequestLimits
from web.mail_tokens import MailTokens
from web.origins import RefusedOrigins, SeenOrigins
from web.passwords import Passwords
from web.probe import BoundedQuestion
from web.quotas import FileQuotas
from web.turns import Turns

EXTENSION = "wattline"


def _submitting() -> Turns:
    """Let four of web's eight threads wait for the bridge; further requests are answered at once."""
    return Turns(lambda: TooFast("The bridge is busy."), at_once=4, waiting=0, wait_s=0)


def _exporting() -> Turns:
    """Let two exports run at once; each keeps a thread as long as its reader reads."""
    return Turns(
        lambda: TooFast("Two exports run already. Wait until one ends.", retry_ms=10_000),
        at_once=2,
        waiting=0,
        wait_s=0,
    )


@dataclass(frozen=True)
class AppContext:
    """Hold the parts that `create_app` wired together."""

    config: Config
    store: Store
    keys_now: Callable[[], Keys]
    now_ms: Callable[[], int]
    assets: Assets
    limits: RequestLimits
    passwords: Passwords
    csrf: CSRFProtect
    files: FileFolder
    quotas: FileQuotas
    free_space: FreeSpace
    branding: BrandingReader
    bearers: BearerCache = field(default_factory=BearerCache)
    refused_origins: RefusedOrigins = field(default_factory=RefusedOrigins)
    seen_origins: SeenOrigins = field(default_factory=SeenOrigins)
    decoders: Decoders = field(default_factory=Decoders)
    submitting: Turns = field(default_factory=_submitting)
    exporting: Turns = field(default_factory=_exporting)

    @cached_property
    def beat(self) -> BoundedQuestion[Beat | None]:
        """The bridge's heartbeat in the database."""
        return BoundedQuestion(lambda: self.store.bridge.beat())

    @cached_property
    def measured(self) -> BoundedQuestion[Measured]:
        """Return what /metrics tells of the database."""
        return BoundedQuestion(lambda: self.store.measures.take())

    @cached_property
    def queues(self) -> BoundedQuestion[list[Queue]]:
        """Return what waits for somebody outside, and what failed."""
        return BoundedQuestion(lambda: self.store.deliveries.queues())

    @cached_property
    def mail_tokens(self) -> MailTokens:
        """Return what signs the links and addresses of mails."""
        return MailTokens(self.keys.derive("mail"))

    @cached_property
    def trace(self) -> Trace | None:
        """Return whose messages are followed through the logs."""
        return Trace.of(self.config)

    @property
    def keys(self) -> Keys:
        """Return the present keys: a rotation counts from the next request on."""
        return self.keys_now()

    @property
    def now_s(self) -> int:
        """Return the time in whole seconds, as in tokens."""
        return self.now_ms() // 1000


def app_context() -> AppContext:
    """Return the parts of the app that handles the present request."""
    return cast(AppContext, current_app.extensions[EXTENSION])
