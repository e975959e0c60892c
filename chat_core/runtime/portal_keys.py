"""The keys that a portal signs its users' identities with, read from one setting. Pure."""

import json
from typing import Any, Final

import jwt

HS256_KEY_BYTES: Final = 32  # RFC 7518 §3.2: a key at least as long as the hash


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
