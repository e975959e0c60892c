/** Why something was refused. The server says it in English; in Romanian it goes by the code that comes with it. */

import { both, type Lang } from "./messages.ts";

const GONE = "Autentificarea nu mai este valabilă. Autentificați-vă din nou.";
const CHANGED = "Altcineva a schimbat asta între timp. Reîncărcați și încercați din nou.";
const OURS = "Eroarea este la noi. Încercați din nou peste puțin timp.";
const IN_ROMANIAN: Readonly<Record<string, string>> = {
  not_signed_in: GONE,
  token_refused: GONE,
  token_expired: GONE,
  disabled: "Acest cont nu este în uz.",
  not_allowed: "Nu aveți dreptul să faceți asta.",
  not_admin: "Doar un administrator poate face asta.",
  last_admin: "Trebuie să o facă alt administrator, ca să rămână unul.",
  not_found: "Nu există, sau nu mai există.",
  exists: "Există deja unul cu acest id.",
  wrong_state: "Nu se poate în starea de acum, sau este deja așa.",
  stale: CHANGED,
  replaced: CHANGED,
  not_confirmed: "Scrieți exact id-ul pentru a confirma.",
  too_large: "Este prea mare.",
  too_long: "Este prea lung.",
  too_fast: "A fost prea repede. Așteptați puțin, apoi încercați din nou.",
  bad_id: "Acest id nu are forma cerută: litere mici, cifre, - și _.",
  bad_query: "Un filtru nu se înțelege. Scrieți, de exemplu, before:2026-11-01 sau tag:factura.",
  internal: OURS,
  unavailable: OURS,
  store_down: OURS,
  broker_down: OURS,
  disk_full: "Nu mai este loc pe disc: nimic nu se salvează până se face loc.",
};
/** What is wrong with a field is told by its name. */
const FIELD = "bad_payload";

export const faultMessages = /* @__PURE__ */ both(
  { whyNot: (_why: string, text: string) => text },
  { whyNot: (why, text) => IN_ROMANIAN[why] ?? (why === FIELD ? `Un câmp nu are forma cerută (${text})` : text) },
);

/** Why not, in a language; the server's own sentence where there is no other. */
export const whyNot = (lang: Lang, why: string, text: string): string => faultMessages[lang].whyNot(why, text);
