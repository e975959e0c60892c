"""Hold what one app was built from, for its requests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from flask import current_app
from flask_wtf import CSRFProtect

from chat_core.runtime.config import Config
from chat_core.runtime.file_folder import FileFolder
from chat_core.runtime.free_space import FreeSpace
from chat_core.runtime.keys import Keys
from chat_core.store import Store
from web.assets import Assets
from web.bearer_cache import BearerCache
from web.decoding import Decoders
from web.limits import RequestLimits
from web.origins import RefusedOrigins
from web.passwords import Passwords
from web.quotas import FileQuotas

EXTENSION = "wattline"


@dataclass(frozen=True)
class AppContext:
    """
    The parts that `create_app` wired together. `now_ms` is the server's clock, `keys_now` the keys as they then are.
    """

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
    bearers: BearerCache = field(default_factory=BearerCache)
    refused_origins: RefusedOrigins = field(default_factory=RefusedOrigins)
    decoders: Decoders = field(default_factory=Decoders)

    @property
    def keys(self) -> Keys:
        """The keys of this moment: a rotation counts for the next request."""
        return self.keys_now()

    @property
    def now_s(self) -> int:
        """The server's clock in whole seconds, as tokens count."""
        return self.now_ms() // 1000


def app_context() -> AppContext:
    """The parts of the app that answers the present request."""
    return cast(AppContext, current_app.extensions[EXTENSION])
