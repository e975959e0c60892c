"""Name the kinds of changes that web and CLI ask of the bridge through the `changes` table. Touches nothing."""

from enum import StrEnum
from typing import Self


class ChangeKind(StrEnum):
    """Say why the bridge should look; it looks once a second (docs/contract.md#changes)."""

    AGENTS = "agents"  # {"agent"}: an agent came, went or has another name
    SETTINGS = "settings"  # {}: a setting that notices depend on
    DEVICES = "devices"  # {"device", "client"}: a client's devices
    CLIENT = "client"  # {"client"}: a client's name
    ERASE = "erase"  # {"client"}: everything of this client
    UNKNOWN = "unknown"  # of a newer version: passed over

    @classmethod
    def _missing_(cls, value: object) -> Self:
        return cls("unknown")
