"""
BearerCache that were verified a moment ago, so that their signature is not computed again at every request. Touches
nothing.

Only the cryptography is remembered. Whether a bearer's time is over, and whether its owner's generation still is what
it was, is asked at each use; other keys, as after a rotation, forget everything.
"""

import hashlib
from typing import Final

from chat_core.runtime import tokens
from chat_core.runtime.keys import Keys
from chat_core.runtime.tokens import Audience, MqttClaims

AT_MOST: Final = 4_096


class BearerCache:
    """Cache bearers' contents by the bearers' hash; the bearers are not kept. Thread-safe."""

    def __init__(self) -> None:
        self._found: tuple[Keys | None, dict[bytes, MqttClaims]] = (None, {})

    def verify(self, keys: Keys, token: str, now_s: int) -> MqttClaims:
        """
        Return whose bearer it is.

        Raises: NotAllowed, as `tokens.verify`.
        """
        of, known = self._found
        if of is not keys or len(known) >= AT_MOST:
            known = {}
            self._found = (keys, known)
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        claims = known.get(digest)
        if claims is None or claims.exp <= now_s:
            claims = known[digest] = tokens.verify(Audience.API, keys, token, now_s)
        return claims
