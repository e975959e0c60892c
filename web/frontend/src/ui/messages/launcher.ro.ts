import type { launcher as english } from "./launcher.en.ts";
import type { Like } from "./like.ts";

/** Three forms, as in words.ro.ts: 1 mesaj necitit, 2 mesaje necitite, 20 de mesaje necitite. */
const unread = (n: number): string =>
  n === 1 ? "1 mesaj necitit" : `${n} ${n % 100 > 0 && n % 100 < 20 ? "" : "de "}mesaje necitite`;

export const launcher: Like<typeof english> = {
  open: "Deschide discuția cu asistența",
  openUnread: (n) => `Deschide discuția cu asistența, ${unread(n)}`,
  startFailed: "Discuția nu a putut porni. Încercați din nou în câteva momente.",
  notHere: "Discuția nu este disponibilă pe această pagină.",
};
