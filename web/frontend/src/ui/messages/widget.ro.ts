import type { widget as english } from "./widget.en.ts";
import type { Like } from "./like.ts";
import { list, number } from "./words.ro.ts";

export const widget: Like<typeof english> = {
  title: "Asistență energie",
  close: "Închide",
  minimise: "Minimizează",
  here: (names) => (names.length === 1 ? `${names[0]} este aici` : `${list(names)} sunt aici`),
  nobody: "Momentan nu este nimeni aici",
  usualReply: (minutes) => `răspunde de obicei în ${number(minutes)} min`,
  closedUntil: (when) => `Revenim ${when}. Veți primi atunci un răspuns`,
  closed: "Momentan nu suntem aici. Veți primi un răspuns când revenim",
  welcome: "Bună ziua! Cu ce vă putem ajuta?",
  suggested: "Întrebări sugerate",
  suggestion1: "De ce am un consum atât de mare?",
  suggestion2: "Când este scadentă factura?",
  suggestion3: "Este o pană de curent în zona mea?",
  askName: "Cum să vă spunem?",
  name: "Nume",
  saveName: "Salvează",
  noName: "Nu, mulțumesc",
  resolvedText: "Conversația este încheiată. Dacă scrieți din nou, se redeschide.",
  signedOut: "Ați fost deconectat. Reîncărcați pagina pentru a continua.",
  more: "Mai mult",
  mute: "Oprește sunetul",
  unmute: "Pornește sunetul",
  notify: "Anunță-mă când primesc răspuns",
  outage: "Pană de curent",
  from: (name, text) => `${name}: ${text}`,
  agentSaid: (name) => `Mesaj nou de la ${name}`,
};
