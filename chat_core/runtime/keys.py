"""
Create, rotate and read the secrets of one installation, in DATA/keys with mode 0600. Touches that folder.

There is no default secret. Signing keys have a `kid`: the newest signs and all verify, so a rotation signs nobody out.
An older key is stored as long as its last signature may be valid. A rotation does not change the password key.
"""

import base64
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import jwt
import structlog

from chat_core.contract.errors import Refused
from chat_core.runtime import atomic
from chat_core.runtime.file_lock import locked

KEY_BYTES: Final = 32
HS256_KEY_BYTES: Final = 32  # RFC 7518 §3.2: a key at least as long as the hash
KEPT_FOR_S: Final = 366 * 86_400  # the longest life of a signature: `wattline token --ttl`

log = structlog.get_logger("keys")


class DamagedKeys(Refused, ValueError):
    """The file of the keys exists and is unreadable. It is never replaced."""

    def __init__(self, file: Path, cause: str) -> None:
        super().__init__(
            f"{file} (below WATTLINE_DATA): {cause}. Put a copy back from a backup; without the file new keys are made,"
            " and everybody signs in again."
        )


@dataclass(frozen=True)
class Keys:
    """Hold all secrets as they were when read. `signing` is ordered from the oldest to the newest."""

    signing: Mapping[str, bytes] = field(repr=False)
    password: bytes = field(repr=False)
    flask: bytes = field(repr=False)
    demo_portal: bytes = field(repr=False)

    @property
    def newest_kid(self) -> str:
        """Return the kid of the key that signs."""
        return list(self.signing)[-1]

    def derive(self, label: str) -> bytes:
        """Return the 32 bytes that this label has in this installation, always the same."""
        return hmac.digest(self.flask, label.encode(), "sha256")

    @classmethod
    def open(cls, data: Path) -> Self:
        """Return the secrets, created first if there are none. Safe between processes. Raises: DamagedKeys."""
        with _locked(data) as file:
            known = _read(file)
            if known is None:
                known = {name: _new_secret() for name in ("password", "flask", "demo_portal")}
                known["signing"] = [_new_signing_key(int(time.time()))]
                _write(file, known)
            return cls._of(known, file)

    @classmethod
    def rotate(cls, data: Path, *, now_s: float | None = None, keep_old: bool = True) -> Self:
        """
        Sign with a new key from now on, in every process with a `KeyRing`; older ones still verify.

        Args: now_s: the time, if not this machine's; keep_old: False invalidates all earlier signatures.
        """
        cls.open(data)
        made_s = int(time.time() if now_s is None else now_s)
        with _locked(data) as file:
            known = _read(file) or {}
            old = _still_needed(known["signing"], made_s) if keep_old else []
            known["signing"] = [*old, _new_signing_key(made_s)]
            _write(file, known)
            return cls._of(known, file)

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
    Hold the present secrets, for any thread. A call costs one `stat`; only a replaced file is read again.

    A missing or unreadable file is logged and changes nothing, so nobody is signed out.
    """

    def __init__(self, data: Path) -> None:
        """Open the keys, created first if there are none. Raises: DamagedKeys."""
        self._data = data
        self._lock = threading.Lock()
        self._keys = Keys.open(data)
        self._seen = self._look()
        self._keys = Keys.open(data)  # again, for a rotation in between

    def now(self) -> Keys:
        """Return the present keys."""
        seen = self._look()
        if seen != self._seen and seen is not None:
            with self._lock:
                if seen != self._seen:
                    self._read(seen)
        return self._keys

    def _look(self) -> tuple[int, int, int] | None:
        """Return what differs between a file and its replacement; None if it cannot be found."""
        try:
            found = _file(self._data).stat()
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


def _file(data: Path) -> Path:
    return data / "keys" / "keys.json"


@contextmanager
def _locked(data: Path) -> Iterator[Path]:
    """Lock the keys against other processes, and give their file."""
    file = _file(data)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(file.with_name("lock")):
        yield file


def _read(file: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as err:
        raise DamagedKeys(file, "does not hold Wattline's keys") from err


def _write(file: Path, known: Mapping[str, Any]) -> None:
    atomic.write_file(file, json.dumps(known, indent=1))


def _new_signing_key(made_s: int) -> dict[str, Any]:
    return {"kid": secrets.token_hex(4), "secret": _new_secret(), "made": made_s}


def _still_needed(signing: Sequence[Mapping[str, Any]], now_s: int) -> list[Mapping[str, Any]]:
    """Return the keys with signatures that may be valid: a key stopped signing when its successor was made."""
    stopped = [int(key.get("made", now_s)) for key in signing[1:]] + [now_s]
    return [key for key, stopped_s in zip(signing, stopped, strict=True) if stopped_s > now_s - KEPT_FOR_S]


def _new_secret() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def _bytes(text: str) -> bytes:
    secret = base64.urlsafe_b64decode(text)
    if len(secret) < KEY_BYTES:
        raise ValueError("a key is too short")
    return secret


def portal_keys(alg: str, text: str) -> dict[str, Any]:
    """
    Return the portal's verification keys by kid, from a secret (HS256), a PEM public key, or a JWK set in JSON.

    A single key has the kid "", and verifies tokens without a kid.
    Raises: ValueError for no key, or too short a one, for `alg`.
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
