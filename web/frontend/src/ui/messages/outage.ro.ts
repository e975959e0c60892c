/** Of an outage's notice, in Romanian. */

import type { Like } from "./like.ts";
import type * as english from "./outage.en.ts";

export const power: Like<typeof english.power> = {
  titleIn: (area) => `Întrerupere în zona ${area}`,
  updated: (when) => `Actualizat: ${when}`,
  today: "astăzi",
  tellMe: "Anunțați-mă când revine curentul",
  willTell: "Vă vom scrie în conversație.",
  notLoaded: "Alegerea dvs. nu a putut fi încărcată. Încercăm în continuare.",
  failed: "Nu s-a putut salva. Încercați din nou.",
};

export const notices: Like<typeof english.notices> = {
  title: "Întrerupere în zona dvs.",
  expected: (time, day) => `Estimăm că revine curentul până la ${time}, ${day}.`,
  empty: "Textul pe care îl scrieți",
};
