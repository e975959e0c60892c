"""
Build with setuptools, after gathering what client and server share.

The contract, the outbox and the connection have one source, the server's packages. They are copied into `gathered/`
under the name wattline_client, beside this folder's own modules. A source archive holds `gathered/` as it was made.
"""

import re
import shutil
from pathlib import Path
from typing import Any

from setuptools import build_meta

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
GATHERED = HERE / "gathered" / "wattline_client"
SHARED = (
    "chat_core/contract/__init__.py",
    "chat_core/contract/errors.py",
    "chat_core/contract/fast_payloads.py",
    "chat_core/contract/fields.py",
    "chat_core/contract/ids.py",
    "chat_core/contract/kinds.py",
    "chat_core/contract/languages.py",
    "chat_core/contract/payloads.py",
    "chat_core/contract/topics.py",
    "chat_core/domain/__init__.py",
    "chat_core/domain/conversation.py",
    "chat_core/runtime/__init__.py",
    "chat_core/runtime/backoff.py",
    "chat_core/runtime/clock.py",
    "chat_core/runtime/guarded.py",
    "bridge/mqtt/__init__.py",
    "bridge/mqtt/connection.py",
    "bridge/mqtt/fast_paho.py",
    "bridge/mqtt/given_login.py",
    "bridge/mqtt/link.py",
    "bridge/mqtt/wakeup.py",
    "bridge/participant/__init__.py",
    "bridge/participant/log_reader.py",
    "bridge/participant/markers.py",
    "bridge/participant/newest.py",
    "bridge/participant/outbox.py",
    "bridge/participant/outboxes.py",
    "bridge/participant/own_presence.py",
    "bridge/participant/participant.py",
    "bridge/participant/rest.py",
)
OURS = re.compile(r"\b(?:chat_core|bridge)\.(?=contract|domain|runtime|mqtt|participant)")


def gather() -> None:
    """Copy the sources, unless this is an unpacked source archive."""
    if not (REPOSITORY / "chat_core").is_dir():
        return
    for old in (GATHERED.parent, HERE / "build"):
        shutil.rmtree(old, ignore_errors=True)
    shutil.copytree(HERE / "wattline_client", GATHERED, ignore=shutil.ignore_patterns("__pycache__"))
    for name in SHARED:
        target = GATHERED / name.partition("/")[2]
        if not target.exists():  # this folder's module stands for the server's
            target.parent.mkdir(exist_ok=True)
            target.write_text((REPOSITORY / name).read_text(encoding="utf-8"), encoding="utf-8")
    for module in GATHERED.rglob("*.py"):
        module.write_text(OURS.sub("wattline_client.", module.read_text(encoding="utf-8")), encoding="utf-8")
    (GATHERED / "py.typed").touch()


# pip calls these (PEP 517): setuptools' functions, after `gather()` where something is packed.
get_requires_for_build_wheel = build_meta.get_requires_for_build_wheel
get_requires_for_build_sdist = build_meta.get_requires_for_build_sdist


def build_wheel(folder: str, config_settings: dict[str, Any] | None = None, metadata: str | None = None) -> str:
    gather()
    return build_meta.build_wheel(folder, config_settings, metadata)


def build_sdist(folder: str, config_settings: dict[str, Any] | None = None) -> str:
    gather()
    return build_meta.build_sdist(folder, config_settings)
