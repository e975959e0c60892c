"""
The secrets of one installation: made at first start, mode 0600, under DATA/keys; there is no default secret. Touches
that folder.

Signing keys have a `kid`: the newest signs, all verify, so a rotation signs nobody out. The password key
(Mosquitto's) is
another key, which no rotation touches.
"""

import base64
import fcntl
import json
import os
import secrets
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

KEY_BYTES = 32
SIGNING_KEYS_KEPT = 3


@dataclass(frozen=True)
class Keys:
    """All secrets, as they were when read. `signing` is ordered from the oldest to the newest."""

    signing: Mapping[str, bytes] = field(repr=False)
    password: bytes = field(repr=False)
    flask: bytes = field(repr=False)
    demo_portal: bytes = field(repr=False)

    @property
    def newest_kid(self) -> str:
        """The kid of the key that signs."""
        return list(self.signing)[-1]

    @classmethod
    def open(cls, data: Path) -> Self:
        """
        The secrets of this data folder; what was missing is made first. Safe when several processes start at once.

        Raises: ValueError when the file is there and not ours to understand: it is never replaced.
        """
        with _Folder(data) as folder:
            known = folder.read()
            if known is None:
                known = {
                    "signing": [_new_signing_key()],
                    "password": _text(secrets.token_bytes(KEY_BYTES)),
                    "flask": _text(secrets.token_bytes(KEY_BYTES)),
                    "demo_portal": _text(secrets.token_bytes(KEY_BYTES)),
                }
                folder.write(known)
            return cls._of(known, folder.file)

    @classmethod
    def rotate(cls, data: Path) -> Self:
        """
        A new key signs from now on; the last few before it still verify. Processes see it when they next open the
        keys.
        """
        cls.open(data)
        with _Folder(data) as folder:
            known = folder.read() or {}
            known["signing"] = [*known["signing"], _new_signing_key()][-SIGNING_KEYS_KEPT:]
            folder.write(known)
            return cls._of(known, folder.file)

    @classmethod
    def _of(cls, known: Mapping[str, Any], file: Path) -> Self:
        try:
            signing = {str(key["kid"]): _bytes(key["secret"]) for key in known["signing"]}
            keys = cls(signing, _bytes(known["password"]), _bytes(known["flask"]), _bytes(known["demo_portal"]))
        except (KeyError, TypeError, ValueError) as err:
            raise ValueError(f"{file} does not hold Wattline's keys") from err
        if not signing:
            raise ValueError(f"{file} holds no signing key")
        return keys


class _Folder:
    """DATA/keys, held under a lock of the operating system while it is read or changed."""

    def __init__(self, data: Path) -> None:
        self.path = data / "keys"
        self.file = self.path / "keys.json"

    def __enter__(self) -> Self:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = os.open(self.path / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._lock)

    def read(self) -> dict[str, Any] | None:
        try:
            return dict(json.loads(self.file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as err:
            raise ValueError(f"{self.file} does not hold Wattline's keys") from err

    def write(self, known: Mapping[str, Any]) -> None:
        handle, temporary = tempfile.mkstemp(dir=self.path, prefix="keys.")  # mkstemp makes it 0600
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(known, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(self.file)


def _new_signing_key() -> dict[str, Any]:
    return {"kid": secrets.token_hex(4), "secret": _text(secrets.token_bytes(KEY_BYTES)), "made": int(time.time())}


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode()


def _bytes(text: str) -> bytes:
    secret = base64.urlsafe_b64decode(text)
    if len(secret) < KEY_BYTES:
        raise ValueError("a key is too short")
    return secret
