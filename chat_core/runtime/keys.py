"""
The secrets of one installation: made at first start, mode 0600, under DATA/keys; there is no default secret. Touches
that folder.

Signing keys have a `kid`: the newest signs, all verify, so a rotation signs nobody out. One that signs no more is kept
as long as what it signed last may be valid. The password key (Mosquitto's) is another key, which no rotation touches.
"""

import base64
import json
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import jwt
import structlog

from chat_core.contract.errors import Refused
from chat_core.runtime import atomic
from chat_core.runtime.file_lock import FileLock

KEY_BYTES: Final = 32
HS256_KEY_BYTES: Final = 32  # RFC 7518 §3.2: a key at least as long as the hash
KEPT_FOR_S: Final = 366 * 86_400  # the longest life of anything that is signed: `wattline token --ttl`

log = structlog.get_logger("keys")


class DamagedKeys(Refused, ValueError):
    """The file of the keys is there and not ours to understand. It is never replaced."""

    def __init__(self, file: Path, cause: str) -> None:
        super().__init__(
            f"{file} (below WATTLINE_DATA): {cause}. Put a copy back from a backup; without the file new keys are made,"
            " and everybody signs in again."
        )


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

        Raises: DamagedKeys.
        """
        with _Folder(data) as folder:
            known = folder.read()
            if known is None:
                known = {
                    "signing": [_new_signing_key(int(time.time()))],
                    "password": _text(secrets.token_bytes(KEY_BYTES)),
                    "flask": _text(secrets.token_bytes(KEY_BYTES)),
                    "demo_portal": _text(secrets.token_bytes(KEY_BYTES)),
                }
                folder.write(known)
            return cls._of(known, folder.file)

    @classmethod
    def rotate(cls, data: Path, *, now_s: float | None = None, keep_old: bool = True) -> Self:
        """
        A new key signs from now on; those before it still verify what they signed. Every process that holds a
        `KeyRing` uses it at once.

        Args: now_s: the clock, when not this machine's; keep_old: False makes worthless, at once, all that was signed.
        """
        cls.open(data)
        made_s = int(time.time() if now_s is None else now_s)
        with _Folder(data) as folder:
            known = folder.read() or {}
            old = _still_needed(known["signing"], made_s) if keep_old else []
            known["signing"] = [*old, _new_signing_key(made_s)]
            folder.write(known)
            return cls._of(known, folder.file)

    @classmethod
    def _of(cls, known: Mapping[str, Any], file: Path) -> Self:
        try:
            signing = {str(key["kid"]): _bytes(key["secret"]) for key in known["signing"]}
            keys = cls(signing, _bytes(known["password"]), _bytes(known["flask"]), _bytes(known["demo_portal"]))
        except (KeyError, TypeError, ValueError) as err:
            raise DamagedKeys(file, "does not hold Wattline's keys") from err
        if not signing:
            raise DamagedKeys(file, "holds no signing key")
        return keys


class KeyRing:
    """
    The secrets as they are now. Looking costs one `stat`; they are read again only when the file was replaced.

    May be called from any thread. A file that went away, or cannot be understood, changes nothing: who is signed in
    stays so, and the log says it.
    """

    def __init__(self, data: Path) -> None:
        """Opens the keys, making them if need be. Raises: DamagedKeys."""
        self._data = data
        self._file = _Folder(data).file
        self._lock = threading.Lock()
        self._keys = Keys.open(data)
        self._seen = self._look()
        self._keys = Keys.open(data)  # again: a rotation may have come in between

    def now(self) -> Keys:
        """The keys of this moment."""
        seen = self._look()
        if seen != self._seen and seen is not None:
            with self._lock:
                if seen != self._seen:
                    self._read(seen)
        return self._keys

    def _look(self) -> tuple[int, int, int] | None:
        """Return what tells one file from the one that replaced it; None while there is none to be seen."""
        try:
            found = self._file.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _read(self, seen: tuple[int, int, int]) -> None:
        try:
            self._keys = Keys.open(self._data)
            log.info("keys read again", kid=self._keys.newest_kid)
        except (OSError, ValueError) as err:
            log.error("keys not read", why=str(err))
        self._seen = seen


class _Folder:
    """DATA/keys, held under a lock of the operating system while it is read or changed."""

    def __init__(self, data: Path) -> None:
        self.path = data / "keys"
        self.file = self.path / "keys.json"

    def __enter__(self) -> Self:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = FileLock(self.path / "lock")
        self._lock.take()
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.close()

    def read(self) -> dict[str, Any] | None:
        try:
            return dict(json.loads(self.file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as err:
            raise DamagedKeys(self.file, "does not hold Wattline's keys") from err

    def write(self, known: Mapping[str, Any]) -> None:
        atomic.write_file(self.file, json.dumps(known, indent=1))


def _new_signing_key(made_s: int) -> dict[str, Any]:
    return {"kid": secrets.token_hex(4), "secret": _text(secrets.token_bytes(KEY_BYTES)), "made": made_s}


def _still_needed(signing: Sequence[Mapping[str, Any]], now_s: int) -> list[Mapping[str, Any]]:
    """Those that may have signed what is still valid: a key stopped signing when the one after it was made."""
    stopped = [int(key.get("made", now_s)) for key in signing[1:]] + [now_s]
    return [key for key, stopped_s in zip(signing, stopped, strict=True) if stopped_s > now_s - KEPT_FOR_S]


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).decode()


def _bytes(text: str) -> bytes:
    secret = base64.urlsafe_b64decode(text)
    if len(secret) < KEY_BYTES:
        raise ValueError("a key is too short")
    return secret


def portal_keys(alg: str, text: str) -> dict[str, Any]:
    """
    The portal's verification keys by kid: a secret (HS256), a PEM public key, or a JWK set in JSON.

    A single key has the kid "" and verifies what names no kid.
    Raises: ValueError for what is no key, or too short a key, for `alg`.
    """
    if text.lstrip().startswith("{"):
        try:
            found = {str(one.get("kid", "")): jwt.PyJWK(one, algorithm=alg).key for one in json.loads(text)["keys"]}
        except (jwt.PyJWTError, ValueError, KeyError, TypeError, AttributeError) as err:
            raise ValueError(f"not a set of keys (JWK) for {alg}") from err
        if not found:
            raise ValueError(f"not a set of keys (JWK) for {alg}")
    else:
        try:
            found = {"": jwt.get_algorithm_by_name(alg).prepare_key(text)}
        except (jwt.PyJWTError, ValueError, TypeError) as err:
            raise ValueError(f"not a key for {alg}") from err
    if any(hasattr(key, "private_numbers") for key in found.values()):
        raise ValueError(f"a private key, which is the portal's alone. Give the public one ({alg})")
    if any(isinstance(key, bytes) and len(key) < HS256_KEY_BYTES for key in found.values()):
        raise ValueError(f"a key for {alg} has at least {HS256_KEY_BYTES} bytes")
    return found
