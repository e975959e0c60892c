"""Uploads are decoded within bounds, and nobody else notices."""

import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from chat_core.contract.errors import BrokenImage
from chat_core.runtime import tokens
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Audience, Holder
from chat_core.store import Store
from tests.integration import hostile
from tests.integration.conftest import StartWeb
from tests.integration.test_web_files import office, on_disk, upload
from tests.integration.web_under_test import WebUnderTest, problem_of
from tests.real.wattline import ProductProcess, config_of
from tests.waiting import wait_until
from web import decoding
from web.decoder import MAX_FRAMES, MAX_SCANS

JPEG = "image/jpeg"
START_S = 20
NOTICED_S = 1.0  # as measured: 0.07 with the bounds, 2.7 and more without
MUTATIONS = 6
# What a decoder is made of, with other bounds or another task: the process is started as always.
AS_ALWAYS = "import runpy\nparts = runpy.run_path({script!r})['main'].__globals__\n{change}\nparts['main']()\n"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (hostile.many_scans(64, 64, MAX_SCANS), "too much memory"),
        (hostile.claimed(60_000, 60_000), "too many pixels"),
        (hostile.claimed(10_000, 6_001), "too many pixels"),
        (hostile.bomb(6_000, 5_000), "too many pixels"),
        (hostile.gif(10_000), "too long"),
        (hostile.gif(MAX_FRAMES + 1), "too long"),
        (hostile.gif_beyond_its_canvas(20_000), "too long"),
        (hostile.gif(17, 1_000, 1_000), "too long"),
        (hostile.apng(10_000), "too long"),
        (hostile.webp(MAX_FRAMES + 1), "too long"),
    ],
)
def test_what_would_take_long_is_not_begun(system: WebUnderTest, content: bytes, sentence: str) -> None:
    """Scans, frames and pixels are counted first: one too many is refused with a sentence, and nothing is kept."""
    assert sentence in problem_of(upload(system, content, "a"), 422, "broken_image")["detail"]
    assert on_disk(system) == []


def test_what_encoders_write_is_within_the_bounds(system: WebUnderTest) -> None:
    """A phone's photo in many scans, and pictures that move, are taken."""
    for n, content in enumerate((hostile.photo(8_000, 6_000, progressive=True), hostile.gif(300), hostile.webp(200))):
        answer = upload(system, content, "a", id=f"u{n}")
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "content",
    [
        hostile.archive_with_broken_mimetype(),
        hostile.archive(**{f"word/{n}": b"" for n in range(10_001)}, **{"[Content_Types].xml": b""}),
        hostile.archive(mimetype=b"x" * 10_000_000),
        b"PK\x03\x04" + bytes(2_000),
    ],
)
def test_archives_that_break_who_reads_them(system: WebUnderTest, content: bytes) -> None:
    """An archive that cannot be read, or has parts without end, is no office document."""
    problem_of(upload(system, content, "a.docx"), 415, "wrong_type")


def test_nothing_that_is_uploaded_is_a_fault_of_ours(start_web: StartWeb) -> None:
    """Pictures and archives with bytes changed, cut out or doubled are taken or refused, each with an answer."""
    system, chance = start_web(rate="off"), random.Random(20_261_129)  # the same each time
    wholes = [
        hostile.photo(60, 40, progressive=True),
        hostile.gif(5),
        hostile.webp(4),
        hostile.bomb(50, 50),
        office("[Content_Types].xml", "word/document.xml", kind="application/vnd.oasis.opendocument.text"),
    ]
    for n, whole in enumerate(wholes):
        for turn in range(MUTATIONS):
            content = bytearray(whole)
            for _ in range(chance.randint(1, 8)):
                content[chance.randrange(4, len(content))] = chance.randrange(256)
            begin, end = sorted(chance.randrange(4, len(content)) for _ in range(2))
            content[begin:end] = content[begin:end] * chance.choice((0, 1, 1, 2))
            answer = upload(system, bytes(content), "a", id=f"u{n}-{turn}")
            assert answer.status_code in (200, 415, 422), answer.text


def with_change(folder: Path, monkeypatch: pytest.MonkeyPatch, change: str) -> decoding.Decoders:
    """Decoders whose processes are as always, but for the change. Args: change: a statement over `parts`."""
    script = folder / "changed.py"
    script.write_text(AS_ALWAYS.format(script=str(decoding.SCRIPT), change=change))
    monkeypatch.setattr(decoding, "SCRIPT", script)
    return decoding.Decoders()


def test_time_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that takes its process more than its seconds of a processor is refused, and the process has ended."""
    decoders = with_change(
        tmp_path, monkeypatch, "def endless(*_):\n    while True: pass\nparts.update(CPU_S=1, read=endless)"
    )
    with pytest.raises(BrokenImage, match="too much memory"):
        decoders.decode(hostile.photo(16, 16), JPEG)


def test_memory_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture that takes more memory than its process may have is refused."""
    decoders = with_change(tmp_path, monkeypatch, "parts.update(MEMORY_BYTES=60 << 20)")
    with pytest.raises(BrokenImage, match="too much memory"):
        decoders.decode(hostile.bomb(4_000, 4_000), "image/png")
    assert decoders.decode(hostile.bomb(40, 40), "image/png").told["width"] == 40


def test_a_dead_process_is_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that crashes over what it was given costs that upload, and the next one is served."""
    decoders = with_change(
        tmp_path,
        monkeypatch,
        "import os\nfirst = parts['read']\n"
        "parts['read'] = lambda content, kind: os.abort() if b'crash' in content else first(content, kind)",
    )
    with pytest.raises(BrokenImage):
        decoders.decode(hostile.photo(16, 16) + b"crash", JPEG)
    assert decoders.decode(hostile.photo(16, 16), JPEG).told["width"] == 16


def test_secrets_stay_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that decodes uploads does not get the settings."""
    monkeypatch.setenv("WATTLINE_DB", "postgresql://somebody:secret@host/name")
    monkeypatch.setenv("PGPASSWORD", "secret")
    decoders = with_change(
        tmp_path, monkeypatch, "import os\nparts['read'] = lambda *_: ({'names': sorted(os.environ)}, ())"
    )
    names = decoders.decode(b"", JPEG).told["names"]
    assert names and not [name for name in names if name.startswith(("WATTLINE_", "PG"))]


def test_busy(system: WebUnderTest) -> None:
    """While all turns are taken an upload is told to come again, and is taken when it does."""
    system.context.decoders.turns._wait_s = 0
    with system.context.decoders.turns.turn():
        assert problem_of(upload(system, hostile.photo(16, 16)), 429, "busy")["retry_ms"] > 0
        assert upload(system, b"words", "a.txt", id="u2").status_code == 200
    assert upload(system, hostile.photo(16, 16)).status_code == 200


@dataclass
class Web:
    base: str
    headers: dict[str, str]

    def status(self, path: str, content: bytes | None = None) -> int:
        asked = urllib.request.Request(self.base + path, content, self.headers)
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    config = config_of(tmp_path / "data", {"WATTLINE_RATE": "off"})
    with Store.open(config, migrate=True) as store:
        store.registry.ensure_client("c-42")
    token = tokens.mint(Audience.API, Keys.open(config.data), Holder("c-42", 0), 600, int(time.time()))
    with ProductProcess("web", config.data, settings={"WATTLINE_RATE": "off"}, at_once=True) as process:
        base = f"http://127.0.0.1:{process.port('http', START_S)}"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
        found = Web(base, headers)
        wait_until(lambda: found.status("/healthz") == 200, START_S, why=process.log)
        yield found


@pytest.mark.alone
def test_nobody_else_notices(web: Web) -> None:
    """While eight hostile pictures are uploaded at once every other request is answered as ever."""
    worst = [hostile.many_scans(9_000, 6_600, scans) for scans in (60, 12)]
    told: list[int] = []

    def send(n: int) -> None:
        told.append(web.status(f"/api/clients/c-42/files?id=u{n}&name=a.jpg", worst[n % 2]))

    senders = [threading.Thread(target=send, args=(n,)) for n in range(8)]
    for sender in senders:
        sender.start()
    longest_s = 0.0
    while any(sender.is_alive() for sender in senders):
        began = time.monotonic()
        assert web.status("/healthz") == 200
        longest_s = max(longest_s, time.monotonic() - began)
    assert set(told) <= {200, 422, 429} and set(told) & {200, 422} and len(told) == 8
    assert longest_s < NOTICED_S
