"""Web for tests: the real app on a real store, a clock that tests set, browsers and scripts."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from chat_core.contract.changes import ChangeKind
from chat_core.contract.ids import new_message_id
from chat_core.contract.payloads import Said, SaidKind
from chat_core.runtime import tokens
from chat_core.runtime.config import Config, load
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Audience, Holder
from chat_core.store import Store
from tests.contract.stores import committed, store_at
from tests.real.portal import PORTAL_KEY
from web import create_app
from web.app_context import EXTENSION, AppContext
from web.passwords import Passwords

PASSWORD = "four small words here"
ORIGIN = "https://portal.example"
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # what is tested is not the strength of argon2
NOW_MS = 1_732_430_000_000


@dataclass
class Clock:
    ms: int = NOW_MS

    def __call__(self) -> int:
        return self.ms

    def forward(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)

    @property
    def s(self) -> int:
        return self.ms // 1000


@dataclass
class WebUnderTest:
    """One app with its parts. `browser()` keeps cookies; `agent()` is signed in."""

    config: Config
    store: Store
    keys: Keys
    clock: Clock
    dist: Path
    passwords: Passwords = field(default_factory=lambda: Passwords(QUICK))
    app: Flask = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_app(
            self.config, self.store, lambda: self.keys, now_ms=self.clock, dist=self.dist, passwords=self.passwords
        )

    @property
    def context(self) -> AppContext:
        found: AppContext = self.app.extensions[EXTENSION]
        return found

    def browser(self) -> FlaskClient:
        return self.app.test_client()

    def add_agent(self, name: str = "a-ana", *, admin: bool = False, password: str | None = PASSWORD) -> None:
        hashed = self.context.passwords.hash(password) if password else None
        self.store.registry.add_agent(name, name[2:].title(), admin, hashed)

    def agent(self, name: str = "a-ana", *, admin: bool = False) -> FlaskClient:
        self.add_agent(name, admin=admin)
        browser = self.browser()
        assert sign_in(browser, name).status_code == 303
        return browser

    def bearer(self, name: str, ttl_s: int = 600) -> dict[str, str]:
        """The header of somebody known, as `wattline token` gives it."""
        registry = self.store.registry
        if name[0] in "cg":
            registry.ensure_client(name)
        elif name[0] == "a":
            registry.add_agent(name, name[2:].title())
        else:
            registry.ensure_identity(name, self.clock.ms)
        return self.bearer_of_generation(name, registry.generation(name) or 0, ttl_s)

    def changes(self) -> list[ChangeKind]:
        """Return the kinds of all changes that the bridge hears of, oldest first."""
        return [change.kind for change in self.store.registry.changes.after(0)]

    def get(self, path: str, who: str, **more: Any) -> TestResponse:
        """Return the answer to somebody known, who shows a bearer."""
        return self.browser().get(path, headers=self.bearer(who), **more)

    def bearer_of_generation(self, name: str, generation: int, ttl_s: int = 600) -> dict[str, str]:
        token = tokens.mint(Audience.API, self.keys, Holder(name, generation), ttl_s, self.clock.s)
        return {"Authorization": f"Bearer {token}"}

    def say(self, client: str, *texts: str) -> None:
        """The texts are stored in the client's log and can be found, as the bridge does it."""
        name = self.store.registry.ensure_client(client).name
        with committed(self.store) as tx:
            for n, text in enumerate(texts):
                said = Said(
                    id=new_message_id(self.clock.ms + n, bytes(10)), kind=SaidKind.TEXT, text=text, sent=self.clock.ms
                )
                tx.append(client, client, said, self.clock.ms + n)
            tx.put(tx.conversation(client)._replace(name=name))
        with committed(self.store) as tx:
            tx.intake.take_in(len(texts) + 10)


class AdminSession:
    """Ask REST with an administrator's cookie and its CSRF token."""

    def __init__(self, browser: FlaskClient) -> None:
        self._browser = browser
        self._csrf = {"X-CSRFToken": csrf_of(browser.get("/board"))}

    def get(self, path: str) -> dict[str, Any]:
        return json_of(self._browser.get(path))

    def send(self, method: str, path: str, body: object) -> TestResponse:
        return self._browser.open(path, method=method, json=body, headers=self._csrf)


@contextmanager
def web_under_test(folder: Path, **settings: str) -> Iterator[WebUnderTest]:
    """A system in a folder. Args: settings: WATTLINE_… names without the prefix, in lower case."""
    environ = {
        "WATTLINE_DATA": str(folder / "data"),
        "WATTLINE_PORTAL_KEY": PORTAL_KEY,
        "WATTLINE_PORTAL_ORIGINS": ORIGIN,
    }
    environ |= {f"WATTLINE_{name.upper()}": value for name, value in settings.items()}
    config = load(environ)
    dist = folder / "dist"
    dist.mkdir(parents=True, exist_ok=True)
    with store_at(config) as store:
        yield WebUnderTest(config, store, Keys.open(config.data), Clock(), dist)


def csrf_of(page: TestResponse) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"|name="csrf_token" value="([^"]+)"', page.text)
    assert found, page.text
    return found[1] or found[2]


def sign_in(
    browser: FlaskClient, account: str, password: str = PASSWORD, *, path: str = "/login", **more: Any
) -> TestResponse:
    token = csrf_of(browser.get(path))
    return browser.post(path, data={"id": account, "password": password, "csrf_token": token}, **more)


def json_of(answer: TestResponse) -> dict[str, Any]:
    """Return the JSON of an answer that refuses nothing."""
    assert answer.status_code < 300 and answer.json is not None, answer.text
    found: dict[str, Any] = answer.json
    return found


def problem_of(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem+json of a refusal, checked for its form."""
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
    body: dict[str, Any] = json.loads(answer.text)
    assert body["status"] == status and body["code"] == code and body["type"].endswith(code), body
    assert body["title"] and body["detail"] and "Traceback" not in answer.text
    return body
