/** Of an outage's notice, in German. */

import type { Like } from "./like.ts";
import type * as english from "./outage.en.ts";

export const power: Like<typeof english.power> = {
  titleIn: (area) => `Störung im Gebiet ${area}`,
  updated: (when) => `Aktualisiert: ${when}`,
  today: "heute",
  tellMe: "Melden, wenn der Strom wieder da ist",
  willTell: "Wir schreiben Ihnen im Chat.",
  notLoaded: "Ihre Auswahl ließ sich nicht laden. Wir versuchen es weiter.",
  failed: "Das ließ sich nicht speichern. Bitte versuchen Sie es erneut.",
};

export const notices: Like<typeof english.notices> = {
  title: "Störung in Ihrem Gebiet",
  expected: (time, day) => `Voraussichtlich gibt es bis ${time} Uhr (${day}) wieder Strom.`,
  empty: "Der Text, den Sie schreiben",
};
