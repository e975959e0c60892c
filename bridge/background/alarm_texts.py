"""What alarms say to a client, in plain words of its language. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from chat_core.contract.payloads import OutageText
from chat_core.domain.meter_alarms import Alarm, AlarmKind
from chat_core.domain.time_steps import HOUR_MS

TEXTS: Final[Mapping[AlarmKind, Mapping[str, str]]] = {
    AlarmKind.USUAL: {
        "en": "Your meter {meter} counted {kwh} kWh between {begin} and {end}; usual at that hour is {usual} kWh. Is "
        "something running that you do not know of? Just answer here.",
        "ro": "Contorul dvs. {meter} a înregistrat {kwh} kWh între {begin} și {end}; la această oră sunt obișnuiți "
        "{usual} kWh. Funcționează ceva de care nu știți? Răspundeți aici.",
    },
    AlarmKind.LIMIT: {
        "en": "Your meter {meter} counted {kwh} kWh between {begin} and {end}, more than the {usual} kWh that were set "
        "as your limit. If you have a question, just answer here.",
        "ro": "Contorul dvs. {meter} a înregistrat {kwh} kWh între {begin} și {end}, peste limita setată de {usual} "
        "kWh. Dacă aveți o întrebare, răspundeți aici.",
    },
    AlarmKind.SILENT: {
        "en": "We have heard nothing from your meter {meter} since {begin}. Is it switched off, or is the power out? "
        "Just answer here.",
        "ro": "Nu am mai primit nimic de la contorul dvs. {meter} din {begin}. Este oprit sau nu aveți curent? "
        "Răspundeți aici.",
    },
    AlarmKind.TAMPER: {
        "en": "Your meter {meter} reports that it was opened, at {begin}. If that was you or a technician, tell us "
        "here.",
        "ro": "Contorul dvs. {meter} anunță că a fost deschis, la {begin}. Dacă ați fost dvs. sau un tehnician, "
        "spuneți-ne aici.",
    },
}
OUTAGE: Final = OutageText(
    en="Many meters in your area are silent: there seems to be a power outage. We are looking into it.",
    ro="Multe contoare din zona dvs. nu mai transmit: pare să fie o pană de curent. Verificăm situația.",
)


def words_of(alarm: Alarm, meter: str, lang: str | None, zone: ZoneInfo) -> str:
    """The event in plain words."""
    lang = "ro" if lang == "ro" else "en"
    begin, end = (
        datetime.fromtimestamp(at / 1000, UTC).astimezone(zone) for at in (alarm.since, alarm.since + HOUR_MS)
    )
    shape = "%H:%M" if alarm.kind in (AlarmKind.USUAL, AlarmKind.LIMIT) else "%d.%m.%Y %H:%M"
    return TEXTS[alarm.kind][lang].format(
        meter=meter,
        kwh=_kwh(alarm.wh, lang),
        usual=_kwh(alarm.usual_wh, lang),
        begin=begin.strftime(shape),
        end=end.strftime(shape),
    )


def _kwh(wh: int, lang: str) -> str:
    shown = f"{wh / 1000:.1f}"
    return shown.replace(".", ",") if lang == "ro" else shown
