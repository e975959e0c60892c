"""A company's branding: what the launcher and other origins get of it, without a restart."""

import base64
import hashlib
import json
import re
from typing import Any

import pytest

from chat_core.contract.payloads import Entry
from chat_core.domain.settings import Branding, Logo, wire_of
from chat_core.runtime import portal_origins
from tests.integration.conftest import StartWeb
from tests.integration.web_under_test import WebUnderTest, csrf_of, problem_of
from tests.unit.vectors import load, promise_of
from web.branding import shown_of

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="1" height="1"/></svg>'
SHOP = "https://shop.example"


def save(system: WebUnderTest, rev: int, **changed: Any) -> Any:
    """Save the branding as an administrator."""
    system.store.registry.add_agent("a-ana", "Ana", True)
    asked = {"rev": rev, "value": wire_of(Branding()) | changed}
    headers = system.bearer_of_generation("a-ana", system.store.registry.generation("a-ana") or 0)
    return system.browser().put("/api/settings/branding", json=asked, headers=headers)


def test_the_launcher_begins_with_the_branding(system: WebUnderTest) -> None:
    """
    After a save /widget.js sets the branding with the logo's address; before it has the build's bytes.

    The comma before a client's name stands and goes with it. One question of the company takes the place of all of the
    product's, in its language.
    """
    (system.dist / "widget-abcdef12.js").write_text("launch()", encoding="utf-8")
    (system.dist / "manifest.json").write_text(json.dumps({"widget": "widget-abcdef12.js"}), encoding="utf-8")
    assert system.browser().get("/widget.js").text == "launch()"
    logo = {"type": "image/svg+xml", "data": base64.b64encode(SVG).decode()}
    texts = {
        "greeting": {"en": "Hello {name}, how are you?", "ro": "Bine ați venit, {name}!"},
        "questions": {"de": ["Warum?"]},
        "bot": "Rivi",
    }
    assert save(system, 0, name="River </script>", accent="#1c56b0", logo=logo, **texts).status_code == 200
    answer = system.browser().get("/widget.js")
    line, _, rest = answer.text.partition(";\n")
    assert rest == "launch()" and line.startswith("self.wattlineBrand??={") and "</script>" not in line
    assert 'welcome:n=>"Hello"+(n&&" "+n)+", how are you?"' in line
    assert 'welcome:n=>"Bine ați venit"+(n&&", "+n)+"!"' in line, "the comma goes with the name alone"
    assert 'de:{title:"River \\u003c/script>",automatic:"Rivi · automatisch",suggestion1:"Warum?",' in line
    assert line.count("suggestion") == 3 and 'suggestion2:"",suggestion3:""}' in line
    assert "--wl-accent:light-dark(#1c56b0,#" in line
    (address,) = re.findall(r'url\(\\"http://[^/]+(/brand/logo-[0-9a-f]{16})', line)
    found = system.browser().get(address)
    assert found.data == SVG and "sandbox" in found.headers["Content-Security-Policy"]
    assert system.browser().get("/brand/logo-0000000000000000").status_code == 404
    page = system.browser().get("/login").text
    assert "River &lt;/script&gt;" in page and "River </script>" not in page and address in page
    again = system.browser().get("/widget.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_demos_company_looks_alike_everywhere(start_web: StartWeb) -> None:
    """Until a branding is saved, the demo's widget and sign-in show its company's name and logo."""
    system = start_web(demo="1")
    (system.dist / "widget-abcdef12.js").write_text("launch()", encoding="utf-8")
    (system.dist / "manifest.json").write_text(json.dumps({"widget": "widget-abcdef12.js"}), encoding="utf-8")
    launcher, page = system.browser().get("/widget.js").text, system.browser().get("/login").text
    assert 'title:"Riverside Energy"' in launcher and "Riverside Energy" in page
    (address,) = re.findall(r'src="(/brand/logo-[0-9a-f]{16})"', page)
    assert address in launcher
    assert save(system, 0).status_code == 200
    assert "Wattline" in system.browser().get("/login").text


def test_an_origin_counts_at_once(system: WebUnderTest) -> None:
    """An origin that an administrator adds may ask at once, and may not after it is removed."""
    asked = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}
    assert system.browser().post("/api/session", json={}, headers=asked).status_code == 403
    assert save(system, 0, origins=[SHOP]).status_code == 200
    allowed = system.browser().post("/api/session", json={}, headers=asked)
    assert allowed.status_code == 200 and allowed.headers["Access-Control-Allow-Origin"] == SHOP
    assert system.context.seen_origins.list() == [(SHOP, system.clock.ms)]
    assert portal_origins.read(system.config.data) == {SHOP}  # for the embedded broker
    assert save(system, 1).status_code == 200 and not portal_origins.read(system.config.data)
    assert system.browser().post("/api/session", json={}, headers=asked).status_code == 403


def test_a_full_disk_keeps_the_last_branding(system: WebUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages are answered while the origins cannot be written; the next reading writes them and shows the branding."""

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as full:
        full.setattr(portal_origins, "write", fail)
        assert save(system, 0, name="River", origins=[SHOP]).status_code == 200
        assert "River" not in system.browser().get("/login").text
    system.context.branding.reread()
    assert "River" in system.browser().get("/login").text
    assert portal_origins.read(system.config.data) == {SHOP}


def test_what_is_wrong_is_named(system: WebUnderTest) -> None:
    """An unreadable accent, an origin with a path and a logo that is no image are refused by name."""
    for wrong, where in (
        ({"accent": "#4cc38a"}, "accent"),
        ({"origins": ["https://shop.example/chat"]}, "origins"),
        ({"logo": {"type": "image/png", "data": base64.b64encode(SVG).decode()}}, "logo"),
    ):
        answer = save(system, 0, **wrong)
        assert where in problem_of(answer, 422, "bad_request")["detail"]


def test_a_preview_shows_what_is_not_saved(system: WebUnderTest) -> None:
    """
    An agent gets the widget with the typed branding, for a frame of this origin only; others get nothing.

    The widget leaves the focus in the form that is typed in. It greets a client, and says that the agent is here.
    """
    ana = system.agent("a-ana", admin=True)
    value = {"name": "</script>Acme", "accent": "#1c56b0", "greeting": {"ro": "Bună"}}
    sent = {
        "csrf_token": csrf_of(ana.get("/board")),
        "value": json.dumps(value),
        "lang": "ro",
        "theme": "dark",
        "screen": "welcome",
    }
    page = ana.post("/brand/preview", data=sent)
    assert page.status_code == 200 and page.text.count("</script>") == 2
    assert "HTMLElement.prototype.focus=()=>{};" in page.text
    assert "\\u003c/script>Acme" in page.text and "#1c56b0" in page.text and 'data-lang="ro"' in page.text
    assert r"\"agents\":[{\"id\":\"a-ana\",\"name\":\"Ana\"}]" in page.text
    identity = page.text.split('data-identity="')[1].split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(identity + "=" * (-len(identity) % 4)))["name"] == "Maria"
    policy = page.headers["Content-Security-Policy"]
    script = page.text.split("<script>")[1].split("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}'" in policy and "frame-ancestors 'self'" in policy
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert system.browser().post("/brand/preview", data=sent).status_code in (400, 401, 403)
    assert "frame-src 'self'" in ana.get("/board").headers["Content-Security-Policy"]


def test_a_preview_shows_a_chat(system: WebUnderTest) -> None:
    """The chat has a question, an automatic answer and a reply in the preview's language; other screens have none."""
    ana = system.agent("a-ana", admin=True)
    sent = {"csrf_token": csrf_of(ana.get("/board")), "value": "{}", "lang": "de"}
    for screen, is_open, number in (("welcome", True, 0), ("chat", True, 3), ("launcher", False, 0)):
        page = ana.post("/brand/preview", data={**sent, "screen": screen}).text
        answers, _ = json.JSONDecoder().raw_decode(page.split("const answers=")[1])
        entries = json.loads(answers["/log"])["entries"]
        assert ("if(true)self.Wattline.open()" in page) is is_open and len(entries) == number
        assert [Entry.model_validate_json(json.dumps(entry)).sender for entry in entries] == [
            "c-preview",
            "b-rules",
            "a-ana",
        ][:number]
        assert not entries or entries[0]["text"] == "Warum war meine letzte Rechnung höher?"


def test_a_preview_takes_the_largest_logo(system: WebUnderTest) -> None:
    """A logo of 100,000 bytes is shown; a wrong value is told by a page that the board's frame may show."""
    ana = system.agent("a-ana", admin=True)
    sent = {"csrf_token": csrf_of(ana.get("/board"))}
    logo = base64.b64encode(SVG.ljust(100_000)).decode()
    whole = {"logo": {"type": "image/svg+xml", "data": logo}}
    shown = ana.post("/brand/preview", data={**sent, "value": json.dumps(whole)})
    assert shown.status_code == 200 and logo[:200] in shown.text
    for wrong, status in (('{"accent": "red"}', 422), ("x" * 500_000, 413)):
        refused = ana.post("/brand/preview", data={**sent, "value": wrong})
        assert refused.status_code == status and refused.mimetype == "text/html"
        assert refused.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert "frame-ancestors 'self'" in refused.headers["Content-Security-Policy"]


@pytest.mark.parametrize("case", load("logo")["cases"], ids=promise_of)
def test_a_logos_address(case: dict[str, str]) -> None:
    """A logo's address is that under which the board looks for it."""
    value = Branding(logo=Logo.model_validate({name: case[name] for name in ("type", "data")}))
    assert shown_of(1, value).logo_url == case["address"]
