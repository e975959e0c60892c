"""
Cache verified bearer tokens, so that a signature is checked once and not at every request.

Expiry and the owner's generation are still checked at each use. A key rotation empties the cache.
"""

import hashlib
from typing import Final

from chat_core.runtime import tokens
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Audience, MqttClaims

AT_MOST: Final = 4_096


class BearerCache:
    """Cache claims by the token's hash, so that no token stays in memory. Thread-safe."""

    def __init__(self) -> None:
        self._found: tuple[Keys | None, dict[bytes, MqttClaims]] = (None, {})

    def verify(self, keys: Keys, token: str, now_s: int) -> MqttClaims:
        """Return the token's claims. Raises: NotAllowed, as `tokens.verify`."""
        of, known = self._found
        if of is not keys or len(known) >= AT_MOST:
            known = {}
            self._found = (keys, known)
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        claims = known.get(digest)
        if claims is None or claims.exp <= now_s:
            claims = known[digest] = tokens.verify(Audience.API, keys, token, now_s)
        return claims
