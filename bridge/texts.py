"""Hold the bridge's and its bot's own texts in each language. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Texts:
    """Hold one language's texts. Braces are filled in where a text is used."""

    day: str  # patterns of Babel's: "Saturday, 28 November" and "Sat 28 Nov"
    short_day: str
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
    # What was counted in the period that a client asks about: one sentence each
    counted: str
    counted_so_far: str
    counted_as_read: str
    not_counted: str
    above_usual: str
    below_usual: str
    as_usual: str
    of_day: str
    costs: str
    part_estimated: str


TEXTS: Final[Mapping[str, Texts]] = {
    "en": Texts(
        day="EEEE, d MMMM",
        short_day="EEE d MMM",
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
        counted="{period}: your meter counted {kwh} kWh.",
        counted_so_far="{period}: your meter counted {kwh} kWh so far.",
        counted_as_read="{period}: your meter counted {kwh} kWh, as far as its readings have come.",
        not_counted="{period}: your meter counted nothing, or its readings have not come.",
        above_usual="That is {kwh} kWh more than the usual {usual} kWh.",
        below_usual="That is {kwh} kWh less than the usual {usual} kWh.",
        as_usual="That is about as usual.",
        of_day="It is {share} of that day.",
        costs="At {price} per kWh it costs about {cost}.",
        part_estimated="{share} of it is estimated, because readings are missing.",
    ),
    "ro": Texts(
        day="EEEE, d MMMM",
        short_day="EEE d MMM",
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
        counted="{period}: contorul dvs. a înregistrat {kwh} kWh.",
        counted_so_far="{period}: contorul dvs. a înregistrat {kwh} kWh până acum.",
        counted_as_read="{period}: contorul dvs. a înregistrat {kwh} kWh, după citirile care au sosit.",
        not_counted="{period}: contorul dvs. nu a înregistrat nimic, sau citirile lui nu au sosit.",
        above_usual="Sunt cu {kwh} kWh peste cei {usual} kWh obișnuiți.",
        below_usual="Sunt cu {kwh} kWh sub cei {usual} kWh obișnuiți.",
        as_usual="Este cam ca de obicei.",
        of_day="Reprezintă {share} din ziua aceea.",
        costs="La {price} pe kWh, costă aproximativ {cost}.",
        part_estimated="{share} este estimat, deoarece lipsesc citiri.",
    ),
    "de": Texts(
        day="EEEE, d. MMMM",
        short_day="EEE d. MMM",
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
        counted="{period}: Ihr Zähler hat {kwh} kWh gezählt.",
        counted_so_far="{period}: Ihr Zähler hat bisher {kwh} kWh gezählt.",
        counted_as_read="{period}: Ihr Zähler hat {kwh} kWh gezählt, soweit seine Werte angekommen sind.",
        not_counted="{period}: Ihr Zähler hat nichts gezählt, oder seine Werte sind nicht angekommen.",
        above_usual="Das sind {kwh} kWh mehr als die üblichen {usual} kWh.",
        below_usual="Das sind {kwh} kWh weniger als die üblichen {usual} kWh.",
        as_usual="Das ist etwa wie üblich.",
        of_day="Das sind {share} dieses Tages.",
        costs="Bei {price} je kWh kostet das etwa {cost}.",
        part_estimated="{share} davon sind geschätzt, weil Zählerstände fehlen.",
    ),
}
