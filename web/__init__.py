"""Serve sign-in, credentials, snapshots and pages over HTTP. No live message passes here, and MQTT is not needed."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final

from flask import Flask
from flask_wtf import CSRFProtect

from chat_core.domain.settings import Defaults, default_branding
from chat_core.runtime import clock
from chat_core.runtime.addresses import Networks
from chat_core.runtime.config import Config
from chat_core.runtime.file_folder import FileFolder
from chat_core.runtime.free_space import FreeSpace
from chat_core.runtime.keys import Keys
from chat_core.store import Store
from web import (
    api,
    api_keys,
    auth,
    board,
    branding_preview,
    i18n,
    mail_pages,
    metrics,
    portal,
    problems,
    reference,
    security,
    sign_in,
    widget,
)
from web.app_context import EXTENSION, AppContext
from web.assets import Assets
from web.branding import BrandingReader
from web.limits import RequestLimits
from web.passwords import Passwords
from web.quotas import FileQuotas

DIST: Final = Path(__file__).with_name("static") / "dist"
OPTIONS: Final = {
    "SESSION_COOKIE_NAME": "wl_session",
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "PERMANENT_SESSION_LIFETIME": timedelta(hours=12),  # from the last request
    "MAX_CONTENT_LENGTH": 65_536,
    "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: a board stays open all day
    "WTF_CSRF_HEADERS": [auth.CSRF_HEADER],
    "WTF_CSRF_CHECK_DEFAULT": False,  # slow for a GET; web.security calls it for changes
}


def create_app(
    config: Config,
    store: Store,
    keys: Callable[[], Keys],
    *,
    now_ms: Callable[[], int] = clock.now_ms,
    dist: Path = DIST,
    passwords: Passwords | None = None,
) -> Flask:
    """
    Return an app with these parts. Two apps share nothing.

    Args: keys: returns the present keys; now_ms: the clock; dist: the built front end; passwords: a cheaper hasher.
    """
    app = Flask("web", static_folder=None)
    app.config.update(OPTIONS, SECRET_KEY=keys().flask)
    csrf, assets = CSRFProtect(), Assets(dist)
    branding = BrandingReader(store, config.data, default_branding(Defaults(demo=config.demo)))
    app.extensions[EXTENSION] = AppContext(
        config=config,
        store=store,
        keys_now=keys,
        now_ms=now_ms,
        assets=assets,
        limits=RequestLimits(
            store.registry.attempts, keys().flask, Networks(config.office_networks), sessions=config.rate is not None
        ),
        passwords=passwords or Passwords(),
        csrf=csrf,
        files=FileFolder(config.data),
        quotas=FileQuotas(config, store, keys().flask),
        free_space=FreeSpace(config),
        branding=branding,
    )
    for part in (security, problems, csrf, auth, api_keys, i18n):
        part.init_app(app)
    for routes in api.blueprints():
        csrf.exempt(routes)  # auth.asker checks the token, for a sign-in cookie only
        app.register_blueprint(routes)
    for pages in (board, branding_preview, mail_pages, portal, reference, sign_in, widget):
        app.register_blueprint(pages.pages)
    csrf.exempt(mail_pages.pages)  # the token in the address allows it, and mail programs have no other
    app.jinja_env.globals.update(
        page_css=assets.page_css,
        page_script=assets.find_url,
        branding=branding.now,
    )
    inner = security.SecurityHeaders(
        metrics.RequestMetrics(app.wsgi_app), partial(security.is_portal, config, branding)
    )
    app.wsgi_app = security.TrustedProxies(inner, config.trusted_proxies)  # type: ignore[method-assign]
    return app
