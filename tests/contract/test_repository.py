"""The system itself: what the repository's files promise one another."""

import ast
import configparser
import io
import os
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.parts import REPOSITORY

PACKAGE_FOLDERS = ("chat_core", "broker", "bridge", "web")
# The package an import comes with, where its name is another.
PACKAGES = {
    "argon2": "argon2-cffi",
    "dkim": "dkimpy",
    "email_validator": "email-validator",
    "flask_babel": "flask-babel",
    "flask_login": "flask-login",
    "flask_wtf": "flask-wtf",
    "jwt": "pyjwt",
    "paho": "paho-mqtt",
    "PIL": "pillow",
    "playhouse": "peewee",
    "prometheus_client": "prometheus-client",
    "pydantic_settings": "pydantic-settings",
    "ulid": "python-ulid",
    "wtforms": "flask-wtf",
    "werkzeug": "flask",
    "jinja2": "flask",
    "markupsafe": "flask",
    "itsdangerous": "flask",
    "babel": "flask-babel",
    "pydantic_core": "pydantic",
    "yaml": "pyyaml",
}
TYPES_ALONE = {"_typeshed"}  # what only type checkers import
NEVER_IMPORTED = {"tzdata"}  # data that the standard library reads


def tracked(*patterns: str) -> list[Path]:
    """The repository's own files: as git lists them, or all but what is made here when this is no git checkout."""
    listed = subprocess.run(["git", "ls-files", "-z", "--", *patterns], cwd=REPOSITORY, capture_output=True, check=True)
    return [REPOSITORY / name for name in listed.stdout.decode().split("\0") if name and (REPOSITORY / name).is_file()]


def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(REPOSITORY / "setup.cfg")
    return parser


def names(requirements: str) -> set[str]:
    """The packages of a list of requirements, one a line, in their normal form."""
    lines = (line.strip() for line in requirements.splitlines())
    return {re.split(r"[^A-Za-z0-9._-]", line)[0].lower() for line in lines if line and not line.startswith("#")}


def test_version_is_the_changelogs() -> None:
    """The version in setup.cfg is the newest one in CHANGELOG.md."""
    newest = re.search(r"^## (\d+\.\d+\.\d+) \(\d{4}-\d{2}-\d{2}\)$", (REPOSITORY / "CHANGELOG.md").read_text(), re.M)
    assert newest, "CHANGELOG.md has no line such as: ## 0.1.0 (2026-01-31)"
    assert setup_cfg()["metadata"]["version"] == newest[1]


def test_pyproject_has_the_build_system_alone() -> None:
    """pyproject.toml says how to build, and nothing else: the rest is in setup.cfg."""
    assert list(tomllib.loads((REPOSITORY / "pyproject.toml").read_text())) == ["build-system"]


def test_no_setup_py() -> None:
    """The build needs no setup.py."""
    assert not (REPOSITORY / "setup.py").exists()


# Spelled in halves, so that this file does not find itself.
PRIVATE = [
    r"registry\.npm" + r"js\.org",
    r"files\.python" + r"hosted\.org",
    r"pypi\." + r"org/simple",
    r"deb\.deb" + r"ian\.org",
    r"docker\." + r"io/",
    r"/root" + r"/",
    r"/home" + r"/[a-z]",
    r"/wo" + r"rk/",
]


@pytest.mark.parametrize("pattern", PRIVATE)
def test_no_registry_and_no_machine_is_named(pattern: str) -> None:
    """No tracked file names a registry's host or a path of somebody's machine: what a machine configured is used."""
    found = [
        f"{path.relative_to(REPOSITORY)}:{number}: {line[:120]}"
        for path in tracked()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert not found, "\n".join(found)


def test_lock_names_no_place() -> None:
    """package-lock.json pins versions and checksums, and leaves to each machine where packages come from."""
    assert '"resolved"' not in (REPOSITORY / "web" / "frontend" / "package-lock.json").read_text()


def test_layers_hold() -> None:
    """Every import-linter contract of setup.cfg is kept."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_modules_that_claim_purity_are_held_to_it() -> None:
    """The modules whose docstring says that they are pure are those that import-linter checks for it."""
    checked = set(setup_cfg()["importlinter:contract:pure"]["source_modules"].split())
    claims = {
        ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")
        for path in tracked(*(f"{process}/**.py" for process in PACKAGE_FOLDERS))
        if re.search(r"\bPure\b|[Tt]ouches nothing", ast.get_docstring(ast.parse(path.read_text())) or "")
    }
    of_packages = {claim for claim in claims if any(claim.startswith(f"{package}.") for package in checked)}
    assert claims - of_packages == checked


def imported(folder: str) -> set[str]:
    """First names of all that the folder's modules import, wherever the statement stands."""
    found: set[str] = set()
    for path in (REPOSITORY / folder).rglob("*.py"):
        if "node_modules" in path.parts or "build_backend" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                found.add(node.module.partition(".")[0])
    return found


def test_requirements_are_what_is_imported() -> None:
    """Each package the product imports is required, and each required one is imported."""
    used = (
        {name for process in PACKAGE_FOLDERS for name in imported(process)}
        - set(sys.stdlib_module_names)
        - set(PACKAGE_FOLDERS)
        - TYPES_ALONE
    )
    packages = {PACKAGES.get(name, name).lower() for name in used}
    config = setup_cfg()
    required = names(config["options"]["install_requires"])
    assert packages - required == set(), "imported, not required"
    assert required - packages - NEVER_IMPORTED == set(), "required, not imported"


def declared_tests(path: Path) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield f"{path.relative_to(REPOSITORY)}:{node.lineno} {node.name}", node


def test_every_test_has_a_promise() -> None:
    """Every test has a docstring: read in a row they are the specification."""
    silent = [
        where
        for path in tracked("tests/**/test_*.py")
        for where, test in declared_tests(path)
        if not ast.get_docstring(test)
    ]
    assert not silent, "\n".join(silent)


def test_no_test_sleeps_or_is_skipped() -> None:
    """Tests wait for facts with a deadline, and a missing part fails them. Only a load's generator keeps a pace."""
    pattern = re.compile(r"time\.sleep\(|asyncio\.sleep\((?!0\))|pytest\.skip|mark\.(skip|skipif|xfail)\b|importorskip")
    found = [
        f"{path.relative_to(REPOSITORY)}:{number}: {line.strip()}"
        for path in tracked("tests/*.py", "tests/**/*.py")
        if path != Path(__file__) and not (set(path.parts) & {"bench", "chaos"} and not path.name.startswith("test_"))
        for number, line in enumerate(without_strings(path.read_text()).splitlines(), 1)
        if pattern.search(line)
    ]
    assert not found, "\n".join(found)


def without_strings(source: str) -> str:
    """Return the source with its strings emptied: a program in a string may hang on purpose."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)):
            (first, start), (last, end) = token.start, token.end
            for row in range(first, last + 1):
                line = lines[row - 1]
                left, right = (start if row == first else 0), (end if row == last else len(line))
                lines[row - 1] = line[:left] + " " * (right - left) + line[right:]
    return "\n".join(lines)


def test_make_knows_the_promised_targets() -> None:
    """run, quick, test, check, bench, chaos and clean are targets that make can plan."""
    for target in ("run", "quick", "test", "check", "bench", "chaos", "clean"):
        done = subprocess.run(["make", "-n", target], cwd=REPOSITORY, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("script", ["scripts/setup.sh", ".ci/run"])
def test_scripts_are_plain_and_runnable(script: str) -> None:
    """Each script may be executed and is understood by a plain POSIX shell."""
    path = REPOSITORY / script
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!/bin/sh\n")
    assert subprocess.run(["sh", "-n", str(path)], capture_output=True).returncode == 0


def test_silenced_lint_names_its_rule() -> None:
    """No file silences its linter as a whole, and no line silences every rule."""
    blanket = re.compile(r"#\s*(ruff|flake8):\s*noqa|#\s*noqa(?!:)|#\s*type:\s*ignore(?!\[)|#\s*mypy:\s*ignore-errors")
    found = [
        f"{path.relative_to(REPOSITORY)}:{number}"
        for path in tracked("*.py", "**/*.py")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if blanket.search(line)
    ]
    assert not found, "\n".join(found)
