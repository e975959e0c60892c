"""Agents' photos: who may set one, what is stored of it, and who may see it."""

import base64
import io

from PIL import Image

from tests.integration.web_under_test import WebUnderTest, csrf_of, json_of, problem_of


def picture(width: int, height: int) -> str:
    exif = Image.Exif()
    exif[0x010F] = "a maker of cameras"
    out = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(out, "JPEG", exif=exif)
    return base64.b64encode(out.getvalue()).decode()


def test_a_photo_from_upload_to_disabling(system: WebUnderTest) -> None:
    """A photo becomes a small square without a camera's data, is public by its address, and goes with its agent."""
    system.add_agent("a-radu")
    ana = system.agent("a-ana", admin=True)
    token = {"X-CSRFToken": csrf_of(ana.get("/board"))}
    told = json_of(ana.put("/api/agents/a-radu/photo", json={"data": picture(1200, 400)}, headers=token))
    (address,) = told["faces"].values()
    asked = "/api/faces?agent=a-radu&agent=a-ana"
    assert json_of(system.get(asked, "c-42"))["faces"] == {"a-radu": address}
    shown = system.browser().get(address.removeprefix("http://localhost"))
    assert (shown.status_code, shown.mimetype) == (200, "image/webp")
    assert shown.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    stored = Image.open(io.BytesIO(shown.data))
    assert (stored.size, dict(stored.getexif())) == ((192, 192), {})
    ana.post("/api/agents/a-radu/disable", json={}, headers=token)
    assert json_of(system.get(asked, "c-42"))["faces"] == {}
    assert system.browser().get(address.removeprefix("http://localhost")).status_code == 404


def test_whose_photo_one_changes(system: WebUnderTest) -> None:
    """An agent changes and removes its own photo only; what is no picture is refused."""
    system.add_agent("a-ana")
    radu = system.agent("a-radu")
    token = {"X-CSRFToken": csrf_of(radu.get("/board"))}
    body = {"data": picture(300, 300)}
    assert radu.put("/api/agents/a-radu/photo", json=body, headers=token).status_code == 200
    problem_of(radu.put("/api/agents/a-ana/photo", json=body, headers=token), 403, "not_admin")
    for wrong in ("not base64!", base64.b64encode(b"<svg onload=alert(1)>").decode()):
        refused = radu.put("/api/agents/a-radu/photo", json={"data": wrong}, headers=token)
        assert refused.status_code == 415, refused.text
    assert json_of(system.get("/api/faces?agent=a-radu", "a-radu"))["faces"]
    assert radu.post("/api/agents/a-radu/photo/remove", json={}, headers=token).status_code == 200
    assert json_of(system.get("/api/faces?agent=a-radu", "a-radu"))["faces"] == {}
