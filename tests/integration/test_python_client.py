"""The package wattline-client: built, installed into an empty project, and its README typed there."""

import json
import os
import re
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fcntl import LOCK_EX, flock
from importlib.metadata import distribution
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import pytest

from bridge.participant.participant import Participant
from bridge.participant.rest import Api
from chat_core.contract.errors import NotAllowed, NotSignedIn, Unavailable
from tests.real.parts import REPOSITORY
from tests.real.portal import PORTAL_KEY, running_portal
from tests.real.wattline import Wattline
from tests.waiting import wait_until
from wattline_client import Client, ClientSession, Rest, ServerRefusal
from wattline_client import session as session_module

PACKAGE = REPOSITORY / "clients" / "python"
PYDANTIC = ("pydantic", "pydantic-core", "annotated-types", "typing-extensions", "typing-inspection")
NEEDS = (*PYDANTIC, "paho-mqtt", "python-ulid", "PyJWT")  # the last one is the sample's own
COSTS = r"less than (\d+) kB installed, and its import less than ([\d.]+) s of processor time"
KILLED = """
import os
from wattline_client import Client
{identity}
client = Client.as_user(os.environ["WATTLINE"], identity, outbox="kept.db")
client.say("one"), client.say("two")
os._exit(9)
"""
AGAIN = """
import os
from wattline_client import Client
{identity}
with Client.as_user(os.environ["WATTLINE"], identity, outbox="kept.db") as client:
    client.wait_stored(client.say("three"))
    print([entry.text for entry in client.rest.history(client.id) if entry.text])
"""


@dataclass
class Project:
    """A folder with its own Python, where only the wheel and what it names are installed."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    installed_bytes: int = 0  # of the wheel alone

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    @property
    def site(self) -> Path:
        return next((self.folder / "venv" / "lib").glob("python3*/site-packages"))

    def run(self, code: str, within_s: float = 30) -> str:
        (self.folder / "sample.py").write_text(code, encoding="utf-8")
        command = [str(self.python), "-I", "sample.py"]
        done = subprocess.run(command, cwd=self.folder, env=self.env, capture_output=True, text=True, timeout=within_s)
        assert done.returncode in (0, 9), done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = Project(tmp_path_factory.mktemp("project"))
    venv.create(made.folder / "venv")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", str(made.folder), str(PACKAGE)]
    with (PACKAGE / "pyproject.toml").open() as one_at_a_time:  # of pytest's workers
        flock(one_at_a_time, LOCK_EX)
        subprocess.run(build, check=True, capture_output=True)
    [wheel] = made.folder.glob("*.whl")
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", str(made.site), str(wheel)], check=True)
    made.installed_bytes = sum(file.stat().st_size for file in made.site.rglob("*") if file.is_file())
    made.env = {"PATH": os.environ["PATH"], "HOME": str(made.folder)}
    return made


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, project: Project) -> Iterator[Wattline]:
    settings = {"WATTLINE_PORTAL_KEY": PORTAL_KEY, "WATTLINE_PORTAL_ALG": "HS256"}
    with running_portal() as portal:
        settings["WATTLINE_PORTAL_ORIGINS"] = portal.origin
        with Wattline(tmp_path_factory.mktemp("client") / "data", settings=settings, at_once=True) as running:
            running.ports()
            project.env |= {"WATTLINE": running.url, "WATTLINE_PORTAL_KEY": PORTAL_KEY}
            project.env["TOKEN"] = json.dumps(running.token("b-echo"))
            yield running


def samples() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (PACKAGE / "README.md").read_text(encoding="utf-8"), re.S | re.M)


def test_the_package_is_small_and_needs_little(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The wheel costs what its README says, imports nothing but paho, pydantic and python-ulid, and names these."""
    link_needs(project)
    code = "import time\nbegan = time.process_time()\nimport wattline_client\nprint(time.process_time() - began)"
    took_s = float(project.run(code))
    modules = project.run("import sys, wattline_client\nprint({name.partition('.')[0] for name in sys.modules})")
    assert not re.search(r"'(chat_core|bridge|structlog|prometheus_client|peewee|flask|jwt)'", modules)
    text = next(project.site.glob("wattline_client-*/METADATA")).read_text(encoding="utf-8")
    assert re.findall(r"^Requires-Dist: ([\w-]+)", text, re.M) == ["paho-mqtt", "pydantic", "python-ulid"]
    [(kilobytes, seconds)] = re.findall(COSTS, (PACKAGE / "README.md").read_text(encoding="utf-8"))
    assert project.installed_bytes < 1_000 * int(kilobytes) and took_s < float(seconds)
    with capsys.disabled():
        size = f"{project.installed_bytes:,} bytes installed"
        print(f"\nwattline-client: {size}, cold import {took_s:.2f} s of processor time")  # noqa: T201


def link_needs(project: Project) -> None:
    """Install the packages that it names by links, so that the test needs no network."""
    for name in NEEDS:
        found = distribution(name)
        for top in {Path(file).parts[0] for file in found.files or () if ".." not in Path(file).parts}:
            link = project.site / top
            if not link.exists():
                link.symlink_to(Path(str(found.locate_file(top))))


def test_the_readme_runs_and_its_types_are_strict(
    project: Project, system: Wattline, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each sample of the README does what it says against a running product; mypy --strict finds nothing in them."""
    link_needs(project)
    guest, user, bot = samples()
    began_s = time.monotonic()
    assert "stored as 2" in project.run(guest)  # 1 is `opened`
    took_s = time.monotonic() - began_s
    assert "My meter shows 12,345." in project.run(user)
    (project.folder / "bot.py").write_text(bot, encoding="utf-8")
    with subprocess.Popen(
        [str(project.python), "-I", "bot.py"], cwd=project.folder, env=project.env, stdout=subprocess.PIPE, text=True
    ) as echo:
        try:
            assert echo.stdout is not None and echo.stdout.readline() == "listening\n"
            ask = "import time\n" + guest.replace("Why 40 kWh yesterday?", "!echo hello")
            ask += "    while len(guest.entries()) < 3:\n        time.sleep(0.05)\n"
            assert re.search(r"^3 b-echo hello$", project.run(ask), re.M)
        finally:
            echo.kill()
    for place, code in enumerate(samples()):
        (project.folder / f"typed_{place}.py").write_text(code, encoding="utf-8")
    strict = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--python-executable", str(project.python)]
    done = subprocess.run(
        [*strict, *map(str, sorted(project.folder.glob("typed_*.py")))],
        cwd=project.folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    with capsys.disabled():
        print(f"\nwattline-client: first sample {took_s:.2f} s, from start to end; {done.stdout.strip()}")  # noqa: T201


def test_what_was_said_before_a_crash_is_sent_after_it(project: Project, system: Wattline) -> None:
    """With an outbox on disk, messages of a killed process are stored by the next one, once, before what it says."""
    link_needs(project)
    identity = samples()[1].partition("from wattline_client import Client\n")[2].partition("with Client")[0]
    identity = "import secrets, time, jwt\n" + identity.replace("c-4711", "c-crash")
    project.run(KILLED.format(identity=identity))
    assert project.run(AGAIN.format(identity=identity)) == "['one', 'two', 'three']\n"
    assert project.run(AGAIN.format(identity=identity)) == "['one', 'two', 'three', 'three']\n"


def test_rest_alone(system: Wattline) -> None:
    """With an API key and no connection, REST is read; a refusal has the server's code and sentence."""
    with Client.as_guest(system.url) as guest:
        guest.wait_stored(guest.say("Hello"))
    key = system.cli("key", "create", "--name", "Test", "--as", "b-reader", "--scope", "read").strip()
    rest = Rest(system.url, key)
    assert guest.id in {row["client"] for row in rest.read("/api/inbox", limit=50)["summaries"]}
    assert [entry.text for entry in rest.history(guest.id) if entry.text] == ["Hello"]
    with pytest.raises(ServerRefusal, match="limit") as refused:
        rest.read("/api/inbox", limit=0)
    assert refused.value.http_status == 422


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return how to set the sessions' clock forward, by seconds."""

    def forward(by_s: float) -> None:
        moved = SimpleNamespace(monotonic=lambda: time.monotonic() + by_s, time=time.time)
        monkeypatch.setattr(session_module, "time", moved)

    return forward


def test_a_guest_stays_the_same(system: Wattline, later: Callable[[float], None]) -> None:
    """A guest whose bearer ended after 12 h signs in as the same guest."""
    session = ClientSession(system.url, dict)
    before = session.id
    later(13 * 3_600)
    session.bearer()
    assert session.id == before


@pytest.fixture
def answers() -> Iterator[tuple[str, Callable[..., None]]]:
    """A server whose clock is ten days ahead, and how to set the life of its credentials, in ms, and whose they are."""
    ahead_ms = int(time.time() * 1000) + 864_000_000
    with running_portal() as portal:

        def set_life(ms: int, who: str = "c-1", status: int = 200) -> None:
            portal.status = status
            body: dict[str, str | int | None] = {
                "username": who,
                "password": f"p{ms}",
                "client_id": "c-1:x",
                "api_token": f"t{ms}",
            }
            body |= {"ws_url": "ws://localhost:1/mqtt", "now": ahead_ms, "expires": ahead_ms + ms}
            body |= {"api_expires": ahead_ms + 100_000, "guest": None}
            portal.files["/api/session"] = ("application/json", json.dumps(body))

        set_life(1_000)
        yield portal.origin, set_life


def test_credentials_are_renewed_by_the_servers_clock(answers: tuple[str, Callable[..., None]]) -> None:
    """At 80 % of their life, by the server's clock, others are fetched; so they are where none of four tries lasted."""
    url, set_life = answers
    session = ClientSession(url, lambda: {"identity": "x.y.z"})
    first = session.login()
    assert (first.password, first.path) == ("p1000", "/mqtt")
    due_s = first.renew_at_s or 0
    assert due_s - time.monotonic() <= 0.8
    set_life(60_000)
    wait_until(lambda: time.monotonic() > due_s)
    assert session.login().password == "p60000"
    set_life(70_000)
    assert [session.login().password for _ in range(2)] == ["p60000", "p70000"]


def test_a_session_is_one_persons(answers: tuple[str, Callable[..., None]], later: Callable[[float], None]) -> None:
    """A sign-in that gives somebody else is refused, and what was held stays."""
    url, set_life = answers
    session = ClientSession(url, lambda: {"identity": "x.y.z"})
    set_life(1_000, "c-2")
    later(200)
    with pytest.raises(NotSignedIn, match="c-2 instead of c-1"):
        session.bearer()
    assert session.id == "c-1"


@pytest.mark.parametrize("status", [429, 502])
def test_credentials_serve_until_their_end(
    answers: tuple[str, Callable[..., None]], later: Callable[[float], None], status: int
) -> None:
    """A renewal that the server cannot answer now leaves the credentials, and is an error after their end."""
    url, set_life = answers
    set_life(60_000)
    session = ClientSession(url, lambda: {"identity": "x.y.z"})
    set_life(70_000, status=status)
    later(50)
    assert session.login().password == "p60000"
    later(61)
    with pytest.raises(ServerRefusal):
        session.login()


def _fail(fault: Exception) -> NoReturn:
    raise fault


def test_no_bearer_no_page() -> None:
    """A bearer that cannot be renewed now is as a page that cannot be fetched: it is asked for again."""
    with pytest.raises(Unavailable):
        Api("http://127.0.0.1:1", lambda: _fail(ServerRefusal(429, {}))).newest_page("c-1")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("fault", [NotSignedIn("The user has signed out."), RuntimeError("a defect")])
def test_an_end_is_told(fault: Exception) -> None:
    """`wait_closed` returns with the reason when the participant has ended by itself."""
    with Participant("c-1", lambda: _fail(fault)) as participant, pytest.raises(NotAllowed, match=r"signed out|failed"):
        participant.wait_closed(5)
