"""Name the changes that web and CLI announce to the bridge through the `changes` table. Touches nothing."""

from enum import StrEnum
from typing import Self


class ChangeKind(StrEnum):
    """Name what changed; the bridge looks once a second (docs/contract.md#changes)."""

    AGENTS = "agents"  # {"agent"}: an agent was added, removed or renamed
    SETTINGS = "settings"  # {}: a setting that notices depend on
    DEVICES = "devices"  # {"device", "client"}: a client's devices
    CLIENT = "client"  # {"client"}: a client's name
    ERASE = "erase"  # {"client"}: all data of this client
    OUTSIDE = "outside"  # {}: which events somebody outside wants
    UNKNOWN = "unknown"  # of a newer version: ignored

    @classmethod
    def _missing_(cls, value: object) -> Self:
        return cls("unknown")
