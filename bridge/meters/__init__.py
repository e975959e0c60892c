"""Decode readings as meters send them, on Wattline's own topics and on native ones."""

from bridge.meters.mapping import Mapped, mapped_topics, read_mapped
from bridge.meters.payloads import AHEAD_MS, BACK_MS, Power, read_meter

__all__ = ["AHEAD_MS", "BACK_MS", "Mapped", "Power", "mapped_topics", "read_mapped", "read_meter"]
