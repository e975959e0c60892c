"""Name what an API key may do. Touches nothing."""

from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """Name a right of an API key; each REST route that takes keys asks for one (docs/api.md#keys-and-scopes)."""

    READ = "read"  # conversations, notes, files, search
    WRITE = "write"  # messages and files
    MANAGE = "manage"  # open, assign, resolve, snooze, tag, move
    CLIENTS = "clients"  # read, create and change clients and their attributes
    READINGS = "readings"  # consumption
    EXPORTS = "exports"  # all conversations, clients or readings at once


SECRET_PREFIX: Final = "wlk_"  # of a key's secret: tools that look for leaked secrets know it by that
