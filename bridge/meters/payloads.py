"""
Decode what meters send: Wattline's Reading, or a device's own JSON. Touches nothing.

Sources, of which tests/vectors/meters.json has samples: Tasmota, "MQTT: tele/…/SENSOR" and its Smart Meter Interface
(named by evcc's script for Hichi readers); Shelly Gen2 component status; Zigbee2MQTT device pages; DSMR-reader's API.
"""

from decimal import Decimal
from typing import Annotated, Any, ClassVar, Final

from pydantic import AliasPath, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, create_model

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
    """Hold what a device's JSON tells, in the fields that its form has: energy, power, time."""

    model_config = ConfigDict(extra="ignore")
    unit_wh: ClassVar[int] = 1

    def measured(self, now_ms: int) -> Measured:
        energy, power, time = (getattr(self, field, None) for field in ("energy", "power", "time"))
        w = None if power is None else int(power)
        if energy is None:
            return Power(at=now_ms, w=w or 0)
        # Without an offset the device's clock may be in any zone: then our own time is the better one.
        at_ms = now_ms if time is None or isinstance(time, str) else int(time.timestamp() * 1000)
        return Reading(at=max(0, min(at_ms, MAX_TIME_MS)), wh=int(energy * self.unit_wh), w=w)


class _Dsmr(_Foreign):
    time: AwareDatetime | str | None = Field(default=None, alias="timestamp")
    electricity_delivered_1: Energy  # kWh, night
    electricity_delivered_2: Energy  # kWh, day
    electricity_currently_delivered: Watts | None = None  # kW
    electricity_currently_returned: Watts = Decimal(0)
    unit_wh = 1000

    @property
    def energy(self) -> Decimal:
        return self.electricity_delivered_1 + self.electricity_delivered_2

    @property
    def power(self) -> Decimal | None:
        drawn = self.electricity_currently_delivered
        return None if drawn is None else (drawn - self.electricity_currently_returned) * 1000


def _form(unit_wh: int = 1, **paths: str) -> type[_Foreign]:
    """Return the form whose fields lie at these paths. The first field is required, and `linkquality`."""
    kinds = {"energy": Energy, "power": Watts | None, "time": AwareDatetime | str | None, "linkquality": int}
    fields: dict[str, Any] = {}
    for field, path in paths.items():
        is_required = not fields or field == "linkquality"
        kind = Watts if is_required and field == "power" else kinds[field]
        alias = AliasPath(*path.split("."))
        fields[field] = (kind, Field(validation_alias=alias) if is_required else Field(None, validation_alias=alias))
    form: type[_Foreign] = create_model("_Form", __base__=_Foreign, **fields)
    form.unit_wh = unit_wh
    return form


# In this order: a form with a register before one with power only.
_FOREIGN: Final = (
    _form(1000, energy="ENERGY.Total", power="ENERGY.Power", time="Time"),  # Tasmota
    _form(1000, energy="SML.Total_in", power="SML.Power_curr", time="Time"),
    _form(energy="aenergy.total", power="apower"),  # Shelly Switch and PM1
    _form(energy="total_act"),  # EMData, all phases
    _form(energy="total_act_energy", power="total_act_power"),  # EM1Data
    _form(power="total_act_power"),  # EM
    _form(power="act_power"),  # EM1
    _Dsmr,
    _form(1000, energy="energy", power="power", linkquality="linkquality"),  # Zigbee2MQTT
    _form(power="power", linkquality="linkquality"),
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
            try:
                return form.model_validate_json(payload).measured(now_ms)
            except ValidationError:
                continue
        raise
