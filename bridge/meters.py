"""
What meters really send: our own Reading, or a Tasmota or Shelly payload unchanged. Touches nothing.

Source: Tasmota documentation, "SENSOR" telemetry (`ENERGY.Total` in kWh, `ENERGY.Power` in W); Shelly Gen2 component
status (`aenergy.total` in Wh, `apower` in W; EM data: `total_act_energy`, `total_act_power`).
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from chat_core.errors import BadPayload
from chat_core.payloads import MAX_BYTES, MAX_TIME_MS, Reading, decode

AHEAD_MS: Final = 10 * 60_000  # how far a meter's clock may be ahead
BACK_MS: Final = 3 * 366 * 86_400_000  # how far back a meter's memory may be sent in

Energy = Annotated[Decimal, Field(ge=0, le=10**12, allow_inf_nan=False)]
Power = Annotated[Decimal, Field(ge=-(10**9), le=10**9, allow_inf_nan=False)]


class _Foreign(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _TasmotaEnergy(_Foreign):
    total: Energy = Field(alias="Total")  # kWh
    power: Power | None = Field(default=None, alias="Power")


class _Tasmota(_Foreign):
    time: AwareDatetime | str | None = Field(default=None, alias="Time")
    energy: _TasmotaEnergy = Field(alias="ENERGY")

    def as_reading(self, now_ms: int) -> Reading:
        # Without an offset the device's clock may stand in any zone: then our own time is the better one.
        at_ms = now_ms if self.time is None or isinstance(self.time, str) else int(self.time.timestamp() * 1000)
        return _reading(at_ms, self.energy.total * 1000, self.energy.power)


class _ShellyEnergy(_Foreign):
    total: Energy  # Wh


class _ShellySwitch(_Foreign):
    aenergy: _ShellyEnergy
    apower: Power | None = None

    def as_reading(self, now_ms: int) -> Reading:
        return _reading(now_ms, self.aenergy.total, self.apower)


class _ShellyEm(_Foreign):
    total_act_energy: Energy  # Wh
    total_act_power: Power | None = None

    def as_reading(self, now_ms: int) -> Reading:
        return _reading(now_ms, self.total_act_energy, self.total_act_power)


def _reading(at_ms: int, wh: Decimal, w: Decimal | None) -> Reading:
    return Reading(at=max(0, min(at_ms, MAX_TIME_MS)), wh=int(wh), w=None if w is None else int(w))


_FOREIGN: Final[tuple[Callable[[bytes], _Tasmota | _ShellySwitch | _ShellyEm], ...]] = (
    _Tasmota.model_validate_json,
    _ShellySwitch.model_validate_json,
    _ShellyEm.model_validate_json,
)


def read_meter(payload: bytes, now_ms: int) -> Reading:
    """
    Return the reading that the payload means, in our form, at a time that can be.

    Args: now_ms: the time of payloads that carry none.
    Raises: BadPayload when it is neither ours, nor Tasmota's, nor Shelly's, or its clock is wrong.
    """
    reading = _read(payload, now_ms)
    if reading.at == 0:
        return reading.model_copy(update={"at": now_ms})
    if reading.at > now_ms + AHEAD_MS:
        raise BadPayload("The meter's clock is ahead of ours. Set it, or send `at` 0 and ours is taken.", why="clock")
    if reading.at < now_ms - BACK_MS:
        raise BadPayload("The reading is older than three years. Is the meter's clock set?", why="clock")
    return reading


def _read(payload: bytes, now_ms: int) -> Reading:
    try:
        return decode(Reading, payload)
    except BadPayload as fault:
        if len(payload) > MAX_BYTES or fault.why == "bad_json":
            raise
        for read in _FOREIGN:
            try:
                return read(payload).as_reading(now_ms)
            except ValidationError:
                continue
        raise
