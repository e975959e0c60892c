"""Hold the bridge's and its bot's own texts in each language. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Texts:
    """Hold one language's texts. Braces are filled in where a text is used."""

    call: str  # what a press of `call` says in the client's name
    called: str  # what the display shows then
    outage_over: str
    expected: str  # follows an outage's text, so it begins with a space
    back_on: str  # to who asked during an outage
    back: str  # follows another sentence, so it begins with a space
    usual: str
    limit: str
    silent: str
    tamper: str
    storm: str


TEXTS: Final[Mapping[str, Texts]] = {
    "en": Texts(
        call="Please call me back.",
        called="We will call you back.",
        outage_over="The outage in your area is over.",
        expected=" We expect power back by {time}, {day}.",
        back_on="The outage in your area is over. If you are still without power, please answer here.",
        back=" Somebody is back on {day} at {time}.",
        usual="Your meter {meter} counted {kwh} kWh between {begin} and {end}; usual at that hour is {usual} kWh. Is "
        "something running that you do not know of? Just answer here.",
        limit="Your meter {meter} counted {kwh} kWh between {begin} and {end}, more than the {usual} kWh that were set "
        "as your limit. If you have a question, just answer here.",
        silent="We have heard nothing from your meter {meter} since {begin}. Is it switched off, or is the power out? "
        "Just answer here.",
        tamper="Your meter {meter} reports that it was opened, at {begin}. If that was you or a technician, tell us "
        "here.",
        storm="Many meters in your area are silent: there seems to be a power outage. We are looking into it.",
    ),
    "ro": Texts(
        call="Vă rog să mă sunați înapoi.",
        called="Vă sunăm înapoi.",
        outage_over="Întreruperea din zona dvs. s-a încheiat.",
        expected=" Estimăm că revine curentul până la {time}, {day}.",
        back_on="Întreruperea din zona dvs. s-a încheiat. Dacă tot nu aveți curent, vă rugăm să răspundeți aici.",
        back=" Revenim {day}, la {time}.",
        usual="Contorul dvs. {meter} a înregistrat {kwh} kWh între {begin} și {end}; la această oră sunt obișnuiți "
        "{usual} kWh. Funcționează ceva de care nu știți? Răspundeți aici.",
        limit="Contorul dvs. {meter} a înregistrat {kwh} kWh între {begin} și {end}, peste limita setată de {usual} "
        "kWh. Dacă aveți o întrebare, răspundeți aici.",
        silent="Nu am mai primit nimic de la contorul dvs. {meter} din {begin}. Este oprit sau nu aveți curent? "
        "Răspundeți aici.",
        tamper="Contorul dvs. {meter} anunță că a fost deschis, la {begin}. Dacă ați fost dvs. sau un tehnician, "
        "spuneți-ne aici.",
        storm="Multe contoare din zona dvs. nu mai transmit: pare să fie o pană de curent. Verificăm situația.",
    ),
    "de": Texts(
        call="Bitte rufen Sie mich zurück.",
        called="Wir rufen Sie zurück.",
        outage_over="Die Störung in Ihrem Gebiet ist behoben.",
        expected=" Voraussichtlich gibt es bis {time} Uhr ({day}) wieder Strom.",
        back_on="Die Störung in Ihrem Gebiet ist behoben. Haben Sie weiter keinen Strom, antworten Sie bitte hier.",
        back=" Ab {day}, {time} Uhr ist wieder jemand für Sie da.",
        usual="Ihr Zähler {meter} hat von {begin} bis {end} Uhr {kwh} kWh gezählt; üblich sind zu dieser Stunde "
        "{usual} kWh. Läuft ein Gerät, von dem Sie nichts wissen? Antworten Sie einfach hier.",
        limit="Ihr Zähler {meter} hat von {begin} bis {end} Uhr {kwh} kWh gezählt, mehr als die {usual} kWh, die als "
        "Ihre Grenze eingestellt sind. Wenn Sie eine Frage haben, antworten Sie einfach hier.",
        silent="Ihr Zähler {meter} hat seit {begin} Uhr nichts mehr gesendet. Ist er ausgeschaltet, oder ist der Strom "
        "ausgefallen? Antworten Sie einfach hier.",
        tamper="Ihr Zähler {meter} meldet, dass er geöffnet wurde: {begin} Uhr. Wenn Sie oder eine Fachkraft das "
        "waren, sagen Sie uns hier Bescheid.",
        storm="Viele Zähler in Ihrem Gebiet senden nicht mehr: Vermutlich ist der Strom ausgefallen. Wir prüfen das.",
    ),
}
