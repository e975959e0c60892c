"""Uploads: accepted by content, stripped, stored once, shown to nobody else."""

import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from werkzeug.test import TestResponse

from chat_core.contract.payloads import File, Said, SaidKind
from tests.contract.stores import committed
from tests.integration.conftest import StartWeb
from tests.integration.web_under_test import ORIGIN, WebUnderTest, json_of, problem_of
from web import uploads
from web.quotas import LEAST_BYTES

MAKER, ORIENTATION = 0x010F, 0x0112


def jpeg(width: int = 40, height: int = 20) -> bytes:
    """A photo that tells its camera, lies on its side, and carries a comment."""
    told = Image.Exif()
    told[MAKER], told[ORIENTATION] = "SecretCamera", 6
    out = io.BytesIO()
    grey = Image.linear_gradient("L").resize((width, height))
    grey.convert("RGB").save(out, "JPEG", exif=told, comment=b"SecretComment")
    return out.getvalue()


def office(*names: str, kind: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if kind:
            archive.writestr("mimetype", kind)
        for name in names:
            archive.writestr(name, "<x/>")
    return out.getvalue()


def upload(
    system: WebUnderTest,
    content: bytes,
    name: str = "meter.jpg",
    *,
    id: str = "u1",
    client: str = "c-42",
    by: str = "",
    **more: Any,
) -> TestResponse:
    system.store.registry.ensure_client(client if client != "c-unknown" else "c-42")
    return system.browser().post(
        f"/api/clients/{client}/files",
        query_string={"id": id, "name": name},
        data=content,
        content_type="application/octet-stream",
        headers=system.bearer(by or client),
        **more,
    )


def stored(system: WebUnderTest, content: bytes, name: str = "meter.jpg", **more: Any) -> dict[str, Any]:
    return json_of(upload(system, content, name, **more))


def say_file(system: WebUnderTest, described: dict[str, Any], client: str = "c-42", sender: str = "") -> int:
    said = Said(id=described["file"][:30], kind=SaidKind.FILE, file=File(**described), sent=1)
    with committed(system.store) as tx:
        entry = tx.append(client, sender or client, said, 1)
    return entry.seq


def on_disk(system: WebUnderTest) -> list[str]:
    return sorted(path.name for path in system.context.files.root.rglob("*") if path.is_file())


def test_a_photo_is_stored_upright_and_tells_nothing(system: WebUnderTest) -> None:
    """A photo is stored the right way up, with its size in pixels, without camera, place and comment."""
    described = stored(system, jpeg(), "IMG 7.JPG")
    assert (described["name"], described["type"]) == ("IMG 7.JPG", "image/jpeg")
    assert (described["width"], described["height"]) == (20, 40)
    content = system.context.files.path(described["file"]).read_bytes()
    assert len(content) == described["size"]
    assert b"SecretCamera" not in content and b"SecretComment" not in content
    assert File.model_validate(described)


def test_a_large_photo_gets_smaller_and_a_small_copy(system: WebUnderTest) -> None:
    """A large photo's longest side is 2,560 pixels, and a copy of 640 is there for the bubble."""
    described = stored(system, jpeg(3000, 1500))
    assert (described["width"], described["height"]) == (1280, 2560)
    say_file(system, described)
    small = system.get(f"/api/files/{described['file']}?thumb=1", "c-42")
    with Image.open(io.BytesIO(small.data)) as image:
        assert max(image.size) == 640 and small.mimetype == "image/webp"


def test_other_pictures_are_stripped_too(system: WebUnderTest) -> None:
    """PNG text, and the comment of a moving picture, are gone; what moved still moves."""
    told, png = PngInfo(), io.BytesIO()
    told.add_text("Author", "SecretAuthor")
    Image.new("RGBA", (9, 9), (1, 2, 3, 4)).save(png, "PNG", pnginfo=told)
    moving = io.BytesIO()
    frames = [Image.linear_gradient("L").resize((9, 9)).rotate(90 * n).convert("P") for n in range(3)]
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:], comment=b"SecretComment")
    for n, (content, kind) in enumerate(((png, "image/png"), (moving, "image/gif"))):
        described = stored(system, content.getvalue(), id=f"u{n}")
        assert described["type"] == kind
        kept = system.context.files.path(described["file"]).read_bytes()
        assert b"Secret" not in kept
        with Image.open(io.BytesIO(kept)) as image:
            assert getattr(image, "n_frames", 1) == (3 if kind == "image/gif" else 1)


@pytest.mark.parametrize(
    ("content", "name", "kind", "stored_as"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\n", "factura.pdf", "application/pdf", "factura.pdf"),
        ("Bună ziua,\nindex 12345".encode(), "index.html", "text/plain", "index.html.txt"),
        (b"day,kwh\n1,8\n", "use.csv", "text/csv", "use.csv"),
        (b"words", "../../etc/pass\x00wd", "text/plain", "passwd.txt"),
        (b"words", "x" * 190, "text/plain", "x" * 96 + ".txt"),
        (
            office("[Content_Types].xml", "word/document.xml"),
            "a",
            f"{uploads._OFFICE}wordprocessingml.document",
            "a.docx",
        ),
        (office(kind=f"{uploads._OPEN}spreadsheet"), "b.ods", f"{uploads._OPEN}spreadsheet", "b.ods"),
    ],
)
def test_documents_by_their_content(system: WebUnderTest, content: bytes, name: str, kind: str, stored_as: str) -> None:
    """A document is what its content says, and its name ends so; folders and control characters are no names."""
    described = stored(system, content, name.replace("\x00", ""))
    assert (described["type"], described["name"]) == (kind, stored_as)


@pytest.mark.parametrize(
    ("content", "name", "status", "code"),
    [
        (b"<html><script>alert(1)</script>", "a.txt", 415, "wrong_type"),
        (b"\n <svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.png", 415, "wrong_type"),
        (b"MZ\x90\x00" + bytes(99), "photo.jpg", 415, "wrong_type"),
        (b"", "a.jpg", 415, "wrong_type"),
        (office("evil.exe"), "a.docx", 415, "wrong_type"),
        (office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "a.docx", 415, "wrong_type"),
        (b"PK\x03\x04 no archive", "a.docx", 415, "wrong_type"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF cut off", "a.jpg", 422, "broken_image"),
        (b"GIF89a/*=1;alert(1)", "a.gif", 422, "broken_image"),
    ],
)
def test_what_is_not_taken(system: WebUnderTest, content: bytes, name: str, status: int, code: str) -> None:
    """Pages, drawings, programs, archives, macros and broken pictures are refused, and nothing of them is kept."""
    problem_of(upload(system, content, name), status, code)
    assert on_disk(system) == [] and system.store.files.of_client("c-42") == []


def test_ten_megabytes(system: WebUnderTest) -> None:
    """10 MiB are taken, one byte more is refused with a sentence; other routes stay as narrow as they were."""
    assert upload(system, b"x" * uploads.MAX_BYTES, "a.txt").status_code == 200
    assert (
        "10 MB"
        in problem_of(upload(system, b"x" * (uploads.MAX_BYTES + 1), "a.txt", id="u2"), 413, "too_large")["detail"]
    )
    wide = system.browser().post("/api/session", data=b" " * 100_000, content_type="application/json")
    problem_of(wide, 413, "too_large")


def test_a_retry_stores_once(system: WebUnderTest) -> None:
    """A retry with the same id gets the same answer and leaves one file; other bytes under that id are refused."""
    first, again = upload(system, jpeg()), upload(system, jpeg())
    assert first.status_code == 200 and first.json == again.json
    assert len(on_disk(system)) == 1
    problem_of(upload(system, jpeg(30, 30)), 409, "id_used")
    assert upload(system, jpeg(), by="a-ana").json != first.json  # another sender's id is another upload


def test_a_file_is_its_clients_and_the_desks(system: WebUnderTest) -> None:
    """Once it is in a message the client and the desk see it; another client and nobody-knows-who do not."""
    described = stored(system, jpeg())
    path = f"/api/files/{described['file']}"
    say_file(system, described)
    for who in ("c-42", "a-ana", "b-rules"):
        assert system.get(path, who).status_code == 200
    problem_of(system.get(path, "c-43"), 404, "not_found")
    problem_of(system.browser().get(path), 401, "not_signed_in")
    problem_of(system.get("/api/files/f0", "c-42"), 404, "not_found")


def test_what_was_not_said_is_its_senders_alone(system: WebUnderTest) -> None:
    """An upload that no message shows, or whose message is deleted, is seen by its sender and by nobody else."""
    described = stored(system, jpeg(), by="a-ana")
    path = f"/api/files/{described['file']}"
    seq = say_file(system, described, sender="a-ana")
    assert system.get(path, "c-42").status_code == 200
    with committed(system.store) as tx:
        tx.amend("c-42", seq, None)
    problem_of(system.get(path, "c-42"), 404, "not_found")
    assert system.get(path, "a-ana").status_code == 200


def test_a_picture_by_its_address(system: WebUnderTest) -> None:
    """A page shows or saves a picture by an address with the session's download key, which opens nothing else."""
    described = stored(system, jpeg())
    say_file(system, described)
    path = f"/api/files/{described['file']}"
    session = json_of(system.browser().post("/api/session", json={}, headers=system.bearer("c-42")))
    answer = system.browser().get(path, query_string={"key": session["download_key"]})
    assert answer.status_code == 200
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "private" in answer.headers["Cache-Control"] and "inline" in answer.headers["Content-Disposition"]
    saved = system.browser().get(path, query_string={"key": session["download_key"], "download": "1"})
    assert saved.headers["Content-Disposition"].startswith("attachment")
    outsider = json_of(system.browser().post("/api/session", json={}))
    problem_of(system.browser().get(path, query_string={"key": outsider["download_key"]}), 404, "not_found")
    problem_of(system.browser().get(path, query_string={"key": session["api_token"]}), 401, "token_refused")
    as_bearer = {"Authorization": f"Bearer {session['download_key']}"}
    problem_of(system.browser().get("/api/clients/c-42/log", headers=as_bearer), 401, "token_refused")
    system.store.registry.raise_generation("c-42")
    problem_of(system.browser().get(path, query_string={"key": session["download_key"]}), 401, "token_refused")


def test_documents_are_to_keep(system: WebUnderTest) -> None:
    """A file that is no picture is an attachment under its name, never opened in the page."""
    described = stored(system, b"%PDF-1.7\n%\xe2\xe3\n", "Factură.pdf")
    say_file(system, described)
    answer = system.get(f"/api/files/{described['file']}", "c-42")
    assert answer.headers["Content-Disposition"].startswith("attachment") and answer.mimetype == "application/pdf"


def test_who_may_upload(system: WebUnderTest) -> None:
    """Into one's own conversation or as the desk; not into another's, not unsigned, not to a client nobody knows."""
    problem_of(upload(system, jpeg(), client="c-42", by="c-43"), 403, "not_allowed")
    problem_of(system.browser().post("/api/clients/c-42/files?id=u&name=n", data=b"x"), 401, "not_signed_in")
    problem_of(upload(system, jpeg(), client="c-unknown", by="a-ana"), 404, "not_found")
    agent = system.agent("a-radu")
    problem_of(agent.post("/api/clients/c-42/files?id=u&name=n", data=b"x"), 403, "csrf")


def test_a_portals_page_may_upload(system: WebUnderTest) -> None:
    """A portal's page may ask before it sends, and another origin may not."""
    path = "/api/clients/c-42/files?id=u&name=n"
    asked = system.browser().options(path, headers={"Origin": ORIGIN})
    assert asked.headers["Access-Control-Allow-Origin"] == ORIGIN
    problem_of(system.browser().post(path, headers={"Origin": "https://elsewhere.example"}), 403, "origin")


def mb(system: WebUnderTest, id: str, client: str = "c-42", by: str = "", address: str = "127.0.0.1") -> TestResponse:
    at = {"REMOTE_ADDR": address}
    return upload(system, b"x" * 600_000, "a.txt", id=id, client=client, by=by, environ_base=at)


def test_the_days_quota(start_web: StartWeb) -> None:
    """A sender who has used the day's quota waits, after a restart too; the next day goes on."""
    system = start_web(files_client_mb="1")
    assert mb(system, "u1").status_code == 200
    again = replace(system)  # another app on the same database
    for process in (system, again):
        assert problem_of(mb(process, "u2"), 429, "quota")["retry_ms"] > 0
        assert mb(process, "u1").status_code == 200  # a retry costs nothing
    assert mb(system, "u2", by="a-ana").status_code == 200  # an agent has a quota of its own
    system.clock.forward(25 * 3_600)
    assert mb(again, "u2").status_code == 200


def test_an_address_has_a_quota(start_web: StartWeb) -> None:
    """All clients of one address share what it may store in a day; another address and the desk go on."""
    system = start_web(files_address_mb="1")
    assert mb(system, "u1").status_code == 200
    for client in ("c-42", "c-43", "g-1"):
        problem_of(mb(system, "u2", client), 429, "quota")
    assert mb(system, "u2", "c-43", address="10.0.0.9").status_code == 200
    assert mb(system, "u1", by="a-ana").status_code == 200


def test_guests_share_a_quota(start_web: StartWeb) -> None:
    """All guests together, from whatever address, store so much in a day; clients go on."""
    system = start_web(files_guests_mb="1")
    for n, status in enumerate((200, 429, 429)):
        assert mb(system, "u1", f"g-{n}", address=f"10.0.0.{n}").status_code == status
    assert mb(system, "u1").status_code == 200


def test_small_files_count_as_what_they_take(start_web: StartWeb) -> None:
    """A file of one byte is counted as a block of the disk, so that many are no way around a quota."""
    system = start_web(rate="off", files_client_mb="1")
    key = "sender c-42"
    assert upload(system, b"x", "a.txt").status_code == 200
    assert system.store.files.used([key], system.clock.ms) == {key: LEAST_BYTES}


def test_all_files_have_a_bound(start_web: StartWeb) -> None:
    """Nobody stores more once all files together reach their bound; stored ones can be read."""
    system = start_web(files_total_mb="1")
    first = json_of(mb(system, "u1"))
    problem_of(mb(system, "u2", by="a-ana"), 507, "disk_low")
    problem_of(mb(replace(system), "u2"), 507, "disk_low")  # after a restart too
    assert system.get(f"/api/files/{first['file']}", "c-42").status_code == 200


def test_little_free_space(system: WebUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """With little free space uploads are refused with a time, and everything else is answered."""
    nearly_full = SimpleNamespace(f_frsize=4_096, f_blocks=10**8, f_bavail=10)
    monkeypatch.setattr(os, "statvfs", lambda folder: nearly_full)
    assert problem_of(upload(system, jpeg()), 507, "disk_low")["retry_ms"] > 0
    assert system.get("/api/clients/c-42/log", "c-42").status_code == 200
    assert system.agent("a-radu").get("/board").status_code == 200


def test_uploads_have_a_rate(system: WebUnderTest) -> None:
    """The 31st upload of a minute is refused with a time to wait."""
    answers = [upload(system, b"words", "a.txt", id=f"u{n}").status_code for n in range(31)]
    assert answers == [200] * 30 + [429]


def test_what_nobody_shows_is_swept(start_web: StartWeb) -> None:
    """A day later an upload that was never said is gone from disk and database; one that was said stays."""
    system = start_web(rate="off")
    kept, dropped = stored(system, jpeg(), id="u1"), stored(system, jpeg(30, 30), id="u2")
    say_file(system, kept)
    system.clock.forward(86_401)
    assert upload(system, b"words", "a.txt", id="u3").status_code == 200
    assert system.store.files.find(dropped["file"]) is None
    assert kept["file"] in on_disk(system) and dropped["file"] not in on_disk(system)


def test_files_are_the_owners_alone(system: WebUnderTest, tmp_path: Path) -> None:
    """No other user of the machine can read stored files."""
    described = stored(system, jpeg())
    assert system.context.files.path(described["file"]).stat().st_mode & 0o777 == 0o600
