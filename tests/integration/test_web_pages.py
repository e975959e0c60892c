"""The demo portal, the plain start page, and the built files that portals embed."""

import gzip
import json
import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import brotli  # type: ignore[import-untyped]
import pytest

from chat_core.contract.payloads import OutageNotice
from chat_core.runtime import tokens
from tests.contract.stores import committed
from tests.integration.conftest import StartWeb
from tests.integration.web_under_test import ORIGIN, WebUnderTest

LAUNCHER = b"console.log('launcher')" * 40


def build(system: WebUnderTest) -> None:
    files = {
        "widget-0123456789.js": LAUNCHER,
        "portal-ABCDEFGH12.js": b"export {}",
        "pages-0a1b2c3d4e.css": b"body{}",
        "secret.js": b"x",
    }
    for name, content in files.items():
        (system.dist / name).write_bytes(content)
    (system.dist / "widget-0123456789.js.br").write_bytes(brotli.compress(LAUNCHER))
    (system.dist / "widget-0123456789.js.gz").write_bytes(gzip.compress(LAUNCHER))
    manifest = {"widget": "widget-0123456789.js", "portal": "portal-ABCDEFGH12.js", "pages_css": "pages-0a1b2c3d4e.css"}
    (system.dist / "manifest.json").write_text(json.dumps(manifest))


def settings_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="wl-config">(.*?)</script>', page, re.DOTALL)
    assert found
    settings: dict[str, Any] = json.loads(found[1])
    return settings


def test_plain_start_page(system: WebUnderTest) -> None:
    """Without --demo the start page says what runs here and leads to the board; it holds no identity."""
    page = system.browser().get("/").text
    assert 'href="/board"' in page and "wl-config" not in page and "identity" not in page


def test_demo_portal(start_web: StartWeb) -> None:
    """The demo portal shows the chosen client and embeds the widget as any portal does, in one script line."""
    system = start_web(demo="on")
    build(system)
    page = system.browser().get("/?client=c-elena").text
    settings = settings_of(page)
    assert settings["client"] == {"id": "c-elena", "name": "Elena Lazăr", "meter": "m-elena"}
    assert [client["id"] for client in settings["clients"]] == ["c-maria", "c-ion", "c-elena"]
    assert settings["assets"]["portal"] == "/assets/portal-ABCDEFGH12.js"
    assert '<link rel="stylesheet" href="/assets/pages-0a1b2c3d4e.css">' in page
    widget = re.search(
        r'<script src="/widget.js" data-identity="([^"]+)" data-identity-url="([^"]+)" data-lang="en" async>', page
    )
    assert widget and widget[1] != settings["identity"]
    for word in (widget[1], settings["identity"]):
        said = tokens.verify_identity(system.config, system.keys, word, system.clock.s)
        assert (said.sub, said.meters) == ("c-elena", ("m-elena",))
    assert "c-maria" in system.browser().get("/?client=nobody").text


def test_the_page_itself_tells_of_an_outage(start_web: StartWeb) -> None:
    """Before its script runs the portal says what clients are told, when power is expected back, and since when."""
    system = start_web(demo="on")
    with committed(system.store) as tx:
        text, now_ms = {"en": "A cable is broken."}, system.clock.ms
        tx.put_notice("north", OutageNotice(id="n-1", text=text, until=now_ms + 60_000, began=now_ms), now_ms)
    page = system.browser().get("/?client=c-maria").text
    assert "A cable is broken. We expect power back by " in page
    now = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(system.config.tz))
    assert f"Since {now:%H:%M} · Updated {now:%H:%M}" in page


def test_demo_identity_works(start_web: StartWeb) -> None:
    """The session takes the demo portal's identity, and an open page gets a fresh one."""
    system = start_web(demo="on")
    browser = system.browser()
    word = settings_of(browser.get("/").text)["identity"]
    assert json.loads(browser.post("/api/session", json={"identity": word}).text)["username"] == "c-maria"
    system.clock.forward(3600)
    assert browser.post("/api/session", json={"identity": word}).status_code == 401
    fresh = json.loads(browser.get("/portal/identity?client=c-maria").text)["identity"]
    found = json.loads(browser.post("/api/session", json={"identity": fresh}).text)
    assert (found["username"], found["name"]) == ("c-maria", "Maria Pop")
    assert browser.get("/portal/identity?client=c-42").status_code == 404


def test_demo_identity_is_same_origin(start_web: StartWeb) -> None:
    """Another site's page cannot read an identity of the demo's."""
    answer = start_web(demo="on").browser().get("/portal/identity?client=c-maria", headers={"Origin": ORIGIN})
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ["Bill of October 2024", "due 30 November", "€58.20"]),
        ("ro", ["Factura pe octombrie 2024", "30 noiembrie", "58,20"]),
        ("de", ["Oktober 2024", "30. November", "58,20"]),
    ],
)
def test_portal_in_its_languages(start_web: StartWeb, lang: str, words: list[str]) -> None:
    """The portal speaks the browser's language, with its months, dates and amounts."""
    page = start_web(demo="on").browser().get(f"/?lang={lang}").text
    assert [each for each in words if each not in page] == []


def test_launcher(system: WebUnderTest) -> None:
    """The launcher is asked for at each page and answered 304 while it is the same, from any portal."""
    build(system)
    browser = system.browser()
    answer = browser.get("/widget.js", headers={"Origin": ORIGIN})
    assert answer.data == LAUNCHER and answer.mimetype == "text/javascript"
    assert "no-cache" in answer.headers["Cache-Control"]
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert browser.get("/widget.js", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("identity", None), ("", None), ("zstd", None)],
)
def test_compressed(system: WebUnderTest, accepted: str, encoding: str | None) -> None:
    """A compressed file is sent to a browser that accepts it; caches keep the forms apart."""
    build(system)
    answer = system.browser().get("/widget.js", headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == encoding
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding]
    assert unpack(answer.data) == LAUNCHER
    assert "Accept-Encoding" in answer.headers["Vary"]


def test_assets_never_change(system: WebUnderTest) -> None:
    """A built file is kept for a year by its hashed name, and is not guessed at."""
    build(system)
    answer = system.browser().get("/assets/portal-ABCDEFGH12.js")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["ETag"]


@pytest.mark.parametrize(
    "file",
    [
        "secret.js",
        "manifest.json",
        "widget-0123456789.js.br",
        "..%2fmanifest.json",
        "%2e%2e/x-12345678.js",
        "nothing-12345678.js",
        "a-12345678.py",
    ],
)
def test_other_files_are_not_served(system: WebUnderTest, file: str) -> None:
    """Only built files with a hash in their name are served, and none from outside the folder."""
    build(system)
    assert system.browser().get(f"/assets/{file}").status_code == 404


def test_new_build_without_restart(system: WebUnderTest) -> None:
    """A new build is served from the next page on."""
    build(system)
    assert system.context.assets.find_url("widget") == "/assets/widget-0123456789.js"
    (system.dist / "manifest.json").write_text(
        json.dumps({"widget": "widget-9999999999.js", "portal": "portal-1111111111.js"})
    )
    assert system.context.assets.find_url("widget") == "/assets/widget-9999999999.js"


def test_board_of_each_language(system: WebUnderTest) -> None:
    """The board's page loads the script of its language alone."""
    manifest = {"board-en": "chunk-11111111.js", "board-ro": "chunk-22222222.js"}
    (system.dist / "manifest.json").write_text(json.dumps(manifest))
    page = system.agent("a-ana").get("/board?lang=ro").text
    assert '<script type="module" src="/assets/chunk-22222222.js">' in page
    assert 'src="/assets/chunk-11111111.js"' not in page


def test_board_as_an_app(system: WebUnderTest) -> None:
    """A phone can install the board: its manifest names the start page and icons that are there."""
    browser = system.browser()
    assert '<link rel="manifest" href="/board.webmanifest">' in system.agent("a-ana").get("/board").text
    manifest = browser.get("/board.webmanifest").json
    assert manifest and (manifest["start_url"], manifest["display"]) == ("/board", "standalone")
    for icon in [*manifest["icons"], {"src": "/icon-unread.svg", "type": "image/svg+xml"}]:
        answer = browser.get(icon["src"])
        assert (answer.status_code, answer.mimetype) == (200, icon["type"])


def test_the_icon_counts(system: WebUnderTest) -> None:
    """The tab's icon shows how many are unread, and no number that does not fit."""
    icons = [system.browser().get(f"/icon-unread.svg?n={n}").text for n in ("7", "100", "<b>", "")]
    assert ">7</text>" in icons[0] and all("<text" not in icon for icon in icons[1:])


def test_not_built(system: WebUnderTest) -> None:
    """Without a build the pages say what to do, and the launcher is not there."""
    assert "not built" in system.agent("a-ana").get("/board").text
    assert system.browser().get("/widget.js").status_code == 404
