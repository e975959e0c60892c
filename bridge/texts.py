"""Hold the bridge's and its bot's own texts in each language, and write their figures. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from babel.numbers import format_decimal

WHOLE_FROM_WH: Final = 100_000
KWH_WH: Final = 1_000
LEAST_KWH: Final = Decimal("0.01")  # that is written; little is not nothing


@dataclass(frozen=True, slots=True)
class Texts:
    """Hold one language's texts. Braces are filled in where a text is used."""

    call: str  # what a press of `call` says in the client's name
    called: str  # what the display shows then
    outage_over: str
    back_on: str  # to who asked during an outage
    back: str  # while the desk is closed
    closed: str  # and nobody knows until when
    usual: str
    limit: str
    silent: str
    tamper: str
    storm: str
    # What the energy of a period means that a client asks about
    counted: str
    not_counted: str
    not_over: str
    readings_missing: str
    usual_unknown: str
    as_usual: str
    below_usual: str
    above_usual: str
    times_usual: Mapping[str, str]  # by the form of a plural
    nothing_usual: str
    what_was_on: str  # follows what is above the usual
    part_estimated: str


TEXTS: Final[Mapping[str, Texts]] = {
    "en": Texts(
        call="Please call me back.",
        called="We will call you back.",
        outage_over="The outage in your area is over.",
        back_on="The outage in your area is over. If you are still without power, please answer here.",
        back="We are closed until {day}, {time}.",
        closed="We are closed at the moment.",
        usual="Your meter {meter} counted {kwh} kWh between {begin} and {end}; usual at that hour is {usual} kWh. Is "
        "something running that you do not know of? Just answer here.",
        limit="Your meter {meter} counted {kwh} kWh between {begin} and {end}, more than the {usual} kWh that were set "
        "as your limit. If you have a question, just answer here.",
        silent="We have heard nothing from your meter {meter} since {begin}. Is it switched off, or is the power out? "
        "Just answer here.",
        tamper="Your meter {meter} reports that it was opened, at {begin}. If that was you or a technician, tell us "
        "here.",
        storm="Many meters in your area are silent: there seems to be a power outage. We are looking into it.",
        counted="Your meter counted {kwh}\u00a0kWh.",
        not_counted="There are no readings of your meter for this period. Was the power off then? Please answer here.",
        not_over="This period is not over yet, so it cannot be compared with your usual use.",
        readings_missing="Readings of your meter are missing here, so this cannot be compared with your usual use.",
        usual_unknown="What is usual for you at this time is not known yet. Is it more than you expected? Please tell "
        "us here.",
        as_usual="That is about your usual use. If you expected less, please tell us here.",
        below_usual="That is {share} below your usual use. If you expected something else, please tell us here.",
        above_usual="That is {share} above your usual use.",
        times_usual={"other": "That is about {times} times your usual use."},
        nothing_usual="Usually your meter counts nothing at this time.",
        what_was_on="Was something on then that you do not know of, such as a heater or a charger? Please answer here.",
        part_estimated="Part of it is an estimate, so it may still change.",
    ),
    "ro": Texts(
        call="Vă rog să mă sunați înapoi.",
        called="Vă sunăm înapoi.",
        outage_over="Întreruperea din zona dvs. s-a încheiat.",
        back_on="Întreruperea din zona dvs. s-a încheiat. Dacă tot nu aveți curent, vă rugăm să răspundeți aici.",
        back="Este închis până {day}, la {time}.",
        closed="Momentan este închis.",
        usual="Contorul dvs. {meter} a înregistrat {kwh} kWh între {begin} și {end}; la această oră sunt obișnuiți "
        "{usual} kWh. Funcționează ceva de care nu știți? Răspundeți aici.",
        limit="Contorul dvs. {meter} a înregistrat {kwh} kWh între {begin} și {end}, peste limita setată de {usual} "
        "kWh. Dacă aveți o întrebare, răspundeți aici.",
        silent="Nu am mai primit nimic de la contorul dvs. {meter} din {begin}. Este oprit sau nu aveți curent? "
        "Răspundeți aici.",
        tamper="Contorul dvs. {meter} anunță că a fost deschis, la {begin}. Dacă ați fost dvs. sau un tehnician, "
        "spuneți-ne aici.",
        storm="Multe contoare din zona dvs. nu mai transmit: pare să fie o întrerupere de curent. Verificăm situația.",
        counted="Contorul dvs. a înregistrat {kwh}\u00a0kWh.",
        not_counted="Nu există citiri ale contorului dvs. pentru acest interval. Era întrerupt curentul? Vă rugăm să "
        "răspundeți aici.",
        not_over="Intervalul nu s-a încheiat, așa că nu poate fi comparat cu consumul dvs. obișnuit.",
        readings_missing="Lipsesc citiri ale contorului dvs., așa că nu se poate compara cu consumul dvs. obișnuit.",
        usual_unknown="Nu se știe încă ce este obișnuit la dvs. în acest interval. Este mai mult decât vă așteptați? "
        "Vă rugăm să ne spuneți aici.",
        as_usual="Este cam cât consumați de obicei. Dacă vă așteptați la mai puțin, vă rugăm să ne spuneți aici.",
        below_usual="Este cu {share} sub consumul dvs. obișnuit. Dacă vă așteptați la altceva, vă rugăm să ne spuneți "
        "aici.",
        above_usual="Este cu {share} peste consumul dvs. obișnuit.",
        times_usual={
            "few": "Este de aproximativ {times} ori consumul dvs. obișnuit.",
            "other": "Este de aproximativ {times} de ori consumul dvs. obișnuit.",
        },
        nothing_usual="De obicei contorul dvs. nu înregistrează nimic în acest interval.",
        what_was_on="Era pornit atunci ceva de care nu știți, de exemplu un radiator sau un încărcător? Vă rugăm să "
        "răspundeți aici.",
        part_estimated="O parte este estimată, deci se mai poate schimba.",
    ),
    "de": Texts(
        call="Bitte rufen Sie mich zurück.",
        called="Wir rufen Sie zurück.",
        outage_over="Die Störung in Ihrem Gebiet ist behoben.",
        back_on="Die Störung in Ihrem Gebiet ist behoben. Haben Sie weiter keinen Strom, antworten Sie bitte hier.",
        back="Wir haben bis {day}, {time} Uhr geschlossen.",
        closed="Wir haben zurzeit geschlossen.",
        usual="Ihr Zähler {meter} hat von {begin} bis {end} Uhr {kwh} kWh gezählt; üblich sind zu dieser Stunde "
        "{usual} kWh. Läuft ein Gerät, von dem Sie nichts wissen? Antworten Sie einfach hier.",
        limit="Ihr Zähler {meter} hat von {begin} bis {end} Uhr {kwh} kWh gezählt, mehr als die {usual} kWh, die als "
        "Ihre Grenze eingestellt sind. Wenn Sie eine Frage haben, antworten Sie einfach hier.",
        silent="Ihr Zähler {meter} hat seit {begin} Uhr nichts mehr gesendet. Ist er ausgeschaltet, oder ist der Strom "
        "ausgefallen? Antworten Sie einfach hier.",
        tamper="Ihr Zähler {meter} meldet, dass er geöffnet wurde: {begin} Uhr. Wenn Sie oder eine Fachkraft das "
        "waren, sagen Sie uns hier Bescheid.",
        storm="Viele Zähler in Ihrem Gebiet senden nicht mehr: Vermutlich ist der Strom ausgefallen. Wir prüfen das.",
        counted="Ihr Zähler hat {kwh}\u00a0kWh gezählt.",
        not_counted="Für diese Zeit gibt es keine Werte Ihres Zählers. War der Strom weg? Bitte antworten Sie hier.",
        not_over="Diese Zeit ist noch nicht vorbei, deshalb lässt sie sich nicht mit Ihrem üblichen Verbrauch "
        "vergleichen.",
        readings_missing="Hier fehlen Werte Ihres Zählers, deshalb lässt es sich nicht mit Ihrem üblichen Verbrauch "
        "vergleichen.",
        usual_unknown="Was bei Ihnen zu dieser Zeit üblich ist, ist noch nicht bekannt. Ist es mehr, als Sie erwartet "
        "haben? Bitte schreiben Sie es uns hier.",
        as_usual="Das ist etwa Ihr üblicher Verbrauch. Haben Sie weniger erwartet, schreiben Sie es uns bitte hier.",
        below_usual="Das sind {share} weniger als Ihr üblicher Verbrauch. Haben Sie etwas anderes erwartet, schreiben "
        "Sie es uns bitte hier.",
        above_usual="Das sind {share} mehr als Ihr üblicher Verbrauch.",
        times_usual={"other": "Das ist etwa das {times}-Fache Ihres üblichen Verbrauchs."},
        nothing_usual="Üblicherweise zählt Ihr Zähler zu dieser Zeit nichts.",
        what_was_on="Lief da ein Gerät, von dem Sie nichts wissen, etwa ein Heizlüfter oder ein Ladegerät? Bitte "
        "antworten Sie hier.",
        part_estimated="Ein Teil davon ist geschätzt und kann sich noch ändern.",
    ),
}


def kilowatt_hours(wh: int, lang: str) -> str:
    """Write energy in kWh without the unit, as pages do: "< 0.01", "0.42", "9.4", "248". Args: lang: of TEXTS."""
    decimals = 2 if 0 < wh < KWH_WH else 1 if wh < WHOLE_FROM_WH else 0
    # Babel rounds a half to even, browsers round it up.
    kwh = (Decimal(wh) / KWH_WH).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    is_tiny = wh > 0 and kwh == 0
    shape = f"#,##0.{'0' * decimals}".rstrip(".")
    return ("< " if is_tiny else "") + format_decimal(LEAST_KWH if is_tiny else kwh, shape, locale=lang)
