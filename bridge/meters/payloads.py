"""
Decode what meters send: Wattline's Reading, or a device's own JSON. Touches nothing.

Sources, of which tests/vectors/meters.json has samples: Tasmota, "MQTT: tele/…/SENSOR" (`ENERGY.Total` kWh,
`ENERGY.Power` W) and its Smart Meter Interface (`SML.Total_in` kWh, `SML.Power_curr` W, as named by evcc's script for
Hichi readers); Shelly Gen2 component status: Switch and PM1 (`aenergy.total` Wh, `apower` W), EM and EM1
(`total_act_power`, `act_power` W), EMData and EM1Data (`total_act`, `total_act_energy` Wh); Zigbee2MQTT device pages
(`energy` kWh, `power` W, always with `linkquality`); DSMR-reader's API (`electricity_delivered_1/2` kWh,
`electricity_currently_delivered/returned` kW).
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from chat_core.contract.errors import BadPayload
from chat_core.contract.fields import MAX_TIME_MS, TimeMs
from chat_core.contract.payloads import MAX_BYTES, Payload, Reading, decode

AHEAD_MS: Final = 10 * 60_000  # how far a meter's clock may be ahead
BACK_MS: Final = 3 * 366 * 86_400_000  # how far back a meter's memory may be sent in

Energy = Annotated[Decimal, Field(ge=0, le=10**12, allow_inf_nan=False)]
Watts = Annotated[Decimal, Field(ge=-(10**9), le=10**9, allow_inf_nan=False)]


class Power(Payload):
    """Hold the present power of a device without a register: shown live, not stored."""

    at: TimeMs
    w: int


Measured = Reading | Power


class _Foreign(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _TasmotaEnergy(_Foreign):
    total: Energy = Field(alias="Total")  # kWh
    power: Watts | None = Field(default=None, alias="Power")


class _TasmotaSml(_Foreign):
    total: Energy = Field(alias="Total_in")  # kWh
    power: Watts | None = Field(default=None, alias="Power_curr")


class _Tasmota(_Foreign):
    time: AwareDatetime | str | None = Field(default=None, alias="Time")
    energy: _TasmotaEnergy | None = Field(default=None, alias="ENERGY")
    sml: _TasmotaSml | None = Field(default=None, alias="SML")

    @model_validator(mode="after")
    def _either(self) -> "_Tasmota":
        if self.energy is None and self.sml is None:
            raise PydanticCustomError("no_energy", "neither ENERGY nor SML")
        return self

    def measured(self, now_ms: int) -> Measured:
        shown = self.energy or self.sml
        assert shown is not None
        # Without an offset the device's clock may stand in any zone: then our own time is the better one.
        return _reading(_time(self.time, now_ms), shown.total * 1000, shown.power)


class _ShellyTotal(_Foreign):
    total: Energy  # Wh


class _ShellySwitch(_Foreign):
    aenergy: _ShellyTotal
    apower: Watts | None = None

    def measured(self, now_ms: int) -> Measured:
        return _reading(now_ms, self.aenergy.total, self.apower)


class _ShellyEmData(_Foreign):
    total_act: Energy  # Wh, all phases

    def measured(self, now_ms: int) -> Measured:
        return _reading(now_ms, self.total_act, None)


class _ShellyEm1Data(_Foreign):
    total_act_energy: Energy  # Wh
    total_act_power: Watts | None = None

    def measured(self, now_ms: int) -> Measured:
        return _reading(now_ms, self.total_act_energy, self.total_act_power)


class _ShellyEm(_Foreign):
    total_act_power: Watts

    def measured(self, now_ms: int) -> Measured:
        return Power(at=now_ms, w=int(self.total_act_power))


class _ShellyEm1(_Foreign):
    act_power: Watts

    def measured(self, now_ms: int) -> Measured:
        return Power(at=now_ms, w=int(self.act_power))


class _Zigbee(_Foreign):
    linkquality: int
    energy: Energy  # kWh
    power: Watts | None = None

    def measured(self, now_ms: int) -> Measured:
        return _reading(now_ms, self.energy * 1000, self.power)


class _ZigbeePower(_Foreign):
    linkquality: int
    power: Watts

    def measured(self, now_ms: int) -> Measured:
        return Power(at=now_ms, w=int(self.power))


class _Dsmr(_Foreign):
    timestamp: AwareDatetime | str | None = None
    electricity_delivered_1: Energy  # kWh, night
    electricity_delivered_2: Energy  # kWh, day
    electricity_currently_delivered: Watts | None = None  # kW
    electricity_currently_returned: Watts = Decimal(0)

    def measured(self, now_ms: int) -> Measured:
        drawn = self.electricity_currently_delivered
        w = None if drawn is None else (drawn - self.electricity_currently_returned) * 1000
        whole = (self.electricity_delivered_1 + self.electricity_delivered_2) * 1000
        return _reading(_time(self.timestamp, now_ms), whole, w)


def _time(given: object, now_ms: int) -> int:
    return now_ms if given is None or isinstance(given, str) else int(given.timestamp() * 1000)  # type: ignore[attr-defined]  # an AwareDatetime


def _reading(at_ms: int, wh: Decimal, w: Decimal | None) -> Reading:
    return Reading(at=max(0, min(at_ms, MAX_TIME_MS)), wh=int(wh), w=None if w is None else int(w))


# In this order: what has a register before what has only power.
_FOREIGN: Final = (
    _Tasmota,
    _ShellySwitch,
    _ShellyEmData,
    _ShellyEm1Data,
    _ShellyEm,
    _ShellyEm1,
    _Dsmr,
    _Zigbee,
    _ZigbeePower,
)


def read_meter(payload: bytes, now_ms: int) -> Measured:
    """
    Return what the payload means, at a valid time.

    Args: now_ms: the time of payloads that carry none.
    Raises: BadPayload when its form is unknown or its clock wrong.
    """
    return in_time(_read(payload, now_ms), now_ms)


def in_time(measured: Measured, now_ms: int) -> Measured:
    """Return the same; `at` 0 becomes now. Raises: BadPayload for a wrong clock."""
    if measured.at == 0:
        return measured.model_copy(update={"at": now_ms})
    if measured.at > now_ms + AHEAD_MS:
        raise BadPayload("The meter's clock is ahead of ours. Set it, or send `at` 0 and ours is taken.", why="clock")
    if measured.at < now_ms - BACK_MS:
        raise BadPayload("The reading is older than three years. Is the meter's clock set?", why="clock")
    return measured


def _read(payload: bytes, now_ms: int) -> Measured:
    try:
        return decode(Reading, payload)
    except BadPayload as fault:
        if len(payload) > MAX_BYTES or fault.why == "bad_json":
            raise
        for form in _FOREIGN:
            read: Callable[[bytes], _Tasmota] = form.model_validate_json  # type: ignore[assignment]  # all of them have `measured`
            try:
                return read(payload).measured(now_ms)
            except ValidationError:
                continue
        raise
