"""Divide the clients among bridges (docs/scale.md#several-bridges). Touches nothing."""

from typing import Final, NamedTuple
from zlib import crc32


def shard_key(client: str | bytes) -> int:
    """Return the number by which a client belongs to a shard: this modulo the number of shards. Bytes are UTF-8."""
    return crc32(client if isinstance(client, bytes) else client.encode())


class Shard(NamedTuple):
    """Name one of `of` equal parts of the clients. Shard 0 also does what belongs to no client."""

    n: int
    of: int

    def has(self, client: str | bytes) -> bool:
        """Return whether the client belongs to this shard."""
        return self.of == 1 or shard_key(client) % self.of == self.n


ALL: Final = Shard(0, 1)  # one bridge alone
