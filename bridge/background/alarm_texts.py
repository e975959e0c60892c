"""Write alarms in a client's language. Pure."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from bridge.texts import TEXTS
from chat_core.contract.languages import in_lang, lang_in
from chat_core.domain.meter_alarms import Alarm, AlarmKind
from chat_core.domain.time_steps import HOUR_MS

OUTAGE: Final = {lang: texts.storm for lang, texts in TEXTS.items()}


def words_of(alarm: Alarm, meter: str, lang: str | None, zone: ZoneInfo) -> str:
    """Return the event in plain words."""
    texts = in_lang(TEXTS, lang)
    words = {
        AlarmKind.USUAL: texts.usual,
        AlarmKind.LIMIT: texts.limit,
        AlarmKind.SILENT: texts.silent,
        AlarmKind.TAMPER: texts.tamper,
    }[alarm.kind]
    begin, end = (
        datetime.fromtimestamp(at / 1000, UTC).astimezone(zone) for at in (alarm.since, alarm.since + HOUR_MS)
    )
    shape = "%H:%M" if alarm.kind in (AlarmKind.USUAL, AlarmKind.LIMIT) else "%d.%m.%Y %H:%M"
    kwh, usual = (format_decimal(wh / 1000, "0.0", locale=lang_in(TEXTS, lang)) for wh in (alarm.wh, alarm.usual_wh))
    return words.format(meter=meter, kwh=kwh, usual=usual, begin=begin.strftime(shape), end=end.strftime(shape))
